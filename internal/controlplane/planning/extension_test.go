package planning_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

func on(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, shanghai)
}

// opened is the world with its one round made and open; Stage1 of the shipped campaign is
// from Monday 12 to Friday 30 October, 09:00 to 16:30.
func opened(t *testing.T, edit func(o *planning.Observed)) planning.Observed {
	t.Helper()
	o := world(t, "")
	if edit != nil {
		edit(&o)
	}
	for _, round := range compute(t, o).Write {
		round.UID, round.CreationTimestamp = "9", metav1.NewTime(slotDay)
		if round.Spec.Purpose == "" {
			round.Status.OpenedTime, round.Status.CohortSchools = ptr.To(metav1.NewTime(on(time.October, 12, 9, 0))), []string{"a"}
		}
		o.Rounds = append(o.Rounds, round)
	}
	return o
}

// carryOut plans and writes what is to be written, as the operator does, until nothing is.
func carryOut(t *testing.T, o *planning.Observed, now time.Time) {
	t.Helper()
	for range 3 {
		plan, err := planning.Compute(*o, now)
		if err != nil {
			t.Fatal(err)
		}
		if len(plan.Write) == 0 {
			return
		}
		for _, want := range plan.Write {
			carryOutOne(o, want)
		}
	}
	t.Errorf("at %s something is written again and again", now)
}

func carryOutOne(o *planning.Observed, want v1alpha1.ScreeningRound) {
	for i, is := range o.Rounds {
		if is.Namespace == want.Namespace && is.Name == want.Name {
			want.Spec.Suspend, want.Spec.EndAt, want.Spec.ExtendSchoolDays = is.Spec.Suspend, is.Spec.EndAt, is.Spec.ExtendSchoolDays
			o.Rounds[i].Spec = want.Spec
			return
		}
	}
	want.UID, want.CreationTimestamp = "10", metav1.NewTime(slotDay)
	o.Rounds = append(o.Rounds, want)
}

// beyond lists the days of the sessions after 30 October.
func beyond(windows []v1alpha1.SessionWindow) string {
	var out []string
	for _, w := range windows {
		if from := w.From.In(shanghai); from.After(on(time.October, 31, 0, 0)) {
			out = append(out, fmt.Sprintf("%s-%s", from.Format("01-02 15:04"), w.To.In(shanghai).Format("15:04")))
		}
	}
	return strings.Join(out, ", ")
}

func TestExtension(t *testing.T) {
	type step struct {
		now  time.Time
		days *int32
		want string // of the sessions after 30 October
	}
	const monday, tuesday, wednesday = "11-02 09:00-16:30", "11-03 09:00-16:30", "11-04 09:00-16:30"
	friday := on(time.October, 30, 16, 0)
	join := func(days ...string) string { return strings.Join(days, ", ") }
	tests := map[string]struct {
		edit  func(o *planning.Observed)
		steps []step
	}{
		"the next school days": {nil, []step{{friday, ptr.To[int32](2), join(monday, tuesday)}, {on(time.November, 2, 12, 0), ptr.To[int32](2), join(monday, tuesday)}}},
		"none":                 {nil, []step{{friday, ptr.To[int32](0), ""}, {friday, nil, ""}}},
		"taken back":           {nil, []step{{friday, ptr.To[int32](2), join(monday, tuesday)}, {friday, nil, ""}}},
		"what has begun stays": {nil, []step{
			{friday, ptr.To[int32](3), join(monday, tuesday, wednesday)}, {on(time.November, 3, 8, 51), ptr.To[int32](1), join(monday, tuesday)},
		}},
		"longer while it runs": {nil, []step{{friday, ptr.To[int32](1), monday}, {on(time.November, 2, 12, 0), ptr.To[int32](2), join(monday, tuesday)}}},
		"too late":             {nil, []step{{on(time.October, 30, 16, 30), ptr.To[int32](2), ""}}},
		"ended before": {func(o *planning.Observed) {}, []step{
			{friday, ptr.To[int32](1), monday}, {on(time.November, 2, 16, 30), ptr.To[int32](5), monday}, {on(time.November, 2, 16, 30), nil, monday},
		}},
		"to the end of the calendar": {func(o *planning.Observed) {
			o.Calendar.Spec.Terms, o.Calendar.Spec.MakeUpDays = o.Calendar.Spec.Terms[:1], nil
			o.Calendar.Spec.Terms[0].To = "2026-11-03"
			phases := o.Campaign.Spec.Template.Spec.Phases
			o.Campaign.Spec.Template.Spec.Phases = phases[:len(phases)-3]
			o.Campaign.Spec.Schedule.Cron = "0 8 11 9 *"
		}, []step{{friday, ptr.To[int32](60), join(monday, tuesday)}}},
		"not on days without sessions": {func(o *planning.Observed) {
			fengtai := o.Districts["fengtai"]
			fengtai.Spec.Narrowing.WithoutSessions = []v1alpha1.Closure{{Name: "Examinations", From: "2026-11-02", To: "2026-11-03"}}
			o.Districts["fengtai"] = fengtai
		}, []step{{friday, ptr.To[int32](1), wednesday}}},
		"at the district's hours": {func(o *planning.Observed) {
			fengtai := o.Districts["fengtai"]
			fengtai.Spec.Narrowing.Session = v1alpha1.SessionHours{From: "10:00", To: "12:00"}
			o.Districts["fengtai"] = fengtai
		}, []step{{friday.Add(-5 * time.Hour), ptr.To[int32](1), "11-02 10:00-12:00"}}},
		"round the clock": {func(o *planning.Observed) {
			o.Campaign.Spec.Template.Spec.Phases[2].Session = v1alpha1.SessionHours{From: "00:00", To: "24:00"}
		}, []step{{friday, ptr.To[int32](2), "11-02 00:00-00:00"}}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			o := opened(t, tc.edit)
			before := o.Rounds[0].DeepCopy().Spec
			for _, s := range tc.steps {
				o.Rounds[0].Spec.ExtendSchoolDays = s.days
				carryOut(t, &o, s.now)
				is := o.Rounds[0].Spec
				if got := beyond(is.Sessions); got != s.want {
					t.Errorf("at %s with %d: %s\nwant %s", s.now, ptr.Deref(s.days, 0), got, s.want)
				}
				planned := *is.DeepCopy()
				planned.ExtendSchoolDays, planned.Sessions = nil, planned.Sessions[:len(before.Sessions)]
				if diff := cmp.Diff(before, planned); diff != "" {
					t.Errorf("at %s something else changed:\n%s", s.now, diff)
				}
			}
		})
	}
}

// A round that has not opened, or whose closing somebody moved ahead, is not extended.
func TestExtensionWithoutEffect(t *testing.T) {
	for name, edit := range map[string]func(*v1alpha1.ScreeningRound){
		"not opened": func(r *v1alpha1.ScreeningRound) { r.Status.OpenedTime = nil },
		"ended":      func(r *v1alpha1.ScreeningRound) { r.Spec.EndAt = ptr.To(metav1.NewTime(on(time.October, 28, 12, 0))) },
		"released": func(r *v1alpha1.ScreeningRound) {
			r.Status.Release = v1alpha1.RoundRelease{Floor: 10, Tiers: []v1alpha1.TierCount{{Tier: "None"}}}
		},
	} {
		o := opened(t, nil)
		o.Rounds[0].Spec.ExtendSchoolDays = ptr.To[int32](5)
		edit(&o.Rounds[0])
		carryOut(t, &o, on(time.October, 29, 12, 0))
		if got := beyond(o.Rounds[0].Spec.Sessions); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A school that has days of its own has them in the extension too: between the first and
// the last of the district's.
func TestExtensionOfSchools(t *testing.T) {
	o := opened(t, nil)
	round := &o.Rounds[0]
	round.Status.CohortSchools = []string{"a", "b", "c", "d"}
	round.Spec.Schools = []v1alpha1.SchoolWindows{{Name: "b", Sessions: round.Spec.Sessions[:2]}} // by capacity
	except := func(school string, closures []v1alpha1.Closure, makeUps ...v1alpha1.Civil) {
		o.Calendar.Spec.Exceptions = append(o.Calendar.Spec.Exceptions, v1alpha1.CalendarException{
			Name: school, District: "fengtai", School: school, Closures: closures, MakeUpDays: makeUps,
		})
	}
	except("c", []v1alpha1.Closure{{Name: "Sports day", From: "2026-11-03", To: "2026-11-03"}})
	except("d", nil, "2026-11-07") // Saturday
	except("e", []v1alpha1.Closure{{Name: "Not of the cohort", From: "2026-11-03", To: "2026-11-03"}})
	before := *round.Spec.DeepCopy()
	round.Spec.ExtendSchoolDays = ptr.To[int32](2)
	carryOut(t, &o, on(time.October, 30, 12, 0))
	const monday, tuesday = "11-02 09:00-16:30", "11-03 09:00-16:30"
	want := map[string]string{"": monday + ", " + tuesday, "b": monday + ", " + tuesday, "c": monday}
	got := map[string]string{"": beyond(o.Rounds[0].Spec.Sessions)}
	for _, own := range o.Rounds[0].Spec.Schools {
		got[own.Name] = beyond(own.Sessions)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("2 days (-want +got):\n%s", diff)
	}
	o.Rounds[0].Spec.ExtendSchoolDays = ptr.To[int32](6) // to Monday 9 November
	carryOut(t, &o, on(time.October, 30, 12, 0))
	if own := o.Rounds[0].Spec.Schools; len(own) != 3 || !strings.Contains(beyond(own[2].Sessions), "11-06 09:00-16:30, 11-07 09:00-16:30, 11-09") {
		t.Errorf("6 days: %+v", own)
	}
	o.Rounds[0].Spec.ExtendSchoolDays = nil
	carryOut(t, &o, on(time.October, 30, 12, 0))
	if diff := cmp.Diff(before, o.Rounds[0].Spec); diff != "" {
		t.Errorf("taken back (-was +is):\n%s", diff)
	}
}

// The days of an extension can be read from a round alone.
func TestExtensionIsInTheRound(t *testing.T) {
	for name, hours := range map[string]v1alpha1.SessionHours{"hours": {From: "09:00", To: "16:30"}, "round the clock": {From: "00:00", To: "24:00"}} {
		for _, days := range []int32{0, 1, 2, 5, 6, 13} {
			o := opened(t, func(o *planning.Observed) { o.Campaign.Spec.Template.Spec.Phases[2].Session = hours })
			o.Rounds[0].Spec.ExtendSchoolDays = &days
			carryOut(t, &o, on(time.October, 30, 12, 0))
			if got := planning.Extension(o.Rounds[0].Spec); got != int(days) {
				t.Errorf("%s: %d days asked for, %d read", name, days, got)
			}
		}
	}
}

// An extension outlives the selection of its district and moves the make-up round, which
// has not opened; that one is extended by itself once it has.
func TestExtensionAndMakeUp(t *testing.T) {
	makeUp := func(o *planning.Observed) {
		o.Campaign.Spec.Template.Spec.MakeUp = v1alpha1.MakeUp{AfterSchoolDays: 1, SchoolDays: 2}
	}
	o := opened(t, makeUp)
	if len(o.Rounds) != 2 || o.Rounds[1].Spec.Purpose != v1alpha1.PurposeMakeUp || o.Rounds[1].Name != o.Rounds[0].Name+"-makeup" {
		t.Fatalf("rounds %+v", o.Rounds)
	}
	o.Rounds[0].Spec.ExtendSchoolDays = ptr.To[int32](2)
	carryOut(t, &o, on(time.October, 29, 12, 0))
	if got, want := beyond(o.Rounds[1].Spec.Sessions), "11-04 09:00-16:30, 11-05 09:00-16:30"; got != want {
		t.Errorf("make-up %s, want %s", got, want)
	}
	o.Rounds[1].Status.OpenedTime = ptr.To(metav1.NewTime(on(time.November, 4, 9, 0)))
	o.Rounds[1].Spec.ExtendSchoolDays = ptr.To[int32](1)
	o.Namespaces = nil
	carryOut(t, &o, on(time.November, 5, 12, 0))
	if got, want := beyond(o.Rounds[1].Spec.Sessions), "11-04 09:00-16:30, 11-05 09:00-16:30, 11-06 09:00-16:30"; got != want {
		t.Errorf("make-up extended %s, want %s", got, want)
	}
}

// Of a campaign that wants no make-up rounds any more, one that has not opened never does.
func TestMakeUpIsAwaited(t *testing.T) {
	o := opened(t, func(o *planning.Observed) {
		o.Campaign.Spec.Template.Spec.MakeUp = v1alpha1.MakeUp{AfterSchoolDays: 1, SchoolDays: 2}
	})
	for _, makeUp := range []v1alpha1.MakeUp{o.Campaign.Spec.Template.Spec.MakeUp, {}} {
		o.Campaign.Spec.Template.Spec.MakeUp = makeUp
		if got, want := translate.Awaited(o.Campaign.Spec, o.Rounds[1].Spec), makeUp != (v1alpha1.MakeUp{}); got != want {
			t.Errorf("with %+v: %t", makeUp, got)
		}
		if !translate.Awaited(o.Campaign.Spec, o.Rounds[0].Spec) {
			t.Error("the regular round is not awaited")
		}
	}
}

// A make-up round that would reach into the next school year, by the province's rule, is not planned: it would ask
// everybody once more.
func TestMakeUpStaysInItsSchoolYear(t *testing.T) {
	o := world(t, "")
	o.Campaign.Spec.Template.Spec.MakeUp = v1alpha1.MakeUp{AfterSchoolDays: 1, SchoolDays: 2} // from 2 November
	for day, want := range map[int]int{2: 1, 3: 1, 4: 2} {
		o.Coverage = coverage.DefaultRule()
		o.Coverage.YearBegins = coverage.DayOfYear{Month: time.November, Day: day}
		plan := compute(t, o)
		if len(plan.Write) != want || (len(plan.Warnings) == 0) != (want == 2) {
			t.Errorf("school years from %s: %d rounds, warnings %v", o.Coverage.YearBegins, len(plan.Write), plan.Warnings)
		}
	}
}
