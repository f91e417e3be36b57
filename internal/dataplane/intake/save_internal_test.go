package intake

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal/sealtest"
)

// Whatever stands beside it, a danger signal in a save is recognised.
func FuzzADangerSignalIsFoundBesideAnything(f *testing.F) {
	service, form := offline(f)
	danger := json.RawMessage(`{"instrument":"phq-9","item":"q9","value":3}`)
	for _, seed := range []string{`{}`, `null`, `7`, `{"instrument":"phq-9","item":"q9","value":0}`, `{"item":5}`, `{"value":1e99}`, `[[]]`, `{"instrument":"phq-9","item":"q1","value":2}`} {
		f.Add(seed, int64(1))
	}
	f.Fuzz(func(t *testing.T, beside string, number int64) {
		if !json.Valid([]byte(beside)) {
			t.Skip("the decoder passes on valid JSON only")
		}
		row, saved, err := service.prepare("key", form, Save{Number: number, Answers: []json.RawMessage{[]byte(beside), danger, []byte(beside)}})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(row.Items); n != len(row.Sealed) || n != len(row.Classes) || n != len(saved.Stored) || n+len(saved.Faults) != 3 {
			t.Fatalf("%d items, %d sealed, %d classes, %d stored, %d faults", n, len(row.Sealed), len(row.Classes), len(saved.Stored), len(saved.Faults))
		}
		for i := range row.Items {
			if row.Items[i] == "q9" && row.Classes[i] == int16(contract.Immediate.Rank()) {
				return
			}
		}
		t.Fatal("the danger signal is not among what is stored")
	})
}

func offline(t testing.TB) (*Service, *openForm) {
	t.Helper()
	keys := sealtest.Keys(1)
	student, err := keys.NewStudentKey(uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	q, err := compile(contract.Meaning{Instruments: []contract.Instrument{instrumenttest.PHQ9()}})
	if err != nil {
		t.Fatal(err)
	}
	return &Service{keys: keys, forms: newFormCache(), now: time.Now}, &openForm{publicKey: student.Public, questionnaire: q}
}

func TestTheDigestOfASaveIsThatOfItsContent(t *testing.T) {
	t.Parallel()
	service, form := offline(t)
	digest := func(key FormKey, answers ...string) string {
		save := Save{Number: 1}
		for _, a := range answers {
			save.Answers = append(save.Answers, json.RawMessage(a))
		}
		row, _, err := service.prepare(key, form, save)
		if err != nil {
			t.Fatal(err)
		}
		return string(row.Digest)
	}
	base := digest("key", `{"instrument":"phq-9","item":"q1","value":2}`)
	if base != digest("key", ` {"value":2, "item":"q1","instrument":"phq-9"}`) {
		t.Error("the same content written otherwise has another digest")
	}
	for name, other := range map[string]string{
		"another value": digest("key", `{"instrument":"phq-9","item":"q1","value":1}`),
		"another item":  digest("key", `{"instrument":"phq-9","item":"q2","value":2}`),
		"another form":  digest("yek", `{"instrument":"phq-9","item":"q1","value":2}`),
		"one more":      digest("key", `{"instrument":"phq-9","item":"q1","value":2}`, `{"instrument":"phq-9","item":"q1","value":2}`),
	} {
		if other == base {
			t.Errorf("%s has the same digest", name)
		}
	}
}

func TestEnvelopesAreForgotten(t *testing.T) {
	t.Parallel()
	service, form := offline(t)
	now := time.Now()
	first, err := form.envelope(now)
	if err != nil {
		t.Fatal(err)
	}
	envelopes := map[*seal.Envelope]bool{first: true}
	for _, later := range []time.Duration{sealFor / 2, sealFor, sealFor + sealFor/2, 2 * sealFor} {
		e, err := form.envelope(now.Add(later))
		if err != nil {
			t.Fatal(err)
		}
		envelopes[e] = true
	}
	if len(envelopes) != 3 {
		t.Errorf("%d envelopes in two minutes, want 3", len(envelopes))
	}
	service.forms.put("key", form, now)
	service.forms.forget(now.Add(generation))
	service.forms.forget(now.Add(2 * generation))
	if service.forms.get("key", now.Add(2*generation)) != nil {
		t.Error("a form is remembered for two generations")
	}
}
