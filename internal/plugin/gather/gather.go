// Package gather reads what a report is made from. Someone with few rights gets what they may see.
package gather

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
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
		Districts:   read(g, first, &v1alpha1.DistrictList{}, func(l *v1alpha1.DistrictList) []v1alpha1.District { return l.Items }, district),
		Schools:     read(g, "schools", &v1alpha1.SchoolList{}, func(l *v1alpha1.SchoolList) []v1alpha1.School { return l.Items }, district),
		Channels:    read(g, "referralchannels", &v1alpha1.ReferralChannelList{}, func(l *v1alpha1.ReferralChannelList) []v1alpha1.ReferralChannel { return l.Items }, district),
		Rounds:      read(g, "screeningrounds", &v1alpha1.ScreeningRoundList{}, func(l *v1alpha1.ScreeningRoundList) []v1alpha1.ScreeningRound { return l.Items }, district),
		Campaigns:   read(g, "screeningcampaigns", &v1alpha1.ScreeningCampaignList{}, func(l *v1alpha1.ScreeningCampaignList) []v1alpha1.ScreeningCampaign { return l.Items }),
		Inspections: read(g, "inspections", &v1alpha1.InspectionList{}, func(l *v1alpha1.InspectionList) []v1alpha1.Inspection { return l.Items }, district),
		Policies:    read(g, "escalationpolicies", &v1alpha1.EscalationPolicyList{}, func(l *v1alpha1.EscalationPolicyList) []v1alpha1.EscalationPolicy { return l.Items }),
		Instruments: read(g, "instruments", &v1alpha1.InstrumentList{}, func(l *v1alpha1.InstrumentList) []v1alpha1.Instrument { return l.Items }),
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

// read lists one kind page by page. After an error that concerns everything it reads no more.
func read[L client.ObjectList, T any](g *gathering, resource string, list L, items func(L) []T, options ...client.ListOption) []T {
	var out []T
	for g.err == nil {
		page := append([]client.ListOption{client.Limit(pageSize), client.Continue(list.GetContinue())}, options...)
		if err := g.reader.List(g.ctx, list, page...); err != nil {
			g.note(resource, err)
			return out
		}
		out = append(out, items(list)...)
		if list.GetContinue() == "" {
			return out
		}
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
