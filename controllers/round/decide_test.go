package round

import (
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

var (
	beijing = time.FixedZone("Beijing", 8*60*60)
	opens   = time.Date(2026, 9, 17, 1, 0, 0, 0, time.UTC)
	closes  = time.Date(2026, 9, 18, 8, 30, 0, 0, time.UTC)
	other   = contract.Digest("bb11223344556677889900aabbccddeeff00112233445566778899aabbccddee")
)

func yes(kind string) []metav1.Condition {
	return []metav1.Condition{conditions.True(kind, "Test", "")}
}

func no(kind string) []metav1.Condition {
	return []metav1.Condition{conditions.False(kind, "Test", "")}
}

// pinnedMeaning is a meaning and its digest.
func pinnedMeaning(t *testing.T) (contract.Meaning, contract.Digest) {
	t.Helper()
	meaning := contract.Meaning{Version: 1, Round: "autumn-20260915", Instruments: []contract.Instrument{instrumenttest.PHQ9()}, Policy: escalationtest.GradedIntervention()}
	digest, err := contract.DigestOf(meaning)
	if err != nil {
		t.Fatal(err)
	}
	return meaning, digest
}

// running is a round whose meaning is pinned, recorded and held by the district.
func running(t *testing.T) observed {
	t.Helper()
	meaning, digest := pinnedMeaning(t)
	o := observed{
		campaign: &v1alpha1.ScreeningCampaign{ObjectMeta: metav1.ObjectMeta{Name: "autumn", UID: "1f0c"}},
		district: &v1alpha1.District{},
		zone:     beijing, campaignZone: beijing,
		record: &meaning, heard: true, duty: contract.Reachable, viewed: true,
		view: contract.RoundView{State: contract.RoundOpen, Meaning: digest, Control: contract.Revision{Revision: 1}},
	}
	o.campaign.Spec.Schedule.StartDate = "2026-09-15"
	o.round.Name = "autumn-20260915"
	o.round.Spec = v1alpha1.ScreeningRoundSpec{
		Campaign: v1alpha1.CampaignReference{Name: "autumn", UID: "1f0c"}, Slot: "2026-09-15",
		Sessions: []v1alpha1.SessionWindow{{From: metav1.NewTime(opens), To: metav1.NewTime(closes)}},
		Cohort:   v1alpha1.Cohort{Stages: []v1alpha1.Stage{v1alpha1.StageJuniorSecondary}},
	}
	o.round.Status.MeaningDigest, o.round.Status.CohortSchools = string(digest), []string{"lotus-pond"}
	school := v1alpha1.School{ObjectMeta: metav1.ObjectMeta{Name: "lotus-pond"}}
	school.Spec.Stages = []v1alpha1.StageEnrolment{{Stage: v1alpha1.StageJuniorSecondary}}
	school.Status.Conditions = yes(v1alpha1.ConditionScreeningReady)
	channel := v1alpha1.ReferralChannel{Spec: v1alpha1.ReferralChannelSpec{Class: "Psychiatric"}}
	channel.Status.Conditions = yes(v1alpha1.ConditionUsable)
	o.schools, o.channels = []v1alpha1.School{school}, []v1alpha1.ReferralChannel{channel}
	prepare(&o)
	return o
}

// prepare shows all that gates ask for evidence of.
func prepare(o *observed) {
	o.district.Spec.Areas = []v1alpha1.Area{{Code: "east", ExpertGroups: []string{"experts"}}}
	o.district.Status.Drill.AcknowledgedTime = metav1.NewTime(opens.Add(-time.Hour))
	for i := range o.schools {
		spec := &o.schools[i].Spec
		spec.Area, spec.Staffing.FullTimePsychTeachers = "east", ptr.To[int32](1)
		spec.CounsellingRoom.OpenHoursPerWeek = ptr.To[int32](8)
		spec.Training.CompletedOn, spec.Publicity.HeldOn = "2026-09-10", "2026-09-11"
	}
}

var claimed = []rollout.Claim{{Campaign: "winter", OpensAt: closes.Add(-time.Minute), ClosesAt: closes.Add(time.Hour)}}

func TestSchoolsThatAreLeftOutTakeNoPart(t *testing.T) {
	o := running(t)
	o.round.Spec.LeftOut = []string{"lotus-pond"}
	o.round.Status = v1alpha1.ScreeningRoundStatus{}
	o.view, o.viewed = contract.RoundView{}, false
	d := decide(o, opens.Add(-time.Hour))
	if len(d.schools) != 0 || d.gates.state != fail || !strings.Contains(d.gates.message, "a place in the plan") {
		t.Errorf("schools %v, gates %q", d.schools, d.gates.message)
	}
}

func TestWhatHoldsARunningRound(t *testing.T) {
	tests := map[string]struct {
		edit   func(*observed)
		hold   contract.Hold
		reason string // of the gates
	}{
		"nothing":                {func(*observed) {}, contract.HoldNone, ""},
		"a person":               {func(o *observed) { o.round.Spec.Suspend = v1alpha1.SuspendHoldAndDrain }, contract.HoldAndDrain, ""},
		"the campaign":           {func(o *observed) { o.campaign.Spec.Suspend = ptr.To(true) }, contract.HoldNew, v1alpha1.ReasonSuspended},
		"a person before a gate": {func(o *observed) { o.round.Spec.Suspend = v1alpha1.SuspendHoldAndDrain; o.duty = contract.Unreachable }, contract.HoldAndDrain, v1alpha1.ReasonDutyChainNotReady},
		"no duty":                {func(o *observed) { o.duty = contract.Unreachable }, contract.HoldNew, v1alpha1.ReasonDutyChainNotReady},
		"not: duty unknown":      {func(o *observed) { o.duty = contract.ReachUnknown }, contract.HoldNone, v1alpha1.ReasonNoReport},
		"not: no report":         {func(o *observed) { o.heard = false }, contract.HoldNone, v1alpha1.ReasonNoReport},
		"no channel":             {func(o *observed) { o.channels[0].Status.Conditions = no(v1alpha1.ConditionUsable) }, contract.HoldNew, v1alpha1.ReasonChannelNotUsable},
		"the campaign, draining": {func(o *observed) {
			o.campaign.Spec.Suspend, o.campaign.Spec.WhenSuspended = ptr.To(true), v1alpha1.SuspendHoldAndDrain
		}, contract.HoldAndDrain, v1alpha1.ReasonSuspended},
		"the campaign holds, a person drains": {func(o *observed) {
			o.campaign.Spec.Suspend, o.campaign.Spec.WhenSuspended = ptr.To(true), v1alpha1.SuspendHold
			o.round.Spec.Suspend = v1alpha1.SuspendHoldAndDrain
		}, contract.HoldAndDrain, v1alpha1.ReasonSuspended},
		"not: another campaign of that name, draining": {func(o *observed) {
			o.campaign.UID, o.campaign.Spec.Suspend, o.campaign.Spec.WhenSuspended = "2", ptr.To(true), v1alpha1.SuspendHoldAndDrain
		}, contract.HoldNone, ""},
		"not: channel not probed":     {func(o *observed) { o.channels[0].Status.Conditions[0].Status = metav1.ConditionUnknown }, contract.HoldNone, ""},
		"a school unstaffed":          {func(o *observed) { o.schools[0].Status.Conditions = no(v1alpha1.ConditionScreeningReady) }, contract.HoldNew, v1alpha1.ReasonSchoolsNotStaffed},
		"a school gone":               {func(o *observed) { o.schools = nil }, contract.HoldNew, v1alpha1.ReasonSchoolsNotStaffed},
		"keys lost":                   {func(o *observed) { o.district.Status.Conditions = no(v1alpha1.ConditionKeysReady) }, contract.HoldNew, v1alpha1.ReasonDistrictNotReady},
		"not: the district edited":    {func(o *observed) { o.district.Status.Conditions = no(v1alpha1.ConditionReady) }, contract.HoldNone, ""},
		"not: instruments gone":       {func(o *observed) { o.instruments, o.policy = nil, nil }, contract.HoldNone, ""},
		"not: the campaign gone":      {func(o *observed) { o.campaign = nil }, contract.HoldNone, ""},
		"the campaign gone, unopened": {func(o *observed) { o.campaign = nil; o.view.State = contract.RoundHeld }, contract.HoldNew, v1alpha1.ReasonCampaignNotFound},
		"another campaign, unopened":  {func(o *observed) { o.campaign.UID = "2"; o.view.State = contract.RoundHeld }, contract.HoldNew, v1alpha1.ReasonCampaignNotFound},
		"not in the plan, unopened": {func(o *observed) {
			o.campaign.Spec.Schedule.StartDate = "2026-10-01"
			o.view.State = contract.RoundHeld
		}, contract.HoldNew, v1alpha1.ReasonCampaignNotFound},
		"selected no more, unopened": {func(o *observed) {
			o.unselected, o.view.State = true, contract.RoundHeld
		}, contract.HoldNew, v1alpha1.ReasonCampaignNotFound},
		"not: selected no more": {func(o *observed) { o.unselected = true }, contract.HoldNone, ""},
		"no make-up rounds any more, unopened": {func(o *observed) {
			o.round.Spec.Purpose = v1alpha1.PurposeMakeUp
			o.view.State = contract.RoundHeld
		}, contract.HoldNew, v1alpha1.ReasonCampaignNotFound},
		"not: no make-up rounds any more":                {func(o *observed) { o.round.Spec.Purpose = v1alpha1.PurposeMakeUp }, contract.HoldNone, ""},
		"not: claimed by another, once it has been open": {func(o *observed) { o.claims = claimed }, contract.HoldNone, ""},
		"claimed by one that opened before, when status tells": {func(o *observed) {
			o.claims, o.round.Status.OpenedTime = claimed, &metav1.Time{Time: opens}
		}, contract.HoldNew, v1alpha1.ReasonSchoolsClaimed},
		"claimed by another, unopened": {func(o *observed) {
			o.claims, o.view.State = claimed, contract.RoundHeld
		}, contract.HoldNew, v1alpha1.ReasonSchoolsClaimed},
		"not: claimed until it opens": {func(o *observed) {
			o.round.Status.Conditions = yes(v1alpha1.ConditionGatesPassed)
			o.claims, o.view.State = []rollout.Claim{{Campaign: "winter", OpensAt: opens.Add(-time.Hour), ClosesAt: opens}}, contract.RoundHeld
		}, contract.HoldNone, ""},
		"made anew": {func(o *observed) { o.round.Status = v1alpha1.ScreeningRoundStatus{} }, contract.HoldNew, ""},
		"not: made anew, then lifted": {func(o *observed) {
			o.round.Status = v1alpha1.ScreeningRoundStatus{}
			o.round.Spec.Suspend = v1alpha1.SuspendNone
		}, contract.HoldNone, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := running(t)
			tt.edit(&o)
			d := decide(o, opens.Add(time.Hour))
			if d.hold != tt.hold || d.gates.reason != tt.reason {
				t.Errorf("hold %s, gates %q %q; want %s, %q", d.hold, d.gates.reason, d.gates.message, tt.hold, tt.reason)
			}
			if d.documents.Control == nil || d.documents.Control.Hold != tt.hold {
				t.Errorf("the district is not told: %+v", d.documents.Control)
			}
		})
	}
}

// A round that was ended early stays closed when its end is taken back: the district is told the same closing
// again, and nothing is left to do, also after the release.
func TestEndThatIsTakenBackTooLate(t *testing.T) {
	o := running(t)
	ended, now := metav1.NewTime(opens.Add(2*time.Hour)), opens.Add(3*time.Hour)
	o.round.Spec.EndAt = &ended
	o.round.Status.OpenedTime, o.round.Status.Window = &metav1.Time{Time: opens}, o.round.Spec.Sessions[0]
	before := decide(o, now)
	o.round.Status.CloseTime = &ended
	o.view.Control.Digest, o.view.State = digestOf(t, *before.documents.Control), contract.RoundReleased
	for name, endAt := range map[string]*metav1.Time{"not": &ended, "taken back": nil, "put off": {Time: opens.Add(5 * time.Hour)}} {
		o.round.Spec.EndAt = endAt
		for step, d := range map[string]decision{"decided": decide(o, now), "without news": decide(o, now).withoutNews(o)} {
			if !d.over || !d.closes.Equal(ended.Time) || !applied(o, d) {
				t.Errorf("%s, %s: closes %s, control %+v", name, step, d.closes, d.documents.Control)
			}
		}
	}
}

// An object made anew knows nothing of an early end: while the district says that the round has closed it stays closed,
// and so it does when a person lets the new object go on.
func TestAnObjectMadeAnewOfARoundThatHadEnded(t *testing.T) {
	o, now := running(t), opens.Add(3*time.Hour)
	o.round.Status, o.view.State = v1alpha1.ScreeningRoundStatus{}, contract.RoundClosed
	d := decide(o, now)
	if !d.over || !d.documents.Control.ClosesAt.Equal(now) || !d.suspend {
		t.Fatalf("closes %s, suspended %v", d.documents.Control.ClosesAt, d.suspend)
	}
	summarise(&o.round, o, d, now)
	o.round.Spec.Suspend, o.view.State = v1alpha1.SuspendNone, contract.RoundHeld
	if d = decide(o, now.Add(time.Hour)); !d.over || !d.documents.Control.ClosesAt.Equal(now) {
		t.Errorf("an hour later it closes at %s", d.documents.Control.ClosesAt)
	}
	o.round.Status, o.view.State = v1alpha1.ScreeningRoundStatus{}, contract.RoundHeld // deleted while it was open
	if d = decide(o, now); d.over {
		t.Error("one that had not closed is ended")
	}
}

// After the release a district takes no control any more, also of an object made anew, which knows less of the round than it.
func TestNothingIsLeftToApplyAfterTheRelease(t *testing.T) {
	o, now := running(t), opens.Add(100*24*time.Hour)
	o.round.Status.OpenedTime = &metav1.Time{Time: opens}
	o.refusals = []contract.Refusal{{Kind: contract.KindControl, Round: contract.RefOf(o.round.Name), Reason: contract.RefusedPinned}}
	for state, want := range map[contract.RoundState]conditions.State{
		contract.RoundClosed: conditions.Progressing, contract.RoundReleased: conditions.Applied,
	} {
		o.view.State = state
		if got := ready(o, decide(o, now)); got.State != want {
			t.Errorf("%s: %+v", state, got)
		}
	}
}

// digestOf is that of a control as the district has it, in its first revision.
func digestOf(t *testing.T, control contract.Control) contract.Digest {
	t.Helper()
	control.Revision = 1
	digest, err := contract.DigestOf(control)
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// What cannot be recorded is not sent; a hold is sent all the same.
func TestWithoutNews(t *testing.T) {
	_, pinned := pinnedMeaning(t)
	tests := map[string]struct {
		edit func(*observed)
		want contract.Digest // of the control that is sent; "" for none
	}{
		"nothing new":                 {func(*observed) {}, pinned},
		"not yet pinned":              {func(o *observed) { o.round.Status.MeaningDigest = ""; o.view = contract.RoundView{} }, ""},
		"made anew":                   {func(o *observed) { o.round.Status.MeaningDigest = "" }, pinned},
		"the district's word is news": {func(o *observed) { o.view.Meaning = other }, pinned},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := running(t)
			tt.edit(&o)
			o.duty = contract.Unreachable
			d := decide(o, opens.Add(time.Hour)).withoutNews(o)
			switch control := d.documents.Control; {
			case tt.want == "" && control != nil:
				t.Errorf("sent a control for %s", control.MeaningDigest)
			case tt.want != "" && (control == nil || control.MeaningDigest != tt.want || control.Hold != contract.HoldNew):
				t.Errorf("sent %+v, want a hold for %s", control, tt.want)
			}
			if string(d.digest) != o.round.Status.MeaningDigest {
				t.Errorf("would record %s", d.digest)
			}
		})
	}
}

func TestPinned(t *testing.T) {
	tests := map[string]struct {
		recorded, held contract.Digest
		began          bool
		want           contract.Digest
		anew           bool
	}{
		"nothing":                        {},
		"recorded, not yet there":        {recorded: "a", want: "a"},
		"replaced before the opening":    {recorded: "b", held: "a", want: "b"},
		"the district's word afterwards": {recorded: "b", held: "a", began: true, want: "a"},
		"made anew before the opening":   {held: "a", want: "a", anew: true},
		"made anew afterwards":           {held: "a", began: true, want: "a", anew: true},
		"recorded, never delivered":      {recorded: "b", began: true, want: "b"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := observed{view: contract.RoundView{Meaning: tt.held}}
			o.round.Status.MeaningDigest = string(tt.recorded)
			if got, anew := pinned(o, tt.began); got != tt.want || anew != tt.anew {
				t.Errorf("pinned %q, made anew %v; want %q, %v", got, anew, tt.want, tt.anew)
			}
		})
	}
}

func TestCohortIsFixedShortlyBeforeTheOpening(t *testing.T) {
	tests := map[string]struct {
		before time.Duration // before the opening
		digest contract.Digest
		want   []string
	}{
		"long before":            {time.Hour, "a", []string{"lotus-pond", "new-school"}},
		"shortly before":         {planning.Settling, "a", []string{"lotus-pond"}},
		"open":                   {-time.Hour, "a", []string{"lotus-pond"}},
		"open, but never pinned": {-time.Hour, "", []string{"lotus-pond", "new-school"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := running(t)
			late := *o.schools[0].DeepCopy()
			late.Name = "new-school"
			o.schools = append(o.schools, late)
			got := cohort(o, decision{opens: opens, digest: tt.digest}, opens.Add(-tt.before))
			if !slices.Equal(got, tt.want) {
				t.Errorf("cohort %v, want %v", got, tt.want)
			}
		})
	}
}

func TestNextLook(t *testing.T) {
	o := running(t)
	until := func(gate v1alpha1.GateName, district string, day v1alpha1.Civil) v1alpha1.GateException {
		return v1alpha1.GateException{Name: "x", Gate: gate, District: district, Until: day}
	}
	o.round.Namespace = "fengtai"
	o.campaign.Spec.GateExceptions = []v1alpha1.GateException{
		until(v1alpha1.GateStaffing, "fengtai", "2026-09-17"), until(v1alpha1.GateStaffing, "kaizhou", "2026-09-16"),
		until(v1alpha1.GateStaffing, "fengtai", "2026-02-30"),
	}
	midnight := time.Date(2026, 9, 17, 16, 0, 0, 0, time.UTC) // in Beijing
	tests := map[string]struct {
		now  time.Time
		want time.Duration
	}{
		"to the day ahead":      {opens.Add(-25 * time.Hour), time.Hour},
		"to the settling":       {opens.Add(-time.Hour), time.Hour - planning.Settling},
		"to the opening":        {opens.Add(-time.Minute), time.Minute},
		"to an exception's end": {opens, midnight.Sub(opens)},
		"to the closing":        {midnight, closes.Sub(midnight)},
		"nothing more to see":   {closes, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := nextLook(o, tt.now); got != tt.want {
				t.Errorf("looks again in %s, want %s", got, tt.want)
			}
		})
	}
}

func TestRecordIsTheOneThatWasPinned(t *testing.T) {
	_, digest := pinnedMeaning(t)
	if recordName("autumn-20260915", digest) != "autumn-20260915-meaning-"+string(digest)[:8] {
		t.Error("a record is not named after its digest")
	}
}
