package calendar

import (
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	core "github.com/evenkeel/evenkeel/internal/core/calendar"
)

// everyDay is more school days than a calendar can have.
const everyDay = 10_000

// summarise sets the status that the spec deserves and returns what is at fault in it.
func summarise(calendar *v1alpha1.AcademicCalendar, now time.Time) error {
	compiled, fault := translate.CompileCalendar(calendar.Spec)
	verdict := conditions.Verdict{State: conditions.Invalid}
	if fault != nil {
		verdict.Message = fault.Error()
	} else {
		days := len(compiled.SchoolDaysFrom(core.Date{Year: 1, Month: time.January, Day: 1}, everyDay))
		verdict = conditions.Verdict{State: conditions.Applied, Message: fmt.Sprintf("%d school days", days)}
	}
	calendar.Status.Conditions = conditions.Settle(calendar.Status.Conditions, verdict.Trio(), calendar.Generation, now)
	calendar.Status.ObservedGeneration = calendar.Generation
	return fault
}
