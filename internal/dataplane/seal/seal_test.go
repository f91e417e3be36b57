package seal_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal/sealtest"
)

type student struct {
	id  uuid.UUID
	key seal.StudentKey
}

func newStudent(t testing.TB, keys *seal.Keys) student {
	t.Helper()
	id := uuid.New()
	key, err := keys.NewStudentKey(id)
	if err != nil {
		t.Fatal(err)
	}
	return student{id, key}
}

func opener(t testing.TB, keys *seal.Keys, s student) *seal.Opener {
	t.Helper()
	o, err := keys.Opener(s.id, s.key.Wrapped)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestAnAnswerOpensOnlyInItsOwnContextAndWithItsStudentsKey(t *testing.T) {
	t.Parallel()
	keys := sealtest.Keys(1)
	mine, other := newStudent(t, keys), newStudent(t, keys)
	own := seal.AnswerContext{Attempt: uuid.New(), FormKeyHash: []byte("key"), Save: 3, Instrument: "phq-9", Item: "q9"}
	envelope, err := seal.NewEnvelope(mine.key.Public, seal.Answers)
	if err != nil {
		t.Fatal(err)
	}
	sealed := envelope.SealAnswer(own, 2)

	if value, err := opener(t, keys, mine).OpenAnswer(own, sealed); err != nil || value != 2 {
		t.Fatalf("own context: %d, %v", value, err)
	}
	if _, err := opener(t, keys, other).OpenAnswer(own, sealed); !errors.Is(err, seal.ErrCannotOpen) {
		t.Errorf("another student's key: %v", err)
	}
	for name, change := range map[string]func(*seal.AnswerContext){
		"attempt":    func(c *seal.AnswerContext) { c.Attempt = uuid.New() },
		"form key":   func(c *seal.AnswerContext) { c.FormKeyHash = []byte("kez") },
		"save":       func(c *seal.AnswerContext) { c.Save = 4 },
		"item":       func(c *seal.AnswerContext) { c.Item = "q8" },
		"boundaries": func(c *seal.AnswerContext) { c.Instrument, c.Item = "phq-9q", "9" },
	} {
		moved := own
		change(&moved)
		if _, err := opener(t, keys, mine).OpenAnswer(moved, sealed); !errors.Is(err, seal.ErrCannotOpen) {
			t.Errorf("another %s: %v", name, err)
		}
	}
	if _, err := sealtest.Keys(2).Opener(mine.id, mine.key.Wrapped); !errors.Is(err, seal.ErrCannotOpen) {
		t.Errorf("another district's key: %v", err)
	}
	if _, err := keys.Opener(other.id, mine.key.Wrapped); !errors.Is(err, seal.ErrCannotOpen) {
		t.Errorf("a wrapped key moved to another student: %v", err)
	}
}

func TestSealedAnswersOpenAgain(t *testing.T) {
	t.Parallel()
	keys := sealtest.Keys(1)
	s := newStudent(t, keys)
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int32(), 1, 8).Draw(t, "values")
		envelope, err := seal.NewEnvelope(s.key.Public, seal.Answers)
		if err != nil {
			t.Fatal(err)
		}
		o, err := keys.Opener(s.id, s.key.Wrapped)
		if err != nil {
			t.Fatal(err)
		}
		length := 0
		for i, value := range values {
			c := seal.AnswerContext{Save: int32(i), Item: rapid.String().Draw(t, "item")}
			sealed := envelope.SealAnswer(c, value)
			if got, err := o.OpenAnswer(c, sealed); err != nil || got != value {
				t.Fatalf("%d became %d, %v", value, got, err)
			}
			if length != 0 && len(sealed) != length {
				t.Fatal("the length of a sealed answer depends on its value")
			}
			length = len(sealed)
		}
	})
}

func TestAnyChangedByteIsNoticed(t *testing.T) {
	t.Parallel()
	keys := sealtest.Keys(1)
	s := newStudent(t, keys)
	envelope, err := seal.NewEnvelope(s.key.Public, seal.Scores)
	if err != nil {
		t.Fatal(err)
	}
	sealed := envelope.Seal([]byte("context"), []byte("value"))
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := opener(t, keys, s).Open(seal.Scores, []byte("context"), changed); err == nil {
			t.Errorf("byte %d can be changed", i)
		}
	}
	if _, err := opener(t, keys, s).Open(seal.Answers, []byte("context"), sealed); err == nil {
		t.Error("opens for another purpose")
	}
}

func TestSecretsAreBoundToWhatTheyAre(t *testing.T) {
	t.Parallel()
	keys := sealtest.Keys(1)
	sealed := keys.SealSecret("ChannelSend", "anding", []byte("whsec"))
	if got, err := keys.OpenSecret("ChannelSend", "anding", sealed); err != nil || string(got) != "whsec" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := keys.OpenSecret("ChannelReceive", "anding", sealed); err == nil {
		t.Error("opens as another kind")
	}
}

func TestLoadKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name string, size int) {
		if err := os.WriteFile(filepath.Join(dir, name), bytes.Repeat([]byte{7}, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(contract.KeyCode, 32)
	write(contract.KeyContent, 31)
	var e *seal.KeysError
	_, err := seal.LoadKeys(dir, []string{contract.KeyCode, contract.KeyContent, contract.KeyLookup})
	if !errors.As(err, &e) || e.State != contract.KeysMissing || len(e.Names) != 2 {
		t.Errorf("err = %v, want content and lookup missing", err)
	}
	write(contract.KeyContent, 32)
	if _, err := seal.LoadKeys(dir, contract.IntakeKeys); err != nil {
		t.Error(err)
	}
}

func TestKeysThatAreNotTheDatabasesAreRefused(t *testing.T) {
	t.Parallel()
	record := map[string]contract.Digest{}
	recorded := func(_ context.Context, name string, digest contract.Digest) (bool, error) {
		if _, ok := record[name]; !ok {
			record[name] = digest
		}
		return record[name] == digest, nil
	}
	if err := sealtest.Keys(1).Check(t.Context(), recorded); err != nil {
		t.Fatalf("first start: %v", err)
	}
	if err := sealtest.Keys(1).Check(t.Context(), recorded); err != nil {
		t.Fatalf("second start: %v", err)
	}
	var e *seal.KeysError
	if err := sealtest.Keys(2).Check(t.Context(), recorded); !errors.As(err, &e) || e.State != contract.KeysMismatch {
		t.Errorf("other keys: %v", err)
	}
}

func TestDigestsDependOnKeyAndContent(t *testing.T) {
	t.Parallel()
	a, b := sealtest.Keys(1), sealtest.Keys(2)
	if bytes.Equal(a.ContentDigest([]byte("f"), []byte("x")), b.ContentDigest([]byte("f"), []byte("x"))) {
		t.Error("two districts give one digest")
	}
	if bytes.Equal(a.ContentDigest([]byte("f"), []byte("x")), a.ContentDigest([]byte("fx"), nil)) {
		t.Error("boundaries do not count")
	}
	if bytes.Equal(a.CodeHMAC("1"), a.LookupHMAC("1")) {
		t.Error("a code and a number give one digest")
	}
}

func BenchmarkSealOneAnswer(b *testing.B) {
	s := newStudent(b, sealtest.Keys(1))
	for b.Loop() {
		e, err := seal.NewEnvelope(s.key.Public, seal.Answers)
		if err != nil {
			b.Fatal(err)
		}
		e.SealAnswer(seal.AnswerContext{Item: "q9"}, 2)
	}
}
