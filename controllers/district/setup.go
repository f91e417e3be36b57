package district

import (
	"context"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/annual"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/wake"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

// concurrency lets one slow district wait without the others.
const concurrency = 4

// SetupWithManager registers the reconciler. Namespaces, schools, what the
// operator made and what districts report wake it; of what it made it watches
// the metadata only.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	b := ctrl.NewControllerManagedBy(mgr).
		Named("district").
		WithOptions(controller.Options{MaxConcurrentReconciles: concurrency}).
		For(&v1alpha1.District{}, builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Watches(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(ofNamespace)).
		Watches(&v1alpha1.School{}, wake.After(wake.Many, ofSchool), builder.WithPredicates(predicate.Funcs{UpdateFunc: readinessMayDiffer})).
		WatchesRawSource(source.Channel(r.Board.SubscribeTo(view), &handler.EnqueueRequestForObject{}))
	for _, made := range Made() {
		b = b.Watches(made, handler.EnqueueRequestsFromMapFunc(ofWorkload), builder.OnlyMetadata, builder.WithPredicates(notNew))
	}
	return b.Complete(r)
}

// notNew leaves out objects that appear: at the time the operator has just made them, and there is nothing new in them.
var notNew = predicate.Funcs{CreateFunc: func(event.CreateEvent) bool { return false }}

// Made lists the kinds that the operator makes and watches by their metadata.
func Made() []client.Object {
	return []client.Object{
		&appsv1.Deployment{}, &batchv1.Job{}, &corev1.Service{},
		&policyv1.PodDisruptionBudget{}, &networkingv1.NetworkPolicy{},
	}
}

func ofNamespace(_ context.Context, obj client.Object) []reconcile.Request {
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: obj.GetName(), Name: obj.GetName()}}}
}

func ofSchool(_ context.Context, school client.Object) []reconcile.Request {
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: school.GetNamespace(), Name: school.GetNamespace()}}}
}

func ofWorkload(_ context.Context, obj client.Object) []reconcile.Request {
	district := obj.GetLabels()[workload.LabelInstance]
	if district == "" || obj.GetLabels()[workload.LabelManagedBy] != workload.Product {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: obj.GetNamespace(), Name: district}}}
}

// view is the part of a reading that a District speaks of: not participation, nor how
// many students were screened, which change all day.
func view(r board.Reading) any {
	type part struct {
		ok, obligations, covered, onTime bool
		fault                            string
		schema                           int64
		keys                             contract.KeysState
		keyDigest                        contract.Digest
		duty                             contract.Reach
		open, refuses                    bool
		rescore                          contract.Rescore
		drill                            contract.Drill
		timeliness                       contract.Timeliness
		schoolYear                       time.Time
	}
	var rescore contract.Rescore
	if r.Report.Rescore != nil {
		rescore = *r.Report.Rescore
	}
	var drill contract.Drill
	if r.Report.Drill != nil {
		drill = *r.Report.Drill
	}
	var schoolYear time.Time
	if r.Coverage != nil {
		schoolYear = r.Coverage.YearFrom
	}
	return part{
		ok: r.OK, obligations: r.Report.Obligations, covered: r.Report.Covered, onTime: r.Report.OnTime,
		fault: r.Fault, schema: r.Report.SchemaVersion, keys: r.Report.Keys, keyDigest: r.Report.KeyDigest,
		duty: r.Report.DutyChain, open: reportsOpenRound(r.Report), refuses: refusesDirectory(r), rescore: rescore,
		drill: drill, timeliness: r.Report.Timeliness, schoolYear: schoolYear,
	}
}

func readinessMayDiffer(e event.UpdateEvent) bool {
	was, isSchool := e.ObjectOld.(*v1alpha1.School)
	now, alsoSchool := e.ObjectNew.(*v1alpha1.School)
	return !isSchool || !alsoSchool || screenable(*was) != screenable(*now) ||
		annual.ReasonOf(was.Status.Conditions) != annual.ReasonOf(now.Status.Conditions)
}
