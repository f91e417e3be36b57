package command

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
	"github.com/evenkeel/evenkeel/internal/plugin/plan"
)

const openName = "autumn-check-up-20261019"

// midStage1 is a cluster in the second week of Stage1 of a run with a make-up round: kaizhou's
// round is open and has a week to go, before a day on which nobody goes to school and one on
// which nobody is screened.
func midStage1(t *testing.T, edit func(*v1alpha1.ScreeningRound)) world {
	t.Helper()
	w := sampled(t, func(c *v1alpha1.ScreeningCampaign) {
		c.Spec.Schedule.ExtraDates = []v1alpha1.Civil{"2026-10-19"}
		c.Spec.Template.Spec.MakeUp = v1alpha1.MakeUp{AfterSchoolDays: 3, SchoolDays: 2}
	})
	o := planning.Observed{Districts: map[string]v1alpha1.District{}}
	w.districts = func(d *v1alpha1.District) {
		if d.Name == "kaizhou" {
			d.Spec.Narrowing.WithoutSessions = []v1alpha1.Closure{{Name: "tests", From: "2026-12-02", To: "2026-12-02"}}
		}
		o.Districts[d.Name] = *d
	}
	for _, name := range []string{"fengtai", "kaizhou"} {
		w.districts(&v1alpha1.District{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: name}})
	}
	for _, obj := range w.objects {
		switch obj := obj.(type) {
		case *v1alpha1.ScreeningCampaign:
			o.Campaign = *obj
		case *v1alpha1.AcademicCalendar:
			obj.Spec.Closures = append(obj.Spec.Closures, v1alpha1.Closure{Name: "sports", From: "2026-12-01", To: "2026-12-01"})
			o.Calendar = *obj
		case *corev1.Namespace:
			o.Namespaces = append(o.Namespaces, *obj)
		}
	}
	day := time.Date(2026, 10, 19, 1, 0, 0, 0, time.UTC)
	for range 2 { // the make-up rounds come second
		planned, err := planning.Compute(o, day)
		if err != nil {
			t.Fatal(err)
		}
		o.Rounds = append(o.Rounds, planned.Write...)
	}
	for _, r := range o.Rounds {
		if r.Namespace == "kaizhou" && r.Name == openName {
			r.Status.OpenedTime, r.Status.MeaningDigest = &r.Spec.Sessions[0].From, strings.Repeat("0", 64)
			if edit != nil {
				edit(&r)
			}
		}
		if r.Namespace == "fengtai" && r.Name == openName {
			r.Status.Conditions = autumnRound("x", "SchoolsTrained/False/TrainingMissing/no training within 365 days before the opening: lotus-pond",
				"PublicityHeld/False/AdvisoryNotMet/no publicity within 180 days before the opening: lotus-pond (advisory)",
				"AreasCovered/True/Passed").Status.Conditions
		}
		w.objects = append(w.objects, &r)
	}
	return w
}

func extension(t *testing.T, w world) int32 {
	t.Helper()
	var r v1alpha1.ScreeningRound
	if err := w.cluster.Get(t.Context(), client.ObjectKey{Namespace: "kaizhou", Name: openName}, &r); err != nil {
		t.Fatal(err)
	}
	return ptr.Deref(r.Spec.ExtendSchoolDays, -1)
}

// The days are shown with those that are skipped, and the make-up round that gives way.
func TestExtend(t *testing.T) {
	w := midStage1(t, nil).lasting(t)
	stdout, _, err := w.run(t, "extend", openName, "-n", "kaizhou", "--school-days", "3")
	if err != nil {
		t.Fatal(err)
	}
	goldenText(t, "extend.txt", stdout)
	if got := extension(t, w); got != 3 {
		t.Errorf("extendSchoolDays %d", got)
	}
	stdout, _, err = w.run(t, "extend", openName, "-n", "kaizhou", "--school-days", "3")
	if err != nil || !strings.Contains(stdout, "extended by 3 school days: nothing to change") {
		t.Errorf("again: %v\n%s", err, stdout)
	}
	if _, _, err = w.run(t, "extend", "round/"+openName, "-n", "kaizhou", "--school-days", "0", "--dry-run"); err != nil || extension(t, w) != 3 {
		t.Errorf("only tried: %v, %d days", err, extension(t, w))
	}
	if _, _, err = w.run(t, "extend", openName, "-n", "kaizhou", "--school-days", "0"); err != nil || extension(t, w) != 0 {
		t.Errorf("taken back: %v, %d days", err, extension(t, w))
	}
}

// beside makes what is near the open round of midStage1: a school with a calendar of its own, another campaign that has
// the school when the make-up round is, the policy, and a round of a campaign that is gone.
func beside(t *testing.T, w world, rollout v1alpha1.Rollout) world {
	t.Helper()
	set, _, err := manifest.Load(t.Context(), manifest.Input{Paths: []string{samples}})
	if err != nil {
		t.Fatal(err)
	}
	school := set.Schools[0].Value
	school.Namespace = "kaizhou"
	winter, gone := &v1alpha1.ScreeningRound{}, &v1alpha1.ScreeningRound{}
	winter.Namespace, winter.Name = "kaizhou", "winter-20261201"
	winter.Spec = v1alpha1.ScreeningRoundSpec{
		Campaign: v1alpha1.CampaignReference{Name: "winter", UID: "2"}, Slot: "2026-12-01", Cohort: v1alpha1.Cohort{Stages: []v1alpha1.Stage{v1alpha1.StageJuniorSecondary}},
		Sessions: []v1alpha1.SessionWindow{{From: metav1.Date(2026, 12, 9, 1, 0, 0, 0, time.UTC), To: metav1.Date(2026, 12, 9, 8, 0, 0, 0, time.UTC)}},
	}
	gone.Namespace, gone.Name, gone.Spec = "kaizhou", "gone-20261201", *winter.Spec.DeepCopy()
	gone.Spec.Campaign = v1alpha1.CampaignReference{Name: "gone", UID: "3"}
	var campaign *v1alpha1.ScreeningCampaign
	for _, obj := range w.objects {
		switch obj := obj.(type) {
		case *v1alpha1.ScreeningCampaign:
			obj.Spec.Rollout, campaign = rollout, obj
		case *v1alpha1.AcademicCalendar:
			obj.Spec.Exceptions = []v1alpha1.CalendarException{{District: "kaizhou", School: school.Name, Closures: []v1alpha1.Closure{{Name: "fair", From: "2026-11-30", To: "2026-11-30"}}}}
		}
	}
	another := campaign.DeepCopy()
	another.Name, another.UID, another.Spec.Schedule = "winter", "2", v1alpha1.Schedule{StartDate: "2026-12-01"}
	w.objects = append(w.objects, &school, winter, gone, another, &set.Policies[0].Value)
	return w
}

// An extension is read of one district, and says what the whole province would have said. Where another round of the
// district has its dates by what other districts have, the province is read.
func TestExtendReadsOneDistrict(t *testing.T) {
	waves := v1alpha1.Rollout{Pilot: []string{"fengtai"}, MaxConcurrentDistricts: 1}
	required := v1alpha1.Rollout{Capacity: v1alpha1.Capacity{
		Policy: v1alpha1.CapacityRequired, CounsellorCasesPerWeek: 1,
		Expected: []v1alpha1.ExpectedRate{
			{Tier: "Severe", PerThousand: ptr.To[int32](11)}, {Tier: "High", PerThousand: ptr.To[int32](45)},
			{Tier: "Moderate", PerThousand: ptr.To[int32](49)}, {Tier: "Low", PerThousand: ptr.To[int32](155)},
		},
	}}
	for name, tt := range map[string]struct {
		rollout  v1alpha1.Rollout
		unopened bool // there is another round of the campaign
		province bool
	}{
		"all districts at once":             {},
		"in waves":                          {rollout: waves},
		"by capacity":                       {rollout: required},
		"at once, and another run":          {unopened: true},
		"capacity ignored, and another run": {rollout: v1alpha1.Rollout{Capacity: v1alpha1.Capacity{Policy: v1alpha1.CapacityIgnore}}, unopened: true},
		"in waves, and another run":         {rollout: waves, unopened: true, province: true},
		"by capacity, and another run":      {rollout: required, unopened: true, province: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := beside(t, midStage1(t, nil), tt.rollout)
			for _, obj := range w.objects {
				if r, is := obj.(*v1alpha1.ScreeningRound); is && tt.unopened && r.Namespace == "kaizhou" && r.Name == openName {
					next := r.DeepCopy()
					next.Name, next.Spec.Slot, next.Status = "autumn-check-up-20270915", "2027-09-15", v1alpha1.ScreeningRoundStatus{}
					w.objects = append(w.objects, next)
				}
			}
			near, far := w, w
			near.confined = true
			got, err := extended(t, near.lasting(t), func(world *planWorld, reader client.Reader, round v1alpha1.ScreeningRound) error {
				return world.readAround(t.Context(), reader, round)
			})
			if tt.province {
				if err == nil || !strings.Contains(err.Error(), "you may not list screeningcampaigns of the whole cluster") {
					t.Errorf("got %v", err)
				}
				return
			}
			want, wholeErr := extended(t, far.lasting(t), func(world *planWorld, reader client.Reader, _ v1alpha1.ScreeningRound) error {
				return world.read(t.Context(), reader, true)
			})
			if diff := cmp.Diff(want, got); diff != "" || err != nil || wholeErr != nil || len(got.Added) != 3 {
				t.Errorf("%v, %v (-province +district):\n%s", wholeErr, err, diff)
			}
		})
	}
}

// extended is the open round of midStage1 with three days more.
func extended(t *testing.T, w world, read func(*planWorld, client.Reader, v1alpha1.ScreeningRound) error) (plan.Extension, error) {
	t.Helper()
	var round v1alpha1.ScreeningRound
	if err := w.cluster.Get(t.Context(), client.ObjectKey{Namespace: "kaizhou", Name: openName}, &round); err != nil {
		t.Fatal(err)
	}
	var around planWorld
	if err := read(&around, w.cluster, round); err != nil {
		return plan.Extension{}, err
	}
	observed, err := around.campaignOf(roundKind.of("kaizhou", openName))
	if err != nil {
		return plan.Extension{}, err
	}
	return plan.Extend(observed, "kaizhou", openName, 3, time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC))
}

// A make-up round that would follow an extension into the next school year is not moved there.
func TestExtendInAnotherSchoolYear(t *testing.T) {
	w := midStage1(t, nil)
	args := []string{"extend", openName, "-n", "kaizhou", "--school-days", "3", "--dry-run"}
	usual, _, err := w.run(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := w.run(t, append(args, "--school-year-begins", "12-05")...)
	if err != nil || other == usual || strings.Contains(other, openName+"-makeup") {
		t.Errorf("%v\n%s\nby the usual year:\n%s", err, other, usual)
	}
}

// What was added is taken back as long as it has not begun.
func TestExtendTakesBack(t *testing.T) {
	w := midStage1(t, func(r *v1alpha1.ScreeningRound) {
		r.Spec.ExtendSchoolDays = ptr.To[int32](1)
		from := metav1.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC)
		r.Spec.Sessions = append(r.Spec.Sessions, v1alpha1.SessionWindow{From: from, To: metav1.NewTime(from.Add(7*time.Hour + 30*time.Minute))})
	})
	stdout, _, err := w.run(t, "extend", openName, "-n", "kaizhou", "--school-days", "0")
	if err != nil || !strings.Contains(stdout, "TAKEN BACK") || !strings.Contains(stdout, "2026-11-30 09:00  2026-11-30 16:30") {
		t.Errorf("%v\n%s", err, stdout)
	}
}

func TestExtendRefuses(t *testing.T) {
	round := func(edit func(*v1alpha1.ScreeningRound)) func(*testing.T) world {
		return func(t *testing.T) world { t.Helper(); return midStage1(t, edit) }
	}
	open := round(nil)
	tests := map[string]struct {
		world func(*testing.T) world
		args  string
		want  string
	}{
		"no number":  {open, openName, "write 0 to 60"},
		"too many":   {open, openName + " --school-days 61", "write 0 to 60"},
		"not there":  {open, "autumn --school-days 1", "there is no ScreeningRound kaizhou/autumn"},
		"not opened": {round(func(r *v1alpha1.ScreeningRound) { r.Status.OpenedTime = nil }), openName + " --school-days 1", "it has not opened; until then its dates follow its campaign: change ScreeningCampaign autumn-check-up"},
		"make-up":    {open, openName + "-makeup --school-days 1", "it has not opened"},
		"colour":     {open, openName + " --school-days 60 --color blue", "--color"},
		"closed": {round(func(r *v1alpha1.ScreeningRound) {
			r.Status.Conditions = autumnRound("x", "Open/False/Closed").Status.Conditions
		}), openName + " --school-days 1", "it is over (Closed) and cannot be extended"},
		"released": {round(func(r *v1alpha1.ScreeningRound) {
			r.Status.Conditions = autumnRound("x", "Released/True/Released").Status.Conditions
		}), openName + " --school-days 1", "it is over (Released)"},
		"ended by hand": {round(func(r *v1alpha1.ScreeningRound) {
			r.Spec.EndAt = ptr.To(metav1.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))
		}), openName + " --school-days 1", "spec.endAt ends it on 2026-11-25T00:00:00Z"},
		"another campaign's": {round(func(r *v1alpha1.ScreeningRound) { r.Spec.Campaign.UID = "9" }), openName + " --school-days 1", "its ScreeningCampaign autumn-check-up is gone"},
		"no campaign": {func(t *testing.T) world {
			t.Helper()
			w := open(t)
			w.objects = slices.DeleteFunc(w.objects, func(o client.Object) bool { _, is := o.(*v1alpha1.ScreeningCampaign); return is })
			return w
		}, openName + " --school-days 1", "its ScreeningCampaign autumn-check-up is gone"},
		"the calendar ends": {func(t *testing.T) world {
			t.Helper()
			w := open(t)
			for _, o := range w.objects {
				if c, is := o.(*v1alpha1.AcademicCalendar); is {
					c.Spec.Terms = []v1alpha1.Term{{Name: "autumn", From: "2026-09-01", To: "2026-12-03"}}
				}
			}
			return w
		}, openName + " --school-days 5", "has only 2 of 5 school days left"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := tt.world(t).lasting(t)
			_, _, err := w.run(t, append([]string{"extend", "-n", "kaizhou"}, strings.Fields(tt.args)...)...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if got := extension(t, w); got != -1 {
				t.Errorf("extendSchoolDays %d", got)
			}
		})
	}
}
