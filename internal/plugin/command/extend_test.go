package command

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
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
				"PublicityHeld/False/PublicityMissing/no publicity within 180 days before the opening: lotus-pond (advisory)",
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
