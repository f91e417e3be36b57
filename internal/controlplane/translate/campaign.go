package translate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/robfig/cron/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// Calendar translates an academic calendar. The error names every date that does not
// exist, as *fault.Error: the schema lets 2026-02-30 pass.
func Calendar(spec v1alpha1.AcademicCalendarSpec) (calendar.Calendar, error) {
	var faults fault.List
	out := calendar.Calendar{TimeZone: string(spec.TimeZone)}
	for _, day := range spec.SchoolWeek {
		out.SchoolWeek = append(out.SchoolWeek, weekdays[day])
	}
	for i, t := range spec.Terms {
		out.Terms = append(out.Terms, dates(&faults, fmt.Sprintf("terms[%d]", i), t.From, t.To))
	}
	out.Closures, out.MakeUpDays = days(&faults, "", spec.Closures, spec.MakeUpDays)
	for i, e := range spec.Exceptions {
		exception := calendar.Exception{District: e.District, School: e.School}
		exception.Closures, exception.MakeUpDays = days(&faults, fmt.Sprintf("exceptions[%d].", i), e.Closures, e.MakeUpDays)
		out.Exceptions = append(out.Exceptions, exception)
	}
	return out, faults.Err()
}

func days(faults *fault.List, path string, closures []v1alpha1.Closure, makeUps []v1alpha1.Civil) (closed []calendar.Range, held []calendar.Date) {
	for i, c := range closures {
		closed = append(closed, dates(faults, fmt.Sprintf("%sclosures[%d]", path, i), c.From, c.To))
	}
	for i, d := range makeUps {
		held = append(held, date(faults, fmt.Sprintf("%smakeUpDays[%d]", path, i), d))
	}
	return closed, held
}

// CompileCalendar translates an academic calendar and checks it.
func CompileCalendar(spec v1alpha1.AcademicCalendarSpec) (*calendar.Compiled, error) {
	plain, err := Calendar(spec)
	if err != nil {
		return nil, err
	}
	return calendar.Compile(plain)
}

var weekdays = map[v1alpha1.Weekday]time.Weekday{
	"Monday": time.Monday, "Tuesday": time.Tuesday, "Wednesday": time.Wednesday, "Thursday": time.Thursday,
	"Friday": time.Friday, "Saturday": time.Saturday, "Sunday": time.Sunday,
}

func dates(faults *fault.List, path string, from, to v1alpha1.Civil) calendar.Range {
	return calendar.Range{From: date(faults, path+".from", from), To: date(faults, path+".to", to)}
}

func date(faults *fault.List, path string, civil v1alpha1.Civil) calendar.Date {
	d, err := calendar.ParseDate(string(civil))
	if err != nil {
		faults.Addf(path, "%s", err)
	}
	return d
}

// Campaign translates what a campaign asks of planning, all but the tiers and rates of its
// capacity, for which Rates needs the escalation policy too.
func Campaign(name string, spec v1alpha1.ScreeningCampaignSpec) (rollout.Spec, error) {
	var faults fault.List
	out := rollout.Spec{
		Campaign: name, TimeZone: string(spec.TimeZone), Cron: spec.Schedule.Cron,
		Suspend:                 Suspension(spec) != v1alpha1.SuspendNone,
		StartingDeadlineSeconds: spec.Schedule.StartingDeadlineSeconds,
		MissedRunPolicy:         rollout.MissedRunPolicy(spec.Schedule.MissedRunPolicy),
		Waves: rollout.Waves{
			Pilot: spec.Rollout.Pilot, Order: spec.Rollout.Order, MaxConcurrent: int(spec.Rollout.MaxConcurrentDistricts),
		},
		Capacity: rollout.Capacity{
			Policy:        rollout.CapacityPolicy(spec.Rollout.Capacity.Policy),
			DaysPerSchool: int(spec.Rollout.Capacity.SchoolDaysPerSchool), CounsellorCases: int(spec.Rollout.Capacity.CounsellorCasesPerWeek),
			ProviderCases: int(spec.Rollout.Capacity.ProviderCasesPerWeek),
		},
	}
	if spec.Schedule.StartDate != "" {
		out.StartDate = date(&faults, "schedule.startDate", spec.Schedule.StartDate)
	}
	for i, d := range spec.Schedule.ExtraDates {
		out.ExtraDates = append(out.ExtraDates, date(&faults, fmt.Sprintf("schedule.extraDates[%d]", i), d))
	}
	makeUp := spec.Template.Spec.MakeUp
	out.MakeUp = rollout.MakeUp{AfterSchoolDays: int(makeUp.AfterSchoolDays), SchoolDays: int(makeUp.SchoolDays)}
	for i, p := range spec.Template.Spec.Phases {
		out.Phases = append(out.Phases, phase(&faults, fmt.Sprintf("template.spec.phases[%d]", i), p))
	}
	return out, faults.Err()
}

// Suspension is how a campaign holds its open rounds; SuspendNone when it is not suspended.
func Suspension(spec v1alpha1.ScreeningCampaignSpec) v1alpha1.SuspendMode {
	if spec.Suspend == nil || !*spec.Suspend {
		return v1alpha1.SuspendNone
	}
	return cmp.Or(spec.WhenSuspended, v1alpha1.SuspendHold)
}

// Rates are the tiers of a policy, severest first, and how many students of a thousand a
// campaign expects in each; nil when it declares none. The error names, as *fault.Error,
// tiers that the policy does not have and tiers without a rate.
func Rates(capacity v1alpha1.Capacity, policy v1alpha1.EscalationPolicySpec) (tiers []rollout.Tier, declared []int64, err error) {
	var faults fault.List
	for _, t := range policy.Tiers {
		class := ""
		if slices.Contains(t.Actions, v1alpha1.ActionDraftReferral) {
			class = string(t.ChannelClass)
		}
		tiers = append(tiers, rollout.Tier{Name: t.Name, Class: class})
	}
	if len(capacity.Expected) == 0 {
		return tiers, nil, nil
	}
	for i, e := range capacity.Expected {
		known := slices.ContainsFunc(tiers, func(t rollout.Tier) bool { return t.Name == e.Tier })
		faults.AddIf(!known, fmt.Sprintf("rollout.capacity.expected[%d].tier", i), "the policy has no tier %s; write one of its own", e.Tier)
	}
	for _, t := range tiers {
		at := slices.IndexFunc(capacity.Expected, func(e v1alpha1.ExpectedRate) bool { return e.Tier == t.Name })
		if at < 0 {
			faults.Addf("rollout.capacity.expected", "lacks tier %s of the policy; write its rate, 0 if nobody is expected in it", t.Name)
			continue
		}
		declared = append(declared, int64(number(capacity.Expected[at].PerThousand)))
	}
	return tiers, declared, faults.Err()
}

func phase(faults *fault.List, path string, p v1alpha1.Phase) rollout.Phase {
	out := rollout.Phase{Name: rollout.PhaseName(p.Name), SchoolDays: int(p.SchoolDays)}
	if p.Dates != (v1alpha1.DateRange{}) {
		span := dates(faults, path+".dates", p.Dates.From, p.Dates.To)
		out.Dates = &span
	}
	if p.Session != (v1alpha1.SessionHours{}) {
		out.Session = &rollout.SessionHours{From: string(p.Session.From), To: string(p.Session.To)}
	}
	return out
}

// Scheduled reports whether a campaign's schedule, as it is now, has a run on the day of
// the slot. A round whose slot it no longer has was planned by an earlier schedule.
func Scheduled(schedule v1alpha1.Schedule, slot v1alpha1.Civil) bool {
	switch {
	case slices.Contains(schedule.ExtraDates, slot):
		return true
	case schedule.StartDate != "":
		return schedule.StartDate == slot
	}
	day, err := time.Parse(time.DateOnly, string(slot))
	if err != nil {
		return false
	}
	runs, err := cron.ParseStandard(schedule.Cron)
	if err != nil {
		return true // the campaign says what is wrong; what was planned before stays
	}
	return calendar.DateOf(runs.Next(day.Add(-time.Second))) == calendar.DateOf(day)
}

// Awaited reports whether a campaign, as it is now, wants a round that has not opened: its
// schedule has the slot and, for a make-up round, its template has them. One that it does
// not want never opens.
func Awaited(campaign v1alpha1.ScreeningCampaignSpec, round v1alpha1.ScreeningRoundSpec) bool {
	dropped := MakeUp(round) && campaign.Template.Spec.MakeUp == v1alpha1.MakeUp{}
	return !dropped && Scheduled(campaign.Schedule, round.Slot)
}

// MakeUp reports whether a round is the second of its run.
func MakeUp(round v1alpha1.ScreeningRoundSpec) bool { return round.Purpose == v1alpha1.PurposeMakeUp }

// Narrowing is a district's own hours, nil when it has none, and the days on which it
// screens nobody. The error names every date that does not exist, as *fault.Error; such a
// range of days has a zero date in it.
func Narrowing(spec v1alpha1.Narrowing) (hours *rollout.SessionHours, without []calendar.Range, err error) {
	var faults fault.List
	if spec.Session != (v1alpha1.SessionHours{}) {
		hours = &rollout.SessionHours{From: string(spec.Session.From), To: string(spec.Session.To)}
	}
	for i, days := range spec.WithoutSessions {
		without = append(without, dates(&faults, fmt.Sprintf("narrowing.withoutSessions[%d]", i), days.From, days.To))
	}
	return hours, without, faults.Err()
}

// ObservedRound is what planning needs to know of a round that exists. Its closing is
// the planned one: endAt is a person's word and no part of the plan.
func ObservedRound(round v1alpha1.ScreeningRound, opened bool) (rollout.ObservedRound, error) {
	slot, err := calendar.ParseDate(string(round.Spec.Slot))
	if err != nil {
		return rollout.ObservedRound{}, fmt.Errorf("round %s/%s: %w", round.Namespace, round.Name, err)
	}
	planned := round.Spec
	planned.EndAt = nil
	opens, closes := Window(planned)
	out := rollout.ObservedRound{
		District: round.Namespace, Slot: slot, MakeUp: MakeUp(planned), Opened: opened, OpensAt: opens, ClosesAt: closes,
		Sessions: Sessions(planned), LeftOut: sorted(planned.LeftOut),
	}
	for _, p := range planned.Phases {
		out.Phases = append(out.Phases, rollout.PhaseWindow{Name: rollout.PhaseName(p.Name), From: utc(p.From), To: utc(p.To)})
	}
	for _, own := range SchoolSessions(planned) {
		out.Schools = append(out.Schools, rollout.SchoolPlan{Name: own.School, Sessions: own.Sessions})
	}
	return out, nil
}

// RoundSpec is the part of a round that the operator writes: the plan's instants and
// what the campaign's template fixes. suspend, endAt and extendSchoolDays are people's.
func RoundSpec(plan rollout.RoundPlan, campaign v1alpha1.ScreeningCampaign) v1alpha1.ScreeningRoundSpec {
	template := campaign.Spec.Template.Spec
	out := v1alpha1.ScreeningRoundSpec{
		Campaign:            v1alpha1.CampaignReference{Name: campaign.Name, UID: string(campaign.UID)},
		Slot:                v1alpha1.Civil(plan.Slot.String()),
		Phases:              list(plan.Phases, phaseWindow),
		Sessions:            WindowsOf(plan.Sessions),
		Schools:             list(plan.Schools, schoolWindows),
		LeftOut:             plan.LeftOut,
		Cohort:              template.Cohort,
		Instruments:         template.Stage1.Instruments,
		EscalationPolicyRef: template.EscalationPolicyRef,
	}
	if plan.MakeUp { // a regular one says nothing, as before there were others
		out.Purpose = v1alpha1.PurposeMakeUp
	}
	return out
}

func schoolWindows(s rollout.SchoolPlan) v1alpha1.SchoolWindows {
	return v1alpha1.SchoolWindows{Name: s.Name, Sessions: WindowsOf(s.Sessions)}
}

func phaseWindow(w rollout.PhaseWindow) v1alpha1.PhaseWindow {
	return v1alpha1.PhaseWindow{Name: v1alpha1.PhaseName(w.Name), From: metav1.NewTime(w.From), To: metav1.NewTime(w.To)}
}
