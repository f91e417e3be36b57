package scorer

import (
	"errors"
	"testing"

	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

// A fault of a scorer ends neither the process nor the scoring of the next response.
func TestAPanicIsKeptToItsResponse(t *testing.T) {
	phq9 := instrumenttest.MustCompile(instrumenttest.PHQ9())
	m := &meaning{instruments: []*instrument.Compiled{phq9}, policy: escalationtest.MustCompile(escalationtest.GradedIntervention())}
	a := attempt{}
	a.person.Age = 15
	broken := engine{class: first.class, score: func(*instrument.Compiled, *instrument.Response) instrument.Result { panic("q9=3") }}
	if r, err := broken.decided(a, m, responses{}); r != nil || !errors.Is(err, errPanic) {
		t.Errorf("got %v, %v", r, err)
	}
	if r, err := first.decided(a, m, responses{}); r == nil || err != nil {
		t.Errorf("the next gave %v, %v", r, err)
	}
}
