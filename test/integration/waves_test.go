package integration

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// districts are three of a world, the first the one that it has anyway.
func (w *world) districts() []string { return []string{w.name, w.name + "-b", w.name + "-c"} }

// threeDistricts gives a world two districts more, which its campaign selects too.
func threeDistricts(w *world) {
	w.t.Helper()
	for _, name := range w.districts()[1:] {
		namespace(w.t, name, func(ns *corev1.Namespace) { ns.Labels["test"] = w.name })
		create(w.t, operator, makeDistrict(name).Obj())
	}
}

func inWaves(c *v1alpha1.ScreeningCampaign) {
	c.Spec.Rollout = v1alpha1.Rollout{Pilot: []string{c.Name + "-c"}, MaxConcurrentDistricts: 1}
}

// roundIn is a district's round of the world's campaign.
func (w *world) roundIn(district string) *v1alpha1.ScreeningRound {
	w.t.Helper()
	var r v1alpha1.ScreeningRound
	if err := admin.Get(ctx, client.ObjectKey{Namespace: district, Name: w.roundName()}, &r); err != nil {
		w.t.Fatal(err)
	}
	return &r
}

// answering wants the days of Stage1, district by district: "09-17..09-18".
func answering(want ...string) step {
	return func(w *world) {
		w.t.Helper()
		var got []string
		for _, name := range w.districts() {
			sessions := w.roundIn(name).Spec.Sessions
			got = append(got, sessions[0].From.UTC().Format("01-02")+".."+sessions[len(sessions)-1].To.UTC().Format("01-02"))
		}
		if a, b := strings.Join(got, " "), strings.Join(want, " "); a != b {
			w.t.Errorf("at %s students answer on %s, want %s", w.clock.Now().Format("01-02T15:04"), a, b)
		}
	}
}

// opens has a district open its round.
func opens(suffix string) func(w *world) {
	return func(w *world) {
		w.t.Helper()
		round := w.roundIn(w.name + suffix)
		round.Status.OpenedTime = ptr.To(metav1.NewTime(w.clock.Now()))
		if err := operator.Status().Update(ctx, round); err != nil {
			w.t.Fatal(err)
		}
	}
}

// atRest wants an operator that was just started to write nothing.
func atRest(w *world) {
	w.t.Helper()
	restarted(w)
	before := w.writes.count()
	w.settle()
	if wrote := w.writes.since(before); len(wrote) > 0 {
		w.t.Errorf("at %s a restarted operator wrote %v", w.clock.Now().Format("01-02T15:04"), wrote)
	}
}

// A campaign in three waves, the pilot first, is edited between waves; the operator is
// restarted in each. What has opened stays, what is to come follows the campaign.
func TestThreeWaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "three-waves")
	threeDistricts(w)
	for _, step := range []step{
		do(edited(&v1alpha1.ScreeningCampaign{}, inWaves)),
		at(onSlot), campaign("Planned=True/Planned", "CapacityFits=absent"),
		answering("09-20..09-21", "09-22..09-23", "09-17..09-18"), atRest,
		at(opening), do(opens("-c")), atRest,
		answering("09-20..09-21", "09-22..09-23", "09-17..09-18"),
		do(edited(&v1alpha1.ScreeningCampaign{}, func(c *v1alpha1.ScreeningCampaign) { c.Spec.Template.Spec.Phases[1].SchoolDays = 3 })),
		answering("09-21..09-23", "09-24..09-29", "09-17..09-18"), atRest,
		// the order changes before the second wave has opened
		at("2026-09-19T00:00"), do(edited(&v1alpha1.ScreeningCampaign{}, func(c *v1alpha1.ScreeningCampaign) { c.Spec.Rollout.Order = []string{c.Name + "-b"} })),
		answering("09-24..09-29", "09-21..09-23", "09-17..09-18"),
		at("2026-09-21T01:00"), do(opens("-b")), atRest,
		// and once it has, it makes no difference to it
		do(edited(&v1alpha1.ScreeningCampaign{}, func(c *v1alpha1.ScreeningCampaign) { c.Spec.Rollout.Order = nil })),
		answering("09-24..09-29", "09-21..09-23", "09-17..09-18"),
		at("2026-09-24T01:00"), do(opens("")), atRest, campaign("Planned=True/Planned"),
		answering("09-24..09-29", "09-21..09-23", "09-17..09-18"),
	} {
		step(w)
	}
}

func perSchool(policy v1alpha1.CapacityPolicy) func(*v1alpha1.ScreeningCampaign) {
	return func(c *v1alpha1.ScreeningCampaign) {
		c.Spec.Rollout.Capacity = v1alpha1.Capacity{Policy: policy, SchoolDaysPerSchool: 1, Expected: []v1alpha1.ExpectedRate{
			{Tier: "Severe", PerThousand: ptr.To[int32](20)}, {Tier: "High", PerThousand: ptr.To[int32](0)},
			{Tier: "Moderate", PerThousand: ptr.To[int32](0)}, {Tier: "Low", PerThousand: ptr.To[int32](0)},
		}}
	}
}

// windowsTold wants what the district has been told of schools: "lotus-pond 09-17".
func windowsTold(want string) step {
	return that("the district is told "+want, func(w *world) bool {
		control := w.district.rounds[w.roundName()].control
		var got []string
		for _, o := range control.Overrides {
			for _, s := range o.Sessions {
				got = append(got, o.School+" "+s.From.Format("01-02"))
			}
		}
		return strings.Join(got, ", ")+" of "+strings.Join(control.Cohort.Schools, ", ") == want
	})
}

func init() {
	// Two schools of 1,680 students bring 34 referrals each in the one week of Stage1; the hospital takes 40.
	scenarios["schools answer when somebody is there"] = []step{
		do(edited(&v1alpha1.ScreeningCampaign{}, perSchool(v1alpha1.CapacityRequired))), at(pinDay),
		campaign("Planned=True/Planned", "CapacityFits=False/SchoolsLeftOut"), windowsTold("lotus-pond 09-17 of lotus-pond"),
		that("the school is named", func(w *world) bool {
			is := w.campaign().Status.BlockedSchools
			return len(is) == 1 && is[0] == v1alpha1.BlockedSchool{Namespace: w.name, School: "stone-bridge", Reason: "ChannelCapacity"}
		}),
		do(edited(&v1alpha1.ScreeningCampaign{}, perSchool(v1alpha1.CapacityPreferred))), at("2026-09-16T01:02"),
		campaign("CapacityFits=False/CapacityExceeded"), windowsTold("lotus-pond 09-17, stone-bridge 09-17 of lotus-pond, stone-bridge"),
		do(edited(&v1alpha1.ScreeningCampaign{}, perSchool(v1alpha1.CapacityIgnore))), at("2026-09-16T01:04"),
		campaign("CapacityFits=absent"), windowsTold(" of lotus-pond, stone-bridge"),
		do(edited(&v1alpha1.ScreeningCampaign{}, func(c *v1alpha1.ScreeningCampaign) {
			perSchool(v1alpha1.CapacityRequired)(c)
			c.Spec.Rollout.Capacity.Expected[0].PerThousand = ptr.To[int32](10)
		})), at("2026-09-16T01:06"),
		campaign("CapacityFits=True/Fits"), windowsTold("lotus-pond 09-17, stone-bridge 09-17 of lotus-pond, stone-bridge"),
		at(opening), round("Open=True/Open"), atRest,
		do(edited(&v1alpha1.ScreeningCampaign{}, perSchool(v1alpha1.CapacityIgnore))),
		windowsTold("lotus-pond 09-17, stone-bridge 09-17 of lotus-pond, stone-bridge"), round("Open=True/Open", "Ready=True/Applied"),
		do(edited(&v1alpha1.ScreeningCampaign{}, func(c *v1alpha1.ScreeningCampaign) {
			perSchool(v1alpha1.CapacityRequired)(c)
			c.Spec.Rollout.Capacity.Expected = c.Spec.Rollout.Capacity.Expected[:3]
		})), campaign("Ready=False/Progressing", "Reconciling=True/ReferenceMissing"), oneRound,
	}
	scenarios["two campaigns want one school"] = []step{
		at(onSlot), do(rival), campaign("Planned=True/Planned"),
		that("the campaign that came second names the first", func(w *world) bool {
			var second v1alpha1.ScreeningCampaign
			w.get(&second, rivalName(w))
			want := v1alpha1.BlockedDistrict{Namespace: w.name, Reason: "SchoolsClaimed", Campaign: w.name}
			return len(second.Status.Blocked) == 1 && second.Status.Blocked[0] == want
		}),
		oneRound, do(deleted(&v1alpha1.ScreeningCampaign{})), do(rivalPlans),
		that("it has the district when the first is gone", func(w *world) bool {
			var r v1alpha1.ScreeningRound
			return admin.Get(ctx, client.ObjectKey{Namespace: w.name, Name: rivalName(w) + "-20260915"}, &r) == nil
		}),
		// made anew it does not take the district back: the other's round has opened
		at(opening), do(recreateCampaign), campaign("Planned=False/Blocked"), round("Open=False/Scheduled"), message(rivalName(nil)),
	}
}

// rivalName is the name of a second campaign; with no world the part that all share.
func rivalName(w *world) string {
	if w == nil {
		return "rival-of"
	}
	return "rival-of-" + w.name[:20]
}

// rival makes a second campaign with the same districts and days.
func rival(w *world) {
	w.t.Helper()
	create(w.t, admin, w.makeCampaign().Named(rivalName(w)).Obj())
	rivalPlans(w)
}

func rivalPlans(w *world) { w.reconcile(w.campaigns, "", rivalName(w)) }
