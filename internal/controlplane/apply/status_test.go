package apply_test

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
)

var noon = time.Date(2026, 9, 15, 12, 0, 0, 0, time.UTC)

func district(schools string, ready metav1.Condition) *v1alpha1.District {
	d := &v1alpha1.District{ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: "fengtai", UID: "u"}}
	d.Status.Schools = schools
	d.Status.Conditions = conditions.Settle(nil, []metav1.Condition{ready}, 1, noon)
	return d
}

func TestStatusIsPaced(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	sent := 0
	c := interceptor.NewClient(fake.NewClientBuilder().WithScheme(scheme).Build(), interceptor.Funcs{
		SubResourceApply: func(context.Context, client.Client, string, runtime.ApplyConfiguration, ...client.SubResourceApplyOption) error {
			sent++
			return nil
		},
	})
	clk := clocktesting.NewFakePassiveClock(noon)
	w := apply.NewStatusWriter(c, clk)
	pending, waiting, applied := conditions.Unknown("Ready", "Pending", ""), conditions.False("Ready", "Progressing", ""), conditions.True("Ready", "Applied", "")
	steps := []struct {
		name         string
		after        time.Duration // since the step before
		before, want *v1alpha1.District
		sends        bool
		wait         time.Duration
	}{
		{"a first status", 0, district("", pending), district("1/4", waiting), true, 0},
		{"equal", 0, district("1/4", waiting), district("1/4", waiting), false, 0},
		{"a figure soon after a condition", 10 * time.Second, district("1/4", waiting), district("2/4", waiting), true, 0},
		{"another one, after a quiet minute", 10 * time.Second, district("2/4", waiting), district("3/4", waiting), true, 0},
		{"a third one", 10 * time.Second, district("3/4", waiting), district("4/4", waiting), false, 40 * time.Second},
		{"a condition is written at once", 0, district("3/4", waiting), district("4/4", applied), true, 0},
		{"and does not bring the next figure forward", 10 * time.Second, district("4/4", applied), district("3/4", applied), false, 30 * time.Second},
		{"a minute after the last but one", 30 * time.Second, district("4/4", applied), district("3/4", applied), true, 0},
		{"no two at once then", 10 * time.Second, district("3/4", applied), district("2/4", applied), false, 50 * time.Second},
		{"two minutes later there are", 2 * time.Minute, district("3/4", applied), district("2/4", applied), true, 0},
		{"the second of them", 0, district("2/4", applied), district("1/4", applied), true, 0},
	}
	for _, step := range steps {
		clk.SetTime(clk.Now().Add(step.after))
		before := sent
		wait, err := w.Write(t.Context(), step.before, step.want)
		if err != nil || (sent > before) != step.sends || wait != step.wait {
			t.Errorf("%s: sent %d, wait %s, %v; want sent %v, wait %s", step.name, sent-before, wait, err, step.sends, step.wait)
		}
	}
}

func TestAWriterOfItsOwnPace(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c := interceptor.NewClient(fake.NewClientBuilder().WithScheme(scheme).Build(), interceptor.Funcs{
		SubResourceApply: func(context.Context, client.Client, string, runtime.ApplyConfiguration, ...client.SubResourceApplyOption) error {
			return nil
		},
	})
	w := apply.NewStatusWriter(c, clocktesting.NewFakePassiveClock(noon)).Every(5 * time.Second)
	waiting := conditions.False("Ready", "Progressing", "")
	for i, want := range []time.Duration{0, 0, 5 * time.Second} {
		if wait, err := w.Write(t.Context(), district("1/4", waiting), district("2/4", waiting)); wait != want || err != nil {
			t.Errorf("figure %d waits %s, %v; want %s", i, wait, err, want)
		}
	}
}
