package student

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/hack/demo/internal/cohort"
)

// Instrument is the code of the questionnaire that is played.
const Instrument = "phq-9"

// DutyCheck asks, as a person on duty, whether the obligation of a student stands.
type DutyCheck func(ctx context.Context, s cohort.Student, label string) error

// Play is one run of the students.
type Play struct {
	Clients map[string]*Client // by district
	Codes   map[string]string  // access code by school-roll number
	Log     *Log
	Check   DutyCheck // nil: nobody looks
	Workers int

	Finished atomic.Int64 // students who submitted
	Dropped  atomic.Int64 // students who lost the connection after item 9 and came back
}

// Run lets all students who take part answer, some at a time. One student's failure
// does not stop the others.
func (p *Play) Run(ctx context.Context, students []cohort.Student) error {
	var group errgroup.Group
	group.SetLimit(p.Workers)
	failures := make([]error, len(students))
	for i, s := range students {
		if !s.Manner.TakesPart || p.Log.Done(s.Number) {
			continue
		}
		group.Go(func() error {
			if err := p.one(ctx, s); err != nil {
				failures[i] = fmt.Errorf("student %d: %w", s.Index, err)
				return nil
			}
			p.Finished.Add(1)
			return nil
		})
	}
	_ = group.Wait() // the functions return nil; failures holds what went wrong
	return errors.Join(failures...)
}

// one plays one student from the code to the submission.
func (p *Play) one(ctx context.Context, s cohort.Student) error {
	if s.Manner.DropsOff {
		if err := p.dropOff(ctx, s); err != nil {
			return err
		}
	}
	form, err := p.enter(ctx, s)
	if err != nil {
		return err
	}
	for i, answers := range saves(s) {
		if err := p.save(ctx, s, form.FormKey, i+1, answers); err != nil {
			return err
		}
	}
	return p.submit(ctx, s, form.FormKey)
}

func (p *Play) enter(ctx context.Context, s cohort.Student) (Form, error) {
	client := p.Clients[s.School.District]
	form, err := client.Open(ctx, p.Codes[s.Number], s.School.Name)
	if err != nil {
		return form, err
	}
	return form, client.Begin(ctx, form.FormKey)
}

func (p *Play) save(ctx context.Context, s cohort.Student, formKey string, save int, answers []Answer) error {
	return p.twice(s, Saved, save, len(answers), func() (Receipt, error) {
		return p.Clients[s.School.District].Save(ctx, formKey, save, answers)
	})
}

func (p *Play) submit(ctx context.Context, s cohort.Student, formKey string) error {
	return p.twice(s, Submitted, 0, 0, func() (Receipt, error) {
		return p.Clients[s.School.District].Submit(ctx, formKey)
	})
}

// twice makes a call, again if it is the student's manner, and notes each receipt. The
// second receipt must be the first.
func (p *Play) twice(s cohort.Student, kind string, save, items int, call func() (Receipt, error)) error {
	times := 1
	if s.Manner.Twice {
		times = 2
	}
	var first string
	for range times {
		receipt, err := call()
		if err != nil {
			return err
		}
		if receipt.Receipt == "" || (first != "" && receipt.Receipt != first) {
			return fmt.Errorf("%s: receipt %q, before it %q", kind, receipt.Receipt, first)
		}
		first = receipt.Receipt
		entry := Entry{
			At: time.Now().UTC(), Student: s.Number, District: s.School.District,
			Kind: kind, Save: save, Items: items, Receipt: receipt.Receipt,
		}
		if err := p.Log.Add(entry); err != nil {
			return err
		}
	}
	return nil
}

// dropOff answers item 9, loses the connection in the middle of the next save, and has
// somebody on duty look whether the obligation stands already.
func (p *Play) dropOff(ctx context.Context, s cohort.Student) error {
	form, err := p.enter(ctx, s)
	if err != nil {
		return err
	}
	last := cohort.Items - 1
	if err := p.save(ctx, s, form.FormKey, 1, []Answer{answer(s, last)}); err != nil {
		return err
	}
	cutOff(ctx, p.Clients[s.School.District].Base, form.FormKey, 2)
	p.Dropped.Add(1)
	if p.Check == nil {
		return nil
	}
	return p.Check(ctx, s, form.Label)
}

func answer(s cohort.Student, item int) Answer {
	return Answer{Instrument: Instrument, Item: fmt.Sprintf("q%d", item+1), Value: s.Answers[item]}
}

// saves cuts a student's answers into as many saves as is the student's manner; what is
// blank is not sent, and item 9 not again after a drop-off.
func saves(s cohort.Student) [][]Answer {
	var all []Answer
	for item, value := range s.Answers {
		if value != cohort.Blank && (item != cohort.Items-1 || !s.Manner.DropsOff) {
			all = append(all, answer(s, item))
		}
	}
	var cut [][]Answer
	size := max(1, (len(all)+s.Manner.Saves-1)/s.Manner.Saves)
	for len(all) > 0 {
		n := min(size, len(all))
		cut, all = append(cut, all[:n]), all[n:]
	}
	return cut
}
