package seal_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func code() *rapid.Generator[seal.Code] {
	return rapid.Custom(func(t *rapid.T) seal.Code {
		rapid.Bool().Draw(t, "again") // the code itself is random
		return seal.NewCode()
	})
}

func TestACodeIsReadHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := code().Draw(t, "code")
		typed := rapid.SampledFrom([]func(string) string{
			strings.ToLower,
			func(s string) string { return " " + strings.ReplaceAll(s, "-", " ") + "\u3000" },
			func(s string) string { return strings.NewReplacer("0", "o", "1", "L").Replace(s) },
			func(s string) string { return strings.NewReplacer("0", "O", "1", "i", "-", "—").Replace(s) },
			func(s string) string { return strings.NewReplacer("A", "Ａ", "7", "７", "Z", "ｚ").Replace(s) },
		}).Draw(t, "way")(c.Display())
		if got, err := seal.ParseCode(typed); err != nil || got != c {
			t.Fatalf("%q read as %q, %v", typed, got, err)
		}
	})
}

func TestOneWrongCharacterIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := []byte(code().Draw(t, "code"))
		i := rapid.IntRange(0, len(c)-1).Draw(t, "place")
		other := crockford[rapid.IntRange(0, 31).Draw(t, "character")]
		if c[i] == other {
			return
		}
		c[i] = other
		if _, err := seal.ParseCode(string(c)); err == nil {
			t.Fatalf("%s was accepted", c)
		}
	})
}

func TestExchangedNeighboursAreNearlyAlwaysFound(t *testing.T) {
	t.Parallel()
	missed, tried := 0, 0
	for range 3000 {
		c := []byte(seal.NewCode())
		for i := range len(c) - 1 {
			if c[i] == c[i+1] {
				continue
			}
			swapped := append([]byte{}, c...)
			swapped[i], swapped[i+1] = c[i+1], c[i]
			tried++
			if _, err := seal.ParseCode(string(swapped)); err == nil {
				missed++
			}
		}
	}
	if missed*100 > tried {
		t.Errorf("missed %d of %d", missed, tried)
	}
}

func FuzzParseCode(f *testing.F) {
	for _, seed := range []string{"", "4F7KQ-2M9XT-B", "oooooooooo0", "ＡＢ", "\xff\xfe", strings.Repeat("0", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		c, err := seal.ParseCode(typed)
		if err != nil {
			if c != "" {
				t.Fatal("a code beside an error")
			}
			return
		}
		again, err := seal.ParseCode(c.Display())
		if err != nil || again != c || len(c) != 11 || strings.Trim(string(c), crockford) != "" {
			t.Fatalf("%q read as %q, then %q, %v", typed, c, again, err)
		}
	})
}
