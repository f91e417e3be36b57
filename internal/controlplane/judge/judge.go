// Package judge reconciles objects for which nothing is made: they are read, judged, and
// told of it in their status.
package judge

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/result"
)

// Object reconciles the object that the request names, of the type of into. One that is
// gone or going is passed over. Otherwise judge gets a copy, sets its status and returns
// what is at fault in the object, which only an edit of it can cure; an error of judge is
// transient, and then no status is written.
func Object[T client.Object](
	ctx context.Context, c client.Reader, status *apply.StatusWriter, req ctrl.Request, into T, judge func(T) (fault, err error),
) (ctrl.Result, error) {
	if err := c.Get(ctx, req.NamespacedName, into); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !into.GetDeletionTimestamp().IsZero() {
		return ctrl.Result{}, nil
	}
	after := into.DeepCopyObject().(T)
	fault, err := judge(after)
	if err != nil {
		return ctrl.Result{}, err
	}
	wait, err := status.Write(ctx, into, after)
	return result.Of(err, fault, wait)
}
