package driver

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/hack/demo/internal/cohort"
	"github.com/evenkeel/evenkeel/hack/demo/internal/stage"
	"github.com/evenkeel/evenkeel/internal/core/suppress"
)

// compareCoverage waits until every School says how many of its students were screened,
// and looks for the round that is planned for the others.
func (d *Demo) compareCoverage(ctx context.Context) error {
	want, err := d.expectedCoverage()
	if err != nil {
		return err
	}
	var found map[string]string
	err = d.Cluster.Poll(ctx, 4*time.Minute, time.Second, func(ctx context.Context) (waiting string, err error) {
		found, err = d.coverage(ctx)
		for school, students := range want {
			if found[school] != students {
				waiting = fmt.Sprintf("%s says %q of the students screened, not %s", school, found[school], students)
			}
		}
		return waiting, err
	})
	if err != nil && (found == nil || ctx.Err() != nil) {
		return err // otherwise the table says what is different
	}
	for _, district := range stage.Districts {
		for _, s := range district.Schools {
			school := district.Name + "/" + s.Name
			d.Facts.Equal(district.Name, "screened in the school year, rounded: "+s.Name, want[school], found[school])
		}
		makeUps, err := d.Cluster.Rounds(ctx, district, stage.MainCampaign, v1alpha1.PurposeMakeUp)
		if err != nil {
			return err
		}
		d.Facts.Equal(district.Name, "make-up rounds planned", 1, len(makeUps))
	}
	return nil
}

// coverage is what the Schools say, by district and name.
func (d *Demo) coverage(ctx context.Context) (map[string]string, error) {
	var schools v1alpha1.SchoolList
	if err := d.Cluster.Kube.List(ctx, &schools); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, s := range schools.Items {
		out[s.Namespace+"/"+s.Name] = s.Status.Coverage.Students
	}
	return out, ctx.Err()
}

// expectedCoverage is worked out from the file: screened is whose answers could be decided.
func (d *Demo) expectedCoverage() (map[string]string, error) {
	today, err := d.Cluster.Today()
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, district := range stage.Districts {
		asked, others := cohort.In(d.Cohort, district.Name), district.OpenStudents(today)
		for _, s := range district.Schools {
			elsewhere := func(student cohort.Student) bool { return student.School.Name != s.Name }
			mine := slices.DeleteFunc(slices.Clone(asked), elsewhere)
			rest := slices.DeleteFunc(slices.Clone(others), elsewhere)
			figures := cohort.Expect(cohort.AnswersOf(mine))
			out[district.Name+"/"+s.Name] = rounded(figures.Participants-figures.Undetermined) + "/" + rounded(len(mine)+len(rest))
		}
	}
	return out, nil
}

func rounded(n int) string { return fmt.Sprint(suppress.RoundTo10(int64(n))) }
