package integration

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	rounds "github.com/evenkeel/evenkeel/controllers/round"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
)

func gate(name string, pairs ...any) edit {
	one := fields("name", name, "enforcement", "Required")
	for i := 0; i < len(pairs); i += 2 {
		one[pairs[i].(string)] = pairs[i+1]
	}
	return set(list(one), "spec", "gates")
}

func gateException(gate string, pairs ...any) edit {
	one := fields("name", "late", "gate", gate, "district", "fengtai", "grantedBy", "市教委德育处", "until", "2026-10-31")
	for i := 0; i < len(pairs); i += 2 {
		one[pairs[i].(string)] = pairs[i+1]
	}
	return set(list(one), "spec", "gateExceptions")
}

func init() {
	of := func(path, message string) rule { return rule{"ScreeningCampaign", path, message} }
	celExamples = append(celExamples,
		example{rule: of("spec.gates[]", "Staffing, ReferralChannel and DutyChain are always Required: a child who signals danger must find somebody"),
			accept: gate("Training", "enforcement", "Advisory"),
			reject: gate("DutyChain", "enforcement", "Advisory")},
		example{rule: of("spec.gates[]", "withinDays is for Publicity, Training and DutyDrill: take it out here"),
			accept: gate("DutyDrill", "withinDays", int64(7)),
			reject: gate("CounsellingRoom", "withinDays", int64(7))},
		example{rule: of("spec.gates[]", "hoursPerWeek is for CounsellingRoom: take it out here"),
			accept: gate("CounsellingRoom", "hoursPerWeek", int64(10)),
			reject: gate("Training", "hoursPerWeek", int64(10))},
		example{rule: of("spec.gateExceptions[]", "an exception from Publicity, Training, Staffing or CounsellingRoom, and no other, lists schools"),
			accept: gateException("Training", "schools", list("lotus-pond")),
			reject: gateException("Training")},
		example{rule: of("spec.gateExceptions[]", "an exception from ExpertGroup, and no other, lists areas"),
			accept: gateException("ExpertGroup", "areas", list("east")),
			reject: gateException("DutyDrill", "areas", list("east"))},
		example{rule: of("spec.gateExceptions[].gate", "there is no exception from ReferralChannel and DutyChain: a child who signals danger must find somebody"),
			accept: gateException("DutyDrill"),
			reject: gateException("DutyChain")},
	)
}

func asks(name v1alpha1.GateName) func(*v1alpha1.ScreeningCampaign) {
	return func(c *v1alpha1.ScreeningCampaign) {
		c.Spec.Gates = append(c.Spec.Gates, v1alpha1.GateRule{Name: name, Enforcement: v1alpha1.EnforcementRequired})
	}
}

// excepts lets stone-bridge pass a gate until a day.
func excepts(gate v1alpha1.GateName, until v1alpha1.Civil) func(*v1alpha1.ScreeningCampaign) {
	return func(c *v1alpha1.ScreeningCampaign) {
		c.Spec.GateExceptions = []v1alpha1.GateException{{
			Name: "teacher-away", Gate: gate, District: c.Name, Schools: []string{"stone-bridge"}, GrantedBy: "市教委德育处", Until: until,
		}}
	}
}

// trained writes the day of lotus-pond's training, "" for none.
func trained(on v1alpha1.Civil) func(w *world) {
	return edited(&v1alpha1.School{}, func(s *v1alpha1.School) { s.Spec.Training.CompletedOn = on })
}

// saying wants the message of a condition of the round to have a part.
func saying(kind, part string) step {
	return func(w *world) {
		w.t.Helper()
		c := meta.FindStatusCondition(w.round().Status.Conditions, kind)
		if c == nil || !strings.Contains(c.Message, part) {
			w.t.Errorf("at %s %s is %v, which does not say %q", w.clock.Now().Format("01-02T15:04"), kind, c, part)
		}
	}
}

// makeUp wants conditions of the make-up round.
func makeUp(want ...string) step {
	return func(w *world) {
		w.t.Helper()
		var r v1alpha1.ScreeningRound
		w.get(&r, w.roundName()+"-makeup")
		check(w, "make-up round", r.Status.Conditions, want)
	}
}

func window(want string) step {
	return status("the window", want, func(s v1alpha1.ScreeningRoundStatus) string { return windowText(s.Window) })
}

// changed wants the last change of the window: "before -> after", "" for none.
func changed(want string) step {
	return status("the last change", want, func(s v1alpha1.ScreeningRoundStatus) string {
		if s.LastReplan == (v1alpha1.Replan{}) {
			return ""
		}
		return windowText(s.LastReplan.Was) + " -> " + windowText(s.LastReplan.Is)
	})
}

func windowText(w v1alpha1.SessionWindow) string {
	return w.From.UTC().Format("01-02T15:04") + ".." + w.To.UTC().Format("01-02T15:04")
}

// saidTimes wants so many events of that name since the last look.
func saidTimes(event string, want int) step {
	return func(w *world) {
		w.t.Helper()
		var all []string
		n := 0
		for len(w.events.Events) > 0 {
			e := <-w.events.Events
			all = append(all, e)
			if strings.Contains(e, " "+event+" ") {
				n++
			}
		}
		if n != want {
			w.t.Errorf("at %s %d events %s, want %d: %q", w.clock.Now().Format("01-02T15:04"), n, event, want, all)
		}
	}
}

func extend(days int32) func(w *world) {
	return edited(&v1alpha1.ScreeningRound{}, func(r *v1alpha1.ScreeningRound) { r.Spec.ExtendSchoolDays = &days })
}

// sessionsTold wants the days on which the district has been told that students answer.
func sessionsTold(want string) step {
	return that("the district is told "+want, func(w *world) bool {
		var days []string
		for _, s := range w.district.rounds[w.roundName()].control.Sessions {
			days = append(days, s.From.Format("01-02"))
		}
		return strings.Join(days, " ") == want
	})
}

const (
	firstWindow = "09-17T01:00..09-18T08:30"
	laterWindow = "09-17T02:00..09-18T08:30"
)

func init() {
	scenarios["no training no round"] = []step{
		do(edited(&v1alpha1.ScreeningCampaign{}, asks(v1alpha1.GateTraining))), do(trained("")),
		at(pinDay), round("GatesPassed=False/TrainingMissing", "SchoolsTrained=False/TrainingMissing", "PublicityHeld=True/Passed", "MeaningPinned=False/NotYet"),
		saying(v1alpha1.ConditionSchoolsTrained, "lotus-pond (no day)"), message("lotus-pond"),
		do(trained("2026-02-30")), at("2026-09-16T01:02"), saying(v1alpha1.ConditionSchoolsTrained, "lotus-pond (2026-02-30 is not a day of the calendar)"),
		do(trained("2026-09-17")), at("2026-09-16T01:04"), saying(v1alpha1.ConditionSchoolsTrained, "lotus-pond (2026-09-17 is still to come)"),
		at(opening), round("GatesPassed=True/Passed", "SchoolsTrained=True/Passed", "Open=True/Open", "MeaningPinned=True/Pinned"),
		do(trained("")), round("GatesPassed=True/Passed", "SchoolsTrained=True/Passed", "Open=True/Open"), held(contract.HoldNone),
		atRest,
	}
	scenarios["advice is given and no more"] = []step{
		do(trained("")), at(pinDay), round("GatesPassed=True/AdvisoryNotMet", "SchoolsTrained=False/AdvisoryNotMet", "MeaningPinned=True/Pinned"),
		saying(v1alpha1.ConditionSchoolsTrained, "(advisory)"), message("lotus-pond (no day)"),
		at(opening), round("Open=True/Open", "SchoolsTrained=False/AdvisoryNotMet"), held(contract.HoldNone), atRest,
	}
	scenarios["an exception opens and its end shuts"] = []step{
		at(onSlot), do(unready(&v1alpha1.School{}, "stone-bridge", v1alpha1.ConditionScreeningReady)),
		round("GatesPassed=False/SchoolsNotStaffed", "SchoolsStaffed=False/SchoolsNotStaffed"),
		do(edited(&v1alpha1.ScreeningCampaign{}, excepts(v1alpha1.GateStaffing, "2026-09-16"))), at("2026-09-15T00:02"),
		round("GatesPassed=False/SchoolsNotStaffed"), saying(v1alpha1.ConditionSchoolsStaffed, "exception teacher-away ends with 2026-09-16, before the round opens"),
		do(edited(&v1alpha1.ScreeningCampaign{}, excepts(v1alpha1.GateStaffing, "2026-09-17"))),
		round("GatesPassed=True/Passed", "SchoolsStaffed=True/ExceptionGranted"),
		saying(v1alpha1.ConditionSchoolsStaffed, "granted by 市教委德育处 until 2026-09-17, is for stone-bridge"),
		at(opening), round("Open=True/Open"), held(contract.HoldNone),
		that("the operator looks again when the exception ends", func(w *world) bool {
			w.clock.SetTime(instant("2026-09-17T15:59"))
			return w.reconcile(w.rounds, w.name, w.roundName()).RequeueAfter.String() == "1m0s"
		}),
		at("2026-09-17T16:00"), // midnight in Beijing
		round("GatesPassed=False/SchoolsNotStaffed", "SchoolsStaffed=False/SchoolsNotStaffed", "Open=False/Held"), held(contract.HoldNew),
		saying(v1alpha1.ConditionSchoolsStaffed, "exception teacher-away ended with 2026-09-17"),
		do(func(w *world) { w.say(&v1alpha1.School{}, "stone-bridge", v1alpha1.ConditionScreeningReady) }),
		round("GatesPassed=True/Passed", "SchoolsStaffed=True/Passed", "Open=True/Open"), held(contract.HoldNone),
	}
	scenarios["no drill no round"] = []step{
		do(edited(&v1alpha1.ScreeningCampaign{}, asks(v1alpha1.GateDutyDrill))), do(func(w *world) { w.drill("2026-09-16T00:59") }),
		// the district knows of the round, on hold: so it begins the drill
		at(pinDay), round("GatesPassed=False/DrillNotAcknowledged", "MeaningPinned=True/Pinned"), held(contract.HoldNew),
		at(opening), round("GatesPassed=False/DrillNotAcknowledged", "DutyDrillHeld=False/DrillNotAcknowledged", "Open=False/Held"),
		do(silent), round("GatesPassed=False/DutyChainNotReady"), held(contract.HoldNew), do(heardAgain),
		at(midSession), do(func(w *world) { w.drill("2026-09-17T02:30") }),
		round("GatesPassed=True/Passed", "DutyDrillHeld=True/Passed", "Open=True/Open"),
		at(nextSession), round("DutyDrillHeld=True/Passed", "Open=True/Open"), held(contract.HoldNone),
	}
	scenarios["a suspended campaign drains"] = []step{
		at(opening), do(edited(&v1alpha1.ScreeningCampaign{}, func(c *v1alpha1.ScreeningCampaign) {
			c.Spec.Suspend, c.Spec.WhenSuspended = ptr.To(true), v1alpha1.SuspendHoldAndDrain
		})),
		round("GatesPassed=False/Suspended", "Open=False/Held"), held(contract.HoldAndDrain),
		do(suspendCampaign(false)), round("Open=True/Open"), held(contract.HoldNone),
	}
	scenarios["a new plan is told of"] = []step{
		at(onSlot), window(firstWindow), changed(""), round("Replanned=absent"), saidTimes("Replanned", 0),
		do(edited(&v1alpha1.ScreeningCampaign{}, later)), window(laterWindow), changed(firstWindow + " -> " + laterWindow),
		round("Replanned=True/Moved"), saying(v1alpha1.ConditionReplanned, "from 2026-09-17T02:00:00Z to 2026-09-18T08:30:00Z; it was to be from 2026-09-17T01:00:00Z"),
		saidTimes("Replanned", 1), atRest, saidTimes("Replanned", 0),
		at("2026-09-17T02:00"), do(endAt("2026-09-17T05:00")), window(laterWindow), saidTimes("Replanned", 0), round("Replanned=True/Moved", "Open=True/Open"),
	}
	scenarios["an open round is kept open longer"] = []step{
		at(pinDay), do(extend(1)), round("Extended=False/NotYet"), sessionsTold("09-17 09-18"),
		at(opening), round("Open=True/Open", "Extended=True/Extended", "Replanned=True/Extended"), window("09-17T01:00..09-20T08:30"),
		sessionsTold("09-17 09-18 09-20"), saidTimes("Replanned", 1), atRest,
		do(extend(2)), sessionsTold("09-17 09-18 09-20 09-21"), changed("09-17T01:00..09-20T08:30 -> 09-17T01:00..09-21T08:30"),
		saidTimes("Replanned", 1), status("the closing", "2026-09-21T08:30", func(s v1alpha1.ScreeningRoundStatus) string { return stamp(s.CloseTime) }),
		at("2026-09-19T00:00"), do(extend(1)), sessionsTold("09-17 09-18 09-20"), round("Extended=True/Extended"),
		at("2026-09-20T08:30"), round("Open=False/Closed", "Extended=True/Extended"),
		do(extend(3)), round("Open=False/Closed", "Extended=False/Closed"), sessionsTold("09-17 09-18 09-20"), atRest,
	}
	scenarios["nobody extends a round without a campaign"] = []step{
		at(opening), do(deleted(&v1alpha1.ScreeningCampaign{})), do(extend(1)),
		round("Extended=False/CampaignNotFound", "Open=True/Open"), sessionsTold("09-17 09-18"),
		do(recreateCampaign), round("Extended=True/Extended"), sessionsTold("09-17 09-18 09-20"),
	}
	scenarios["a make-up round has gates too"] = []step{
		do(edited(&v1alpha1.ScreeningCampaign{}, asks(v1alpha1.GateTraining))),
		do(edited(&v1alpha1.ScreeningCampaign{}, func(c *v1alpha1.ScreeningCampaign) {
			c.Spec.Template.Spec.MakeUp = v1alpha1.MakeUp{AfterSchoolDays: 1, SchoolDays: 1}
		})),
		at(opening), round("Open=True/Open"), makeUp("GatesPassed=True/AdvisoryNotMet", "DutyDrillHeld=False/AdvisoryNotMet", "Open=False/Scheduled"),
		do(trained("")), makeUp("GatesPassed=False/TrainingMissing"), round("Open=True/Open", "SchoolsTrained=True/Passed"),
		at("2026-09-20T01:00"), makeUp("GatesPassed=False/TrainingMissing", "Open=False/Scheduled"),
		do(func(w *world) { w.drill("2026-09-20T00:00") }), do(trained("2026-09-20")),
		makeUp("GatesPassed=True/Passed", "DutyDrillHeld=True/Passed", "Open=True/Open"),
		that("it is for those who were not screened since September, Beijing time", func(w *world) bool {
			since := w.district.rounds[w.roundName()+"-makeup"].control.Cohort.NotScreenedSince
			return since != nil && since.Equal(instant("2026-08-31T16:00")) && w.district.rounds[w.roundName()].control.Cohort.NotScreenedSince == nil
		}),
		at("2026-09-20T01:02"), atRest,
	}
	scenarios["the calendar ends before the extension"] = []step{
		do(edited(&v1alpha1.AcademicCalendar{}, func(c *v1alpha1.AcademicCalendar) {
			c.Spec.Terms = []v1alpha1.Term{{Name: "autumn", From: "2026-09-01", To: "2026-09-23"}}
			c.Spec.Closures, c.Spec.MakeUpDays = nil, []v1alpha1.Civil{"2026-09-20"}
		})),
		at(opening), do(extend(5)), sessionsTold("09-17 09-18 09-20 09-21 09-22 09-23"),
		round("Extended=False/CalendarEnds"), saying(v1alpha1.ConditionExtended, "has 4 of the 5"), at(midSession), atRest,
	}
}

// A new plan is told of exactly once, wherever the operator crashes before one of its
// writes, and both windows stay in status; a crash after the write of the status may only
// cost the event.
func TestReplanningSurvivesCrashes(t *testing.T) {
	t.Parallel()
	plan := edited(&v1alpha1.ScreeningCampaign{}, later)
	reference := newWorld(t, "replanned")
	at(onSlot)(reference)
	before := reference.writes.count()
	do(plan)(reference)
	changed(firstWindow + " -> " + laterWindow)(reference)
	saidTimes("Replanned", 1)(reference)
	for i, write := range reference.writes.since(before) {
		for _, after := range []bool{false, true} {
			name := fmt.Sprintf("replan-crash-%02d-after-%v", i, after)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, name)
				at(onSlot)(w)
				w.writes.fault = &fault{at: w.writes.count() + i, after: after}
				do(plan)(w)
				if !w.writes.fault.fired {
					t.Fatalf("the crash at %s never came", write)
				}
				changed(firstWindow + " -> " + laterWindow)(w)
				times := 1
				if after && strings.HasSuffix(write, "/screeningrounds/"+reference.roundName()+"/status") {
					times = 0
				}
				saidTimes("Replanned", times)(w)
			})
		}
	}
}

// A cache that lags behind the write of the new window must not have it told of twice.
func TestALaggingCacheDoesNotTellOfAPlanTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "lagging-plan")
	at(onSlot)(w)
	stale := w.round().Status
	do(edited(&v1alpha1.ScreeningCampaign{}, later))(w)
	saidTimes("Replanned", 1)(w)
	told := w.round().Status.LastReplan
	w.clock.SetTime(instant(onSlot).AddDate(0, 0, 1))

	lags := w.round() // the new plan, and the status before it
	lags.Status = stale
	r := &rounds.Reconciler{
		Client: lagging{Client: w.client, round: lags}, Live: w.client, Clock: w.clock,
		Status: apply.NewStatusWriter(w.client, w.clock), Board: w.board, Events: w.events,
	}
	w.reconcile(r, w.name, w.roundName())
	saidTimes("Replanned", 0)(w)
	if got := w.round().Status.LastReplan; !got.Time.Equal(&told.Time) {
		t.Errorf("the change is now of %v, and was of %v", got.Time, told.Time)
	}
}
