package campaign

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
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

	province coverage.Rule // of screening every student once a school year

	others    []v1alpha1.ScreeningRound // of other campaigns
	campaigns []v1alpha1.ScreeningCampaign
	schools   map[string][]v1alpha1.School // by namespace; read only where the plan depends on them
	channels  map[string][]v1alpha1.ReferralChannel

	excepted map[string]map[string]bool // schools that there are, where exceptions from gates name some
}

func (r *Reconciler) gather(ctx context.Context, req ctrl.Request) (*observed, error) {
	o := &observed{province: r.Coverage}
	if err := r.Client.Get(ctx, req.NamespacedName, &o.campaign); err != nil {
		return o, err
	}
	steps := []func(context.Context, *observed) error{r.gatherReferences, r.gatherNamespaces, r.gatherRounds, r.gatherSchools, r.gatherExcepted}
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
	var campaigns v1alpha1.ScreeningCampaignList
	if err := r.Client.List(ctx, &campaigns); err != nil {
		return err
	}
	o.campaigns = campaigns.Items
	var rounds v1alpha1.ScreeningRoundList
	if err := r.Client.List(ctx, &rounds); err != nil {
		return err
	}
	for _, round := range rounds.Items {
		switch round.Labels[v1alpha1.LabelCampaign] {
		case o.campaign.Name:
			o.rounds = append(o.rounds, round)
		default:
			o.others = append(o.others, round)
		}
	}
	return nil
}

// gatherSchools reads a province's schools, where the plan depends on them: district by district, for the list of all of
// them would be held beside those by district.
func (r *Reconciler) gatherSchools(ctx context.Context, o *observed) error {
	if o.calendar == nil || len(o.others) == 0 && !planning.NeedsSchools(o.campaign.Spec, o.calendar.Spec) {
		return nil
	}
	o.schools, o.channels = map[string][]v1alpha1.School{}, map[string][]v1alpha1.ReferralChannel{}
	for _, ns := range o.namespaces {
		var schools v1alpha1.SchoolList
		var channels v1alpha1.ReferralChannelList
		for _, list := range []client.ObjectList{&schools, &channels} {
			if err := r.Client.List(ctx, list, client.InNamespace(ns.Name), client.UnsafeDisableDeepCopy); err != nil { // read only
				return err
			}
		}
		o.schools[ns.Name], o.channels[ns.Name] = schools.Items, channels.Items
	}
	return nil
}
