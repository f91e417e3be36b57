package loss

import (
	"context"
	"fmt"
	"reflect"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Ranks of the policy's tiers; see escalationtest.
const (
	severe, high, moderate, low = int16(0), int16(1), int16(2), int16(3)
	nothing                     = int16(99)
)

func (w *world) lostSaves(context.Context) ([]string, error) {
	var wrong []string
	for _, s := range w.ledger.saves {
		stored, there := w.saves[s.receipt]
		switch {
		case !there:
			wrong = append(wrong, fmt.Sprintf("save %d, answered with %d, is not stored", s.number, s.status))
		case stored.hash != s.hash() || stored.number != s.number || stored.status != s.status:
			wrong = append(wrong, fmt.Sprintf("save %d, answered with %d, is stored as save %d with %d", s.number, s.status, stored.number, stored.status))
		}
	}
	for _, id := range w.twice {
		wrong = append(wrong, "two saves have receipt "+id.String())
	}
	return wrong, nil
}

// unknownSaves holds because every student repeats a call until it is answered.
func (w *world) unknownSaves(context.Context) ([]string, error) {
	known := map[uuid.UUID]bool{}
	for _, s := range w.ledger.saves {
		known[s.receipt] = true
	}
	var wrong []string
	for id, s := range w.saves {
		if !known[id] {
			wrong = append(wrong, fmt.Sprintf("save %d with receipt %s", s.number, id))
		}
	}
	return wrong, nil
}

func (w *world) wrongAnswers(context.Context) ([]string, error) {
	want := &world{answers: map[slot]map[string][]int{}}
	for _, s := range w.ledger.saves {
		for _, a := range s.answers {
			want.keep(slot{s.hash(), s.number, s.conflict}, a.Item, a.Value)
		}
	}
	var wrong []string
	for at, answers := range want.answers {
		if !reflect.DeepEqual(answers, w.answers[at]) {
			wrong = append(wrong, fmt.Sprintf("save %d: stored %v, sent %v", at.number, w.answers[at], answers))
		}
	}
	for at := range w.answers {
		if want.answers[at] == nil {
			wrong = append(wrong, fmt.Sprintf("save %d: stored, never acknowledged", at.number))
		}
	}
	return wrong, nil
}

// wrongObligations derives, from the ledger and the decisions alone, which
// obligations there must be and how severe each is at least.
func (w *world) wrongObligations(context.Context) ([]string, error) {
	want := map[uuid.UUID]int16{} // by source
	oblige := func(source uuid.UUID, rank int16) {
		if known, there := want[source]; !there || rank < known {
			want[source] = rank
		}
	}
	for _, s := range w.ledger.saves {
		if value := s.worst(); value > 0 {
			oblige(w.attempts[s.hash()].id, floor(value))
		}
	}
	for _, t := range w.ledger.talks {
		oblige(t.id, high)
	}
	for id, ranks := range w.results {
		if ranks[0] != nil && *ranks[0] <= high {
			oblige(id, *ranks[0])
		}
	}
	var wrong []string
	for source, rank := range want {
		if o, there := w.obligations[source]; !there || o.rank != rank {
			wrong = append(wrong, fmt.Sprintf("source %s: have %+v (%v), want rank %d", source, o, there, rank))
		}
	}
	for source, o := range w.obligations {
		if _, there := want[source]; !there {
			wrong = append(wrong, "nothing obliges to "+o.number)
		}
	}
	return wrong, nil
}

func (w *world) wrongResults(context.Context) ([]string, error) {
	var wrong []string
	submitted := map[uuid.UUID]bool{}
	for _, r := range w.ledger.submitted {
		a := w.attempts[r.hash()]
		submitted[a.id] = true
		if a.state != "Submitted" || a.receipt == nil || *a.receipt != r.id {
			wrong = append(wrong, fmt.Sprintf("attempt %s is %q with receipt %v, the student has %s", a.id, a.state, a.receipt, r.id))
			continue
		}
		if got, want := w.results[a.id], w.expected(r); len(got) != 1 || deref(got[0]) != want {
			wrong = append(wrong, fmt.Sprintf("attempt %s: %d results, want one of rank %d", a.id, len(got), want))
		}
	}
	for id := range w.results {
		if !submitted[id] {
			wrong = append(wrong, fmt.Sprintf("attempt %s has a result and was never submitted", id))
		}
	}
	return wrong, nil
}

// wrongLedger holds because every student answers every item: what is submitted can be scored.
func (w *world) wrongLedger(ctx context.Context) ([]string, error) {
	want := map[uuid.UUID]bool{}
	for _, r := range w.ledger.submitted {
		want[r.student] = true
	}
	var wrong []string
	err := w.each(ctx, "SELECT student_id, state FROM ek.coverage_since('-infinity')", func(r pgx.Rows) error {
		var student uuid.UUID
		var state string
		if err := r.Scan(&student, &state); err != nil {
			return err
		}
		if want[student] != (state == "Screened") {
			wrong = append(wrong, fmt.Sprintf("student %s is %s, told that a form is submitted: %v", student, state, want[student]))
		}
		delete(want, student)
		return nil
	})
	for student := range want {
		wrong = append(wrong, fmt.Sprintf("student %s, who submitted, is not in the ledger", student))
	}
	return wrong, err
}

// expected is the rank that the last accepted answers lead to, worked out here from
// the policy's text and not by the product's code.
func (w *world) expected(r receipt) int16 {
	last := map[string]int{}
	for _, s := range w.ledger.saves { // in the order of one student's saves
		if s.formKey == r.formKey && (s.status == 201 || s.status == 422) {
			for _, a := range s.answers {
				last[a.Item] = a.Value
			}
		}
	}
	total := 0
	for _, value := range last {
		total += value
	}
	return min(floor(last[critical]), byTotal(total))
}

func byTotal(total int) int16 {
	switch {
	case total >= 15:
		return high
	case total >= 10:
		return moderate
	case total >= 5:
		return low
	}
	return nothing
}

func floor(value int) int16 {
	switch {
	case value >= 2:
		return severe
	case value == 1:
		return high
	}
	return nothing
}

func deref(rank *int16) int16 {
	if rank == nil {
		return nothing
	}
	return *rank
}
