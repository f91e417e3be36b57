package exchange

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
)

var (
	day    = time.Date(2026, 9, 15, 0, 0, 0, 0, time.UTC)
	digest = contract.Digest("aa11223344556677889900aabbccddeeff00112233445566778899aabbccddee")
	other  = contract.Digest("bb11223344556677889900aabbccddeeff00112233445566778899aabbccddee")
)

func at(hours int) time.Time { return day.Add(time.Duration(hours) * time.Hour) }

func since(hours int) *time.Time {
	t := at(hours)
	return &t
}

func span(from, to int) contract.Session { return contract.Session{From: at(from), To: at(to)} }

func control(edit func(*contract.Control)) contract.Control {
	c := contract.Control{
		Version: contract.Version, Round: "autumn", Revision: 2, MeaningDigest: digest, OpensAt: at(8), ClosesAt: at(80),
		Sessions: []contract.Session{span(9, 12), span(33, 36), span(57, 60)},
		Hold:     contract.HoldNone, Cohort: contract.Cohort{Schools: []string{"a"}, Stages: []string{"JuniorSecondary"}},
	}
	if edit != nil {
		edit(&c)
	}
	return c
}

func storedControl(released bool) roundState {
	c := control(func(c *contract.Control) { c.Revision = 1 })
	return roundState{meaning: digest, control: &c, revision: &contract.Revision{Revision: 1, Digest: digest}, opensAt: c.OpensAt, released: released}
}

func TestJudgeControl(t *testing.T) {
	tests := map[string]struct {
		now      int // hours; the round opens at 8, its sessions are 9-12, 33-36, 57-60
		released bool
		edit     func(*contract.Control)
		want     contract.RefusalReason
	}{
		"before opening everything may change":                 {now: 1, edit: func(c *contract.Control) { c.OpensAt = at(2); c.Cohort.Stages = nil; c.Sessions = nil }},
		"open: closing later":                                  {now: 10, edit: func(c *contract.Control) { c.ClosesAt = at(99) }},
		"open: closing at once":                                {now: 10, edit: func(c *contract.Control) { c.ClosesAt = at(10); c.Sessions = []contract.Session{span(9, 10)} }},
		"open: closing in the past takes later sessions along": {now: 34, edit: func(c *contract.Control) { c.ClosesAt = at(20); c.Sessions = c.Sessions[:1] }},
		"open: closing in the past keeps earlier sessions":     {now: 34, edit: func(c *contract.Control) { c.ClosesAt = at(20); c.Sessions = nil }, want: contract.RefusedOpen},
		"open: a hold":                                         {now: 10, edit: func(c *contract.Control) { c.Hold = contract.HoldAndDrain }},
		"open: later sessions":                                 {now: 13, edit: func(c *contract.Control) { c.Sessions = []contract.Session{span(9, 12), span(40, 44)} }},
		"open: a later session for one school": {now: 13, edit: func(c *contract.Control) {
			c.Overrides = []contract.SchoolSessions{{School: "a", Sessions: []contract.Session{span(9, 12), span(50, 51)}}}
		}},
		"open: opening":                {now: 10, edit: func(c *contract.Control) { c.OpensAt = at(11) }, want: contract.RefusedOpen},
		"open: cohort":                 {now: 10, edit: func(c *contract.Control) { c.Cohort.Schools = []string{"a", "b"} }, want: contract.RefusedOpen},
		"open: who was screened since": {now: 10, edit: func(c *contract.Control) { c.Cohort.NotScreenedSince = since(-24) }, want: contract.RefusedOpen},
		"a make-up that begins before what it makes up": {now: 1, edit: func(c *contract.Control) { c.Cohort.NotScreenedSince = since(9) }, want: contract.RefusedInvalid},
		"a make-up since no instant":                    {now: 1, edit: func(c *contract.Control) { c.Cohort.NotScreenedSince = &time.Time{} }, want: contract.RefusedInvalid},
		"a make-up":                                     {now: 1, edit: func(c *contract.Control) { c.Cohort.NotScreenedSince = since(-24) }},
		"open: meaning":                                 {now: 10, edit: func(c *contract.Control) { c.MeaningDigest = other }, want: contract.RefusedOpen},
		"open: a session that ran":                      {now: 13, edit: func(c *contract.Control) { c.Sessions = c.Sessions[1:] }, want: contract.RefusedOpen},
		"open: a session in the past": {now: 30, edit: func(c *contract.Control) {
			c.Sessions = []contract.Session{span(9, 12), span(20, 21), span(33, 36)}
		}, want: contract.RefusedOpen},
		"open: the running session shortened":                        {now: 10, edit: func(c *contract.Control) { c.Sessions[0] = span(9, 11) }, want: contract.RefusedOpen},
		"open: an adjoining later session lengthens the running one": {now: 10, edit: func(c *contract.Control) { c.Sessions[0] = span(9, 14) }},
		"open: a school's past rewritten": {now: 13, edit: func(c *contract.Control) {
			c.Overrides = []contract.SchoolSessions{{School: "a", Sessions: []contract.Session{span(8, 12)}}}
		}, want: contract.RefusedOpen},
		"released: closing":      {now: 90, released: true, edit: func(c *contract.Control) { c.ClosesAt = at(99) }, want: contract.RefusedOpen},
		"released: a hold":       {now: 90, released: true, edit: func(c *contract.Control) { c.Hold = contract.HoldNew }},
		"stale":                  {now: 1, edit: func(c *contract.Control) { c.Revision = 0 }, want: contract.RefusedStale},
		"same revision, other":   {now: 1, edit: func(c *contract.Control) { c.Revision = 1 }, want: contract.RefusedStale},
		"closes before it opens": {now: 1, edit: func(c *contract.Control) { c.ClosesAt = at(7) }, want: contract.RefusedInvalid},
		"sessions overlap":       {now: 1, edit: func(c *contract.Control) { c.Sessions = []contract.Session{span(9, 12), span(11, 13)} }, want: contract.RefusedInvalid},
		"unknown hold":           {now: 1, edit: func(c *contract.Control) { c.Hold = "Paused" }, want: contract.RefusedInvalid},
		"a school twice": {now: 1, edit: func(c *contract.Control) {
			c.Overrides = []contract.SchoolSessions{{School: "a", Sessions: c.Sessions}, {School: "a", Sessions: c.Sessions}}
		}, want: contract.RefusedInvalid},
		"a school without a session": {now: 1, edit: func(c *contract.Control) {
			c.Overrides = []contract.SchoolSessions{{School: "a"}}
		}, want: contract.RefusedInvalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := control(tt.edit)
			if got := judgeControl(c, contract.Revision{Revision: c.Revision, Digest: other}, storedControl(tt.released), at(tt.now)); got != tt.want {
				t.Errorf("judged %q, want %q", got, tt.want)
			}
		})
	}
}

// An open make-up round may be closed later like any other; the same instant in another
// zone is the same.
func TestAnOpenMakeUpRoundIsExtended(t *testing.T) {
	edit := func(zone *time.Location) func(*contract.Control) {
		return func(c *contract.Control) {
			from := at(-24).In(zone)
			c.Cohort.NotScreenedSince = &from
		}
	}
	is := control(edit(time.UTC))
	is.Revision = 1
	s := roundState{meaning: digest, control: &is, revision: &contract.Revision{Revision: 1, Digest: digest}, opensAt: is.OpensAt}
	next := control(edit(time.FixedZone("UTC+8", 8*3600)))
	next.ClosesAt = at(99)
	if got := judgeControl(next, contract.Revision{Revision: 2, Digest: other}, s, at(10)); got != accepted {
		t.Errorf("judged %q", got)
	}
	next.Cohort.NotScreenedSince = nil
	if got := judgeControl(next, contract.Revision{Revision: 2, Digest: other}, s, at(10)); got != contract.RefusedOpen {
		t.Errorf("a make-up round that is one no longer: judged %q", got)
	}
}

// Whatever is refused as Open, its hold gets through, and what is kept would be accepted.
func TestInPart(t *testing.T) {
	tests := map[string]struct {
		now      int
		released bool
		edit     func(*contract.Control)
		want     func(*contract.Control) // of the stored control
	}{
		"another cohort": {now: 10, edit: func(c *contract.Control) { c.Cohort.Schools = nil }},
		"another cohort, closing and later sessions": {now: 10, edit: func(c *contract.Control) {
			c.Cohort.Schools, c.ClosesAt, c.Sessions = nil, at(40), []contract.Session{span(9, 12), span(34, 36)}
		}, want: func(c *contract.Control) {
			c.ClosesAt, c.Sessions = at(40), []contract.Session{span(9, 12), span(34, 36)}
		}},
		"a session that ran, and closing": {now: 13, edit: func(c *contract.Control) { c.Sessions, c.ClosesAt = c.Sessions[1:], at(40) },
			want: func(c *contract.Control) { c.ClosesAt = at(40) }},
		"closing before the opening that was": {now: 10, edit: func(c *contract.Control) { c.OpensAt, c.ClosesAt, c.Sessions = at(2), at(3), nil },
			want: func(c *contract.Control) { c.ClosesAt, c.Sessions = at(8), nil }},
		"released": {now: 90, released: true, edit: func(c *contract.Control) { c.ClosesAt = at(99) }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := storedControl(tt.released)
			c := control(func(c *contract.Control) { c.Hold = contract.HoldAndDrain; tt.edit(c) })
			next := contract.Revision{Revision: 2, Digest: other}
			if got := judgeControl(c, next, s, at(tt.now)); got != contract.RefusedOpen {
				t.Fatalf("judged %q", got)
			}
			want := *s.control
			want.Hold = contract.HoldAndDrain
			if tt.want != nil {
				tt.want(&want)
			}
			got := inPart(c, s, at(tt.now))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if reason := judgeControl(got, next, s, at(tt.now)); reason != accepted {
				t.Errorf("what is kept is refused: %s", reason)
			}
		})
	}
}

func TestJudgeMeaning(t *testing.T) {
	tests := map[string]struct {
		stored contract.Digest
		now    int
		want   contract.RefusalReason
	}{
		"replaced before opening":        {stored: other, now: 7},
		"pinned at the opening instant":  {stored: other, now: 8, want: contract.RefusedPinned},
		"the same one again":             {stored: digest, now: 20},
		"the first one, after opening":   {stored: "", now: 20},
		"pinned long after the opening":  {stored: other, now: 90, want: contract.RefusedPinned},
		"the same one before it opened":  {stored: digest, now: 1},
		"the first one, before it opens": {stored: "", now: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := storedControl(false)
			s.meaning = tt.stored
			if got := judgeMeaning(digest, s, at(tt.now)); got != tt.want {
				t.Errorf("judged %q, want %q", got, tt.want)
			}
		})
	}
}

// Whatever is accepted while a round is open, the time that has been open for
// answers stays the time that was.
func TestJudgeControlNeverRewritesThePast(t *testing.T) {
	sessions := rapid.Custom(func(t *rapid.T) []contract.Session {
		var list []contract.Session
		end := 8
		for range rapid.IntRange(0, 4).Draw(t, "sessions") {
			from := end + rapid.IntRange(0, 5).Draw(t, "gap")
			end = from + rapid.IntRange(1, 9).Draw(t, "length")
			list = append(list, span(from, end))
		}
		return list
	})
	rapid.Check(t, func(t *rapid.T) {
		now := at(rapid.IntRange(8, 60).Draw(t, "now"))
		before := control(func(c *contract.Control) { c.Sessions = sessions.Draw(t, "before") })
		after := control(func(c *contract.Control) { c.Sessions = sessions.Draw(t, "after"); c.Revision = 3 })
		s := roundState{meaning: digest, control: &before, revision: &contract.Revision{Revision: 2}, opensAt: before.OpensAt}
		if judgeControl(after, contract.Revision{Revision: 3}, s, now) != accepted {
			return
		}
		for instant := at(8); instant.Before(now); instant = instant.Add(30 * time.Minute) {
			if within(before.Sessions, instant) != within(after.Sessions, instant) {
				t.Fatalf("at %s the sessions were rewritten", instant)
			}
		}
	})
}

func within(sessions []contract.Session, instant time.Time) bool {
	for _, s := range sessions {
		if !instant.Before(s.From) && instant.Before(s.To) {
			return true
		}
	}
	return false
}

func FuzzValidateDirectory(f *testing.F) {
	f.Add("110106", "Asia/Shanghai", "https://gateway.example", []byte("0123456789abcdef01234567"))
	f.Fuzz(func(_ *testing.T, code, zone, url string, secret []byte) {
		_ = validateDirectory(contract.Directory{
			Version: 1, District: code, TimeZone: zone, CellFloor: 10,
			Transports: []contract.Transport{{Name: "sms", URL: url, SendSecret: secret, ReceiptSecret: secret}},
		})
	})
}
