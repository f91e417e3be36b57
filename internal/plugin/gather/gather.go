// Package gather reads what a report is made from. Someone with few rights gets what they may see.
package gather

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/plugin/status"
)

// pageSize keeps answers small: a province has twenty thousand schools.
const pageSize = 500

// Kinds is how many kinds are read.
const Kinds = 8

// first is the kind that is read first; without it there is no Evenkeel in the cluster.
const first = "districts"

// ErrNotInstalled says that the cluster does not know Evenkeel's kinds.
var ErrNotInstalled = errors.New("this cluster does not know the kinds of screening.evenkeel.dev: " +
	"install charts/operator, or choose another cluster with --context")

// Scope is where to look.
type Scope struct {
	// Namespace of the one district; empty for all.
	Namespace string
}

// Gather reads every kind. What is forbidden is left out and listed; anything else that fails is an error.
func Gather(ctx context.Context, reader client.Reader, scope Scope) (status.Objects, error) {
	g := &gathering{ctx: ctx, reader: reader}
	district := client.InNamespace(scope.Namespace)
	out := status.Objects{
		Districts:   read[v1alpha1.District](g, first, &v1alpha1.DistrictList{}, district),
		Schools:     read[v1alpha1.School](g, "schools", &v1alpha1.SchoolList{}, district),
		Channels:    read[v1alpha1.ReferralChannel](g, "referralchannels", &v1alpha1.ReferralChannelList{}, district),
		Rounds:      read[v1alpha1.ScreeningRound](g, "screeningrounds", &v1alpha1.ScreeningRoundList{}, district),
		Campaigns:   read[v1alpha1.ScreeningCampaign](g, "screeningcampaigns", &v1alpha1.ScreeningCampaignList{}),
		Inspections: read[v1alpha1.Inspection](g, "inspections", &v1alpha1.InspectionList{}, district),
		Policies:    read[v1alpha1.EscalationPolicy](g, "escalationpolicies", &v1alpha1.EscalationPolicyList{}),
		Instruments: read[v1alpha1.Instrument](g, "instruments", &v1alpha1.InstrumentList{}),
	}
	out.Unread = g.unread
	return out, g.err
}

// gathering carries what went wrong from one kind to the next.
type gathering struct {
	ctx    context.Context
	reader client.Reader
	unread []status.Unread
	err    error
}

// All lists one kind page by page: the objects of a list that is given empty.
func All[T any](ctx context.Context, reader client.Reader, empty client.ObjectList, options ...client.ListOption) (out []T, err error) {
	for token := ""; ; {
		page, ok := empty.DeepCopyObject().(client.ObjectList) // a new one each time, so that nothing of a page stays in the next
		if !ok {
			return nil, fmt.Errorf("%T is no list", empty)
		}
		if err := reader.List(ctx, page, append([]client.ListOption{client.Limit(pageSize), client.Continue(token)}, options...)...); err != nil {
			return out, err
		}
		if err := meta.EachListItem(page, func(obj runtime.Object) error {
			one, ok := any(obj).(*T)
			if !ok {
				return fmt.Errorf("%T in a list of others", obj)
			}
			out = append(out, *one)
			return nil
		}); err != nil {
			return nil, err
		}
		if token = page.GetContinue(); token == "" {
			return out, nil
		}
	}
}

// read lists one kind. After an error that concerns everything it reads no more.
func read[T any](g *gathering, resource string, empty client.ObjectList, options ...client.ListOption) []T {
	if g.err != nil {
		return nil
	}
	out, err := All[T](g.ctx, g.reader, empty, options...)
	if err != nil {
		g.note(resource, err)
	}
	return out
}

// note takes an error for what it is: a missing right makes the answer partial, anything else ends it.
func (g *gathering) note(resource string, err error) {
	switch {
	case apierrors.IsForbidden(err):
		g.unread = append(g.unread, status.Unread{Resource: resource, Reason: "you may not list " + resource + " here"})
	case meta.IsNoMatchError(err) && resource != first: // of an operator that is older than the plugin
		g.unread = append(g.unread, status.Unread{Resource: resource, Reason: "this cluster's operator does not know " + resource + " yet"})
	case meta.IsNoMatchError(err):
		g.err = ErrNotInstalled
	default:
		g.err = fmt.Errorf("list %s: %w", resource, err)
	}
}
