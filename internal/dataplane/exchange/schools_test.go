package exchange_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/caseworktest"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

// inSession says which of the two schools is in a session now.
func inSession(t *testing.T, d *caseworktest.District) (open []string) {
	t.Helper()
	for _, school := range []string{"no-1", "no-2"} {
		if pgtest.One[bool](t, d.Database, "SELECT ek.session_end('r', $1, clock_timestamp()) IS NOT NULL", school) {
			open = append(open, school)
		}
	}
	return open
}

// A school with sessions of its own answers in those alone, the others in the round's; an
// open round may be revised for a school as for all: what has begun stays.
func TestSchoolsWithTheirOwnSessions(t *testing.T) {
	t.Parallel()
	d := caseworktest.Empty(t)
	now := d.Now(t).UTC().Truncate(time.Second)
	span := func(from, to int) contract.Session {
		return contract.Session{From: now.Add(time.Duration(from) * time.Minute), To: now.Add(time.Duration(to) * time.Minute)}
	}
	control := func(revision int64, round, own []contract.Session) contract.Control {
		return caseworktest.Control("r", now.Add(-time.Hour), now.Add(5*time.Hour), func(c *contract.Control) {
			c.Revision, c.Sessions = revision, round
			if own != nil {
				c.Overrides = []contract.SchoolSessions{{School: "no-1", Sessions: own}}
			}
		})
	}
	morning, evening := span(-60, 60), span(120, 180)
	d.Sync(t, caseworktest.Request(caseworktest.Directory()))
	d.Open(t, control(1, []contract.Session{morning, evening}, []contract.Session{evening}))
	if diff := cmp.Diff([]string{"no-2"}, inSession(t, d)); diff != "" {
		t.Errorf("in a session (-want +got):\n%s", diff)
	}

	// open: the school may be given a session that begins now or later, and lose one that has not begun
	d.Open(t, control(2, []contract.Session{morning, evening}, []contract.Session{span(200, 220)}))
	if got := d.TrySync(t, caseworktest.Request(control(3, []contract.Session{morning, evening}, []contract.Session{span(-10, 60), evening}))); len(got.Refusals) != 1 ||
		got.Refusals[0].Reason != contract.RefusedOpen {
		t.Errorf("a past of its own: %+v", got.Refusals)
	}
	// nor the round's sessions, for it would have been open at a time when it was not
	if got := d.TrySync(t, caseworktest.Request(control(4, []contract.Session{morning, evening}, nil))); len(got.Refusals) != 1 {
		t.Errorf("the round's past: %+v", got.Refusals)
	}
	if diff := cmp.Diff([]string{"no-2"}, inSession(t, d)); diff != "" {
		t.Errorf("in a session after refusals (-want +got):\n%s", diff)
	}

	// closing early closes for every school
	d.Open(t, control(5, []contract.Session{morning, evening}, []contract.Session{span(200, 220)}))
	early := control(6, []contract.Session{morning, evening}, []contract.Session{span(200, 220)})
	early.ClosesAt = now
	if got := d.Sync(t, caseworktest.Request(early)).Report.Rounds[0].State; got != contract.RoundClosed {
		t.Errorf("closed early it is %s", got)
	}
}

// A school whose own list is empty would have the round's sessions: the list is refused.
func TestASchoolsOwnListIsNotEmpty(t *testing.T) {
	t.Parallel()
	d := caseworktest.Empty(t)
	now := d.Now(t)
	c := caseworktest.Control("r", now, now.Add(time.Hour), func(c *contract.Control) {
		c.Overrides = []contract.SchoolSessions{{School: "no-1"}}
	})
	want := refusal(contract.KindControl, "r", contract.RefusedInvalid)
	if diff := cmp.Diff(want, d.TrySync(t, caseworktest.Request(caseworktest.Directory(), caseworktest.Meaning("r"), c)).Refusals); diff != "" {
		t.Errorf("refusals (-want +got):\n%s", diff)
	}
}
