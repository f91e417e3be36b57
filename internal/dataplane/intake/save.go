package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

// Save is one save of answers as it was sent. Each answer is kept raw until it is
// looked at by itself, so that a bad one cannot take the others with it.
type Save struct {
	Number  int64
	Answers []json.RawMessage
}

// Saved is what became of a save.
type Saved struct {
	Receipt   uuid.UUID
	Stored    []ItemRef
	Remaining []ItemRef
	Faults    []*fault.Error // one per answer that was not of this form
}

type answer struct {
	Instrument string `json:"instrument"`
	Item       string `json:"item"`
	Value      *int32 `json:"value"`
}

// Save stores answers. When it returns an error that is a refusal, what was valid is
// stored nevertheless, and Saved says what.
func (s *Service) Save(ctx context.Context, key FormKey, sent Save) (Saved, error) {
	form, err := s.recall(ctx, key)
	if err != nil {
		return Saved{}, err
	}
	row, saved, err := s.prepare(key, form, sent)
	if err != nil {
		return Saved{}, err
	}
	result, err := s.store.record(ctx, row)
	if err != nil {
		return Saved{}, err
	}
	saved.Receipt, saved.Remaining = result.Receipt, remaining(form.instruments, result.Answered)
	return saved, saveError(result, saved, sent.Number)
}

func saveError(result receiptRow, saved Saved, number int64) error {
	switch {
	case result.Status == 0:
		return errNoForm
	case !validNumber(number):
		return refuse(fault.Invalid, "save", "is not a save number", "count saves from 1 upwards", errAnswers.zh)
	case result.Disposition != "Accepted":
		return formRefusal(result.Disposition)
	case len(saved.Faults) == 1:
		return refusal{saved.Faults[0], errAnswers.zh}
	case len(saved.Faults) > 1:
		return errAnswers
	}
	return nil
}

func validNumber(n int64) bool { return n >= 1 && n <= math.MaxInt32 }

// prepare judges each answer by itself, seals the valid ones and notes their class.
// A save whose number is unusable is stored under number 0.
func (s *Service) prepare(key FormKey, form *openForm, sent Save) (saveRow, Saved, error) {
	row := saveRow{FormKey: key.hash()}
	if validNumber(sent.Number) {
		row.Save = int32(sent.Number)
	}
	saved := Saved{Stored: []ItemRef{}}
	envelope, err := form.envelope(s.now())
	if err != nil {
		return row, saved, err
	}
	var content bytes.Buffer
	for i, raw := range sent.Answers {
		a, wrong := form.judge(i, raw)
		if wrong != nil {
			saved.Faults = append(saved.Faults, wrong)
			content.Write(raw)
			content.WriteByte('\n')
			continue
		}
		fmt.Fprintf(&content, "%q %q %d\n", a.Instrument, a.Item, *a.Value)
		class, _ := form.questionnaire.byCode[a.Instrument].Class(a.Item, int(*a.Value))
		row.Instruments, row.Items = append(row.Instruments, a.Instrument), append(row.Items, a.Item)
		row.Classes = append(row.Classes, int16(class.Rank()))
		row.Sealed = append(row.Sealed, envelope.SealAnswer(seal.AnswerContext{
			Attempt: form.attempt, FormKeyHash: row.FormKey, Save: row.Save, Instrument: a.Instrument, Item: a.Item,
		}, *a.Value))
		saved.Stored = append(saved.Stored, ItemRef{a.Instrument, a.Item})
	}
	row.Faulty = len(saved.Faults) > 0 || !validNumber(sent.Number)
	row.Digest = s.keys.ContentDigest(row.FormKey, content.Bytes())
	return row, saved, nil
}

// judge reads one answer. The texts never repeat a value.
func (f *openForm) judge(i int, raw json.RawMessage) (answer, *fault.Error) {
	at := fmt.Sprintf("answers[%d]", i)
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return a, fault.New(fault.Invalid, at, "is not an answer", `send {"instrument","item","value"} with a whole number as value`)
	}
	c, ok := f.questionnaire.byCode[a.Instrument]
	if !ok {
		return a, fault.New(fault.Invalid, at+".instrument", "is not an instrument of this form", "use a code that open returned")
	}
	if a.Value == nil {
		return a, fault.New(fault.Invalid, at+".value", "is missing", "send the value of an option; leave unanswered items out")
	}
	if !hasItem(c, a.Item) {
		return a, fault.New(fault.Invalid, at+".item", "is not an item of this instrument", "use a code that open returned")
	}
	if c.Valid(a.Item, int(*a.Value)) != nil {
		return a, fault.New(fault.Invalid, at+".value", "is not among the item's options", "send the value of an option")
	}
	return a, nil
}

func hasItem(c *instrument.Compiled, code string) bool {
	for _, item := range c.Source().Items {
		if item.Code == code {
			return true
		}
	}
	return false
}
