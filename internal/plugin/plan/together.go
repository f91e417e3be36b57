package plan

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
)

// Together plans campaigns beside each other, for a school answers to one round at a time: first
// the one whose run is first, of two on the same instant the one that is listed first. What it
// plans counts as made for those after it, as it will in the cluster. One of which no run is due yet
// is planned for the instant of the next. The reports are of the campaign of that name, or of all
// when it is empty, in the order of the campaigns. The error is a fault of one of these or of its
// calendar; another one with a fault has no rounds.
func Together(campaigns []planning.Observed, name string, now time.Time) ([]Report, error) {
	asked := func(o planning.Observed) bool { return name == "" || o.Campaign.Name == name }
	var runs []run
	for i, o := range campaigns {
		r, err := runOf(o, now)
		if err != nil && asked(o) {
			return nil, err
		}
		if err != nil {
			continue
		}
		r.listed = i
		runs = append(runs, r)
	}
	slices.SortStableFunc(runs, func(a, b run) int { return a.at.Compare(b.at) })
	reports := make([]*Report, len(campaigns))
	var made []v1alpha1.ScreeningRound
	for _, r := range runs {
		if len(made) > 0 {
			var err error
			r.observed.Others = with(r.observed.Others, made)
			if r.plan, err = compute(r.observed, r.at); err != nil {
				return nil, err
			}
		}
		if asked(r.observed) {
			reports[r.listed] = ptr.To(report(r.observed, r.plan, r.at, now))
		}
		for _, written := range r.plan.Write {
			written.CreationTimestamp = metav1.NewTime(r.at)
			made = append(made, written)
		}
	}
	var out []Report
	for _, r := range reports {
		if r != nil {
			out = append(out, *r)
		}
	}
	return out, nil
}

// run is a campaign with its plan, and the time for which that is made.
type run struct {
	observed planning.Observed
	plan     planning.Plan
	at       time.Time
	listed   int
}

// runOf plans a campaign by itself.
func runOf(o planning.Observed, now time.Time) (run, error) {
	made(&o, now)
	out := run{observed: o, at: now}
	var err error
	if out.plan, err = compute(o, now); err == nil && out.plan.Slot.IsZero() && !out.plan.NextSlot.IsZero() {
		out.at = out.plan.NextSlot
		out.plan, err = compute(o, out.at)
	}
	return out, err
}

// with are rounds after what is written of them: one that exists keeps its age and its status.
func with(rounds, written []v1alpha1.ScreeningRound) []v1alpha1.ScreeningRound {
	out := slices.Clone(rounds)
	for _, w := range written {
		i := slices.IndexFunc(out, func(r v1alpha1.ScreeningRound) bool { return r.Namespace == w.Namespace && r.Name == w.Name })
		if i < 0 {
			out = append(out, w)
			continue
		}
		out[i].Spec = w.Spec
	}
	return out
}
