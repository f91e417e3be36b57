package gating_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/gating"
)

var (
	beijing = time.FixedZone("Beijing", 8*60*60)
	opens   = time.Date(2026, 9, 17, 1, 0, 0, 0, time.UTC)
	closes  = time.Date(2026, 9, 18, 8, 30, 0, 0, time.UTC)
	east    = v1alpha1.District{Spec: v1alpha1.DistrictSpec{Areas: []v1alpha1.Area{{Code: "east", ExpertGroups: []string{"experts"}}}}}
)

// prepared is a School that lacks nothing, as it is declared: without a status.
func prepared(name string) v1alpha1.School {
	out := v1alpha1.School{ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: name}}
	out.Spec = v1alpha1.SchoolSpec{
		Area: "east", Staffing: v1alpha1.Staffing{FullTimePsychTeachers: ptr.To[int32](1)},
		CounsellingRoom: v1alpha1.CounsellingRoom{OpenHoursPerWeek: ptr.To[int32](8)},
	}
	out.Spec.Training.CompletedOn, out.Spec.Publicity.HeldOn = "2026-09-10", "2026-09-11"
	return out
}

// planned is the scene of a round that is yet to come, of two schools.
func planned(campaign v1alpha1.ScreeningCampaign, edit func(*v1alpha1.School)) *gating.Scene {
	first, second := prepared("lotus-pond"), prepared("stone-bridge")
	edit(&second)
	now := opens.Add(-12 * time.Hour)
	schools := []v1alpha1.School{first, second}
	for i := range schools {
		schools[i].Status.Conditions = []metav1.Condition{gating.Ready(schools[i], &east, beijing, now).Condition}
	}
	return &gating.Scene{
		Campaign: &campaign, Namespace: "fengtai", District: &east, Schools: gating.ByName(schools),
		Cohort: []string{"lotus-pond", "stone-bridge"}, Zone: beijing, CampaignZone: beijing, Opens: opens, Closes: closes, Now: now,
	}
}

// Each gate finds what one of two schools lacks, and no other gate does.
func TestWhatIsDeclaredShutsItsGateAlone(t *testing.T) {
	tests := map[string]struct {
		edit     func(*v1alpha1.School)
		shut     v1alpha1.GateName // "": none
		why      string
		advisory bool
	}{
		"nothing":            {func(*v1alpha1.School) {}, "", "", false},
		"publicity":          {func(s *v1alpha1.School) { s.Spec.Publicity.HeldOn = "" }, v1alpha1.GatePublicity, "no day", true},
		"training":           {func(s *v1alpha1.School) { s.Spec.Training.CompletedOn = "2025-09-16" }, v1alpha1.GateTraining, "2025-09-16 is too long ago", true},
		"a room":             {func(s *v1alpha1.School) { s.Spec.CounsellingRoom.OpenHoursPerWeek = nil }, v1alpha1.GateCounsellingRoom, "none", true},
		"staff":              {func(s *v1alpha1.School) { s.Spec.Staffing.FullTimePsychTeachers = nil }, v1alpha1.GateStaffing, "NoPsychTeacher", false},
		"staff to the end":   {provider("2026-09-17"), v1alpha1.GateStaffing, "its provider's credential ends on 2026-09-17, before the round closes", false},
		"staff from a while": {provider("2026-09-15"), v1alpha1.GateStaffing, "ProviderExpired", false},
		"a day that exists":  {provider("2026-02-30"), v1alpha1.GateStaffing, "ProviderExpired", false},
		"staff that stays":   {provider("2026-09-18"), "", "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			scene := planned(v1alpha1.ScreeningCampaign{}, tt.edit)
			for _, c := range gating.Checks {
				g := c.Look(scene)
				if c.Name != tt.shut {
					if g.State != gating.Pass || g.Reason != "" {
						t.Errorf("%s is shut too: %s", c.Name, g.Text(gating.NamedAtMost))
					}
					continue
				}
				if diff := cmp.Diff([]gating.Lack{{Name: "stone-bridge", Why: tt.why}}, g.Lacks); g.State != gating.Fail || diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.Name, diff)
				}
				if g.Advisory != tt.advisory || strings.HasSuffix(g.Text(1), "(advisory)") != tt.advisory || strings.Contains(g.Words(1), "advisory") {
					t.Errorf("advisory %v: %s", g.Advisory, g.Text(1))
				}
			}
		})
	}
}

func provider(until v1alpha1.Civil) func(*v1alpha1.School) {
	return func(s *v1alpha1.School) {
		s.Spec.Staffing = v1alpha1.Staffing{Provider: v1alpha1.Provider{Name: "Heart", Credential: "1", ValidUntil: until}}
	}
}

// A campaign's exception opens what it covers, for its gate and district, until the opening.
func TestExceptionsOpenWhatTheyCover(t *testing.T) {
	e := v1alpha1.GateException{
		Name: "rebuilding", Gate: v1alpha1.GateCounsellingRoom, District: "fengtai", Schools: []string{"stone-bridge"}, GrantedBy: "市教委德育处", Until: "2026-09-17",
	}
	tests := map[string]struct {
		edit  func(*v1alpha1.GateException)
		state gating.State
		says  string
	}{
		"in force":         {func(*v1alpha1.GateException) {}, gating.Pass, "granted by 市教委德育处 until 2026-09-17, is for stone-bridge"},
		"ends too early":   {func(e *v1alpha1.GateException) { e.Until = "2026-09-16" }, gating.Fail, "before the round opens"},
		"ended":            {func(e *v1alpha1.GateException) { e.Until = "2026-09-15" }, gating.Fail, "ended with 2026-09-15"},
		"another district": {func(e *v1alpha1.GateException) { e.District = "kaizhou" }, gating.Fail, "stone-bridge (none)"},
		"another school":   {func(e *v1alpha1.GateException) { e.Schools = []string{"lotus-pond"} }, gating.Fail, "stone-bridge (none)"},
		"of no school":     {func(e *v1alpha1.GateException) { e.Schools = []string{"no-8"} }, gating.Fail, "does not have: School no-8"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			one := e
			tt.edit(&one)
			campaign := v1alpha1.ScreeningCampaign{Spec: v1alpha1.ScreeningCampaignSpec{
				Gates:          []v1alpha1.GateRule{{Name: v1alpha1.GateCounsellingRoom, Enforcement: v1alpha1.EnforcementRequired}},
				GateExceptions: []v1alpha1.GateException{one},
			}}
			scene := planned(campaign, func(s *v1alpha1.School) { s.Spec.CounsellingRoom.OpenHoursPerWeek = nil })
			for _, c := range gating.Checks {
				if c.Name != v1alpha1.GateCounsellingRoom {
					continue
				}
				g := c.Look(scene)
				if g.State != tt.state || g.Advisory || !strings.Contains(g.Text(1), tt.says) {
					t.Errorf("state %d, advisory %v: %s", g.State, g.Advisory, g.Text(1))
				}
				if granted := g.Reason == v1alpha1.ReasonExceptionGranted; granted != (tt.state == gating.Pass) {
					t.Errorf("reason %s", g.Reason)
				}
			}
		})
	}
}

// What a campaign does not list is asked as the API documents it, and what it lists without a
// number has the number of the defaults.
func TestAsked(t *testing.T) {
	campaign := v1alpha1.ScreeningCampaign{Spec: v1alpha1.ScreeningCampaignSpec{Gates: []v1alpha1.GateRule{
		{Name: v1alpha1.GateTraining, Enforcement: v1alpha1.EnforcementRequired},
		{Name: v1alpha1.GateCounsellingRoom, Enforcement: v1alpha1.EnforcementRequired, HoursPerWeek: 10},
	}}}
	const required, advisory = v1alpha1.EnforcementRequired, v1alpha1.EnforcementAdvisory
	for _, tt := range []struct {
		campaign *v1alpha1.ScreeningCampaign
		want     v1alpha1.GateRule
	}{
		{nil, v1alpha1.GateRule{Name: v1alpha1.GateStaffing, Enforcement: required}},
		{nil, v1alpha1.GateRule{Name: v1alpha1.GateReferralChannel, Enforcement: required}},
		{nil, v1alpha1.GateRule{Name: v1alpha1.GateDutyChain, Enforcement: required}},
		{nil, v1alpha1.GateRule{Name: v1alpha1.GatePublicity, Enforcement: advisory, WithinDays: 180}},
		{nil, v1alpha1.GateRule{Name: v1alpha1.GateTraining, Enforcement: advisory, WithinDays: 365}},
		{nil, v1alpha1.GateRule{Name: v1alpha1.GateDutyDrill, Enforcement: advisory, WithinDays: 1}},
		{nil, v1alpha1.GateRule{Name: v1alpha1.GateCounsellingRoom, Enforcement: advisory, HoursPerWeek: 1}},
		{nil, v1alpha1.GateRule{Name: v1alpha1.GateExpertGroup, Enforcement: advisory}},
		{&campaign, v1alpha1.GateRule{Name: v1alpha1.GateTraining, Enforcement: required, WithinDays: 365}},
		{&campaign, v1alpha1.GateRule{Name: v1alpha1.GateCounsellingRoom, Enforcement: required, HoursPerWeek: 10}},
		{&campaign, v1alpha1.GateRule{Name: v1alpha1.GateStaffing, Enforcement: required}},
	} {
		if diff := cmp.Diff(tt.want, gating.Asked(tt.campaign, tt.want.Name)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
