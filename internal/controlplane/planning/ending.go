package planning

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// EndAt is the spec.endAt of a round that counts: what people wrote, until the closing of a round that has been open
// has come. From then on status.closeTime stays, whatever becomes of endAt: a round of another campaign may
// have opened in its schools meanwhile.
func EndAt(r v1alpha1.ScreeningRound, now time.Time) *metav1.Time {
	switch closed := r.Status.CloseTime; {
	case !hasClosed(r, now):
		return r.Spec.EndAt
	case closed.Before(&r.Status.Window.To):
		return closed
	case r.Spec.EndAt.Before(closed): // asked for when the round was over as planned
		return nil
	}
	return r.Spec.EndAt
}

// hasClosed reports whether the closing that status tells of, of a round that has been open, has come.
func hasClosed(r v1alpha1.ScreeningRound, now time.Time) bool {
	closed := r.Status.CloseTime
	return r.Status.OpenedTime != nil && closed != nil && !closed.After(now)
}

// endedAt is when a round that has been open closed sooner than planned, for good; zero: it did not.
func endedAt(r v1alpha1.ScreeningRound, now time.Time) time.Time {
	if !hasClosed(r, now) || !r.Status.CloseTime.Before(&r.Status.Window.To) {
		return time.Time{}
	}
	return r.Status.CloseTime.UTC()
}

// occupies is when a round has its schools for itself. That one which has been open closes sooner than it did counts
// once status tells of it: until then the district may not have been told.
func occupies(r v1alpha1.ScreeningRound, now time.Time) (opens, closes time.Time) {
	spec := r.Spec
	spec.EndAt = EndAt(r, now)
	opens, closes = translate.Window(spec)
	switch told := r.Status.CloseTime; {
	case r.Status.OpenedTime == nil || hasClosed(r, now):
		return opens, closes
	case told == nil:
		spec.EndAt = nil
		return translate.Window(spec)
	case told.After(closes):
		return opens, told.UTC()
	}
	return opens, closes
}
