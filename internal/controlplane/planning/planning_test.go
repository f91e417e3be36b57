package planning_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

var slotDay = time.Date(2026, 9, 15, 1, 0, 0, 0, time.UTC)

// shipped reads the first object of a sample.
func shipped[T any](t *testing.T, name string) (out T) {
	t.Helper()
	raw, err := os.ReadFile("../../../config/samples/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// world is the shipped campaign in a district with one school and one hospital, which
// expects 10 Severe in a thousand and takes 40 a week.
func world(t *testing.T, policy v1alpha1.CapacityPolicy) planning.Observed {
	t.Helper()
	o := planning.Observed{
		Campaign: shipped[v1alpha1.ScreeningCampaign](t, "screeningcampaign"), Calendar: shipped[v1alpha1.AcademicCalendar](t, "academiccalendar"),
		Policy:   ptr.To(shipped[v1alpha1.EscalationPolicy](t, "escalationpolicy")),
		Schools:  map[string][]v1alpha1.School{"fengtai": {school("a", 4000)}},
		Channels: map[string][]v1alpha1.ReferralChannel{"fengtai": {shipped[v1alpha1.ReferralChannel](t, "referralchannel")}},
		Namespaces: []corev1.Namespace{{ObjectMeta: metav1.ObjectMeta{Name: "fengtai", Labels: map[string]string{
			v1alpha1.LabelDistrict: "110106", "screening.evenkeel.dev/pilot": "true",
		}}}},
		Districts: map[string]v1alpha1.District{"fengtai": shipped[v1alpha1.District](t, "district")},
	}
	o.Campaign.UID = "1f0c"
	o.Campaigns = []v1alpha1.ScreeningCampaign{o.Campaign}
	o.Campaign.Spec.Rollout.Capacity.Policy = policy
	for _, tier := range o.Policy.Spec.Tiers {
		rate := v1alpha1.ExpectedRate{Tier: tier.Name, PerThousand: ptr.To[int32](10)}
		o.Campaign.Spec.Rollout.Capacity.Expected = append(o.Campaign.Spec.Rollout.Capacity.Expected, rate)
	}
	return o
}

func school(name string, enrolled int32) v1alpha1.School {
	return v1alpha1.School{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.SchoolSpec{Stages: []v1alpha1.StageEnrolment{
		{Stage: v1alpha1.StageJuniorSecondary, Enrolled: &enrolled}, {Stage: v1alpha1.StageVocational, Enrolled: &enrolled},
	}}}
}

func compute(t *testing.T, o planning.Observed) planning.Plan {
	t.Helper()
	plan, err := planning.Compute(o, slotDay)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// Objects become expectations: enrolment of the cohort's stages alone, the tiers that
// draft referrals alone, agreements by their days.
func TestCapacityFromObjects(t *testing.T) {
	o := world(t, v1alpha1.CapacityRequired)
	plan := compute(t, o)
	sum := map[string]int64{}
	for _, week := range plan.Curve {
		for _, tier := range week.Tiers {
			sum[tier.Tier] += tier.Cases
		}
		if diff := cmp.Diff([]string{"Psychiatric"}, classesOf(week)); diff != "" {
			t.Errorf("classes (-want +got):\n%s", diff)
		}
		if week.Channels[0].Capacity != 40*rollout.Milli {
			t.Errorf("capacity %d", week.Channels[0].Capacity)
		}
	}
	if want := map[string]int64{"Severe": 40_000, "High": 40_000, "Moderate": 40_000, "Low": 40_000}; !cmp.Equal(sum, want) {
		t.Errorf("expected %v, want %v", sum, want)
	}
	o.Schools["fengtai"][0] = school("a", 20_000) // 200 referrals in three weeks
	plan = compute(t, o)
	if want := []rollout.BlockedSchool{{District: "fengtai", School: "a", Reason: rollout.ChannelCapacity}}; !cmp.Equal(plan.BlockedSchools, want) {
		t.Errorf("blocked schools %v", plan.BlockedSchools)
	}
	if got := plan.Write[0].Spec.LeftOut; !cmp.Equal(got, []string{"a"}) {
		t.Errorf("the round leaves out %v", got)
	}
}

func classesOf(w rollout.Week) (out []string) {
	for _, c := range w.Channels {
		out = append(out, c.Class)
	}
	return out
}

// A name in the rollout that is nobody's is told.
func TestNamesThatAreNotSelected(t *testing.T) {
	o := world(t, "")
	o.Campaign.Spec.Rollout.Pilot, o.Campaign.Spec.Rollout.Order = []string{"fengtia"}, []string{"fengtai"}
	if diff := cmp.Diff([]rollout.Warning{{District: "fengtia", Reason: planning.NotSelected}}, compute(t, o).Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// What a plan needs of the policy is waited for; a campaign that moves nobody does not wait.
func TestPolicyThatDoesNotFit(t *testing.T) {
	missing := func(o *planning.Observed) { o.Policy = nil }
	other := func(o *planning.Observed) { o.Policy.Spec.Tiers = o.Policy.Spec.Tiers[:3] }
	rates := func(o *planning.Observed) {
		o.Campaign.Spec.Rollout.Capacity.Expected = o.Campaign.Spec.Rollout.Capacity.Expected[1:]
	}
	for name, tc := range map[string]struct {
		policy v1alpha1.CapacityPolicy
		edit   func(*planning.Observed)
		want   string
	}{
		"no policy":          {v1alpha1.CapacityRequired, missing, "EscalationPolicy graded-intervention cannot be planned with: it is not there, and rollout.capacity needs its tiers"},
		"no policy, ignored": {v1alpha1.CapacityIgnore, missing, ""},
		"a tier too many": {v1alpha1.CapacityIgnore, other,
			"EscalationPolicy graded-intervention cannot be planned with: rollout.capacity.expected[3].tier: the policy has no tier Low; write one of its own"},
		"a tier too few": {v1alpha1.CapacityPreferred, rates,
			"EscalationPolicy graded-intervention cannot be planned with: rollout.capacity.expected: lacks tier Severe of the policy; write its rate, 0 if nobody is expected in it"},
	} {
		t.Run(name, func(t *testing.T) {
			o := world(t, tc.policy)
			tc.edit(&o)
			_, err := planning.Compute(o, slotDay)
			var reference *planning.ReferenceError
			if tc.want == "" && err != nil || tc.want != "" && (!errors.As(err, &reference) || err.Error() != tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// Without declared rates the latest published figures of the district count; a withheld
// tier counts as one under the floor.
func TestRatesFromAnEarlierRound(t *testing.T) {
	o := world(t, v1alpha1.CapacityRequired)
	o.Campaign.Spec.Rollout.Capacity.Expected = nil
	if plan := compute(t, o); len(plan.Blocked) != 1 || plan.Blocked[0].Reason != rollout.NoExpectedRates {
		t.Fatalf("blocked %v", plan.Blocked)
	}
	released := func(slot v1alpha1.Civil, severe int64) v1alpha1.ScreeningRound {
		r := roundOf(o.Campaign, slot, time.Date(2025, 10, 1, 0, 0, 0, 0, time.UTC))
		r.Status.Release = v1alpha1.RoundRelease{Floor: 10, Participants: ptr.To[int64](2000), Tiers: []v1alpha1.TierCount{
			{Tier: "Severe", Students: &severe}, {Tier: "High"}, {Tier: "Moderate", Students: ptr.To[int64](100)}, {Tier: "Low", Students: ptr.To[int64](300)}, {Tier: "None"},
		}}
		return r
	}
	o.Rounds = []v1alpha1.ScreeningRound{released("2025-09-15", 21), released("2024-09-15", 500)}
	cases := map[string]int64{}
	for _, week := range compute(t, o).Curve {
		for _, tier := range week.Tiers {
			cases[tier.Tier] += tier.Cases
		}
	}
	// of 4000 students: 21 of 2000 are 11 in a thousand, 9 are 5
	if want := map[string]int64{"Severe": 44_000, "High": 20_000, "Moderate": 200_000, "Low": 600_000}; !cmp.Equal(cases, want) {
		t.Errorf("expected %v, want %v", cases, want)
	}
}

// roundOf is a round of a campaign in fengtai with one session.
func roundOf(c v1alpha1.ScreeningCampaign, slot v1alpha1.Civil, opens time.Time) v1alpha1.ScreeningRound {
	window := v1alpha1.SessionWindow{From: metav1.NewTime(opens), To: metav1.NewTime(opens.Add(48 * time.Hour))}
	return v1alpha1.ScreeningRound{
		ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: c.Name + "-" + string(slot), CreationTimestamp: metav1.NewTime(slotDay), UID: "7"},
		Spec: v1alpha1.ScreeningRoundSpec{
			Campaign: v1alpha1.CampaignReference{Name: c.Name, UID: string(c.UID)}, Slot: slot, Cohort: c.Spec.Template.Spec.Cohort,
			Sessions: []v1alpha1.SessionWindow{window},
			Phases:   []v1alpha1.PhaseWindow{{Name: v1alpha1.PhaseStage1, From: window.From, To: window.To}},
		},
	}
}

// Of two campaigns that want the same school at the same time exactly one has it.
func TestClaims(t *testing.T) {
	in := time.Date(2026, 10, 14, 1, 0, 0, 0, time.UTC) // while autumn-check-up is in Stage1
	tests := map[string]struct {
		edit func(mine, other *v1alpha1.ScreeningRound, campaign *v1alpha1.ScreeningCampaign)
		want bool // the other's round comes first
	}{
		"not made yet": {func(mine, _ *v1alpha1.ScreeningRound, _ *v1alpha1.ScreeningCampaign) {
			mine.CreationTimestamp = metav1.Time{}
		}, true},
		"made later": {func(mine, _ *v1alpha1.ScreeningRound, _ *v1alpha1.ScreeningCampaign) {
			mine.CreationTimestamp = metav1.NewTime(slotDay.Add(time.Second))
		}, true},
		"made earlier": {func(mine, _ *v1alpha1.ScreeningRound, _ *v1alpha1.ScreeningCampaign) {
			mine.CreationTimestamp = metav1.NewTime(slotDay.Add(-time.Second))
		}, false},
		"made together": {func(*v1alpha1.ScreeningRound, *v1alpha1.ScreeningRound, *v1alpha1.ScreeningCampaign) {}, false}, // autumn sorts before winter
		"opened, mine first": {func(mine, other *v1alpha1.ScreeningRound, _ *v1alpha1.ScreeningCampaign) {
			other.Status.OpenedTime = &other.CreationTimestamp
			mine.CreationTimestamp = metav1.NewTime(slotDay.Add(-time.Second))
		}, true},
		"mine has opened": {func(mine, other *v1alpha1.ScreeningRound, _ *v1alpha1.ScreeningCampaign) {
			mine.Status.OpenedTime = &other.CreationTimestamp
			mine.CreationTimestamp = metav1.Time{}
		}, false},
		"its campaign is not": {func(mine, _ *v1alpha1.ScreeningRound, c *v1alpha1.ScreeningCampaign) {
			mine.CreationTimestamp, c.UID = metav1.Time{}, "other"
		}, false},
		"the district is not its any more": {func(mine, _ *v1alpha1.ScreeningRound, c *v1alpha1.ScreeningCampaign) {
			mine.CreationTimestamp, c.Spec.DistrictSelector.MatchLabels = metav1.Time{}, map[string]string{"screening.evenkeel.dev/pilot": "false"}
		}, false},
		"the district is not its any more, opened": {func(mine, other *v1alpha1.ScreeningRound, c *v1alpha1.ScreeningCampaign) {
			mine.CreationTimestamp, c.Spec.DistrictSelector.MatchLabels = metav1.Time{}, map[string]string{"screening.evenkeel.dev/pilot": "false"}
			other.Status.OpenedTime = &other.CreationTimestamp
		}, true},
		"its run is dropped": {func(mine, _ *v1alpha1.ScreeningRound, c *v1alpha1.ScreeningCampaign) {
			mine.CreationTimestamp, c.Spec.Schedule.Cron = metav1.Time{}, "0 8 1 2 *"
		}, false},
		"other stages": {func(mine, other *v1alpha1.ScreeningRound, _ *v1alpha1.ScreeningCampaign) {
			mine.CreationTimestamp, other.Spec.Cohort.Stages = metav1.Time{}, []v1alpha1.Stage{v1alpha1.StagePrimaryUpper}
		}, false},
		"other stages of the same school": {func(mine, other *v1alpha1.ScreeningRound, _ *v1alpha1.ScreeningCampaign) {
			mine.CreationTimestamp, other.Spec.Cohort.Stages = metav1.Time{}, []v1alpha1.Stage{v1alpha1.StageVocational}
		}, true},
		"the school is left out": {func(mine, other *v1alpha1.ScreeningRound, _ *v1alpha1.ScreeningCampaign) {
			mine.CreationTimestamp, other.Spec.LeftOut = metav1.Time{}, []string{"a"}
		}, false},
		"over": {func(mine, other *v1alpha1.ScreeningRound, _ *v1alpha1.ScreeningCampaign) {
			mine.CreationTimestamp, other.Spec.EndAt = metav1.Time{}, ptr.To(metav1.NewTime(slotDay))
			other.Spec.Sessions[0].From = metav1.NewTime(slotDay.Add(-time.Hour))
		}, false},
		"released, and its early end taken back": {func(mine, other *v1alpha1.ScreeningRound, _ *v1alpha1.ScreeningCampaign) {
			mine.CreationTimestamp, other.Status.OpenedTime = metav1.Time{}, &other.CreationTimestamp
			other.Status.Release.Tiers = []v1alpha1.TierCount{{Tier: "None"}}
		}, false},
		"ended early, which nobody has looked at yet": {func(mine, other *v1alpha1.ScreeningRound, _ *v1alpha1.ScreeningCampaign) {
			endEarly(mine, other)
			other.Status.CloseTime = nil
		}, true},
		"ended early": {func(mine, other *v1alpha1.ScreeningRound, _ *v1alpha1.ScreeningCampaign) { endEarly(mine, other) }, false},
		"ended early, and taken back too late": {func(mine, other *v1alpha1.ScreeningRound, _ *v1alpha1.ScreeningCampaign) {
			endEarly(mine, other)
			other.Spec.EndAt = nil
		}, false},
		"in another district": {func(mine, other *v1alpha1.ScreeningRound, _ *v1alpha1.ScreeningCampaign) {
			mine.CreationTimestamp, other.Namespace = metav1.Time{}, "kaizhou"
		}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			o := world(t, "")
			winter := *o.Campaign.DeepCopy()
			winter.Name, winter.UID = "winter", "77"
			mine, other := roundOf(o.Campaign, "2026-09-15", in), roundOf(winter, "2026-09-15", in)
			tc.edit(&mine, &other, &winter)
			campaigns := planning.Selecting([]v1alpha1.ScreeningCampaign{o.Campaign, winter}, o.Namespaces[0].Labels)
			claims := planning.Claims(mine, []v1alpha1.ScreeningRound{mine, other}, campaigns, o.Schools["fengtai"], slotDay)
			if got := len(claims) > 0; got != tc.want {
				t.Errorf("claims %v, want %t", claims, tc.want)
			}
			if !tc.want {
				return
			}
			o.Others, o.Campaigns = []v1alpha1.ScreeningRound{other}, append(o.Campaigns, winter)
			if !mine.CreationTimestamp.IsZero() {
				o.Rounds = []v1alpha1.ScreeningRound{mine}
			}
			want := []rollout.Blocked{{District: "fengtai", Reason: rollout.SchoolsClaimed, Campaign: "winter"}}
			if diff := cmp.Diff(want, compute(t, o).Blocked); diff != "" {
				t.Errorf("blocked (-want +got):\n%s", diff)
			}
		})
	}
}

// Of two rounds that have opened the later one is held: the object of a round was deleted, another campaign's round opened
// in its schools, and a person lets the object that was made anew go on. Schools that changed since do not count.
func TestClaimsOfRoundsThatHaveOpened(t *testing.T) {
	o := world(t, "")
	winter := *o.Campaign.DeepCopy()
	winter.Name, winter.UID = "winter", "77"
	in := slotDay.Add(-time.Hour)
	tests := map[string]struct {
		mine, other time.Duration // since the opening
		cohort      []string      // of the other
		want        int
	}{
		"the other was first": {2 * time.Minute, time.Minute, []string{"a", "b"}, 1},
		"mine was first":      {time.Minute, 2 * time.Minute, []string{"a"}, 0},
		"together":            {time.Minute, time.Minute, []string{"a"}, 0},
		"of other schools":    {2 * time.Minute, time.Minute, []string{"b"}, 0},
	}
	for name, tc := range tests {
		mine, other := roundOf(o.Campaign, "2026-09-15", in), roundOf(winter, "2026-09-15", in)
		mine.Status.OpenedTime, mine.Status.CohortSchools = ptr.To(metav1.NewTime(in.Add(tc.mine))), []string{"a"}
		other.Status.OpenedTime, other.Status.CohortSchools = ptr.To(metav1.NewTime(in.Add(tc.other))), tc.cohort
		claims := planning.Claims(mine, []v1alpha1.ScreeningRound{mine, other}, nil, o.Schools["fengtai"], slotDay)
		if len(claims) != tc.want {
			t.Errorf("%s: %v", name, claims)
		}
	}
}

// endEarly has the other round opened two hours and ended one hour ago, as its status tells.
func endEarly(mine, other *v1alpha1.ScreeningRound) {
	began, ended := metav1.NewTime(slotDay.Add(-2*time.Hour)), metav1.NewTime(slotDay.Add(-time.Hour))
	mine.CreationTimestamp, other.Spec.Sessions[0].From, other.Spec.EndAt = metav1.Time{}, began, &ended
	other.Status.OpenedTime, other.Status.CloseTime, other.Status.Window = &began, &ended, other.Spec.Sessions[0]
}

// Of one campaign's rounds in a district the earlier run comes first, and its regular round
// before its make-up round; whatever has opened before both.
func TestClaimsOfOneCampaign(t *testing.T) {
	o := world(t, "")
	o.Campaign.Spec.Schedule.ExtraDates = []v1alpha1.Civil{"2026-10-09"}
	o.Campaign.Spec.Template.Spec.MakeUp = v1alpha1.MakeUp{AfterSchoolDays: 1, SchoolDays: 1}
	in := time.Date(2026, 10, 14, 1, 0, 0, 0, time.UTC)
	first, second, third := roundOf(o.Campaign, "2026-09-15", in), roundOf(o.Campaign, "2026-09-15", in), roundOf(o.Campaign, "2026-10-09", in)
	second.Name, second.Spec.Purpose = second.Name+rollout.MakeUpSuffix, v1alpha1.PurposeMakeUp
	third.CreationTimestamp = metav1.NewTime(slotDay.Add(-time.Hour)) // does not count
	claims := func() (n []int) {
		all := []v1alpha1.ScreeningRound{third, first, second}
		for _, r := range []v1alpha1.ScreeningRound{first, second, third} {
			n = append(n, len(planning.Claims(r, all, []v1alpha1.ScreeningCampaign{o.Campaign}, o.Schools["fengtai"], slotDay)))
		}
		return n
	}
	if diff := cmp.Diff([]int{0, 1, 2}, claims()); diff != "" {
		t.Errorf("none has opened (-want +got):\n%s", diff)
	}
	third.Status.OpenedTime = &third.CreationTimestamp
	if diff := cmp.Diff([]int{1, 2, 0}, claims()); diff != "" {
		t.Errorf("the last has opened (-want +got):\n%s", diff)
	}
}

// A round that is as planned is not written again; one with a school's windows is written
// with them and read back the same.
func TestWindowsOfSchoolsSettle(t *testing.T) {
	o := world(t, v1alpha1.CapacityRequired)
	o.Campaign.Spec.Rollout.Capacity.SchoolDaysPerSchool = 3
	o.Campaign.Spec.Rollout.MaxConcurrentDistricts = 1
	plan := compute(t, o)
	if len(plan.Write) != 1 || len(plan.Write[0].Spec.Schools) != 1 || len(plan.Write[0].Spec.Schools[0].Sessions) < 3 {
		t.Fatalf("writes %+v", plan.Write)
	}
	made := plan.Write[0]
	made.UID, made.CreationTimestamp = "9", metav1.NewTime(slotDay)
	o.Rounds = []v1alpha1.ScreeningRound{made}
	if again := compute(t, o); len(again.Write) != 0 {
		t.Errorf("written again: %+v", again.Write)
	}
}

// A round that waits for a gate keeps its dates from ten minutes before its opening on. When the schedule is changed to
// another day it stands in nobody's way, provided that the district let nobody in.
func TestARoundThatWaitedAndIsNotWantedAnyMore(t *testing.T) {
	o := world(t, "")
	o.Campaign.Spec.Schedule.Cron, o.Campaign.Spec.Schedule.StartDate = "", "2026-09-15"
	round := compute(t, o).Write[0]
	round.UID, round.CreationTimestamp, round.Status.MeaningDigest = "9", metav1.NewTime(slotDay), "aa"
	o.Rounds = []v1alpha1.ScreeningRound{round}
	now := round.Spec.Sessions[0].From.Add(time.Hour)
	o.Campaign.Spec.Template.Spec.Phases[0].SchoolDays--
	if plan, err := planning.Compute(o, now); err != nil || len(plan.Write) != 0 {
		t.Fatalf("its dates change: %v %+v", err, plan.Write)
	}
	o.Campaign.Spec.Schedule.StartDate = "2026-10-12"
	o.Campaign.Spec.Template.Spec.Phases = o.Campaign.Spec.Template.Spec.Phases[2:3]
	for reason, want := range map[string]int{v1alpha1.ReasonScheduled: 0, v1alpha1.ReasonHeld: 1} {
		o.Rounds[0].Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionOpen, Status: metav1.ConditionFalse, Reason: reason}}
		plan, err := planning.Compute(o, now)
		if err != nil || len(plan.Write) != want {
			t.Errorf("%s: %v, writes %+v, blocked %v", reason, err, plan.Write, plan.Blocked)
		}
	}
}

// A round that was ended early leaves its days to a further run once it has closed, which is for good; until then its end can
// be taken back.
func TestARunAfterAnEarlyEnd(t *testing.T) {
	o := world(t, "")
	o.Campaign.Spec.Schedule.Cron, o.Campaign.Spec.Schedule.StartDate = "", "2026-09-15"
	round := compute(t, o).Write[0]
	opened, last := round.Spec.Sessions[0].From, round.Spec.Sessions[len(round.Spec.Sessions)-1].To
	round.UID, round.CreationTimestamp, round.Status.MeaningDigest, round.Status.OpenedTime = "9", metav1.NewTime(slotDay), "aa", &opened
	round.Status.Window = v1alpha1.SessionWindow{From: opened, To: last}
	now := opened.Add(23 * time.Hour) // before the next day's session
	o.Campaign.CreationTimestamp = metav1.NewTime(slotDay)
	o.Campaign.Spec.Schedule.ExtraDates = []v1alpha1.Civil{v1alpha1.Civil(now.Format(time.DateOnly))}
	o.Campaign.Spec.Template.Spec.Phases = o.Campaign.Spec.Template.Spec.Phases[2:3]
	for what, tc := range map[string]struct {
		closes time.Time
		want   int
	}{
		"as planned": {last.Time, 0}, "in an hour": {now.Add(time.Hour), 0}, "an hour ago": {now.Add(-time.Hour), 1},
	} {
		round.Status.CloseTime = ptr.To(metav1.NewTime(tc.closes))
		round.Spec.EndAt = round.Status.CloseTime
		o.Rounds = []v1alpha1.ScreeningRound{round}
		plan, err := planning.Compute(o, now)
		if err != nil || len(plan.Write) != tc.want {
			t.Errorf("closes %s: %v, writes %+v, blocked %v", what, err, plan.Write, plan.Blocked)
		}
	}
}
