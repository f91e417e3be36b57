package simulate

import (
	"errors"
	"fmt"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

// Capacity reads from manifests who is there for the students: the psych teachers of
// all schools and what all channels take whose agreement holds today. Notes say what was
// left out.
func (p *Plan) Capacity(set manifest.Set, today v1alpha1.Civil) (notes []string) {
	for _, school := range set.Schools {
		staffing := school.Value.Spec.Staffing
		p.Teachers.FullTime += number(staffing.FullTimePsychTeachers)
		p.Teachers.PartTime += number(staffing.PartTimePsychTeachers)
	}
	p.Channels = map[string]int{}
	for _, channel := range set.Channels {
		spec := channel.Value.Spec
		if today < spec.Agreement.ValidFrom || spec.Agreement.ValidUntil < today {
			notes = append(notes, fmt.Sprintf("ReferralChannel/%s/%s is not counted: its agreement holds from %s to %s",
				channel.Namespace, channel.Name, spec.Agreement.ValidFrom, spec.Agreement.ValidUntil))
			continue
		}
		p.Channels[string(spec.Class)] += int(spec.WeeklyCapacity)
	}
	return notes
}

func number(n *int32) int {
	if n == nil {
		return 0
	}
	return int(*n)
}

// Weeks is how many weeks the students of the one campaign in a set have to answer: the
// school days of Stage1, five to a week.
func Weeks(set manifest.Set) (float64, error) {
	const ask = "give --weeks, in how many weeks the students answer"
	if len(set.Campaigns) != 1 {
		return 0, fmt.Errorf("the manifests hold %d campaigns, and one would say how long students answer; %s", len(set.Campaigns), ask)
	}
	for _, phase := range set.Campaigns[0].Value.Spec.Template.Spec.Phases {
		if phase.Name == v1alpha1.PhaseStage1 && phase.SchoolDays > 0 {
			return float64(phase.SchoolDays) / 5, nil
		}
	}
	return 0, errors.New("the campaign's Stage1 is given by dates, not school days; " + ask)
}
