package integration

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/controllers/inspection"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/core/draw"
)

const spotCheck = "autumn-spot-check"

func makeInspection(namespace string) maker[*v1alpha1.Inspection] {
	return from("Inspection", &v1alpha1.Inspection{}).In(namespace).With(func(i *v1alpha1.Inspection) { i.Spec.Areas = nil })
}

// inspector has an inspection reconciled by the operator, and edited by staff of the district.
type inspector struct {
	*world
	staff      client.Client
	reconciler *inspection.Reconciler
}

func newInspector(t *testing.T, name string) *inspector {
	t.Helper()
	w := newWorld(t, name)
	return &inspector{
		world: w, staff: grantIn(t, name, name+"-staff", "evenkeel-district-staff"),
		reconciler: &inspection.Reconciler{
			Client: w.client, Live: w.client, Clock: w.clock, Status: apply.NewStatusWriter(w.client, w.clock), Events: w.events,
		},
	}
}

// grantIn lets a user do in a namespace what a persona may.
func grantIn(t *testing.T, namespace, user, role string) client.Client {
	t.Helper()
	create(t, admin, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: user},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	})
	c, err := as(user)
	if err != nil {
		t.Fatal(err)
	}
	gomega.NewWithT(t).Eventually(func() error { // rights may lag by a moment
		return c.List(ctx, &v1alpha1.InspectionList{}, client.InNamespace(namespace))
	}).WithTimeout(patience).WithPolling(interval).Should(gomega.Succeed())
	return c
}

// look reconciles and returns what is there afterwards.
func (i *inspector) look() (*v1alpha1.Inspection, ctrl.Result) {
	i.t.Helper()
	result := i.reconcile(i.reconciler, i.name, spotCheck)
	var is v1alpha1.Inspection
	i.get(&is, spotCheck)
	return &is, result
}

// edit changes the inspection as the district's staff, and reconciles.
func (i *inspector) edit(change func(*v1alpha1.InspectionSpec)) *v1alpha1.Inspection {
	i.t.Helper()
	var is v1alpha1.Inspection
	if err := i.staff.Get(ctx, client.ObjectKey{Namespace: i.name, Name: spotCheck}, &is); err != nil {
		i.t.Fatal(err)
	}
	change(&is.Spec)
	if err := i.staff.Update(ctx, &is); err != nil {
		i.t.Fatal(err)
	}
	after, _ := i.look()
	return after
}

func (i *inspector) check(is *v1alpha1.Inspection, want ...string) {
	i.t.Helper()
	check(i.world, "inspection", is.Status.Conditions, want)
}

// happened takes the events of a reason off the recorder.
func (i *inspector) happened() (out []string) {
	for {
		select {
		case event := <-i.events.Events:
			out = append(out, strings.Join(strings.Fields(event)[:2], " "))
		default:
			return out
		}
	}
}

// TestInspection lives through a spot check, with the operator's and the district staff's own rights.
func TestInspection(t *testing.T) {
	t.Parallel()
	i := newInspector(t, "inspected")
	create(t, i.staff, makeInspection(i.name).With(func(is *v1alpha1.Inspection) { is.Spec.Schools = 2 }).Obj())

	i.clock.SetTime(instant("2026-11-22T04:00"))
	is, _ := i.look()
	i.check(is, "Ready=True/Applied", "Drawn=False/WaitingForSeed", "Rectified=True/NothingOpen")
	create(t, operator, makeSchool(i.name, "newly-founded").Obj())
	i.clock.SetTime(instant("2026-11-30T04:00"))
	is, _ = i.look()
	list := []string{"lotus-pond", "stone-bridge"}
	if diff := cmp.Diff(list, is.Status.Listed); diff != "" || !is.Status.ListedTime.Time.Equal(instant("2026-11-22T04:00")) {
		t.Errorf("listed at %s (-want +got):\n%s", is.Status.ListedTime, diff)
	}

	const seed = "2026137 04 09 15 22 27 31 08"
	is = i.edit(func(s *v1alpha1.InspectionSpec) { s.Seed = seed })
	i.check(is, "Ready=True/Applied", "Drawn=True/Drawn")
	drawn := draw.Names(draw.Compute(draw.Occasion{Seed: seed, District: "110106", Inspection: spotCheck}, list, 2))
	if diff := cmp.Diff(drawn, is.Status.Drawn); diff != "" {
		t.Errorf("drawn (-want +got):\n%s", diff)
	}

	is = i.edit(func(s *v1alpha1.InspectionSpec) {
		s.Findings = []v1alpha1.Finding{
			{School: "lotus-pond", Item: "Training", Result: v1alpha1.FindingMet, FoundOn: "2026-11-30"},
			{School: "lotus-pond", Item: "CounsellingRoom", Result: v1alpha1.FindingNotMet, FoundOn: "2026-11-30", RectifyBy: "2026-12-14"},
		}
	})
	i.check(is, "Rectified=False/Open")
	i.clock.SetTime(instant("2026-12-14T15:59")) // a minute before midnight in Beijing
	is, result := i.look()
	if i.check(is, "Rectified=False/Open"); result.RequeueAfter != time.Minute {
		t.Errorf("looks again after %s, want a minute", result.RequeueAfter)
	}
	i.clock.SetTime(instant("2026-12-14T16:00"))
	is, _ = i.look()
	if i.check(is, "Rectified=False/Overdue"); *is.Status.Open != 1 || *is.Status.Overdue != 1 {
		t.Errorf("open %d, overdue %d", *is.Status.Open, *is.Status.Overdue)
	}
	writes := i.writes.count()
	if i.look(); i.writes.count() != writes {
		t.Errorf("written at rest: %v", i.writes.since(writes))
	}
	is = i.edit(func(s *v1alpha1.InspectionSpec) { s.Findings[1].RectifiedOn = "2026-12-15" })
	i.check(is, "Rectified=True/NothingOpen")
	if diff := cmp.Diff([]string{"Normal Drawn", "Warning Overdue", "Normal Rectified"}, i.happened()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// A backup brings the object back without its status: there is no draw any more, and no other one, but its
// findings count.
func TestRestoredInspection(t *testing.T) {
	t.Parallel()
	i := newInspector(t, "restored")
	i.clock.SetTime(instant("2026-12-20T04:00"))
	create(t, i.staff, makeInspection(i.name).With(func(is *v1alpha1.Inspection) {
		is.Spec.Seed = "08 15"
		is.Spec.Findings = []v1alpha1.Finding{
			{School: "lotus-pond", Item: "Training", Result: v1alpha1.FindingNotMet, FoundOn: "2026-11-30", RectifyBy: "2026-12-14"},
		}
	}).Obj())
	is, _ := i.look()
	i.check(is, "Ready=False/Invalid", "Stalled=True/Invalid", "Drawn=False/SeedBeforeList", "Rectified=False/Overdue")
	if len(is.Status.Listed)+len(is.Status.Drawn) > 0 {
		t.Errorf("listed %v, drawn %v", is.Status.Listed, is.Status.Drawn)
	}
}

// beforehand reads inspections as they were.
type beforehand struct {
	client.Client
	was *v1alpha1.Inspection
}

func (b beforehand) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	if i, ok := obj.(*v1alpha1.Inspection); ok {
		b.was.DeepCopyInto(i)
		return nil
	}
	return b.Client.Get(ctx, key, obj, opts...)
}

// A cache that has not seen the seed yet must not have the schools listed after it.
func TestALaggingCacheListsNothingAfterTheSeed(t *testing.T) {
	t.Parallel()
	i := newInspector(t, "seeded")
	is := makeInspection(i.name).Obj()
	create(t, i.staff, is)
	i.reconciler.Client = beforehand{i.client, is.DeepCopy()}
	is = i.edit(func(s *v1alpha1.InspectionSpec) { s.Seed = "08 15" })
	if i.check(is, "Drawn=False/SeedBeforeList"); len(is.Status.Listed) > 0 {
		t.Errorf("listed %v", is.Status.Listed)
	}
}

// The longest list of the longest names fits into an object.
func TestLargestInspection(t *testing.T) {
	t.Parallel()
	i := newInspector(t, "largest-list")
	before := makeInspection(i.name).Obj()
	create(t, i.staff, before)
	after := before.DeepCopy()
	for n := range 2000 {
		after.Status.Listed = append(after.Status.Listed, fmt.Sprintf("%04d%s", n, strings.Repeat("x", 249)))
	}
	after.Status.Drawn = slices.Clone(after.Status.Listed[:200])
	if _, err := i.reconciler.Status.Write(ctx, before, after); err != nil {
		t.Error(err)
	}
}

// TestInspectionIsWoken runs the reconciler in a manager: what an inspection waits for wakes it.
func TestInspectionIsWoken(t *testing.T) {
	g := gomega.NewWithT(t)
	i := newInspector(t, "woken")
	startManager(t, i.world)
	create(t, i.staff, makeInspection(i.name).With(func(is *v1alpha1.Inspection) { is.Spec.Areas = []string{"north"} }).Obj())
	becomes := func(want string) {
		t.Helper()
		g.Eventually(func() string {
			var is v1alpha1.Inspection
			i.get(&is, spotCheck)
			return standing(is.Status.Conditions, v1alpha1.ConditionDrawn)
		}).WithTimeout(patience).WithPolling(interval).Should(gomega.Equal(want))
	}
	becomes("False/NoSchools")
	edited(&v1alpha1.District{}, func(d *v1alpha1.District) {
		d.Spec.Areas = append(d.Spec.Areas, v1alpha1.Area{Code: "north", DisplayName: d.Spec.Areas[0].DisplayName})
	})(i.world)
	create(t, operator, makeSchool(i.name, "northern").With(func(s *v1alpha1.School) { s.Spec.Area = "north" }).Obj())
	becomes("False/WaitingForSeed")
	var is v1alpha1.Inspection
	i.get(&is, spotCheck)
	if diff := cmp.Diff([]string{"northern"}, is.Status.Listed); diff != "" {
		t.Errorf("listed of the area (-want +got):\n%s", diff)
	}
	is.Spec.Seed = "08 15"
	if err := i.staff.Update(ctx, &is); err != nil {
		t.Fatal(err)
	}
	becomes("True/Drawn")
	stays(t, i.world)
}
