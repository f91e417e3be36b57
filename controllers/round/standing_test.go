package round

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
)

// upcoming is a round of tomorrow in which every gate passes. The first of its two
// schools has a psych teacher, the second a provider.
func upcoming(t *testing.T) observed {
	t.Helper()
	o, _ := fitting(t)
	o.round.Namespace, o.round.Status = "fengtai", v1alpha1.ScreeningRoundStatus{}
	o.view, o.viewed, o.record = contract.RoundView{}, false, nil
	for _, kind := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionKeysReady, v1alpha1.ConditionReporting} {
		o.district.Status.Conditions = append(o.district.Status.Conditions, yes(kind)...)
	}
	second := *o.schools[0].DeepCopy()
	second.Name = "stone-bridge"
	o.schools = append(o.schools, second)
	prepare(&o)
	o.schools[1].Spec.Staffing = v1alpha1.Staffing{Provider: v1alpha1.Provider{Name: "Heart", Credential: "1", ValidUntil: "2026-09-18"}}
	return o
}

// underWay is the same round after its opening, with the conditions that it had then.
func underWay(t *testing.T, edits ...func(*observed)) observed {
	t.Helper()
	o := upcoming(t)
	for _, edit := range edits {
		edit(&o)
	}
	before := opens.Add(-time.Minute)
	d := decide(o, before)
	summarise(&o.round, o, d, before)
	meaning := d.record
	o.record, o.viewed = meaning, true
	o.view = contract.RoundView{State: contract.RoundOpen, Meaning: d.digest}
	return o
}

func required(name v1alpha1.GateName) v1alpha1.GateRule {
	return v1alpha1.GateRule{Name: name, Enforcement: v1alpha1.EnforcementRequired}
}

func asks(rules ...v1alpha1.GateRule) func(*observed) {
	return func(o *observed) { o.campaign.Spec.Gates = append(o.campaign.Spec.Gates, rules...) }
}

func school(i int, edit func(*v1alpha1.SchoolSpec)) func(*observed) {
	return func(o *observed) { edit(&o.schools[i].Spec) }
}

func all(edits ...func(*observed)) func(*observed) {
	return func(o *observed) {
		for _, edit := range edits {
			edit(o)
		}
	}
}

func publicity(day v1alpha1.Civil) func(*observed) {
	return school(0, func(s *v1alpha1.SchoolSpec) { s.Publicity.HeldOn = day })
}

func training(day v1alpha1.Civil) func(*observed) {
	return school(0, func(s *v1alpha1.SchoolSpec) { s.Training.CompletedOn = day })
}

func hours(n *int32) func(*observed) {
	return school(1, func(s *v1alpha1.SchoolSpec) { s.CounsellingRoom.OpenHoursPerWeek = n })
}

func area(code string) func(*observed) {
	return school(1, func(s *v1alpha1.SchoolSpec) { s.Area = code })
}

func provider(until v1alpha1.Civil) func(*observed) {
	return school(1, func(s *v1alpha1.SchoolSpec) { s.Staffing.Provider.ValidUntil = until })
}

func drill(at time.Time) func(*observed) {
	return func(o *observed) { o.district.Status.Drill.AcknowledgedTime = metav1.NewTime(at) }
}

func noDrill(o *observed) { o.district.Status.Drill = v1alpha1.DutyDrill{} }

func unstaffed(o *observed) {
	o.schools[1].Status.Conditions = []metav1.Condition{conditions.False(v1alpha1.ConditionScreeningReady, v1alpha1.ReasonNoPsychTeacher, "")}
}

func except(e v1alpha1.GateException) func(*observed) {
	e.Name, e.GrantedBy = "late", "市教委德育处"
	if e.District == "" {
		e.District = "fengtai"
	}
	return func(o *observed) { o.campaign.Spec.GateExceptions = append(o.campaign.Spec.GateExceptions, e) }
}

func exceptSchool(gate v1alpha1.GateName, school string, until v1alpha1.Civil) func(*observed) {
	return except(v1alpha1.GateException{Gate: gate, Schools: []string{school}, Until: until})
}

func is(list []metav1.Condition, kind string) string {
	c := meta.FindStatusCondition(list, kind)
	if c == nil {
		return "absent"
	}
	return fmt.Sprintf("%s/%s %s", c.Status, c.Reason, c.Message)
}

// TestGatesBeforeTheOpening wants, for each gate, its own condition, what its message
// says, and the reason of the sum; a round whose sum is True is pinned.
func TestGatesBeforeTheOpening(t *testing.T) {
	const (
		rooms   = v1alpha1.ConditionCounsellingRoomsOpen
		staffed = v1alpha1.ConditionSchoolsStaffed
		trained = v1alpha1.ConditionSchoolsTrained
		held    = v1alpha1.ConditionPublicityHeld
		drilled = v1alpha1.ConditionDutyDrillHeld
		areas   = v1alpha1.ConditionAreasCovered
	)
	tests := map[string]struct {
		edit func(*observed)
		kind string
		want string // of the condition: status, reason and the beginning of the message
		says []string
		sum  string
	}{
		"nothing is wrong":            {all(), trained, "True/Passed Every school", nil, "True/Passed"},
		"no instrument":               {func(o *observed) { o.instruments = nil }, v1alpha1.ConditionInstrumentsUsable, "False/InstrumentNotUsable", []string{"phq-9"}, "False/InstrumentNotUsable"},
		"no instrument, and so":       {func(o *observed) { o.instruments = nil }, v1alpha1.ConditionPolicyCompiles, "Unknown/NoReport", nil, "False/InstrumentNotUsable"},
		"no policy":                   {func(o *observed) { o.policy = nil }, v1alpha1.ConditionPolicyCompiles, "False/PolicyInvalid", nil, "False/PolicyInvalid"},
		"no policy, and so":           {func(o *observed) { o.policy = nil }, v1alpha1.ConditionChannelsUsable, "Unknown/NoReport", nil, "False/PolicyInvalid"},
		"the policy all the same":     {func(o *observed) { o.duty = contract.Unreachable }, v1alpha1.ConditionPolicyCompiles, "True/Passed", nil, "False/DutyChainNotReady"},
		"a floor with no effect":      {func(o *observed) { o.district.Spec.StricterFloors.Urgent = "Low" }, v1alpha1.ConditionPolicyCompiles, "True/Passed The policy compiles", []string{"stricterFloors.urgent"}, "True/NotStricter"},
		"no channel":                  {func(o *observed) { o.channels = nil }, v1alpha1.ConditionChannelsUsable, "False/ChannelNotUsable", []string{"Psychiatric (tier Severe)"}, "False/ChannelNotUsable"},
		"no duty":                     {func(o *observed) { o.duty = contract.Unreachable }, v1alpha1.ConditionDutyChainReachable, "False/DutyChainNotReady", nil, "False/DutyChainNotReady"},
		"nobody at a school":          {unstaffed, staffed, "False/SchoolsNotStaffed not ready", []string{"stone-bridge (NoPsychTeacher)"}, "False/SchoolsNotStaffed"},
		"a school not judged":         {func(o *observed) { o.schools[1].Status.Conditions = nil }, staffed, "False/SchoolsNotStaffed", []string{"stone-bridge (not judged yet)"}, "False/SchoolsNotStaffed"},
		"a provider to the last day":  {provider("2026-09-18"), staffed, "True/Passed", nil, "True/Passed"},
		"a provider not to the end":   {provider("2026-09-17"), staffed, "False/SchoolsNotStaffed", []string{"stone-bridge (its provider's credential ends on 2026-09-17, before the round closes)"}, "False/SchoolsNotStaffed"},
		"a provider of no day":        {provider("2026-02-30"), staffed, "False/SchoolsNotStaffed", []string{"2026-02-30 is not a day of the calendar"}, "False/SchoolsNotStaffed"},
		"a provider beside a teacher": {all(provider("2026-09-17"), school(1, func(s *v1alpha1.SchoolSpec) { s.Staffing.PartTimePsychTeachers = ptr.To[int32](1) })), staffed, "True/Passed", nil, "True/Passed"},

		"no drill":                    {noDrill, drilled, "False/AdvisoryNotMet a drill", []string{"none was yet", "(advisory)"}, "True/AdvisoryNotMet"},
		"no drill, required":          {all(noDrill, asks(required(v1alpha1.GateDutyDrill))), drilled, "False/DrillNotAcknowledged", nil, "False/DrillNotAcknowledged"},
		"a drill a day before":        {drill(opens.Add(-24 * time.Hour)), drilled, "True/Passed", nil, "True/Passed"},
		"a drill too early":           {drill(opens.Add(-24*time.Hour - time.Second)), drilled, "False/AdvisoryNotMet", []string{"within 1 x 24 hours", "the last was at 2026-09-16T00:59:59Z"}, "True/AdvisoryNotMet"},
		"a drill of the week":         {all(drill(opens.Add(-6*24*time.Hour)), asks(v1alpha1.GateRule{Name: v1alpha1.GateDutyDrill, Enforcement: "Required", WithinDays: 7})), drilled, "True/Passed", nil, "True/Passed"},
		"no drill, excepted":          {all(noDrill, asks(required(v1alpha1.GateDutyDrill)), except(v1alpha1.GateException{Gate: v1alpha1.GateDutyDrill, Until: "2026-09-17"})), drilled, "True/ExceptionGranted exception late, granted by 市教委德育处 until 2026-09-17, is for District fengtai", nil, "True/Passed"},
		"no drill, excepted afar":     {all(noDrill, asks(required(v1alpha1.GateDutyDrill)), except(v1alpha1.GateException{Gate: v1alpha1.GateDutyDrill, District: "kaizhou", Until: "2026-09-17"})), drilled, "False/DrillNotAcknowledged", nil, "False/DrillNotAcknowledged"},
		"no publicity":                {publicity(""), held, "False/AdvisoryNotMet no publicity within 180 days", []string{"lotus-pond (no day)", "(advisory)"}, "True/AdvisoryNotMet"},
		"no publicity, required":      {all(publicity(""), asks(required(v1alpha1.GatePublicity))), held, "False/PublicityMissing", nil, "False/PublicityMissing"},
		"publicity of no day":         {publicity("2026-02-30"), held, "False/AdvisoryNotMet", []string{"lotus-pond (2026-02-30 is not a day of the calendar)"}, "True/AdvisoryNotMet"},
		"publicity today":             {publicity("2026-09-16"), held, "True/Passed", nil, "True/Passed"},
		"publicity to come":           {publicity("2026-09-17"), held, "False/AdvisoryNotMet", []string{"2026-09-17 is still to come"}, "True/AdvisoryNotMet"},
		"publicity after the opening": {publicity("2026-09-18"), held, "False/AdvisoryNotMet", []string{"2026-09-18 is after the opening"}, "True/AdvisoryNotMet"},
		"publicity of 180 days ago":   {publicity("2026-03-21"), held, "True/Passed", nil, "True/Passed"},
		"publicity of 181 days ago":   {publicity("2026-03-20"), held, "False/AdvisoryNotMet", []string{"2026-03-20 is too long ago"}, "True/AdvisoryNotMet"},
		"publicity of the month":      {all(publicity("2026-08-17"), asks(v1alpha1.GateRule{Name: v1alpha1.GatePublicity, Enforcement: "Advisory", WithinDays: 30})), held, "False/AdvisoryNotMet no publicity within 30 days", nil, "True/AdvisoryNotMet"},
		"training of last year":       {all(training("2025-09-16"), asks(required(v1alpha1.GateTraining))), trained, "False/TrainingMissing no training within 365 days", []string{"lotus-pond (2025-09-16 is too long ago)"}, "False/TrainingMissing"},

		"no room":             {hours(nil), rooms, "False/AdvisoryNotMet no counselling room that is open 1 hours", []string{"stone-bridge (none)"}, "True/AdvisoryNotMet"},
		"a room never open":   {hours(ptr.To[int32](0)), rooms, "False/AdvisoryNotMet", []string{"stone-bridge (0 hours)"}, "True/AdvisoryNotMet"},
		"a room hardly open":  {all(hours(ptr.To[int32](9)), asks(v1alpha1.GateRule{Name: v1alpha1.GateCounsellingRoom, Enforcement: "Required", HoursPerWeek: 10})), rooms, "False/CounsellingRoomClosed", []string{"10 hours a week", "stone-bridge (9 hours)"}, "False/CounsellingRoomClosed"},
		"an area of no group": {func(o *observed) { o.district.Spec.Areas[0].ExpertGroups = nil }, areas, "False/AdvisoryNotMet", []string{": east", "(advisory)"}, "True/AdvisoryNotMet"},
		"an area not there":   {area("west"), areas, "False/AdvisoryNotMet", []string{": west (the District has no such area)"}, "True/AdvisoryNotMet"},
		"a school of no area": {all(area(""), asks(required(v1alpha1.GateExpertGroup))), areas, "False/AreaUncovered", []string{"School stone-bridge, which is in no area"}, "False/AreaUncovered"},
		"an area excepted":    {all(func(o *observed) { o.district.Spec.Areas[0].ExpertGroups = nil }, asks(required(v1alpha1.GateExpertGroup)), except(v1alpha1.GateException{Gate: v1alpha1.GateExpertGroup, Areas: []string{"east", "north"}, Until: "2026-09-17"})), areas, "True/ExceptionGranted", []string{"is for east", "does not have: area north"}, "True/Passed"},

		"a school excepted":            {all(training(""), asks(required(v1alpha1.GateTraining)), exceptSchool(v1alpha1.GateTraining, "lotus-pond", "2026-09-17")), trained, "True/ExceptionGranted", []string{"granted by 市教委德育处 until 2026-09-17, is for lotus-pond"}, "True/Passed"},
		"another school excepted":      {all(training(""), asks(required(v1alpha1.GateTraining)), exceptSchool(v1alpha1.GateTraining, "stone-bridge", "2026-09-17")), trained, "False/TrainingMissing", []string{"lotus-pond (no day)"}, "False/TrainingMissing"},
		"from another gate excepted":   {all(training(""), asks(required(v1alpha1.GateTraining)), exceptSchool(v1alpha1.GatePublicity, "lotus-pond", "2026-09-17")), trained, "False/TrainingMissing", nil, "False/TrainingMissing"},
		"one of two excepted":          {all(training(""), unstaffed, exceptSchool(v1alpha1.GateTraining, "lotus-pond", "2026-09-17")), staffed, "False/SchoolsNotStaffed", nil, "False/SchoolsNotStaffed"},
		"an exception ended":           {all(training(""), asks(required(v1alpha1.GateTraining)), exceptSchool(v1alpha1.GateTraining, "lotus-pond", "2026-09-15")), trained, "False/TrainingMissing", []string{"lotus-pond (no day)", "exception late ended with 2026-09-15"}, "False/TrainingMissing"},
		"an exception ending too soon": {all(training(""), asks(required(v1alpha1.GateTraining)), exceptSchool(v1alpha1.GateTraining, "lotus-pond", "2026-09-16")), trained, "False/TrainingMissing", []string{"exception late ends with 2026-09-16, before the round opens"}, "False/TrainingMissing"},
		"an exception of no day":       {all(training(""), asks(required(v1alpha1.GateTraining)), exceptSchool(v1alpha1.GateTraining, "lotus-pond", "2026-02-30")), trained, "False/TrainingMissing", []string{"exception late has no effect: until 2026-02-30 is not a day of the calendar"}, "False/TrainingMissing"},
		"an exception of no school":    {exceptSchool(v1alpha1.GateTraining, "no-8", "2026-09-17"), trained, "True/Passed", []string{"exception late names what District fengtai does not have: School no-8"}, "True/Passed"},
		"of an earlier campaign":       {all(training(""), asks(required(v1alpha1.GateTraining)), func(o *observed) { o.campaign.UID = "2" }), trained, "False/AdvisoryNotMet", []string{"(advisory)"}, "False/CampaignNotFound"},
		"the campaign is gone":         {all(training(""), asks(required(v1alpha1.GateTraining)), func(o *observed) { o.campaign = nil }), trained, "False/AdvisoryNotMet", []string{"(advisory)"}, "False/CampaignNotFound"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := upcoming(t)
			tt.edit(&o)
			now := opens.Add(-12 * time.Hour) // 21:00 of the 16th in Beijing
			d := decide(o, now)
			summarise(&o.round, o, d, now)
			list := o.round.Status.Conditions
			got := is(list, tt.kind)
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("%s is %s; want %s", tt.kind, got, tt.want)
			}
			sum := is(list, v1alpha1.ConditionGatesPassed)
			if !strings.HasPrefix(sum, tt.sum+" ") {
				t.Errorf("the sum is %s; want %s", sum, tt.sum)
			}
			for _, part := range tt.says {
				if !strings.Contains(got, part) || !strings.Contains(sum, part) {
					t.Errorf("%q is not in %s and in the sum %s", part, got, sum)
				}
			}
			if passes := strings.HasPrefix(tt.sum, "True"); passes != letThrough(d) {
				t.Errorf("pinned %q, hold %s, sum %s", d.digest, d.hold, tt.sum)
			}
			if drill := strings.Contains(tt.sum, v1alpha1.ReasonDrillNotAcknowledged); !letThrough(d) && drill != (d.digest != "") {
				t.Errorf("pinned %q, though only a round that lacks nothing but a drill goes down on hold", d.digest)
			}
		})
	}
}

// A round that is late opens on the day on which its gates pass: by that day evidence is
// judged.
func TestEvidenceOfARoundThatIsLate(t *testing.T) {
	late := opens.Add(30 * time.Hour) // the 18th in Beijing
	tests := map[string]struct {
		edit func(*observed)
		want string
	}{
		"trained after the planned opening": {training("2026-09-18"), "True/Passed"},
		"trained on a day to come":          {training("2026-09-19"), "False/TrainingMissing"},
		"excepted to the planned opening":   {all(training(""), exceptSchool(v1alpha1.GateTraining, "lotus-pond", "2026-09-17")), "False/TrainingMissing"},
		"excepted to this day":              {all(training(""), exceptSchool(v1alpha1.GateTraining, "lotus-pond", "2026-09-18")), "True/ExceptionGranted"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := upcoming(t)
			asks(required(v1alpha1.GateTraining))(&o)
			tt.edit(&o)
			d := decide(o, late)
			if got := is(d.gates.conditions, v1alpha1.ConditionSchoolsTrained); !strings.HasPrefix(got, tt.want+" ") {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// TestGatesAfterTheOpening takes something away, or lets a day pass, while students
// answer: what was shown before the opening is not asked again, and of the rest only what
// is known to be lost holds the round.
func TestGatesAfterTheOpening(t *testing.T) {
	strict := asks(required(v1alpha1.GateTraining), required(v1alpha1.GatePublicity), required(v1alpha1.GateDutyDrill),
		required(v1alpha1.GateCounsellingRoom), required(v1alpha1.GateExpertGroup))
	noGroup := func(o *observed) { o.district.Spec.Areas[0].ExpertGroups = nil }
	tests := map[string]struct {
		before, after func(*observed)
		kind          string
		want          string
		sum           string
		hold          contract.Hold
	}{
		"training taken back":                       {strict, training(""), v1alpha1.ConditionSchoolsTrained, "True/Passed", "True/Passed", contract.HoldNone},
		"publicity taken back":                      {strict, publicity(""), v1alpha1.ConditionPublicityHeld, "True/Passed", "True/Passed", contract.HoldNone},
		"no drill any more":                         {strict, noDrill, v1alpha1.ConditionDutyDrillHeld, "True/Passed", "True/Passed", contract.HoldNone},
		"advice not taken":                          {training(""), all(), v1alpha1.ConditionSchoolsTrained, "False/AdvisoryNotMet", "True/AdvisoryNotMet", contract.HoldNone},
		"advice becomes an order":                   {training(""), strict, v1alpha1.ConditionSchoolsTrained, "False/AdvisoryNotMet", "True/AdvisoryNotMet", contract.HoldNone},
		"training came too late":                    {training(""), training("2026-09-18"), v1alpha1.ConditionSchoolsTrained, "False/AdvisoryNotMet", "True/AdvisoryNotMet", contract.HoldNone},
		"a room closed":                             {strict, hours(nil), v1alpha1.ConditionCounsellingRoomsOpen, "False/CounsellingRoomClosed", "False/CounsellingRoomClosed", contract.HoldNew},
		"a room closed, advisory":                   {all(), hours(nil), v1alpha1.ConditionCounsellingRoomsOpen, "False/AdvisoryNotMet", "True/AdvisoryNotMet", contract.HoldNone},
		"experts gone":                              {strict, noGroup, v1alpha1.ConditionAreasCovered, "False/AreaUncovered", "False/AreaUncovered", contract.HoldNew},
		"a school not judged":                       {all(), func(o *observed) { o.schools[1].Status.Conditions = nil }, v1alpha1.ConditionSchoolsStaffed, "True/Passed", "True/Passed", contract.HoldNone},
		"nobody at a school":                        {all(), unstaffed, v1alpha1.ConditionSchoolsStaffed, "False/SchoolsNotStaffed", "False/SchoolsNotStaffed", contract.HoldNew},
		"a provider not to the end, known only now": {all(), provider("2026-09-17"), v1alpha1.ConditionSchoolsStaffed, "True/Passed", "True/Passed", contract.HoldNone},
		"an exception for staff goes on":            {all(unstaffed, exceptSchool(v1alpha1.GateStaffing, "stone-bridge", "2026-09-18")), all(), v1alpha1.ConditionSchoolsStaffed, "True/ExceptionGranted", "True/Passed", contract.HoldNone},
		"an exception for staff has ended":          {all(unstaffed, exceptSchool(v1alpha1.GateStaffing, "stone-bridge", "2026-09-17")), all(), v1alpha1.ConditionSchoolsStaffed, "False/SchoolsNotStaffed", "False/SchoolsNotStaffed", contract.HoldNew},
		"an exception for training has ended":       {all(strict, training(""), exceptSchool(v1alpha1.GateTraining, "lotus-pond", "2026-09-17")), all(), v1alpha1.ConditionSchoolsTrained, "True/ExceptionGranted", "True/Passed", contract.HoldNone},
		"the report is missing":                     {all(), func(o *observed) { o.heard = false }, v1alpha1.ConditionDutyChainReachable, "Unknown/NoReport", "Unknown/NoReport", contract.HoldNone},
		"the record is gone":                        {all(), func(o *observed) { o.record = nil }, v1alpha1.ConditionChannelsUsable, "Unknown/NoReport", "Unknown/NoReport", contract.HoldNone},
		"nothing was looked at before":              {training(""), func(o *observed) { o.round.Status.Conditions = nil }, v1alpha1.ConditionSchoolsTrained, "False/AdvisoryNotMet", "True/AdvisoryNotMet", contract.HoldNone},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := underWay(t, tt.before)
			tt.after(&o)
			now := opens.Add(24 * time.Hour) // the 18th in Beijing
			d := decide(o, now)
			if !d.settled || d.hold != tt.hold {
				t.Errorf("settled %v, hold %s; want %s", d.settled, d.hold, tt.hold)
			}
			summarise(&o.round, o, d, now)
			if got := is(o.round.Status.Conditions, tt.kind); !strings.HasPrefix(got, tt.want+" ") {
				t.Errorf("%s is %s; want %s", tt.kind, got, tt.want)
			}
			if got := is(o.round.Status.Conditions, v1alpha1.ConditionGatesPassed); !strings.HasPrefix(got, tt.sum+" ") {
				t.Errorf("the sum is %s; want %s", got, tt.sum)
			}
		})
	}
}

// Evidence that was taken back after the pinning and before the opening holds the round
// until it is there again: nobody has answered yet.
func TestEvidenceLostBetweenPinningAndOpening(t *testing.T) {
	o := underWay(t, asks(required(v1alpha1.GateTraining)))
	o.view.State = contract.RoundScheduled
	training("")(&o)
	before := opens.Add(-time.Second)
	d := decide(o, before)
	summarise(&o.round, o, d, before)
	o.view.State = contract.RoundHeld
	if d = decide(o, opens.Add(time.Hour)); d.hold != contract.HoldNew || !d.settled {
		t.Fatalf("hold %s, settled %v: %s", d.hold, d.settled, d.gates.message)
	}
	training("2026-09-17")(&o)
	if d = decide(o, opens.Add(time.Hour)); d.hold != contract.HoldNone {
		t.Errorf("with evidence again: hold %s: %s", d.hold, d.gates.message)
	}
}

// What is said of a gate does not change once the round is over, and nothing is said of
// one of which nothing was said before.
func TestGatesOfARoundThatIsOver(t *testing.T) {
	o := underWay(t, training(""))
	hours(nil)(&o)
	meta.RemoveStatusCondition(&o.round.Status.Conditions, v1alpha1.ConditionAreasCovered)
	d := decide(o, closes)
	summarise(&o.round, o, d, closes)
	for kind, want := range map[string]string{
		v1alpha1.ConditionSchoolsTrained: "False/AdvisoryNotMet", v1alpha1.ConditionCounsellingRoomsOpen: "True/Passed", v1alpha1.ConditionAreasCovered: "absent",
	} {
		if got := is(o.round.Status.Conditions, kind); !strings.HasPrefix(got, want) {
			t.Errorf("%s is %s, want %s", kind, got, want)
		}
	}
}

func TestMessagesNameAtMostTwenty(t *testing.T) {
	o := upcoming(t)
	for i := range 55 {
		more := *o.schools[0].DeepCopy()
		more.Name, more.Spec.Training = fmt.Sprintf("school-%02d", i), v1alpha1.Training{}
		o.schools = append(o.schools, more)
	}
	d := decide(o, opens.Add(-time.Hour))
	got := is(d.gates.conditions, v1alpha1.ConditionSchoolsTrained)
	if !strings.Contains(got, "school-19 (no day) and 35 more") || strings.Contains(got, "school-20") {
		t.Errorf("the condition is %s", got)
	}
	if !strings.Contains(d.gates.message, "school-04 (no day) and 50 more") {
		t.Errorf("the sum says %s", d.gates.message)
	}
	for i := range o.schools {
		o.schools[i].Spec.Staffing = v1alpha1.Staffing{Provider: v1alpha1.Provider{ValidUntil: "2026-09-17"}}
	}
	d = decide(o, opens.Add(-time.Hour))
	if got = is(d.gates.conditions, v1alpha1.ConditionSchoolsStaffed); !strings.HasSuffix(got, "school-05 (its provider's credential ends on 2026-09-17, before the round closes) and 50 more") {
		t.Errorf("with long texts the condition is %s", got)
	}
}

// A round on hold for a drill is not let through by what nobody can know: without the record of its meaning it is not
// known which tiers draft referrals, and to whom.
func TestWithoutItsRecordARoundThatNeverOpenedStaysOnHold(t *testing.T) {
	o := underWay(t, noDrill, asks(required(v1alpha1.GateDutyDrill)))
	o.view.State = contract.RoundHeld
	look := func(at time.Time) decision {
		d := decide(o, at)
		summarise(&o.round, o, d, at)
		return d
	}
	look(opens.Add(time.Hour))
	drill(opens.Add(90 * time.Minute))(&o)
	record := o.record
	o.record = nil
	for range 2 { // what was said the first time lets nothing through the second
		if d := look(opens.Add(2 * time.Hour)); d.hold != contract.HoldNew {
			t.Fatalf("hold %s without a record: %s", d.hold, d.gates.message)
		}
	}
	o.record = record
	if d := look(opens.Add(2 * time.Hour)); d.hold != contract.HoldNone {
		t.Errorf("hold %s with the record: %s", d.hold, d.gates.message)
	}
}

// However much there is to say of exceptions, a message ends with what it counts for, and the reason says it too.
func TestALongMessageStillSaysThatItIsAdvisory(t *testing.T) {
	o := upcoming(t)
	for i := range 55 {
		more := *o.schools[0].DeepCopy()
		more.Name, more.Spec.Training = fmt.Sprintf("%s-%02d", strings.Repeat("school", 8), i), v1alpha1.Training{}
		o.schools = append(o.schools, more)
		if i < 20 {
			exceptSchool(v1alpha1.GateTraining, more.Name, "2026-09-17")(&o)
		}
	}
	now := opens.Add(-time.Hour)
	d := decide(o, now)
	summarise(&o.round, o, d, now)
	got := is(o.round.Status.Conditions, v1alpha1.ConditionSchoolsTrained)
	if !strings.HasPrefix(got, "False/AdvisoryNotMet") || !strings.HasSuffix(got, "; and 19 more about exceptions (advisory)") {
		t.Errorf("the condition is %s", got)
	}
}

// An object made anew does not know whether the gates ever let its round through: until students have answered, or the
// gates do now, what is not known shuts them.
func TestAnObjectMadeAnewIsNotTakenForLetThrough(t *testing.T) {
	o := underWay(t, noDrill, asks(required(v1alpha1.GateDutyDrill)))
	o.view.State, o.round.Status, o.record = contract.RoundHeld, v1alpha1.ScreeningRoundStatus{}, nil
	o.round.Spec.Suspend = v1alpha1.SuspendNone // by a person who lets it go on
	drill(opens.Add(time.Hour))(&o)
	for range 2 {
		now := opens.Add(2 * time.Hour)
		d := decide(o, now)
		if d.hold != contract.HoldNew {
			t.Fatalf("hold %s: %s", d.hold, d.gates.message)
		}
		summarise(&o.round, o, d, now)
	}
}

// A round that waits for its drill says what to do, and from ten minutes before its opening that its dates stay. It opens
// as soon as the drill is acknowledged, however late, and never without; if it never was, it says that nobody was asked.
func TestARoundThatWaitsForItsDrill(t *testing.T) {
	const drilled, stays = "/drill", "the dates stay from now on, and it opens as soon as that is cured, until 2026-09-18T"
	o := upcoming(t)
	all(noDrill, asks(required(v1alpha1.GateDutyDrill)))(&o)
	look := func(at time.Time) (d decision, gates string) {
		d = decide(o, at)
		summarise(&o.round, o, d, at)
		if d.record != nil {
			o.record, o.viewed, o.view = d.record, true, contract.RoundView{State: contract.RoundHeld, Meaning: d.digest}
		}
		if d.hold != contract.HoldNew || d.documents.Control == nil || d.documents.Control.Hold != contract.HoldNew {
			t.Errorf("at %s it is let through: %+v", at, d.documents.Control)
		}
		return d, is(o.round.Status.Conditions, v1alpha1.ConditionGatesPassed)
	}
	for i, at := range []time.Duration{-time.Hour, -planning.Settling, 0, 25 * time.Hour} {
		_, gates := look(opens.Add(at))
		if !strings.HasPrefix(gates, "False/DrillNotAcknowledged") || !strings.Contains(gates, drilled) || strings.Contains(gates, stays) != (i > 0) {
			t.Errorf("%s after the opening: %s", at, gates)
		}
	}
	never := o
	drill(opens.Add(25 * time.Hour))(&o)
	if d := decide(o, opens.Add(26*time.Hour)); d.hold != contract.HoldNone || !d.documents.Control.OpensAt.Equal(opens) {
		t.Errorf("with the drill: %+v, %s", d.documents.Control, d.gates.message)
	}
	o.campaign.Spec.Schedule.StartDate = "2026-10-15" // the run is not wanted any more
	if _, gates := look(opens.Add(26 * time.Hour)); !strings.HasPrefix(gates, "False/CampaignNotFound") || strings.Contains(gates, stays) {
		t.Errorf("not in the schedule: %s", gates)
	}
	o = never
	noDrill(&o)
	d := decide(o, closes)
	o.view.State, o.view.Control.Digest = contract.RoundClosed, digestOf(t, *d.documents.Control)
	o.view.Control.Revision = 1
	summarise(&o.round, o, d, closes)
	if ready := is(o.round.Status.Conditions, v1alpha1.ConditionReady); !strings.Contains(ready, "closed without having opened") {
		t.Errorf("it never opened: %s", ready)
	}
}
