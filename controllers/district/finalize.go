package district

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/result"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

// removal is the next step of taking a district down.
type removal struct {
	release   bool // drop the finalizer and do nothing else
	settle    bool // note durably that nobody waits for an answer
	component workload.Component
	clean     bool // remove what all components shared
	message   string
	wait      time.Duration
}

const removalPause = 15 * time.Second

// decideRemoval takes down intake, scorer and casework in that order. Casework
// goes last, and what it said is noted on the District before it goes: once it
// is gone nobody can be asked.
func decideRemoval(o observed, now time.Time) removal {
	if o.terminating() {
		return removal{release: true, message: "The namespace is being deleted"}
	}
	settled, message := mayGo(o, now)
	if !settled {
		return removal{message: message, wait: removalPause}
	}
	for _, c := range workload.Processes {
		if o.deployments[c] == nil {
			continue
		}
		settle := c == workload.Casework && o.district.Annotations[v1alpha1.AnnotationSettled] != string(o.district.UID)
		return removal{settle: settle, component: c, message: fmt.Sprintf("Taking down %s", c), wait: removalPause}
	}
	return removal{clean: true, release: true, message: "Taken down"}
}

// mayGo says whether nobody waits for an answer any more, or what is in the way.
// The deletion's time is cut to the second, so a report must be a second newer.
func mayGo(o observed, now time.Time) (bool, string) {
	d, uid := o.district, string(o.district.UID)
	never := d.Status.KeyDigest == "" && o.last == nil && len(o.deployments) == 0
	switch {
	case never, d.Annotations[v1alpha1.AnnotationSettled] == uid, d.Annotations[v1alpha1.AnnotationAbandon] == uid:
		return true, ""
	case o.last == nil || o.last.At.Before(d.DeletionTimestamp.Add(time.Second)) || now.Sub(o.last.At) > board.FreshFor:
		return false, "Waiting for a report newer than the deletion; " + abandonHint(uid)
	case o.last.Report.Obligations:
		return false, "An obligation is open: somebody has to reach a child first; " + abandonHint(uid)
	}
	return true, ""
}

func abandonHint(uid string) string {
	return fmt.Sprintf("to delete all the same, annotate the District with %s=%s", v1alpha1.AnnotationAbandon, uid)
}

func (r *Reconciler) finalize(ctx context.Context, o observed) (ctrl.Result, error) {
	if !controllerutil.ContainsFinalizer(&o.district, v1alpha1.FinalizerDistrict) {
		return ctrl.Result{}, nil
	}
	step := decideRemoval(o, r.Clock.Now())
	done := r.takeDown(ctx, o, step)
	if done == nil && step.release {
		return ctrl.Result{}, r.release(ctx, o)
	}
	after := o.district.DeepCopy()
	after.Status.ObservedGeneration = after.Generation
	verdict := conditions.Verdict{State: conditions.Terminating, Message: step.message}
	if patience(done) > 0 {
		verdict.Message = forbiddenMessage("The operator may not take down the district")
	}
	after.Status.Conditions = conditions.Settle(o.district.Status.Conditions,
		append(verdict.Trio(), worldly(o.district.Status.Conditions)...), after.Generation, r.Clock.Now())
	wait, err := r.Status.Write(ctx, &o.district, after)
	return result.Of(errors.Join(transient(done), err), nil, wait, step.wait, patience(done))
}

// worldly keeps the conditions that are not about being applied.
func worldly(list []metav1.Condition) (kept []metav1.Condition) {
	for _, c := range list {
		switch c.Type {
		case v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled:
		default:
			kept = append(kept, c)
		}
	}
	return kept
}

// takeDown never touches a Secret or a database.
func (r *Reconciler) takeDown(ctx context.Context, o observed, step removal) error {
	if step.settle {
		if err := r.settle(ctx, o); err != nil {
			return err
		}
	}
	if step.component != "" {
		return r.remove(ctx, o.deployments[step.component], metav1.DeletePropagationForeground)
	}
	if !step.clean {
		return nil
	}
	var errs []error
	for _, made := range Made() {
		errs = append(errs, r.removeAll(ctx, o, made))
	}
	return errors.Join(errs...)
}

// removeAll deletes what the operator made of a kind, found by its metadata.
func (r *Reconciler) removeAll(ctx context.Context, o observed, kind client.Object) error {
	gvk, err := r.Client.GroupVersionKindFor(kind)
	if err != nil {
		return err
	}
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(gvk.GroupVersion().WithKind(gvk.Kind + "List"))
	err = r.Live.List(ctx, list, client.InNamespace(o.district.Namespace), client.MatchingLabels(workload.DistrictLabels(o.district.Name)))
	if err != nil {
		return fmt.Errorf("listing %s: %w", gvk.Kind, err)
	}
	var errs []error
	for i := range list.Items {
		list.Items[i].SetGroupVersionKind(gvk)
		errs = append(errs, r.remove(ctx, &list.Items[i], metav1.DeletePropagationBackground))
	}
	return errors.Join(errs...)
}

func (r *Reconciler) settle(ctx context.Context, o observed) error {
	noted := o.district.DeepCopy()
	if noted.Annotations == nil {
		noted.Annotations = map[string]string{}
	}
	noted.Annotations[v1alpha1.AnnotationSettled] = string(noted.UID)
	return r.Client.Patch(ctx, noted, client.MergeFromWithOptions(&o.district, client.MergeFromWithOptimisticLock{}))
}

func (r *Reconciler) release(ctx context.Context, o observed) error {
	released := o.district.DeepCopy()
	controllerutil.RemoveFinalizer(released, v1alpha1.FinalizerDistrict)
	err := r.Client.Patch(ctx, released, client.MergeFromWithOptions(&o.district, client.MergeFromWithOptimisticLock{}))
	return client.IgnoreNotFound(err)
}
