package integration

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
)

// Instants of the round of every world: Publicity on 15 and 16 September, Stage1 on 17
// and 18 from 09:00 to 16:30 in Beijing, Intervention on the make-up Sunday 20 to 22.
const (
	beforeSlot  = "2026-09-14T00:00"
	onSlot      = "2026-09-15T00:00"
	pinDay      = "2026-09-16T01:00"
	justBefore  = "2026-09-17T00:55"
	opening     = "2026-09-17T01:00"
	midSession  = "2026-09-17T03:00"
	nextSession = "2026-09-18T01:00"
	closing     = "2026-09-18T08:30"
	intervening = "2026-09-20T02:00"
)

// step is one move of a scenario; it settles afterwards where that makes sense.
type step func(w *world)

// at sets the clock and lets everything settle.
func at(moment string) step {
	return func(w *world) {
		w.clock.SetTime(instant(moment))
		w.settle()
	}
}

// do changes the world and lets everything settle.
func do(what func(w *world)) step {
	return func(w *world) {
		what(w)
		w.settle()
	}
}

// round wants conditions of the round: "Open=True/Open".
func round(want ...string) step {
	return func(w *world) {
		w.t.Helper()
		check(w, "round", w.round().Status.Conditions, want)
	}
}

func campaign(want ...string) step {
	return func(w *world) {
		w.t.Helper()
		check(w, "campaign", w.campaign().Status.Conditions, want)
	}
}

func check(w *world, what string, conditions []metav1.Condition, want []string) {
	w.t.Helper()
	for _, pair := range want {
		kind, standingWanted, _ := strings.Cut(pair, "=")
		if got := standing(conditions, kind); got != standingWanted {
			w.t.Errorf("at %s the %s is %s=%s, want %s; conditions: %s", w.clock.Now().Format("01-02T15:04"), what, kind, got, standingWanted, told(conditions))
		}
	}
}

func told(conditions []metav1.Condition) string {
	var out []string
	for _, c := range conditions {
		out = append(out, fmt.Sprintf("%s=%s/%s %q", c.Type, c.Status, c.Reason, c.Message))
	}
	return strings.Join(out, "\n  ")
}

// that wants something to hold.
func that(what string, holds func(w *world) bool) step {
	return func(w *world) {
		w.t.Helper()
		if !holds(w) {
			w.t.Errorf("at %s it does not hold that %s", w.clock.Now().Format("01-02T15:04"), what)
		}
	}
}

func edited[T client.Object](empty T, edit func(T)) func(w *world) {
	return func(w *world) {
		w.t.Helper()
		name, obj := w.name, empty.DeepCopyObject().(T) // worlds share the step, and edit at the same time
		switch any(obj).(type) {
		case *v1alpha1.ScreeningRound:
			name = w.roundName()
		case *v1alpha1.School:
			name = "lotus-pond"
		}
		w.get(obj, name)
		edit(obj)
		if err := admin.Update(ctx, obj); err != nil {
			w.t.Fatal(err)
		}
	}
}

func deleted(obj client.Object) func(w *world) {
	return func(w *world) {
		w.t.Helper()
		name := w.name
		if _, ok := obj.(*v1alpha1.ScreeningRound); ok {
			name = w.roundName()
		}
		w.get(obj, name)
		if err := admin.Delete(ctx, obj); err != nil {
			w.t.Fatal(err)
		}
	}
}

func restarted(w *world) { w.start() }

func silent(w *world) { w.district.heard = false }

func heardAgain(w *world) { w.district.heard = true }

func suspendCampaign(yes bool) func(w *world) {
	return edited(&v1alpha1.ScreeningCampaign{}, func(c *v1alpha1.ScreeningCampaign) { c.Spec.Suspend = ptr.To(yes) })
}

func suspendRound(mode v1alpha1.SuspendMode) func(w *world) {
	return edited(&v1alpha1.ScreeningRound{}, func(r *v1alpha1.ScreeningRound) { r.Spec.Suspend = mode })
}

func endAt(moment string) func(w *world) {
	return edited(&v1alpha1.ScreeningRound{}, func(r *v1alpha1.ScreeningRound) { r.Spec.EndAt = ptr.To(metav1.NewTime(instant(moment))) })
}

// endTakenBackTooLate is what the admission policy refuses people: it is taken back all the same.
func endTakenBackTooLate(w *world) {
	w.t.Helper()
	round := w.round()
	round.Spec.EndAt = nil
	expect(w.t, admin.Update(ctx, round.DeepCopy()), "the round has closed and does not open again")
	expect(w.t, operator.Update(ctx, round), "")
}

func recreateCampaign(w *world) {
	create(w.t, admin, w.makeCampaign().Obj())
}

func answered(n int64) func(w *world) {
	return func(w *world) { w.district.rounds[w.roundName()].answered = n }
}

func figuresOut(w *world) {
	w.district.rounds[w.roundName()].release = &contract.Release{
		Floor: 10, Participants: contract.Cell{Count: 110},
		Tiers: []contract.Cell{{Suppressed: true}, {Suppressed: true}, {Count: 20}, {Count: 30}, {Count: 40}},
	}
}

func held(mode contract.Hold) step {
	return that("the district is told to hold "+string(mode), func(w *world) bool {
		return w.district.rounds[w.roundName()].control.Hold == mode
	})
}

var noRound = that("there is no round", func(w *world) bool {
	var r v1alpha1.ScreeningRound
	err := admin.Get(ctx, client.ObjectKey{Namespace: w.name, Name: w.roundName()}, &r)
	return apierrors.IsNotFound(err)
})

var oneRound = that("there is one round and no more", func(w *world) bool {
	var rounds v1alpha1.ScreeningRoundList
	return admin.List(ctx, &rounds, client.InNamespace(w.name)) == nil && len(rounds.Items) == 1
})

var listed = that("the round is on the board", func(w *world) bool {
	_, known := w.board.Rounds(w.name)[w.roundName()]
	return known
})

var recorded = that("the pinned meaning has an immutable record", func(w *world) bool {
	var record corev1.ConfigMap
	digest := w.round().Status.MeaningDigest
	err := admin.Get(ctx, client.ObjectKey{Namespace: w.name, Name: w.roundName() + "-meaning-" + digest[:8]}, &record)
	return err == nil && record.Immutable != nil && *record.Immutable && len(record.OwnerReferences) == 0
})

// pinned is the meaning that the round's record keeps.
func (w *world) pinned() contract.Meaning {
	w.t.Helper()
	var record corev1.ConfigMap
	w.get(&record, w.roundName()+"-meaning-"+w.round().Status.MeaningDigest[:8])
	var meaning contract.Meaning
	if err := json.Unmarshal([]byte(record.Data["meaning.json"]), &meaning); err != nil {
		w.t.Fatal(err)
	}
	return meaning
}

func status(what, want string, of func(v1alpha1.ScreeningRoundStatus) string) step {
	return func(w *world) {
		w.t.Helper()
		if got := of(w.round().Status); got != want {
			w.t.Errorf("at %s %s is %q, want %q", w.clock.Now().Format("01-02T15:04"), what, got, want)
		}
	}
}

func stamp(t *metav1.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04")
}

// short makes a name that a District may have.
func short(scenario string) string {
	name := strings.ReplaceAll(scenario, " ", "-")
	return strings.Trim(name[:min(len(name), 40)], "-")
}

func TestScenarios(t *testing.T) {
	for name, steps := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, short(name))
			for _, step := range steps {
				step(w)
			}
		})
	}
}
