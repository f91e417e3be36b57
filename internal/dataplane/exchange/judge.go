package exchange

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// accepted is the judgement of a document that may be applied.
const accepted = contract.RefusalReason("")

// judgeRevision says whether a revisioned document may replace the stored one
// (nil: none stored).
func judgeRevision(next contract.Revision, stored *contract.Revision) contract.RefusalReason {
	switch {
	case stored == nil, next.Revision > stored.Revision, next == *stored:
		return accepted
	}
	return contract.RefusedStale
}

// roundState is what the district holds of one round, as far as judging needs it.
type roundState struct {
	meaning  contract.Digest    // "" when none is stored
	control  *contract.Control  // nil when none is stored
	revision *contract.Revision // of control
	opensAt  time.Time          // of control
	released bool
}

// open reports whether the round's opening instant has come. Without a control a
// round has none.
func (s roundState) open(now time.Time) bool {
	return s.control != nil && !now.Before(s.opensAt)
}

// judgeMeaning says whether a meaning with this digest may be stored. What the
// answers mean is fixed from the opening instant on.
func judgeMeaning(digest contract.Digest, s roundState, now time.Time) contract.RefusalReason {
	if !s.open(now) {
		return accepted
	}
	pinned := s.meaning
	if pinned == "" { // late, and still the one that was announced
		pinned = s.control.MeaningDigest
	}
	if digest != pinned {
		return contract.RefusedPinned
	}
	return accepted
}

// judgeControl says whether a control may replace the stored one. Before opening
// anything goes that is newer and makes sense; afterwards only the closing, what
// of the sessions lies ahead, and the hold; after the release only the hold.
func judgeControl(c contract.Control, revision contract.Revision, s roundState, now time.Time) contract.RefusalReason {
	if reason := judgeRevision(revision, s.revision); reason != accepted {
		return reason
	}
	if !validControl(c) {
		return contract.RefusedInvalid
	}
	if !s.open(now) {
		return accepted
	}
	if !fixedPartsEqual(c, *s.control) || !pastSessionsEqual(c, *s.control, now) {
		return contract.RefusedOpen
	}
	if s.released && !c.ClosesAt.Equal(s.control.ClosesAt) {
		return contract.RefusedOpen
	}
	return accepted
}

// inPart is the stored control with what a control that is refused as Open may still
// change: always the hold, and until the release the closing and, where it keeps those
// that have begun, the sessions. A round must not run on unstoppable because its cohort
// changed while the district could not be reached.
func inPart(c contract.Control, s roundState, now time.Time) contract.Control {
	part := *s.control
	part.Hold = c.Hold
	if s.released {
		return part
	}
	part.ClosesAt = c.ClosesAt
	if part.ClosesAt.Before(part.OpensAt) {
		part.ClosesAt = part.OpensAt
	}
	whole := part
	whole.Sessions, whole.Overrides = c.Sessions, c.Overrides
	if pastSessionsEqual(whole, *s.control, now) {
		return whole
	}
	return part
}

func validControl(c contract.Control) bool {
	ok := contract.Supported(c.Version) && c.Round != "" && c.MeaningDigest.Valid() &&
		!c.OpensAt.IsZero() && !c.ClosesAt.Before(c.OpensAt) &&
		slices.Contains([]contract.Hold{contract.HoldNone, contract.HoldNew, contract.HoldAndDrain}, c.Hold)
	if !ok || !validSessions(c.Sessions) || !validSince(c) {
		return false
	}
	schools := map[string]bool{}
	for _, o := range c.Overrides {
		if o.School == "" || schools[o.School] || len(o.Sessions) == 0 || !validSessions(o.Sessions) {
			return false // without a session of its own a school would have the round's
		}
		schools[o.School] = true
	}
	return true
}

// validSince: since an instant that is still to come every student is one who was not screened.
func validSince(c contract.Control) bool {
	since := c.Cohort.NotScreenedSince
	return since == nil || !since.IsZero() && !since.After(c.OpensAt)
}

// validSessions: half-open, ordered, disjoint.
func validSessions(sessions []contract.Session) bool {
	for i, s := range sessions {
		if !s.To.After(s.From) || i > 0 && s.From.Before(sessions[i-1].To) {
			return false
		}
	}
	return true
}

func fixedPartsEqual(a, b contract.Control) bool {
	return a.Round == b.Round && a.MeaningDigest == b.MeaningDigest && a.OpensAt.Equal(b.OpensAt) &&
		slices.Equal(a.Cohort.Schools, b.Cohort.Schools) && slices.Equal(a.Cohort.Stages, b.Cohort.Stages) &&
		sinceEqual(a.Cohort.NotScreenedSince, b.Cohort.NotScreenedSince)
}

func sinceEqual(a, b *time.Time) bool {
	return a == b || a != nil && b != nil && a.Equal(*b)
}

// pastSessionsEqual compares, for the default list and for every school that has
// its own in either control, the sessions that have begun.
func pastSessionsEqual(next, stored contract.Control, now time.Time) bool {
	if !begunEqual(next.Sessions, next.ClosesAt, stored.Sessions, stored.ClosesAt, now) {
		return false
	}
	for _, o := range slices.Concat(next.Overrides, stored.Overrides) {
		if !begunEqual(sessionsOf(next, o.School), next.ClosesAt, sessionsOf(stored, o.School), stored.ClosesAt, now) {
			return false
		}
	}
	return true
}

func sessionsOf(c contract.Control, school string) []contract.Session {
	for _, o := range c.Overrides {
		if o.School == school {
			return o.Sessions
		}
	}
	return c.Sessions
}

// begunEqual: every session that has begun begins as it did and ends no earlier
// than it would have, unless the closing cuts it. It may end later: adjoining
// sessions are merged, so a later one added to a running one lengthens it.
func begunEqual(next []contract.Session, nextEnd time.Time, stored []contract.Session, storedEnd, now time.Time) bool {
	// A closing that lies in the past takes what began after it along.
	until := earlier(now, nextEnd.Add(-1))
	a, b := begun(next, until), begun(stored, until)
	return slices.EqualFunc(a, b, func(n, s contract.Session) bool {
		cut := earlier(s.To, nextEnd)
		switch {
		case !n.From.Equal(s.From), earlier(n.To, nextEnd).Before(cut):
			return false
		case n.To.After(s.To): // lengthening is for what still runs, or was cut by the closing
			return s.To.After(now) || !s.To.Before(storedEnd)
		}
		return true
	})
}

func begun(sessions []contract.Session, now time.Time) []contract.Session {
	n := 0
	for n < len(sessions) && !sessions[n].From.After(now) {
		n++
	}
	return sessions[:n]
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
