package integration

import (
	"context"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	rounds "github.com/evenkeel/evenkeel/controllers/round"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
)

// lagging reads a round as it was.
type lagging struct {
	client.Client
	round *v1alpha1.ScreeningRound
}

func (l lagging) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	if r, ok := obj.(*v1alpha1.ScreeningRound); ok {
		l.round.DeepCopyInto(r)
		return nil
	}
	return l.Client.Get(ctx, key, obj, opts...)
}

// The opening is told by the district once and never again if a hold follows at once: a
// cache that lags behind the write of it must not make the operator take it back.
func TestALaggingCacheDoesNotTakeTheOpeningBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "lagging")
	at(justBefore)(w)
	before := w.round()
	at(opening)(w)
	opened := w.round().Status.OpenedTime
	if before.Status.OpenedTime != nil || opened == nil {
		t.Fatalf("opened %v, before that %v", opened, before.Status.OpenedTime)
	}
	do(suspendCampaign(true))(w) // the district holds, and nobody has answered yet

	cached := lagging{Client: w.client, round: before}
	r := &rounds.Reconciler{
		Client: cached, Live: w.client, Clock: w.clock, Status: apply.NewStatusWriter(w.client, w.clock), Board: w.board, Events: w.events,
	}
	w.reconcile(r, w.name, w.roundName())
	if got := w.round().Status.OpenedTime; !got.Equal(opened) {
		t.Errorf("opened %v, want %v", got, opened)
	}
}
