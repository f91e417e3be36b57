package exchange

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// A round that is extended, for longer, for shorter and not at all, is accepted while
// nothing that has begun changes; also round the clock, where the days are one session.
func TestJudgeExtension(t *testing.T) {
	schools := func(sessions ...contract.Session) []contract.SchoolSessions {
		return []contract.SchoolSessions{{School: "a", Sessions: sessions}}
	}
	tests := map[string]struct {
		is, next []contract.Session // the round closes with the last one
		own      []contract.SchoolSessions
		now      int
		want     contract.RefusalReason
	}{
		"by a day":                          {is: []contract.Session{span(9, 12)}, next: []contract.Session{span(9, 12), span(33, 36)}, now: 10},
		"by a day for one school":           {is: []contract.Session{span(9, 12)}, next: []contract.Session{span(9, 12), span(33, 36)}, own: schools(span(9, 12)), now: 10},
		"when the last session is over":     {is: []contract.Session{span(9, 12)}, next: []contract.Session{span(9, 12), span(33, 36)}, now: 20},
		"taken back":                        {is: []contract.Session{span(9, 12), span(33, 36)}, next: []contract.Session{span(9, 12)}, now: 32},
		"round the clock":                   {is: []contract.Session{span(9, 24)}, next: []contract.Session{span(9, 48)}, now: 23},
		"round the clock, taken back":       {is: []contract.Session{span(9, 72)}, next: []contract.Session{span(9, 48)}, now: 40},
		"a day that has passed is put in":   {is: []contract.Session{span(9, 12), span(57, 60)}, next: []contract.Session{span(9, 12), span(33, 36), span(57, 60)}, now: 50, want: contract.RefusedOpen},
		"a begun day of the school is lost": {is: []contract.Session{span(9, 12), span(33, 36)}, next: []contract.Session{span(9, 12), span(33, 36)}, own: schools(span(9, 12)), now: 34, want: contract.RefusedOpen},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			of := func(revision int64, sessions []contract.Session) contract.Control {
				return control(func(c *contract.Control) {
					c.Revision, c.OpensAt, c.Sessions, c.ClosesAt = revision, at(9), sessions, sessions[len(sessions)-1].To
				})
			}
			is, next := of(1, tt.is), of(2, tt.next)
			next.Overrides = tt.own
			s := roundState{meaning: digest, control: &is, revision: &contract.Revision{Revision: 1, Digest: digest}, opensAt: is.OpensAt}
			if got := judgeControl(next, contract.Revision{Revision: 2, Digest: other}, s, at(tt.now)); got != tt.want {
				t.Errorf("judged %q, want %q", got, tt.want)
			}
		})
	}
}
