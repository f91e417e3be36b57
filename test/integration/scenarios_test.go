package integration

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
)

// scenarios are lists of moves and of what must be seen after them.
var scenarios = map[string][]step{
	"plan to release": {
		at(beforeSlot), noRound, campaign("Ready=True/Applied", "Planned=False/NothingDue"),
		that("the next slot is published", func(w *world) bool { return w.campaign().Status.NextSlot == "2026-09-15" }),
		at(onSlot), listed, campaign("Planned=True/Planned"),
		round("Ready=True/Applied", "GatesPassed=True/Passed", "MeaningPinned=False/NotYet", "Open=False/Scheduled", "Released=False/NotYet"),
		status("the next opening", opening, func(s v1alpha1.ScreeningRoundStatus) string { return stamp(s.NextOpenTime) }),
		status("the closing", closing, func(s v1alpha1.ScreeningRoundStatus) string { return stamp(s.CloseTime) }),
		at(pinDay), recorded, round("MeaningPinned=True/Pinned", "Open=False/Scheduled"),
		at(opening), round("Ready=True/Applied", "Open=True/Open", "GatesPassed=True/Passed"),
		do(answered(70)), at("2026-09-17T01:02"),
		status("participation", "70/120", func(s v1alpha1.ScreeningRoundStatus) string { return s.Participation }),
		that("the campaign counts it", func(w *world) bool { return w.campaign().Status.Rounds == "1/1 open" }),
		at(closing), round("Open=False/Closed", "Intervening=False/NotInPhase"),
		do(figuresOut), round("Released=True/Released", "Open=False/Released"),
		status("the release", "floor 10, of 110: Severe ?, High ?, Moderate 20, Low 30, None 40", releaseText),
		at(intervening), round("Intervening=True/InPhase"),
	},
	"meaning is replaced until the opening and never after": {
		at(pinDay), remember("pinned", digestOf),
		do(edited(&v1alpha1.EscalationPolicy{}, moreDays)), differs("pinned", digestOf), round("MeaningPinned=True/Pinned"),
		remember("opened", digestOf),
		at(opening), do(edited(&v1alpha1.EscalationPolicy{}, moreDays)), same("opened", digestOf),
		do(deleted(&v1alpha1.Instrument{})), same("opened", digestOf),
		round("Open=True/Open", "GatesPassed=True/Passed", "MeaningPinned=True/Pinned", "Ready=True/Applied"), held(contract.HoldNone),
	},
	"gates are named": {
		at(onSlot),
		do(unready(&v1alpha1.School{}, "stone-bridge", v1alpha1.ConditionScreeningReady)),
		round("GatesPassed=False/SchoolsNotStaffed"), message("stone-bridge"),
		do(unready(&v1alpha1.ReferralChannel{}, "city-hospital", v1alpha1.ConditionUsable)),
		round("GatesPassed=False/ChannelNotUsable"), message("Psychiatric (tier Severe)"), message("stone-bridge"),
		do(func(w *world) { w.district.duty = contract.Unreachable }),
		do(unready(&v1alpha1.District{}, "", v1alpha1.ConditionKeysReady)), round("GatesPassed=False/DistrictNotReady"),
		message("chain of duty"),
		at(opening), round("Open=False/Scheduled", "MeaningPinned=False/NotYet"),
		that("nothing is pinned", func(w *world) bool { return len(w.district.rounds) == 0 }), listed,
	},
	// A message that changes without its reason is written once a minute at most.
	"an instrument not fit for the round": {
		at(onSlot), do(edited(&v1alpha1.Instrument{}, func(in *v1alpha1.Instrument) { in.Spec.Review.State = v1alpha1.ReviewRetired })),
		at("2026-09-15T00:02"), round("GatesPassed=False/InstrumentNotUsable"), message("is retired"),
		do(remade(func(in *v1alpha1.Instrument) { in.Spec.Items[2].Text.En = "" })),
		at("2026-09-15T00:03"), round("GatesPassed=False/InstrumentNotUsable"), message("items[2].text.en"),
		do(remade(func(in *v1alpha1.Instrument) { in.Spec.Administration = v1alpha1.AdministrationInterview })),
		at("2026-09-15T00:04"), round("GatesPassed=False/InstrumentNotUsable"), message("take it out of stage1"),
		do(remade(func(in *v1alpha1.Instrument) { in.Spec.AgeRange.MinYears = 13 })),
		at("2026-09-15T00:05"), round("GatesPassed=False/InstrumentNotUsable"), message("grade 7 (age 12)"),
		do(remade(func(in *v1alpha1.Instrument) { in.Spec.Languages[0].State = v1alpha1.LanguageUnconfirmed })),
		at("2026-09-15T00:06"), round("GatesPassed=True/Passed"),
		at(opening), round("Open=True/Open"),
		that("only confirmed wording is sent", func(w *world) bool {
			text := w.pinned().Instruments[0].Items[0].Text
			return text.ZhCN == "" && text.En != ""
		}),
	},
	"a district may only tighten": {
		at(onSlot), do(edited(&v1alpha1.District{}, floors(v1alpha1.StricterFloors{Urgent: "Low"}))),
		at("2026-09-15T00:07"), round("GatesPassed=True/NotStricter"), message("stricterFloors.urgent"),
		do(edited(&v1alpha1.District{}, floors(v1alpha1.StricterFloors{Undetermined: "Sever"}))),
		at("2026-09-15T00:08"), round("GatesPassed=True/NotStricter"), message(`no tier "Sever"`),
		do(edited(&v1alpha1.District{}, func(d *v1alpha1.District) {
			floors(v1alpha1.StricterFloors{})(d)
			d.Spec.StricterDeadlines[0].RespondWithinMinutes = 9999
		})),
		at("2026-09-15T00:09"), round("GatesPassed=True/NotStricter"), message("stricterDeadlines[0].respondWithinMinutes"),
		do(edited(&v1alpha1.District{}, func(d *v1alpha1.District) {
			floors(v1alpha1.StricterFloors{Urgent: "Severe"})(d)
			d.Spec.StricterDeadlines[0].RespondWithinMinutes = 60
		})),
		at(opening), round("GatesPassed=True/Passed", "Open=True/Open"),
		that("the round means the stricter policy", func(w *world) bool {
			policy := w.pinned().Policy
			return policy.Critical.Urgent == "Severe" && policy.Tiers[1].RespondWithinMinutes == 60
		}),
		remember("opened", digestOf),
		do(edited(&v1alpha1.District{}, floors(v1alpha1.StricterFloors{Urgent: "Low"}))),
		same("opened", digestOf), round("GatesPassed=True/Passed", "Open=True/Open"),
	},
	"gates that pass late open late": {
		at(onSlot), do(unready(&v1alpha1.ReferralChannel{}, "city-hospital", v1alpha1.ConditionUsable)),
		at(midSession), round("GatesPassed=False/ChannelNotUsable", "Open=False/Scheduled"),
		do(func(w *world) { w.say(&v1alpha1.ReferralChannel{}, "city-hospital", v1alpha1.ConditionUsable) }),
		round("GatesPassed=True/Passed", "MeaningPinned=True/Pinned", "Open=True/Open"), recorded,
	},
	"a gate lost while open holds": {
		at(opening), round("Open=True/Open"),
		do(unready(&v1alpha1.ReferralChannel{}, "city-hospital", v1alpha1.ConditionUsable)),
		round("GatesPassed=False/ChannelNotUsable", "Open=False/Held"), held(contract.HoldNew),
		do(func(w *world) { w.say(&v1alpha1.ReferralChannel{}, "city-hospital", v1alpha1.ConditionUsable) }),
		round("GatesPassed=True/Passed", "Open=True/Open"), held(contract.HoldNone),
	},
	"a silent district is not held": {
		at(opening), do(answered(50)), do(silent),
		round("Open=Unknown/NoReport", "GatesPassed=Unknown/NoReport", "MeaningPinned=Unknown/NoReport"),
		status("participation", "50/120", func(s v1alpha1.ScreeningRoundStatus) string { return s.Participation }),
		do(heardAgain), round("Open=True/Open", "GatesPassed=True/Passed"), held(contract.HoldNone),
	},
	"suspend and end": {
		at(opening), do(suspendRound(v1alpha1.SuspendHold)), round("Open=False/Held", "GatesPassed=True/Passed"), held(contract.HoldNew),
		do(suspendRound(v1alpha1.SuspendHoldAndDrain)), held(contract.HoldAndDrain),
		do(suspendRound(v1alpha1.SuspendNone)), round("Open=True/Open"),
		do(suspendCampaign(true)), campaign("Planned=False/Suspended", "Ready=True/Applied"),
		round("GatesPassed=False/Suspended", "Open=False/Held"), held(contract.HoldNew),
		do(suspendCampaign(false)), round("Open=True/Open"),
		at(midSession), do(endAt("2026-09-17T02:00")), round("Open=False/Closed", "Ready=True/Applied"),
		status("the closing", "2026-09-17T02:00", func(s v1alpha1.ScreeningRoundStatus) string { return stamp(s.CloseTime) }),
		that("people's words stay in the object", func(w *world) bool { return w.round().Spec.EndAt != nil && w.round().Spec.Suspend == "None" }),
		do(endTakenBackTooLate), atRest, at(nextSession), round("Open=False/Closed", "Ready=True/Applied"),
		that("the end stays", func(w *world) bool {
			return w.round().Spec.EndAt == nil && w.district.rounds[w.roundName()].control.ClosesAt.Equal(instant("2026-09-17T02:00"))
		}),
	},
	"a suspended campaign makes no rounds": {
		do(suspendCampaign(true)), at(onSlot), noRound,
		that("the slot is skipped, with a reason", func(w *world) bool {
			return w.campaign().Status.LastSkipped == v1alpha1.SkippedSlot{Date: "2026-09-15", Reason: "Suspended"}
		}),
		do(suspendCampaign(false)), listed,
	},
	"the campaign is gone before the opening": {
		at(pinDay), do(deleted(&v1alpha1.ScreeningCampaign{})), listed,
		round("GatesPassed=False/CampaignNotFound", "Ready=False/Progressing", "Reconciling=True/ReferenceMissing"), held(contract.HoldNew),
		at(midSession), round("Open=False/Held", "GatesPassed=False/CampaignNotFound"),
		do(recreateCampaign), oneRound, round("GatesPassed=True/Passed", "Open=True/Open"),
	},
	"the district is selected no more before the opening": {
		at(pinDay), round("MeaningPinned=True/Pinned"), do(edited(&corev1.Namespace{}, func(ns *corev1.Namespace) { ns.Labels["test"] = "other" })),
		round("GatesPassed=False/CampaignNotFound"), message("does not select namespace"), held(contract.HoldNew),
		at(midSession), round("Open=False/Held", "GatesPassed=False/CampaignNotFound"),
		do(func(w *world) {
			edited(&corev1.Namespace{}, func(ns *corev1.Namespace) { ns.Labels["test"] = w.name })(w)
		}), oneRound, round("GatesPassed=True/Passed", "Open=True/Open"),
		do(edited(&corev1.Namespace{}, func(ns *corev1.Namespace) { ns.Labels["test"] = "other" })),
		round("GatesPassed=True/Passed", "Open=True/Open"), held(contract.HoldNone),
	},
	"the campaign is gone after the opening": {
		at(opening), do(deleted(&v1alpha1.ScreeningCampaign{})), round("Open=True/Open", "GatesPassed=True/Passed", "Ready=True/Applied"),
		do(recreateCampaign), oneRound, round("Open=True/Open"),
		at(closing), round("Open=False/Closed"), oneRound,
	},
	"the plan follows the campaign until the opening": {
		at(onSlot), do(edited(&v1alpha1.ScreeningCampaign{}, later)),
		status("the opening", "2026-09-17T02:00", func(s v1alpha1.ScreeningRoundStatus) string { return stamp(s.NextOpenTime) }),
		at("2026-09-17T02:00"), round("Open=True/Open"),
		do(edited(&v1alpha1.ScreeningCampaign{}, longer)),
		that("an open round keeps its sessions", func(w *world) bool { return len(w.round().Spec.Sessions) == 2 }),
		round("Open=True/Open", "Ready=True/Applied"),
	},
	"another date leaves the first round unopened": {
		at(onSlot), do(edited(&v1alpha1.ScreeningCampaign{}, func(c *v1alpha1.ScreeningCampaign) { c.Spec.Schedule.StartDate = "2026-09-16" })),
		round("GatesPassed=False/CampaignNotFound"),
		at("2026-09-16T00:00"), campaign("Planned=True/Planned"),
		that("the new round is there", func(w *world) bool {
			var r v1alpha1.ScreeningRound
			w.get(&r, w.name+"-20260916")
			return r.Spec.Slot == "2026-09-16"
		}),
	},
	"a mistake stalls and leaves the plan": {
		at(onSlot), do(edited(&v1alpha1.ScreeningCampaign{}, func(c *v1alpha1.ScreeningCampaign) {
			c.Spec.Schedule = v1alpha1.Schedule{Cron: "0 8 31 2 *"}
		})),
		campaign("Ready=False/Invalid", "Stalled=True/Invalid"), listed, oneRound,
		do(edited(&v1alpha1.ScreeningCampaign{}, func(c *v1alpha1.ScreeningCampaign) {
			c.Spec.Schedule = v1alpha1.Schedule{StartDate: "2026-09-15"}
		})),
		campaign("Ready=True/Applied", "Stalled=absent", "Planned=True/Planned"),
	},
	"order does not matter": {
		do(deleted(&v1alpha1.AcademicCalendar{})), at(onSlot), noRound, campaign("Ready=False/Progressing", "Reconciling=True/ReferenceMissing"),
		do(func(w *world) { create(w.t, admin, makeCalendar(w.name).Obj()) }), listed, campaign("Ready=True/Applied"),
		do(deleted(&v1alpha1.EscalationPolicy{})), round("GatesPassed=False/PolicyInvalid", "Reconciling=True/ReferenceMissing"),
		campaign("Reconciling=True/ReferenceMissing", "Planned=True/Planned"),
		do(func(w *world) { create(w.t, admin, makePolicy(w.name, w.name).Obj()) }), round("GatesPassed=True/Passed", "Ready=True/Applied"),
	},
	"no grant no round": {
		do(edited(&corev1.Namespace{}, func(ns *corev1.Namespace) { ns.Labels[v1alpha1.LabelDistrict] = "999999" })),
		at(onSlot), noRound, campaign("Planned=False/Blocked"),
		that("the district is named", func(w *world) bool {
			return slices.Equal(w.campaign().Status.Blocked, []v1alpha1.BlockedDistrict{{Namespace: w.name, Reason: "Unauthorised"}})
		}),
		do(edited(&corev1.Namespace{}, func(ns *corev1.Namespace) { ns.Labels[v1alpha1.LabelDistrict] = "110106" })), listed,
	},
	"a round made anew starts suspended": {
		at(opening), round("Open=True/Open"),
		do(deleted(&v1alpha1.ScreeningRound{})), oneRound,
		that("it is suspended", func(w *world) bool { return w.round().Spec.Suspend == v1alpha1.SuspendHold }),
		round("Open=False/Held", "MeaningPinned=True/Pinned"), held(contract.HoldNew), recorded,
		do(suspendRound(v1alpha1.SuspendNone)), round("Open=True/Open", "Ready=True/Applied"),
	},
	"a restarted operator changes nothing": {
		at(opening), at(midSession), func(w *world) {
			before := w.writes.count()
			restarted(w)
			w.settle()
			if wrote := w.writes.since(before); len(wrote) > 0 {
				w.t.Errorf("wrote %v", wrote)
			}
		},
		round("Open=True/Open"),
		that("the round is not suspended", func(w *world) bool { return w.round().Spec.Suspend == "" }),
	},
	"schools of the cohort are fixed": {
		at(pinDay), do(func(w *world) {
			create(w.t, operator, makeSchool(w.name, "new-school").Obj())
			w.say(&v1alpha1.School{}, "new-school", v1alpha1.ConditionScreeningReady)
		}),
		that("one that is declared in time takes part", func(w *world) bool { return len(w.district.rounds[w.roundName()].control.Cohort.Schools) == 3 }),
		at(justBefore), do(func(w *world) { create(w.t, operator, makeSchool(w.name, "late-school").Obj()) }),
		at(opening), round("Open=True/Open", "Ready=True/Applied", "GatesPassed=True/Passed"),
		that("one that comes late does not", func(w *world) bool { return len(w.district.rounds[w.roundName()].control.Cohort.Schools) == 3 }),
	},
	"foreground deletion of a campaign leaves rounds": {
		at(opening), do(func(w *world) {
			if err := admin.Delete(ctx, w.campaign(), client.PropagationPolicy(metav1.DeletePropagationForeground)); err != nil {
				w.t.Fatal(err)
			}
		}),
		oneRound, listed, round("Open=True/Open"), held(contract.HoldNone),
		that("the round has no owner", func(w *world) bool { return len(w.round().OwnerReferences) == 0 }),
	},
	"foreground deletion of a round holds it": {
		at(opening), do(suspendCampaign(true)), do(func(w *world) {
			if err := admin.Delete(ctx, w.round(), client.PropagationPolicy(metav1.DeletePropagationForeground)); err != nil {
				w.t.Fatal(err)
			}
		}),
		listed, // until the object is gone it is named
		do(func(w *world) { // there is no garbage collector here: do its part
			r := w.round()
			r.Finalizers = nil
			if err := admin.Update(ctx, r); err != nil {
				w.t.Fatal(err)
			}
		}),
		noRound,
		that("the district is told of no round", func(w *world) bool {
			return len(w.board.Rounds(w.name)) == 0 && !w.district.rounds[w.roundName()].listed
		}),
	},
}

func releaseText(s v1alpha1.ScreeningRoundStatus) string {
	shown := func(n *int64) string {
		if n == nil {
			return "?"
		}
		return fmt.Sprint(*n)
	}
	text := fmt.Sprintf("floor %d, of %s:", s.Release.Floor, shown(s.Release.Participants))
	for i, tier := range s.Release.Tiers {
		if i > 0 {
			text += ","
		}
		text += " " + tier.Tier + " " + shown(tier.Students)
	}
	return text
}

func unready(obj client.Object, name, kind string) func(w *world) {
	return func(w *world) {
		if name == "" {
			w.state(obj, w.name, metav1.ConditionFalse, kind)
			return
		}
		w.state(obj, name, metav1.ConditionFalse, kind)
	}
}

// remade makes the world's instrument anew, approved and changed.
func remade(change func(*v1alpha1.Instrument)) func(w *world) {
	return func(w *world) {
		deleted(&v1alpha1.Instrument{})(w)
		create(w.t, operator, makeInstrument(w.name, w.name).With(change).Obj())
	}
}

func floors(f v1alpha1.StricterFloors) func(*v1alpha1.District) {
	return func(d *v1alpha1.District) { d.Spec.StricterFloors = f }
}

func moreDays(p *v1alpha1.EscalationPolicy) { p.Spec.Undetermined.RetestWithinSchoolDays++ }

func later(c *v1alpha1.ScreeningCampaign) {
	c.Spec.Template.Spec.Phases[1].Session.From = "10:00"
}

func longer(c *v1alpha1.ScreeningCampaign) { c.Spec.Template.Spec.Phases[1].SchoolDays = 9 }

func digestOf(w *world) string { return w.round().Status.MeaningDigest }

func remember(what string, of func(w *world) string) step {
	return func(w *world) { w.memory[what] = of(w) }
}

func same(what string, of func(w *world) string) step {
	return that(what+" is unchanged", func(w *world) bool { return w.memory[what] == of(w) && w.memory[what] != "" })
}

func differs(what string, of func(w *world) string) step {
	return that(what+" has changed", func(w *world) bool { return w.memory[what] != of(w) })
}

func message(part string) step {
	return func(w *world) {
		w.t.Helper()
		for _, c := range w.round().Status.Conditions {
			if c.Type == v1alpha1.ConditionGatesPassed && !strings.Contains(c.Message, part) {
				w.t.Errorf("the gates say %q, which does not name %q", c.Message, part)
			}
		}
	}
}
