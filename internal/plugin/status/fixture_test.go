package status

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

func set(conditions []metav1.Condition, kind, status, reason string, message ...string) []metav1.Condition {
	condition := metav1.Condition{Type: kind, Status: metav1.ConditionStatus(status), Reason: reason}
	if len(message) > 0 {
		condition.Message = message[0]
	}
	conditions = append([]metav1.Condition(nil), conditions...)
	meta.SetStatusCondition(&conditions, condition)
	return conditions
}

func named(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name, CreationTimestamp: metav1.NewTime(clock.Now().Add(-49 * time.Hour))}
}

func applied() []metav1.Condition {
	return set(nil, v1alpha1.ConditionReady, "True", v1alpha1.ReasonApplied)
}

func goodDistrict(name, code string) v1alpha1.District {
	conditions := applied()
	for kind, reason := range map[string]string{
		v1alpha1.ConditionAuthorised:     v1alpha1.ReasonGranted,
		v1alpha1.ConditionProvisioned:    v1alpha1.ReasonAvailable,
		v1alpha1.ConditionKeysReady:      v1alpha1.ReasonFingerprintMatches,
		v1alpha1.ConditionReporting:      v1alpha1.ReasonReportReceived,
		v1alpha1.ConditionDutyChainReady: v1alpha1.ReasonReachable,
		v1alpha1.ConditionSignalsCovered: v1alpha1.ReasonCovered,
		v1alpha1.ConditionScoresVerified: v1alpha1.ReasonScoresAgree,

		v1alpha1.ConditionDutyDrillAcknowledged: v1alpha1.ReasonAcknowledged,
		v1alpha1.ConditionAnnualScreeningMet:    v1alpha1.ReasonMet,
	} {
		conditions = set(conditions, kind, "True", reason)
	}
	return v1alpha1.District{
		ObjectMeta: named(name, name),
		Spec:       v1alpha1.DistrictSpec{Code: code},
		Status: v1alpha1.DistrictStatus{
			Conditions: conditions, Schools: "2/2", Coverage: v1alpha1.Coverage{SchoolYear: "2026-2027", Students: "4810/4930"},
		},
	}
}

func goodSchool(namespace, name string) v1alpha1.School {
	return v1alpha1.School{
		ObjectMeta: named(namespace, name),
		Status: v1alpha1.SchoolStatus{Conditions: set(set(applied(), v1alpha1.ConditionScreeningReady, "True", v1alpha1.ReasonStaffed),
			v1alpha1.ConditionAnnualScreeningMet, "True", v1alpha1.ReasonMet)},
	}
}

func goodChannel(namespace string) v1alpha1.ReferralChannel {
	return v1alpha1.ReferralChannel{
		ObjectMeta: named(namespace, "city-hospital"),
		Spec: v1alpha1.ReferralChannelSpec{
			Facility:  v1alpha1.Facility{Code: "H-01"},
			Class:     "Psychiatric",
			Agreement: v1alpha1.Agreement{ValidUntil: "2027-08-31"},
		},
		Status: v1alpha1.ReferralChannelStatus{Conditions: set(applied(), v1alpha1.ConditionUsable, "True", v1alpha1.ReasonReachable)},
	}
}

func openRound(namespace string) v1alpha1.ScreeningRound {
	closes := metav1.NewTime(clock.Now().Add(76 * time.Hour))
	conditions := set(applied(), v1alpha1.ConditionOpen, "True", v1alpha1.ReasonOpen)
	conditions = set(conditions, v1alpha1.ConditionGatesPassed, "True", v1alpha1.ReasonPassed)
	conditions = set(conditions, v1alpha1.ConditionMeaningPinned, "True", v1alpha1.ReasonPinned)
	conditions = set(conditions, v1alpha1.ConditionReleased, "False", v1alpha1.ReasonNotYet)
	return v1alpha1.ScreeningRound{
		ObjectMeta: named(namespace, "autumn-check-up-2026-09-15"),
		Spec:       v1alpha1.ScreeningRoundSpec{Campaign: v1alpha1.CampaignReference{Name: "autumn-check-up"}},
		Status:     v1alpha1.ScreeningRoundStatus{Conditions: conditions, Participation: "3120/4810", CloseTime: &closes},
	}
}

func goodCampaign() v1alpha1.ScreeningCampaign {
	return v1alpha1.ScreeningCampaign{
		ObjectMeta: named("", "autumn-check-up"),
		Spec:       v1alpha1.ScreeningCampaignSpec{Schedule: v1alpha1.Schedule{Cron: "0 8 15 9 *"}},
		Status: v1alpha1.ScreeningCampaignStatus{
			Conditions: set(applied(), v1alpha1.ConditionPlanned, "True", v1alpha1.ReasonPlanned),
			Rounds:     "2/2 open",
			NextSlot:   "2027-09-15",
		},
	}
}

func policyAndInstrument() ([]v1alpha1.EscalationPolicy, []v1alpha1.Instrument) {
	inUse := set(applied(), v1alpha1.ConditionInUse, "True", v1alpha1.ReasonRoundsUseIt)
	return []v1alpha1.EscalationPolicy{{
			ObjectMeta: named("", "graded-intervention"),
			Status:     v1alpha1.EscalationPolicyStatus{Conditions: inUse},
		}}, []v1alpha1.Instrument{{
			ObjectMeta: named("", "phq-9-v1"),
			Spec:       v1alpha1.InstrumentSpec{Code: "phq-9", Version: "1", Review: v1alpha1.Review{State: v1alpha1.ReviewApproved}},
			Status:     v1alpha1.InstrumentStatus{Conditions: set(inUse, v1alpha1.ConditionUsableInRounds, "True", v1alpha1.ReasonApproved)},
		}}
}

// healthy is a province of one district in which nobody has to look at anything.
func healthy() Objects {
	policies, instruments := policyAndInstrument()
	return Objects{
		Districts:   []v1alpha1.District{goodDistrict("fengtai", "110106")},
		Schools:     []v1alpha1.School{goodSchool("fengtai", "lotus-pond"), goodSchool("fengtai", "stone-bridge")},
		Channels:    []v1alpha1.ReferralChannel{goodChannel("fengtai")},
		Rounds:      []v1alpha1.ScreeningRound{openRound("fengtai")},
		Campaigns:   []v1alpha1.ScreeningCampaign{goodCampaign()},
		Policies:    policies,
		Instruments: instruments,
	}
}

// fresh is a province whose operator has not looked at anything yet.
func fresh() Objects {
	pending := set(nil, v1alpha1.ConditionReady, "Unknown", v1alpha1.ReasonPending, "Waiting for the operator")
	return Objects{Districts: []v1alpha1.District{{
		ObjectMeta: named("fengtai", "fengtai"),
		Spec:       v1alpha1.DistrictSpec{Code: "110106"},
		Status:     v1alpha1.DistrictStatus{Conditions: pending},
	}}}
}

// province adds a district with troubles of every kind to a healthy one.
func province() Objects {
	objects := healthy()
	bad := goodDistrict("kaizhou", "500154")
	bad.Status.Conditions = set(bad.Status.Conditions, v1alpha1.ConditionSignalsCovered, "False", v1alpha1.ReasonLate,
		"a step of the chain of duty is 3 minutes late: look at casework and at the transports")
	bad.Status.Conditions = set(bad.Status.Conditions, v1alpha1.ConditionProvisioned, "False", v1alpha1.ReasonRollingOut, "casework: 1 of 2 available")
	bad.Status.Conditions = set(bad.Status.Conditions, v1alpha1.ConditionScoresVerified, "False", v1alpha1.ReasonScoresDiffer,
		"A second scorer does not agree with a stored result")
	bad.Status.Conditions = set(bad.Status.Conditions, v1alpha1.ConditionAnnualScreeningMet, "False", v1alpha1.ReasonOverdue,
		"1 school should have been screened by 2026-10-31 and was not")
	bad.Status.Conditions = set(bad.Status.Conditions, v1alpha1.ConditionDutyDrillAcknowledged, "False", v1alpha1.ReasonDrillTooOld)
	bad.Status.Schools = "1/3"

	short := goodSchool("kaizhou", "west")
	short.Status.Conditions = set(short.Status.Conditions, v1alpha1.ConditionScreeningReady, "False", v1alpha1.ReasonNoPsychTeacher)
	pending := v1alpha1.School{ObjectMeta: named("kaizhou", "new")}

	expired := goodChannel("kaizhou")
	expired.Status.Conditions = set(expired.Status.Conditions, v1alpha1.ConditionUsable, "False", v1alpha1.ReasonAgreementExpired,
		"the agreement ended on 2026-08-31: sign a new one and set spec.agreement.validUntil")

	opens := metav1.NewTime(clock.Now().Add(30 * time.Hour))
	gated := openRound("kaizhou")
	gated.Status.Conditions = set(gated.Status.Conditions, v1alpha1.ConditionOpen, "False", v1alpha1.ReasonScheduled)
	gated.Status.Conditions = set(gated.Status.Conditions, v1alpha1.ConditionGatesPassed, "False", v1alpha1.ReasonChannelNotUsable,
		"no usable channel of the class Psychiatric,\nwhich the tier Severe refers to")
	gated.Status.Conditions = set(gated.Status.Conditions, v1alpha1.ConditionMeaningPinned, "False", v1alpha1.ReasonNotYet)
	gated.Status.Participation, gated.Status.NextOpenTime = "", &opens

	for kind, reason := range map[string]string{
		v1alpha1.ConditionChannelsUsable: v1alpha1.ReasonChannelNotUsable,
		v1alpha1.ConditionSchoolsTrained: v1alpha1.ReasonTrainingMissing,
		v1alpha1.ConditionPublicityHeld:  v1alpha1.ReasonAdvisoryNotMet,
	} {
		text := map[string]string{
			v1alpha1.ConditionChannelsUsable: "no usable channel of the class Psychiatric,\nwhich the tier Severe refers to",
			v1alpha1.ConditionSchoolsTrained: "not trained within 365 days before the opening: west",
			v1alpha1.ConditionPublicityHeld:  "no publicity within 180 days before the opening: new, west (advisory)",
		}[kind]
		gated.Status.Conditions = set(gated.Status.Conditions, kind, "False", reason, text)
	}
	gated.Status.Conditions = set(gated.Status.Conditions, v1alpha1.ConditionAreasCovered, "True", v1alpha1.ReasonExceptionGranted, "area west: until 2026-12-31")
	window := func(days int) v1alpha1.SessionWindow {
		from := metav1.NewTime(opens.AddDate(0, 0, days))
		return v1alpha1.SessionWindow{From: from, To: metav1.NewTime(from.Add(100 * time.Hour))}
	}
	gated.Status.LastReplan = v1alpha1.Replan{Time: metav1.NewTime(clock.Now().Add(-5 * time.Hour)), Was: window(0), Is: window(7)}

	check := v1alpha1.Inspection{ObjectMeta: named("kaizhou", "spot-check"), Status: v1alpha1.InspectionStatus{
		Conditions: set(set(applied(), v1alpha1.ConditionDrawn, "True", v1alpha1.ReasonDrawn), v1alpha1.ConditionRectified, "False", v1alpha1.ReasonOverdue,
			"1 finding should have been rectified by 2026-11-20"),
		Open: ptr.To[int32](2), Overdue: ptr.To[int32](1), NextRectifyBy: "2026-11-20",
	}}
	objects.Inspections = append(objects.Inspections, check)

	draft := objects.Instruments[0]
	draft.Name, draft.Spec.Version, draft.Spec.Review.State = "phq-9-v2", "2", v1alpha1.ReviewDraft
	draft.Status.Conditions = set(applied(), v1alpha1.ConditionUsableInRounds, "False", v1alpha1.ReasonDraft)

	objects.Districts = append(objects.Districts, bad)
	objects.Schools = append(objects.Schools, goodSchool("kaizhou", "east"), short, pending)
	objects.Channels = append(objects.Channels, expired)
	objects.Rounds = append(objects.Rounds, gated)
	objects.Instruments = append(objects.Instruments, draft)
	return objects
}
