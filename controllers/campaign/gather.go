package campaign

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// observed is all that planning a campaign depends on, besides the time.
type observed struct {
	campaign    v1alpha1.ScreeningCampaign
	calendar    *v1alpha1.AcademicCalendar // nil: there is none of that name
	policy      *v1alpha1.EscalationPolicy // nil: there is none of that name
	instruments []v1alpha1.Instrument
	namespaces  []corev1.Namespace // that the campaign selects
	selector    error              // the selector cannot be read
	districts   map[string]v1alpha1.District
	rounds      []v1alpha1.ScreeningRound // of the campaign, in whatever namespace
}

func (r *Reconciler) gather(ctx context.Context, req ctrl.Request) (*observed, error) {
	o := &observed{}
	if err := r.Client.Get(ctx, req.NamespacedName, &o.campaign); err != nil {
		return o, err
	}
	steps := []func(context.Context, *observed) error{r.gatherReferences, r.gatherNamespaces, r.gatherRounds}
	for _, step := range steps {
		if err := step(ctx, o); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (r *Reconciler) gatherReferences(ctx context.Context, o *observed) error {
	var calendar v1alpha1.AcademicCalendar
	err := r.Client.Get(ctx, client.ObjectKey{Name: o.campaign.Spec.CalendarRef.Name}, &calendar)
	if err == nil {
		o.calendar = &calendar
	} else if client.IgnoreNotFound(err) != nil {
		return err
	}
	var policy v1alpha1.EscalationPolicy
	err = r.Client.Get(ctx, client.ObjectKey{Name: o.campaign.Spec.Template.Spec.EscalationPolicyRef.Name}, &policy)
	if err == nil {
		o.policy = &policy
	} else if client.IgnoreNotFound(err) != nil {
		return err
	}
	var instruments v1alpha1.InstrumentList
	if err = r.Client.List(ctx, &instruments); err != nil {
		return err
	}
	o.instruments = instruments.Items
	return nil
}

func (r *Reconciler) gatherNamespaces(ctx context.Context, o *observed) error {
	selector, err := metav1.LabelSelectorAsSelector(&o.campaign.Spec.DistrictSelector)
	if err != nil {
		o.selector = err
		return nil
	}
	var namespaces corev1.NamespaceList
	if err = r.Client.List(ctx, &namespaces, client.MatchingLabelsSelector{Selector: selector}); err != nil {
		return err
	}
	var districts v1alpha1.DistrictList
	if err = r.Client.List(ctx, &districts); err != nil {
		return err
	}
	o.namespaces, o.districts = namespaces.Items, map[string]v1alpha1.District{}
	for _, d := range districts.Items {
		if d.Name == d.Namespace {
			o.districts[d.Namespace] = d
		}
	}
	return nil
}

func (r *Reconciler) gatherRounds(ctx context.Context, o *observed) error {
	var rounds v1alpha1.ScreeningRoundList
	if err := r.Client.List(ctx, &rounds, client.MatchingLabels{v1alpha1.LabelCampaign: o.campaign.Name}); err != nil {
		return err
	}
	o.rounds = rounds.Items
	return nil
}
