package loss

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
	"github.com/evenkeel/evenkeel/test/district"
)

const (
	questionnaire = instrumenttest.PHQ9Code
	critical      = instrumenttest.PHQ9Critical
	items         = 9
)

// crowd is students who answer at the same time until they are told to stop.
type crowd struct {
	district *district.District
	client   *district.Client
	ledger   *ledger
	workers  int
	pause    time.Duration // between two calls of one student
	tolerant bool          // an unexpected answer ends the student, not the test

	mu      sync.Mutex
	waiting []district.Student
	stopped atomic.Bool
	running sync.WaitGroup
	errs    chan error
}

func newCrowd(d *district.District, base string, workers int) *crowd {
	return &crowd{district: d, client: district.NewClient(base, workers), ledger: &ledger{}, workers: workers, errs: make(chan error, 1)}
}

// start lets the crowd in.
func (c *crowd) start(ctx context.Context) {
	for range c.workers {
		c.running.Go(func() {
			for !c.stopped.Load() {
				if err := c.one(ctx); err != nil && !c.tolerant {
					select {
					case c.errs <- err:
					default: // one is enough
					}
					return
				}
			}
		})
	}
}

// finish lets every student who has begun come to the end, and returns the first
// thing that went wrong for one.
func (c *crowd) finish() error {
	c.stopped.Store(true)
	c.running.Wait()
	c.client.HTTP.CloseIdleConnections()
	select {
	case err := <-c.errs:
		return err
	default:
		return nil
	}
}

// next takes a student, enrolling more when there is none; the database may be down
// just now.
func (c *crowd) next(ctx context.Context) (district.Student, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.waiting) == 0 {
		more, err := c.district.AddStudents(ctx, 400)
		if err == nil {
			c.waiting = more
			break
		}
		if !wait(ctx, 20*time.Millisecond) {
			return district.Student{}, err
		}
	}
	s := c.waiting[0]
	c.waiting = c.waiting[1:]
	return s, nil
}

func (c *crowd) one(ctx context.Context) error {
	s, err := c.next(ctx)
	if err != nil {
		return err
	}
	v := &visit{crowd: c, student: s}
	if v.formKey, err = c.client.Enter(ctx, s); err != nil {
		return err
	}
	for _, answers := range split(randomAnswers()) {
		if err := v.save(ctx, answers); err != nil {
			return err
		}
	}
	for _, deed := range []struct {
		chance int // in a hundred
		do     func(context.Context) error
	}{{10, v.takeBack}, {6, v.sendOtherContent}, {6, v.sendBadItem}, {4, v.talk}, {90, v.submit}} {
		if rand.N(100) < deed.chance {
			if err := deed.do(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// randomAnswers are to all items, mostly mild; every fifth student answers the
// critical item with more than 0.
func randomAnswers() []district.Item {
	answers := make([]district.Item, items)
	for i := range answers {
		answers[i] = district.Item{Instrument: questionnaire, Item: fmt.Sprintf("q%d", i+1), Value: max(0, rand.N(6)-2)}
	}
	if answers[items-1].Value = 0; rand.N(5) == 0 {
		answers[items-1].Value = 1 + rand.N(3)
	}
	return answers
}

func split(answers []district.Item) (saves [][]district.Item) {
	for len(answers) > 0 {
		n := min(len(answers), 1+rand.N(4))
		saves, answers = append(saves, answers[:n]), answers[n:]
	}
	return saves
}

// visit is one student's form, from the code to the end.
type visit struct {
	*crowd
	student   district.Student
	formKey   string
	number    int
	submitted bool
}

// save sends answers under the next number; every tenth is sent again.
func (v *visit) save(ctx context.Context, answers []district.Item) error {
	v.number++
	want := http.StatusCreated
	if v.submitted {
		want = http.StatusGone
	}
	if err := v.send(ctx, v.number, answers, nil, want); err != nil {
		return err
	}
	if rand.N(10) == 0 {
		return v.repeat(ctx, answers)
	}
	return nil
}

// repeat sends the last save once more; it must be answered with the first receipt.
func (v *visit) repeat(ctx context.Context, answers []district.Item) error {
	reply, err := v.call(ctx, "answers", district.Save{FormKey: v.formKey, Save: v.number, Answers: answers})
	if err != nil {
		return err
	}
	v.ledger.mu.Lock()
	defer v.ledger.mu.Unlock()
	for i := len(v.ledger.saves) - 1; i >= 0; i-- {
		s := v.ledger.saves[i]
		if s.formKey == v.formKey && s.number == v.number && s.receipt != reply.Receipt {
			return fmt.Errorf("a repeated save was given receipt %s, before it %s", reply.Receipt, s.receipt)
		} else if s.formKey == v.formKey && s.number == v.number {
			return nil
		}
	}
	return fmt.Errorf("a repeated save was acknowledged, and the first was not")
}

// send makes one save and notes its acknowledgement. bad is sent beside the answers.
func (v *visit) send(ctx context.Context, number int, answers, bad []district.Item, want int) error {
	sent := append(append([]district.Item{}, answers...), bad...)
	reply, err := v.call(ctx, "answers", district.Save{FormKey: v.formKey, Save: number, Answers: sent})
	if err != nil {
		return err
	}
	if reply.Status != want || !reply.Acknowledged() {
		return fmt.Errorf("a save was answered with %d, want %d: %s", reply.Status, want, reply.Body)
	}
	v.ledger.addSave(saved{
		student: v.student.ID, formKey: v.formKey, number: number, status: reply.Status, receipt: reply.Receipt,
		answers: answers, conflict: want == http.StatusConflict, tries: reply.Tries, began: reply.Began,
	})
	return nil
}

func (v *visit) call(ctx context.Context, name string, body any) (district.Reply, error) {
	reply, err := v.client.Call(ctx, name, body)
	v.ledger.addTries(reply.Tries)
	if v.pause > 0 {
		wait(ctx, v.pause)
	}
	return reply, err
}

// takeBack answers the critical item with 2 and then with 0.
func (v *visit) takeBack(ctx context.Context) error {
	for _, value := range []int{2, 0} {
		if err := v.save(ctx, []district.Item{{Instrument: questionnaire, Item: critical, Value: value}}); err != nil {
			return err
		}
	}
	return nil
}

// sendOtherContent uses the last save's number again, for a critical answer.
func (v *visit) sendOtherContent(ctx context.Context) error {
	return v.send(ctx, v.number, []district.Item{
		{Instrument: questionnaire, Item: critical, Value: 3}, {Instrument: questionnaire, Item: "q1", Value: 1},
	}, nil, http.StatusConflict)
}

// sendBadItem sends a critical answer beside one that is not of this form.
func (v *visit) sendBadItem(ctx context.Context) error {
	v.number++
	return v.send(ctx, v.number, []district.Item{{Instrument: questionnaire, Item: critical, Value: 1}},
		[]district.Item{{Instrument: questionnaire, Item: "q99", Value: 1}}, http.StatusUnprocessableEntity)
}

func (v *visit) talk(ctx context.Context) error {
	return v.acknowledged(ctx, "talk", v.ledger.addTalk)
}

// submit hands the form in; some send a critical answer after it.
func (v *visit) submit(ctx context.Context) error {
	if err := v.acknowledged(ctx, "submit", v.ledger.addSubmitted); err != nil {
		return err
	}
	if v.submitted = true; rand.N(20) == 0 {
		return v.save(ctx, []district.Item{{Instrument: questionnaire, Item: critical, Value: 2}})
	}
	return nil
}

func (v *visit) acknowledged(ctx context.Context, name string, note func(receipt)) error {
	reply, err := v.call(ctx, name, map[string]string{"formKey": v.formKey})
	if err != nil {
		return err
	}
	if reply.Status != http.StatusCreated || reply.Receipt == uuid.Nil {
		return fmt.Errorf("%s was answered with %d: %s", name, reply.Status, reply.Body)
	}
	note(receipt{student: v.student.ID, formKey: v.formKey, id: reply.Receipt})
	return nil
}

// wait reports false when the context ended before.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
