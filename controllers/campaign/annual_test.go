package campaign

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/annual"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

var autumn = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// standing is a district's status in a school year.
type standing struct {
	name, year, students, schools string
	overdue                       int32
	reason                        string
}

func (s standing) district() v1alpha1.District {
	d := v1alpha1.District{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.name, Name: s.name},
		Status: v1alpha1.DistrictStatus{
			Coverage: v1alpha1.Coverage{SchoolYear: s.year, Students: s.students, Schools: s.schools},
		},
	}
	if s.overdue > 0 {
		d.Status.Coverage.OverdueSchools = ptr.To(s.overdue)
	}
	if s.reason != "" {
		d.Status.Conditions = []metav1.Condition{annual.Condition(s.reason, "")}
	}
	return d
}

func TestCoverageOfACampaign(t *testing.T) {
	fengtai := standing{"fengtai", "2026-2027", "4810/4930", "38/40", 2, "Overdue"}
	haidian := standing{"haidian", "2026-2027", "5000/5000", "10/10", 0, "Met"}
	behind := standing{"kaizhou", "2025-2026", "900/1000", "9/10", 1, "NoReport"}
	last := v1alpha1.Coverage{SchoolYear: "2025-2026", Students: "9900/9930"}
	tests := map[string]struct {
		districts []standing
		before    v1alpha1.Coverage
		want      v1alpha1.Coverage
		reason    string
	}{
		"nothing is selected": {nil, last, last, "NobodyOnRoster"},
		"one of two is overdue": {[]standing{fengtai, haidian}, last,
			v1alpha1.Coverage{SchoolYear: "2026-2027", Students: "9810/9930", Schools: "48/50", OverdueSchools: ptr.To[int32](2)}, "Overdue"},
		"all": {[]standing{haidian}, last, v1alpha1.Coverage{SchoolYear: "2026-2027", Students: "5000/5000", Schools: "10/10"}, "Met"},
		"one speaks of last year": {[]standing{haidian, behind}, last,
			v1alpha1.Coverage{SchoolYear: "2026-2027", Students: "5000/5000", Schools: "10/10"}, "NoReport"},
		"all speak of last year": {[]standing{behind}, last, last, "NoReport"},
		"a namespace without a District": {[]standing{haidian, {name: "empty"}}, last,
			v1alpha1.Coverage{SchoolYear: "2026-2027", Students: "5000/5000", Schools: "10/10"}, "NoReport"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := observed{province: coverage.DefaultRule(), districts: map[string]v1alpha1.District{
				"elsewhere": standing{"elsewhere", "2026-2027", "10/9990", "0/99", 99, "Overdue"}.district(), // not selected
			}}
			o.campaign.Spec.TimeZone, o.campaign.Status.Coverage = "Asia/Shanghai", tt.before
			for _, s := range tt.districts {
				o.namespaces = append(o.namespaces, corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.name}})
				if s.year != "" {
					o.districts[s.name] = s.district()
				}
			}
			c := o.campaign.DeepCopy()
			summarise(c, o, decision{}, autumn)
			if diff := cmp.Diff(tt.want, c.Status.Coverage); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if got := annual.ReasonOf(c.Status.Conditions); got != tt.reason {
				t.Errorf("AnnualScreeningMet has the reason %s, want %s", got, tt.reason)
			}
		})
	}
}

func TestOnlyCoverageOfADistrictWakes(t *testing.T) {
	before := standing{"fengtai", "2026-2027", "4810/4930", "38/40", 2, "Overdue"}
	after := func(edit func(*standing)) *v1alpha1.District {
		s := before
		edit(&s)
		d := s.district()
		d.Status.Image = "another"
		return &d
	}
	tests := map[string]struct {
		edit     func(*standing)
		figures  bool // wake after a while
		standing bool // wakes soon
	}{
		"something else":    {func(*standing) {}, false, false},
		"more students":     {func(s *standing) { s.students = "4820/4930" }, true, false},
		"no longer so":      {func(s *standing) { s.reason = "Met" }, false, true},
		"fewer are overdue": {func(s *standing) { s.overdue = 1 }, true, false},
	}
	was := before.district()
	for name, tt := range tests {
		change := event.UpdateEvent{ObjectOld: &was, ObjectNew: after(tt.edit)}
		if figures, stands := coverageMayDiffer(change), standingMayDiffer(change); figures != tt.figures || stands != tt.standing {
			t.Errorf("%s: figures wake is %v, standing %v", name, figures, stands)
		}
	}
}

func TestReplannedSaysHowMany(t *testing.T) {
	round := func(uid types.UID, day int) v1alpha1.ScreeningRound {
		from := metav1.NewTime(autumn.AddDate(0, 0, day))
		r := v1alpha1.ScreeningRound{ObjectMeta: metav1.ObjectMeta{UID: uid}}
		r.Spec.Phases = []v1alpha1.PhaseWindow{{Name: v1alpha1.PhaseStage1, From: from, To: metav1.NewTime(from.Add(time.Hour))}}
		return r
	}
	o := observed{rounds: []v1alpha1.ScreeningRound{round("a", 1), round("b", 1), round("c", 1)}}
	var d decision
	d.plan.Write = []v1alpha1.ScreeningRound{round("a", 2), round("b", 1), round("", 1)} // moved, otherwise changed, new
	recorder := events.NewFakeRecorder(10)
	r := &Reconciler{Events: recorder}
	r.emitReplanned(o, d)
	r.emitReplanned(o, decision{})
	if len(recorder.Events) != 1 {
		t.Fatalf("%d events, want one", len(recorder.Events))
	}
	if got := <-recorder.Events; !strings.HasPrefix(got, "Normal Replanned Other dates for 1 ") {
		t.Errorf("told is %q", got)
	}
}
