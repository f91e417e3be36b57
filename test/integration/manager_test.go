package integration

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/controllers/calendar"
	campaigns "github.com/evenkeel/evenkeel/controllers/campaign"
	"github.com/evenkeel/evenkeel/controllers/escalationpolicy"
	"github.com/evenkeel/evenkeel/controllers/inspection"
	"github.com/evenkeel/evenkeel/controllers/instrument"
	rounds "github.com/evenkeel/evenkeel/controllers/round"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
)

// TestWatchesAndRest runs the reconcilers in a manager: with the clock standing still
// only watches and the board move anything, and at rest nothing is written.
func TestWatchesAndRest(t *testing.T) {
	g := gomega.NewWithT(t)
	w := newWorld(t, "watched")
	w.clock.SetTime(instant(opening))
	startManager(t, w)

	open := func() string {
		w.district.sync(w.board)
		var r v1alpha1.ScreeningRound
		if err := admin.Get(ctx, client.ObjectKey{Namespace: w.name, Name: w.roundName()}, &r); err != nil {
			return err.Error()
		}
		return standing(r.Status.Conditions, v1alpha1.ConditionOpen)
	}
	g.Eventually(open).WithTimeout(patience).WithPolling(interval).Should(gomega.Equal("True/Open"))

	moves := []struct {
		do   func(*world)
		want string
	}{
		{unready(&v1alpha1.ReferralChannel{}, "city-hospital", v1alpha1.ConditionUsable), "False/Held"},
		{func(w *world) { w.say(&v1alpha1.ReferralChannel{}, "city-hospital", v1alpha1.ConditionUsable) }, "True/Open"},
		{unready(&v1alpha1.School{}, "lotus-pond", v1alpha1.ConditionScreeningReady), "False/Held"},
		{func(w *world) { w.say(&v1alpha1.School{}, "lotus-pond", v1alpha1.ConditionScreeningReady) }, "True/Open"},
		{suspendCampaign(true), "False/Held"},
		{suspendCampaign(false), "True/Open"},
	}
	for i, move := range moves {
		move.do(w)
		g.Eventually(open).WithTimeout(patience).WithPolling(interval).Should(gomega.Equal(move.want), "move %d", i)
	}
	g.Eventually(func() string { return standing(instrumentConditions(w), v1alpha1.ConditionInUse) }).
		WithTimeout(patience).WithPolling(interval).Should(gomega.Equal("True/RoundsUseIt"))
	stays(t, w)
}

func instrumentConditions(w *world) []metav1.Condition {
	var in v1alpha1.Instrument
	w.get(&in, w.name)
	return in.Status.Conditions
}

// stays wants that nothing is written any more, seen from both sides.
func stays(t *testing.T, w *world) {
	t.Helper()
	g := gomega.NewWithT(t)
	quiet := func() string { return fmt.Sprint(versions(t, w), w.writes.count()) }
	last := ""
	g.Eventually(func() bool { now := quiet(); same := now == last; last = now; return same }).
		WithTimeout(patience).WithPolling(2 * time.Second).Should(gomega.BeTrue())
	g.Consistently(func() string { w.district.sync(w.board); return quiet() }).
		WithTimeout(4 * time.Second).WithPolling(interval).Should(gomega.Equal(last))
}

// versions are the resource versions of all objects of a world.
func versions(t *testing.T, w *world) map[string]string {
	t.Helper()
	out := map[string]string{}
	lists := []client.ObjectList{
		&v1alpha1.ScreeningCampaignList{}, &v1alpha1.ScreeningRoundList{}, &v1alpha1.InstrumentList{},
		&v1alpha1.EscalationPolicyList{}, &v1alpha1.AcademicCalendarList{}, &v1alpha1.InspectionList{},
	}
	for _, list := range lists {
		maps.Copy(out, versionsOf(t, w, list))
	}
	return out
}

func startManager(t *testing.T, w *world) {
	t.Helper()
	mgr, err := ctrl.NewManager(w.operatorConfig(), ctrl.Options{
		Scheme: scheme, Logger: logr.Discard(), Metrics: server.Options{BindAddress: "0"},
		Controller: config.Controller{SkipNameValidation: new(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.board = board.New()
	for _, setup := range reconcilers(mgr, w.clock, w.board) {
		if err := setup(mgr); err != nil {
			t.Fatal(err)
		}
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- mgr.Start(running) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func reconcilers(mgr ctrl.Manager, clk clock.PassiveClock, b *board.Board) []func(ctrl.Manager) error {
	status := apply.NewStatusWriter(mgr.GetClient(), clk)
	return []func(ctrl.Manager) error{
		(&calendar.Reconciler{Client: mgr.GetClient(), Clock: clk, Status: status}).SetupWithManager,
		(&instrument.Reconciler{Client: mgr.GetClient(), Clock: clk, Status: status}).SetupWithManager,
		(&escalationpolicy.Reconciler{Client: mgr.GetClient(), Clock: clk, Status: status}).SetupWithManager,
		(&campaigns.Reconciler{
			Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Clock: clk, Status: status, Events: mgr.GetEventRecorder("evenkeel"),
		}).SetupWithManager,
		(&rounds.Reconciler{
			Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Clock: clk, Status: status, Board: b, Events: mgr.GetEventRecorder("evenkeel"),
		}).SetupWithManager,
		(&inspection.Reconciler{
			Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Clock: clk, Status: status, Events: mgr.GetEventRecorder("evenkeel"),
		}).SetupWithManager,
	}
}
