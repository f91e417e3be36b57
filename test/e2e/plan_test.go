//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/draw"
)

// extended: an open round gets one school day more, the district takes it, and codes go on
// opening forms.
func extended(w world) {
	before := w.round(first, open)
	longer := before.DeepCopy()
	longer.Spec.ExtendSchoolDays = ptr.To[int32](1)
	w.must(w.kube.Patch(w.Context(), longer, client.MergeFrom(before)))
	w.eventually("the days are in its sessions", w.roundIs(first, open, v1alpha1.ConditionExtended, "True Extended"))
	w.eventually("the district has taken them", func(ctx context.Context) string {
		now := w.round(first, open)
		switch {
		case !now.Status.CloseTime.After(before.Status.CloseTime.Time):
			return fmt.Sprintf("it closes at %s, as before", now.Status.CloseTime)
		case now.Status.ControlRevision <= before.Status.ControlRevision:
			return fmt.Sprintf("the district is at revision %d, as before", now.Status.ControlRevision)
		}
		return w.roundIs(first, open, v1alpha1.ConditionReady, "True Applied")(ctx)
	})
	now := w.round(first, open)
	if got := now.Status.LastReplan; !got.Is.To.Time.Equal(now.Status.CloseTime.Time) || got.Is.To.Sub(got.Was.To.Time) < 24*time.Hour {
		w.Errorf("status.lastReplan is %+v", got)
	}
	w.must(w.demo.Knock(w.Context(), first, 2))
}

// inspected: schools are listed, then drawn by a seed that comes later.
func inspected(w world) {
	check := &v1alpha1.Inspection{
		ObjectMeta: metav1.ObjectMeta{Namespace: first, Name: "spot-check"},
		Spec:       v1alpha1.InspectionSpec{Schools: 2, SeedSource: "numbers of the next public draw"},
	}
	w.must(w.kube.Create(w.Context(), check))
	stands := func(want string) func(context.Context) string {
		return func(ctx context.Context) string {
			if err := w.kube.Get(ctx, client.ObjectKeyFromObject(check), check); err != nil {
				return err.Error()
			}
			if got := condition(check.Status.Conditions, v1alpha1.ConditionDrawn); got != want {
				return "Drawn is " + got
			}
			return ""
		}
	}
	w.eventually("the schools are listed", stands("False WaitingForSeed"))
	seeded := check.DeepCopy()
	seeded.Spec.Seed = "03 11 19 26 32"
	w.must(w.kube.Patch(w.Context(), seeded, client.MergeFrom(check)))
	w.eventually("the schools are drawn", stands("True Drawn"))
	var district v1alpha1.District
	w.must(w.get(&district, first, first))
	occasion := draw.Occasion{Seed: seeded.Spec.Seed, District: district.Spec.Code, Inspection: check.Name}
	if want := draw.Names(draw.Compute(occasion, check.Status.Listed, 2)); len(check.Status.Listed) != 4 || !slices.Equal(check.Status.Drawn, want) {
		w.Errorf("of %v %v are drawn, want %v", check.Status.Listed, check.Status.Drawn, want)
	}
}
