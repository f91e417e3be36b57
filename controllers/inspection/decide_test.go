package inspection

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
)

// 23:00 of 17 December in Shanghai, 15:00 in Greenwich.
var now = time.Date(2026, 12, 17, 15, 0, 0, 0, time.UTC)

// world is an inspection that waits for its seed, changed.
func world(t *testing.T, edits ...func(*observed)) observed {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	o := observed{
		inspection: v1alpha1.Inspection{
			ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: "autumn-spot-check", Generation: 3},
			Spec:       v1alpha1.InspectionSpec{Schools: 2, SeedSource: "Draw 2026137"},
			Status:     v1alpha1.InspectionStatus{Listed: []string{"lotus-pond", "stone-bridge", "willow-lane"}},
		},
		district: &v1alpha1.District{Spec: v1alpha1.DistrictSpec{Code: "110106", Areas: []v1alpha1.Area{{Code: "east"}}}},
		zone:     zone,
	}
	for _, edit := range edits {
		edit(&o)
	}
	return o
}

func seeded(o *observed) { o.inspection.Spec.Seed = "2026137 04 09 15 22 27 31 08" }

func unlisted(schools ...string) func(*observed) {
	return func(o *observed) { o.inspection.Status.Listed, o.schools = nil, schools }
}

func areas(codes ...string) func(*observed) {
	return func(o *observed) { o.inspection.Spec.Areas = codes }
}

func withoutOne(o *observed) { o.district, o.zone = nil, nil }

func found(findings ...v1alpha1.Finding) func(*observed) {
	return func(o *observed) { o.inspection.Spec.Findings = findings }
}

func drawnBefore(schools ...string) func(*observed) {
	return func(o *observed) { seeded(o); o.inspection.Status.Drawn = schools }
}

func many(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("no-%04d", i)
	}
	return out
}

// notMet is a finding at a school, "", or with the day on which it was rectified.
func notMet(school string, by, on v1alpha1.Civil) v1alpha1.Finding {
	return v1alpha1.Finding{
		School: school, Item: "CounsellingRoom", Result: v1alpha1.FindingNotMet, FoundOn: "2026-12-03", RectifyBy: by, RectifiedOn: on,
	}
}

func TestDraw(t *testing.T) {
	three := []string{"lotus-pond", "stone-bridge", "willow-lane"}
	tests := map[string]struct {
		edits   []func(*observed)
		state   conditions.State
		reason  string // of Drawn
		message string // part of it
		listed  []string
		drawn   []string
	}{
		"the list":                {[]func(*observed){unlisted(three...)}, conditions.Applied, "WaitingForSeed", "listed: 3", three, nil},
		"the list again":          {nil, conditions.Applied, "WaitingForSeed", "listed: 3", nil, nil},
		"the draw":                {[]func(*observed){seeded}, conditions.Applied, "Drawn", "drawn: 2 of 3", nil, []string{"stone-bridge", "lotus-pond"}},
		"the draw is made once":   {[]func(*observed){drawnBefore("willow-lane")}, conditions.Applied, "Drawn", "drawn: 1 of 3", nil, nil},
		"a seed before the list":  {[]func(*observed){seeded, unlisted()}, conditions.Invalid, "SeedBeforeList", "make another Inspection", nil, nil},
		"a seed while listing":    {[]func(*observed){seeded, unlisted(three...)}, conditions.Invalid, "SeedBeforeList", "make another Inspection", nil, nil},
		"no schools":              {[]func(*observed){unlisted()}, conditions.Waiting, "NoSchools", "Waiting for a School", nil, nil},
		"an area of the district": {[]func(*observed){areas("east"), unlisted("lotus-pond")}, conditions.Applied, "WaitingForSeed", "listed: 1", []string{"lotus-pond"}, nil},
		"an area that is not":     {[]func(*observed){areas("east", "wset"), unlisted("lotus-pond")}, conditions.Waiting, "NoSchools", "lists no area wset", nil, nil},
		"as many as a list holds": {[]func(*observed){unlisted(many(2000)...)}, conditions.Applied, "WaitingForSeed", "listed: 2000", many(2000), nil},
		"more than that":          {[]func(*observed){unlisted(many(2001)...)}, conditions.Invalid, "TooManySchools", "2001 schools are more than the 2000", nil, nil},
		"no district":             {[]func(*observed){withoutOne, seeded}, conditions.Waiting, "Pending", "Waiting for the District fengtai", nil, nil},
		"fewer schools than asked for": {[]func(*observed){seeded, func(o *observed) { o.inspection.Spec.Schools = 200 }},
			conditions.Applied, "Drawn", "drawn: 3 of 3", nil, []string{"stone-bridge", "lotus-pond", "willow-lane"}},
		"a finding elsewhere": {[]func(*observed){drawnBefore("lotus-pond"), found(v1alpha1.Finding{School: "nowhere", Result: v1alpha1.FindingMet, FoundOn: "2026-12-03"})},
			conditions.Applied, "Drawn", "findings are also of schools that were not: nowhere", nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := decide(world(t, tt.edits...), now)
			if d.verdict.State != tt.state || d.drawn.Reason != tt.reason || !strings.Contains(d.drawn.Message, tt.message) {
				t.Errorf("state %d, %s %q; want %d, %s %q", d.verdict.State, d.drawn.Reason, d.drawn.Message, tt.state, tt.reason, tt.message)
			}
			if diff := cmp.Diff([][]string{tt.listed, tt.drawn}, [][]string{d.listed, d.schools}); diff != "" {
				t.Errorf("listed and drawn (-want +got):\n%s", diff)
			}
			if (d.terminal != nil) != (tt.state == conditions.Invalid) {
				t.Errorf("terminal error %v in state %d", d.terminal, d.verdict.State)
			}
		})
	}
}

func TestFindings(t *testing.T) {
	drawn := drawnBefore("lotus-pond", "stone-bridge")
	tests := map[string]struct {
		edits         []func(*observed)
		reason        string
		message       string
		open, overdue int32
		next          v1alpha1.Civil
		wait          time.Duration
		fault         string // in Ready
	}{
		"none":               {[]func(*observed){drawn}, "NothingOpen", "Nothing is", 0, 0, "", 0, ""},
		"open":               {[]func(*observed){drawn, found(notMet("lotus-pond", "2026-12-31", ""), notMet("stone-bridge", "2026-12-24", ""))}, "Open", "Open: 2, the next to be rectified by 2026-12-24", 2, 0, "2026-12-24", 7*24*time.Hour + time.Hour, ""},
		"on the last day":    {[]func(*observed){drawn, found(notMet("lotus-pond", "2026-12-17", ""))}, "Open", "by 2026-12-17", 1, 0, "2026-12-17", time.Hour, ""},
		"overdue":            {[]func(*observed){drawn, found(notMet("lotus-pond", "2026-12-16", ""), notMet("stone-bridge", "2026-12-24", ""))}, "Overdue", "Overdue: 1 of 2 open: lotus-pond CounsellingRoom by 2026-12-16", 2, 1, "2026-12-24", 7*24*time.Hour + time.Hour, ""},
		"rectified":          {[]func(*observed){drawn, found(notMet("lotus-pond", "2026-12-16", "2026-12-17"))}, "NothingOpen", "Nothing is", 0, 0, "", 0, ""},
		"rectified tomorrow": {[]func(*observed){drawn, found(notMet("lotus-pond", "2026-12-31", "2026-12-18"))}, "Open", "Open: 1", 1, 0, "2026-12-31", time.Hour, "findings[0].rectifiedOn: 2026-12-18 is yet to come"},
		"where nobody was drawn": {[]func(*observed){drawn, found(notMet("lotus-pond", "2026-12-31", ""), notMet("willow-lane", "2026-12-31", ""))},
			"SchoolNotDrawn", "also at schools that were not drawn: willow-lane", 2, 0, "2026-12-31", 14*24*time.Hour + time.Hour, ""},
		"before the draw":              {[]func(*observed){found(notMet("lotus-pond", "2026-12-31", ""))}, "SchoolNotDrawn", "lotus-pond", 1, 0, "2026-12-31", 14*24*time.Hour + time.Hour, ""},
		"drawn this very time":         {[]func(*observed){seeded, found(notMet("lotus-pond", "2026-12-31", ""))}, "Open", "Open: 1", 1, 0, "2026-12-31", 14*24*time.Hour + time.Hour, ""},
		"overdue where nobody is":      {[]func(*observed){drawn, found(notMet("willow-lane", "2026-12-16", ""))}, "Overdue", "Overdue: 1 of 1", 1, 1, "", 0, ""},
		"restored from a backup":       {[]func(*observed){seeded, unlisted(), found(notMet("lotus-pond", "2026-12-16", ""))}, "Overdue", "Overdue: 1 of 1", 1, 1, "", 0, "make another Inspection"},
		"restored, and faulty":         {[]func(*observed){seeded, unlisted(), found(notMet("lotus-pond", "2026-02-30", ""))}, "Open", "Open: 1", 1, 0, "2026-02-30", 0, "findings[0].rectifyBy: "},
		"a day that does not exist":    {[]func(*observed){drawn, found(notMet("lotus-pond", "2027-02-30", ""))}, "Open", "Open: 1", 1, 0, "2027-02-30", 0, `findings[0].rectifyBy: "2027-02-30" is not a date`},
		"more overdue than are named":  {[]func(*observed){drawn, found(overdueAt(7)...)}, "Overdue", "no-0004 CounsellingRoom by 2026-12-16 and 2 more", 7, 7, "", 0, ""},
		"of schools that are not here": {[]func(*observed){drawn, found(overdueAt(1)...)}, "Overdue", "no-0000", 1, 1, "", 0, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := world(t, tt.edits...)
			d := decide(o, now)
			after := summarise(o, d, now)
			is := after.Status.Conditions[len(after.Status.Conditions)-1]
			if is.Type != v1alpha1.ConditionRectified || is.Reason != tt.reason || !strings.Contains(is.Message, tt.message) {
				t.Errorf("%s %s %q, want %s %q", is.Type, is.Reason, is.Message, tt.reason, tt.message)
			}
			if open, overdue := ptr.Deref(after.Status.Open, -1), ptr.Deref(after.Status.Overdue, -1); open != tt.open || overdue != tt.overdue || after.Status.NextRectifyBy != tt.next {
				t.Errorf("open %d, overdue %d, next %s; want %d, %d, %s", open, overdue, after.Status.NextRectifyBy, tt.open, tt.overdue, tt.next)
			}
			if d.wait != tt.wait {
				t.Errorf("looks again after %s, want %s", d.wait, tt.wait)
			}
			if (d.terminal != nil) != (tt.fault != "") || d.terminal != nil && !strings.Contains(d.terminal.Error(), tt.fault) {
				t.Errorf("fault %v, want %q", d.terminal, tt.fault)
			}
		})
	}
}

func overdueAt(n int) []v1alpha1.Finding {
	var out []v1alpha1.Finding
	for _, school := range many(n) {
		out = append(out, notMet(school, "2026-12-16", ""))
	}
	return out
}

// What was decided once is decided again, and nothing is left to write.
func TestAtRest(t *testing.T) {
	worlds := map[string][]func(*observed){
		"listed":        {unlisted("lotus-pond", "stone-bridge")},
		"drawn":         {seeded},
		"seed first":    {seeded, unlisted()},
		"no schools":    {unlisted()},
		"too many":      {unlisted(many(2001)...)},
		"no district":   {withoutOne},
		"findings":      {drawnBefore("lotus-pond"), found(notMet("lotus-pond", "2026-12-16", ""), notMet("willow-lane", "2026-12-24", ""))},
		"a faulty date": {drawnBefore("lotus-pond"), found(notMet("lotus-pond", "2026-02-30", ""))},
	}
	for name, edits := range worlds {
		t.Run(name, func(t *testing.T) {
			o := world(t, edits...)
			first := summarise(o, decide(o, now), now)
			o.inspection = *first
			second := summarise(o, decide(o, now.Add(10*time.Minute)), now.Add(10*time.Minute))
			if diff := cmp.Diff(first.Status, second.Status); diff != "" {
				t.Errorf("(-first +second):\n%s", diff)
			}
		})
	}
}

// Without its District an inspection says so and keeps what it had found.
func TestWithoutDistrictNothingIsForgotten(t *testing.T) {
	o := world(t, drawnBefore("lotus-pond"), found(notMet("lotus-pond", "2026-12-16", "")))
	before := summarise(o, decide(o, now), now)
	o.inspection = *before
	withoutOne(&o)
	after := summarise(o, decide(o, now), now)
	for _, kind := range []int{2, 3} { // Drawn, Rectified, behind Ready and Reconciling
		was, is := before.Status.Conditions[kind-1], after.Status.Conditions[kind]
		if diff := cmp.Diff(was, is); diff != "" {
			t.Errorf("(-was +is):\n%s", diff)
		}
	}
	before.Status.Conditions, after.Status.Conditions = nil, nil
	if diff := cmp.Diff(before.Status, after.Status); diff != "" {
		t.Errorf("(-was +is):\n%s", diff)
	}
}
