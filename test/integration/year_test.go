package integration

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// year is a school year that one district lives through, in a zone of its own: an autumn
// round by cron and a spring round by an extra date, each with a make-up, and what people do
// to them. Where clocks change, they do in the middle of both Stage1s.
type year struct {
	*world
	zone    *time.Location
	every   func(*world) // after every step; nil: nothing
	story   []string     // what the district did, and when
	states  map[string]contract.RoundState
	opened  map[string]contract.Control // as it was when the round opened
	planned []plannedDeed
}

// plannedDeed is what somebody does at a civil time.
type plannedDeed struct {
	at string // 2026-10-27T10:00 in the year's zone
	do func(*year)
}

var (
	// Far ahead, for a campaign has no runs before it was made, and the API server stamps it with the real time.
	yearTerms    = [][2]string{{"2095-09-01", "2096-01-20"}, {"2096-02-20", "2096-07-08"}}
	yearClosures = [][2]string{{"2095-11-02", "2095-11-02"}, {"2096-03-08", "2096-03-08"}}
	yearMakeUps  = []string{"2095-11-05", "2096-03-10"} // Saturdays
)

// TestSchoolYear wants the same year whether the operator runs undisturbed or is restarted
// after every step, and of it what people asked for and nothing else.
func TestSchoolYear(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		zone  string
		every func(*world)
	}{
		"year-sha":    {"Asia/Shanghai", nil},
		"year-new":    {"America/New_York", nil},
		"year-stormy": {"America/New_York", restarted}, // one zone will do for that
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y := liveThrough(t, name, tc.zone, tc.every)
			check(y.world, "autumn round", y.roundOf("20951024").Status.Conditions, []string{"Replanned=True/Extended", "Extended=True/Extended", "Released=True/Released"})
			check(y.world, "spring round", y.roundOf("20960227").Status.Conditions, []string{"Replanned=absent", "Extended=absent", "Released=True/Released"})
			if diff := cmp.Diff(yearStory, y.story); diff != "" {
				t.Errorf("the year (-want +got):\n%s", diff)
			}
		})
	}
}

// yearStory is what the district does, by its own zone's clock.
var yearStory = []string{
	// Publicity from 24 October, a closure on 2 November, school on Saturday 5; on Sunday 6 clocks change in New York.
	"2095-10-31T09:00 20951024 Open",
	"2095-11-01T10:00 20951024 Held", // the campaign is suspended
	"2095-11-03T10:00 20951024 Open",
	"2095-11-09T16:30 20951024 Closed", // six days instead of five, and two days of extension
	"2095-11-10T17:00 20951024 Released",
	"2095-11-23T09:00 20951024-makeup Open",
	"2095-11-24T16:30 20951024-makeup Closed",
	"2095-11-25T17:00 20951024-makeup Released",
	// The campaign is another one by now; a closure on 8 March, school on Saturday 10, clocks change on Sunday 11.
	"2096-03-05T09:00 20960227 Open",
	"2096-03-12T11:00 20960227 Closed", // ended early
	"2096-03-13T11:30 20960227 Released",
	"2096-03-26T09:00 20960227-makeup Open",
	"2096-03-27T16:30 20960227-makeup Closed",
	"2096-03-28T17:00 20960227-makeup Released",
}

func liveThrough(t *testing.T, name, zone string, every func(*world)) *year {
	t.Helper()
	y := &year{world: newWorld(t, name), every: every, states: map[string]contract.RoundState{}, opened: map[string]contract.Control{}}
	var err error
	if y.zone, err = time.LoadLocation(zone); err != nil {
		t.Fatal(err)
	}
	y.furnishYear(v1alpha1.TimeZone(zone))
	y.planned, y.lean = deeds(), true
	for now := y.local("2095-09-01T00:00"); now.Before(y.local("2096-08-31T00:00")); now = y.next(now) {
		y.clock.SetTime(now)
		y.act(now)
		y.settle()
		y.look(now)
		if every != nil {
			every(y.world)
			y.settle()
			y.look(now)
		}
	}
	return y
}

func (y *year) furnishYear(zone v1alpha1.TimeZone) {
	edited(&v1alpha1.AcademicCalendar{}, func(c *v1alpha1.AcademicCalendar) {
		c.Spec = v1alpha1.AcademicCalendarSpec{SchoolYear: "2095-2096", TimeZone: zone}
		for i, term := range yearTerms {
			c.Spec.Terms = append(c.Spec.Terms, v1alpha1.Term{Name: fmt.Sprint("term ", i), From: v1alpha1.Civil(term[0]), To: v1alpha1.Civil(term[1])})
		}
		for i, closed := range yearClosures {
			c.Spec.Closures = append(c.Spec.Closures, v1alpha1.Closure{Name: fmt.Sprint("closure ", i), From: v1alpha1.Civil(closed[0]), To: v1alpha1.Civil(closed[1])})
		}
		for _, day := range yearMakeUps {
			c.Spec.MakeUpDays = append(c.Spec.MakeUpDays, v1alpha1.Civil(day))
		}
	})(y.world)
	edited(&v1alpha1.District{}, func(d *v1alpha1.District) { d.Spec.TimeZone = zone })(y.world)
	for _, school := range []string{"lotus-pond", "stone-bridge"} {
		var s v1alpha1.School
		y.get(&s, school)
		s.Spec.Training.CompletedOn = "2095-09-20"
		if err := admin.Update(ctx, &s); err != nil {
			y.t.Fatal(err)
		}
	}
	y.furnishCampaign()
}

func (y *year) furnishCampaign() {
	edited(&v1alpha1.ScreeningCampaign{}, func(c *v1alpha1.ScreeningCampaign) {
		c.Spec.TimeZone = v1alpha1.TimeZone(y.zone.String())
		c.Spec.Schedule = v1alpha1.Schedule{Cron: "0 8 24 10 *", ExtraDates: []v1alpha1.Civil{"2096-02-27"}}
		c.Spec.Template.Spec.Phases = []v1alpha1.Phase{
			{Name: v1alpha1.PhasePublicity, SchoolDays: 5},
			{Name: v1alpha1.PhaseStage1, SchoolDays: 5, Session: v1alpha1.SessionHours{From: "09:00", To: "16:30"}},
			{Name: v1alpha1.PhaseIntervention, SchoolDays: 5},
		}
		c.Spec.Template.Spec.MakeUp = v1alpha1.MakeUp{AfterSchoolDays: 10, SchoolDays: 2}
		c.Spec.Gates = []v1alpha1.GateRule{{Name: v1alpha1.GateTraining, Enforcement: v1alpha1.EnforcementRequired}}
	})(y.world)
}

// deeds are what people do in the year.
func deeds() []plannedDeed {
	return []plannedDeed{
		{"2095-10-26T10:00", func(y *year) { // between the plan and the opening
			edited(&v1alpha1.ScreeningCampaign{}, func(c *v1alpha1.ScreeningCampaign) { c.Spec.Template.Spec.Phases[1].SchoolDays = 6 })(y.world)
		}},
		{"2095-11-01T10:00", func(y *year) { suspendCampaign(true)(y.world) }},
		{"2095-11-03T10:00", func(y *year) { suspendCampaign(false)(y.world) }},
		{"2095-11-04T12:00", func(y *year) {
			y.editRound("20951024", func(r *v1alpha1.ScreeningRound) { r.Spec.ExtendSchoolDays = ptr.To[int32](2) })
		}},
		{"2095-12-15T10:00", func(y *year) { // what is over stays as it is
			edited(&v1alpha1.ScreeningCampaign{}, func(c *v1alpha1.ScreeningCampaign) { c.Spec.Template.Spec.Phases[2].SchoolDays = 6 })(y.world)
		}},
		{"2096-02-01T10:00", func(y *year) { deleted(&v1alpha1.ScreeningCampaign{})(y.world) }},
		{"2096-02-10T10:00", func(y *year) { // made anew it screens nobody twice
			create(y.t, admin, y.makeCampaign().Obj())
			y.furnishCampaign()
			edited(&v1alpha1.ScreeningCampaign{}, func(c *v1alpha1.ScreeningCampaign) { c.Spec.Template.Spec.Phases[1].SchoolDays = 6 })(y.world)
		}},
		{"2096-03-02T12:00", func(y *year) { silent(y.world) }}, // the meaning is pinned a day before the opening: not now
		{"2096-03-04T12:00", func(y *year) { heardAgain(y.world) }},
		{"2096-03-06T12:00", func(y *year) { silent(y.world) }},
		{"2096-03-07T12:00", func(y *year) { heardAgain(y.world) }},
		{"2096-03-12T11:00", func(y *year) {
			y.editRound("20960227", func(r *v1alpha1.ScreeningRound) { r.Spec.EndAt = ptr.To(metav1.NewTime(y.local("2096-03-12T11:00"))) })
		}},
	}
}

func (y *year) roundOf(slot string) *v1alpha1.ScreeningRound {
	y.t.Helper()
	var r v1alpha1.ScreeningRound
	y.get(&r, y.name+"-"+slot)
	return &r
}

func (y *year) editRound(slot string, edit func(*v1alpha1.ScreeningRound)) {
	y.t.Helper()
	r := y.roundOf(slot)
	edit(r)
	if err := admin.Update(ctx, r); err != nil {
		y.t.Fatal(err)
	}
}

func (y *year) local(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02T15:04", text, y.zone)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// act does what is due, and releases the figures of what has been closed for a day.
func (y *year) act(now time.Time) {
	for len(y.planned) > 0 && !y.local(y.planned[0].at).After(now) {
		y.planned[0].do(y)
		y.planned = y.planned[1:]
	}
	for _, r := range y.district.rounds {
		if r.state(now) == contract.RoundClosed && !now.Before(r.control.ClosesAt.Add(24*time.Hour)) {
			r.release = &contract.Release{Floor: 10, Participants: contract.Cell{Count: 110}, Tiers: make([]contract.Cell, 5)}
			for i := range r.release.Tiers {
				r.release.Tiers[i].Suppressed = true
			}
		}
	}
}

// next is the next moment at which anything is to be done, at most a week on.
func (y *year) next(now time.Time) time.Time {
	next := now.Add(7 * 24 * time.Hour)
	consider := func(t time.Time) {
		if t.After(now) && t.Before(next) {
			next = t
		}
	}
	if len(y.planned) > 0 {
		consider(y.local(y.planned[0].at))
	}
	var rounds v1alpha1.ScreeningRoundList
	if err := admin.List(ctx, &rounds, client.InNamespace(y.name)); err != nil {
		y.t.Fatal(err)
	}
	for _, slot := range []string{"2095-10-24T08:00", "2096-02-27T00:00"} {
		consider(y.local(slot))
	}
	for _, r := range rounds.Items {
		for _, phase := range r.Spec.Phases {
			consider(phase.From.Time)
			consider(phase.To.Time)
		}
		opens, closes := translate.Window(r.Spec)
		for _, t := range []time.Time{opens, closes, closes.Add(24*time.Hour + 30*time.Minute)} {
			consider(t)
		}
		for _, before := range []time.Duration{24 * time.Hour, 10 * time.Minute, time.Second} {
			consider(opens.Add(-before))
		}
	}
	return next
}

// look notes what the district does and checks what must hold of it at any time.
func (y *year) look(now time.Time) {
	y.t.Helper()
	busy := ""
	for _, name := range slices.Sorted(maps.Keys(y.district.rounds)) {
		r := y.district.rounds[name]
		slot := strings.TrimPrefix(name, y.name+"-")
		state := r.state(now)
		was, known := y.states[name]
		if state != was && (known || state != contract.RoundScheduled) {
			y.story = append(y.story, fmt.Sprintf("%s %s %s", now.In(y.zone).Format("2006-01-02T15:04"), slot, state))
		}
		y.states[name] = state
		y.checkSessions(slot, r.control)
		y.checkBegun(name, r.control, now)
		if state == contract.RoundOpen && inSession(r.control, now) {
			if busy != "" {
				y.t.Errorf("at %s %s and %s ask the same students", now, busy, slot)
			}
			busy = slot
		}
	}
}

func inSession(c contract.Control, now time.Time) bool {
	return slices.ContainsFunc(c.Sessions, func(s contract.Session) bool { return !now.Before(s.From) && now.Before(s.To) })
}

// checkSessions wants every session on a school day within the hours of the campaign.
func (y *year) checkSessions(slot string, c contract.Control) {
	y.t.Helper()
	for _, s := range c.Sessions {
		from, to := s.From.In(y.zone), s.To.In(y.zone)
		if from.Format("15:04") < "09:00" || to.Format("15:04") > "16:30" || from.Format(time.DateOnly) != to.Format(time.DateOnly) {
			y.t.Errorf("%s has a session from %s to %s", slot, from, to)
		}
		if !schoolDay(from) {
			y.t.Errorf("%s has a session on %s, no school day", slot, from)
		}
	}
}

// schoolDay is written from the calendar's words alone.
func schoolDay(t time.Time) bool {
	day := t.Format(time.DateOnly)
	in := func(ranges [][2]string) bool {
		return slices.ContainsFunc(ranges, func(r [2]string) bool { return r[0] <= day && day <= r[1] })
	}
	weekend := t.Weekday() == time.Saturday || t.Weekday() == time.Sunday
	return in(yearTerms) && (slices.Contains(yearMakeUps, day) || !weekend && !in(yearClosures))
}

// checkBegun wants that of a round which has opened nothing has changed that has begun.
func (y *year) checkBegun(name string, c contract.Control, now time.Time) {
	y.t.Helper()
	if now.Before(c.OpensAt) {
		return
	}
	was, known := y.opened[name]
	y.opened[name] = c
	if !known {
		return
	}
	if !was.OpensAt.Equal(c.OpensAt) || was.MeaningDigest != c.MeaningDigest {
		y.t.Errorf("at %s the opening or the meaning of %s has changed", now, name)
	}
	for i, s := range was.Sessions {
		if s.To.After(now) {
			break
		}
		if i >= len(c.Sessions) || !c.Sessions[i].From.Equal(s.From) || !c.Sessions[i].To.Equal(s.To) {
			y.t.Errorf("at %s session %d of %s has changed although it is over", now, i, name)
		}
	}
}
