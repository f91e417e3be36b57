package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
	"github.com/evenkeel/evenkeel/internal/plugin/gather"
)

// planWorld is what campaigns are planned from.
type planWorld struct {
	campaigns  []v1alpha1.ScreeningCampaign
	calendars  []v1alpha1.AcademicCalendar
	namespaces []corev1.Namespace
	districts  []v1alpha1.District
	rounds     []v1alpha1.ScreeningRound
	others     []v1alpha1.ScreeningCampaign // that are in the cluster alone
	policies   []v1alpha1.EscalationPolicy
	schools    []v1alpha1.School
	channels   []v1alpha1.ReferralChannel
	coverage   coverage.Rule
}

// read adds what the cluster has; its campaigns are planned if all are.
func (w *planWorld) read(ctx context.Context, reader client.Reader, all bool) error {
	r := reading{ctx: ctx, reader: reader}
	campaigns := listed[v1alpha1.ScreeningCampaign](&r, campaignKind.resource, &v1alpha1.ScreeningCampaignList{})
	w.calendars = append(w.calendars, listed[v1alpha1.AcademicCalendar](&r, "academiccalendars", &v1alpha1.AcademicCalendarList{})...)
	w.policies = append(w.policies, listed[v1alpha1.EscalationPolicy](&r, "escalationpolicies", &v1alpha1.EscalationPolicyList{})...)
	w.namespaces = listed[corev1.Namespace](&r, "namespaces", &corev1.NamespaceList{})
	w.districts = listed[v1alpha1.District](&r, "districts", &v1alpha1.DistrictList{})
	w.rounds = listed[v1alpha1.ScreeningRound](&r, roundKind.resource, &v1alpha1.ScreeningRoundList{})
	w.schools = listed[v1alpha1.School](&r, "schools", &v1alpha1.SchoolList{})
	w.channels = listed[v1alpha1.ReferralChannel](&r, "referralchannels", &v1alpha1.ReferralChannelList{})
	if all {
		w.campaigns = campaigns
	}
	w.identify(campaigns)
	w.others = slices.DeleteFunc(slices.Clone(campaigns), func(is v1alpha1.ScreeningCampaign) bool {
		return slices.ContainsFunc(w.campaigns, func(c v1alpha1.ScreeningCampaign) bool { return c.Name == is.Name })
	})
	return r.err
}

// readAround adds what the sessions of an open round depend on: its district, its campaign, and those of the other
// rounds there. Where districts give each other their dates it reads the whole province.
func (w *planWorld) readAround(ctx context.Context, reader client.Reader, round v1alpha1.ScreeningRound) error {
	r := reading{ctx: ctx, reader: reader, namespace: round.Namespace}
	w.rounds = listed[v1alpha1.ScreeningRound](&r, roundKind.resource, &v1alpha1.ScreeningRoundList{})
	w.campaigns = got[v1alpha1.ScreeningCampaign](&r, campaignKind.resource, "", round.Spec.Campaign.Name)
	for i := range w.campaigns {
		if r.err == nil && !alone(w.campaigns[i].Spec.Rollout, round, w.rounds) {
			return w.read(ctx, reader, true)
		}
		w.campaigns[i].Spec.Rollout.Capacity = v1alpha1.Capacity{} // has no say in open rounds and make-up rounds
		w.calendars = got[v1alpha1.AcademicCalendar](&r, "academiccalendars", "", w.campaigns[i].Spec.CalendarRef.Name)
	}
	for _, name := range otherCampaigns(round, w.rounds) {
		w.others = append(w.others, got[v1alpha1.ScreeningCampaign](&r, campaignKind.resource, "", name)...)
	}
	w.namespaces = got[corev1.Namespace](&r, "namespaces", "", round.Namespace)
	w.districts = got[v1alpha1.District](&r, "districts", round.Namespace, round.Namespace)
	w.schools = listed[v1alpha1.School](&r, "schools", &v1alpha1.SchoolList{})
	return r.err
}

// alone reports whether other districts have no say in what is planned in the district of an open round: its campaign
// has neither waves nor capacity, or no regular round of its own there that has yet to open.
func alone(r v1alpha1.Rollout, open v1alpha1.ScreeningRound, there []v1alpha1.ScreeningRound) bool {
	waves := len(r.Pilot) > 0 || r.MaxConcurrentDistricts > 0
	capacity := r.Capacity.Policy != "" && r.Capacity.Policy != v1alpha1.CapacityIgnore
	return !waves && !capacity || !slices.ContainsFunc(there, func(is v1alpha1.ScreeningRound) bool {
		return is.Spec.Campaign.Name == open.Spec.Campaign.Name && !translate.MakeUp(is.Spec) && is.Status.OpenedTime == nil
	})
}

// otherCampaigns have rounds beside one, by name.
func otherCampaigns(round v1alpha1.ScreeningRound, there []v1alpha1.ScreeningRound) (names []string) {
	for _, is := range there {
		if is.Spec.Campaign.Name != round.Spec.Campaign.Name {
			names = append(names, is.Spec.Campaign.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// reading is of one namespace, or of the whole cluster, and ends with the first error.
type reading struct {
	ctx       context.Context
	reader    client.Reader
	namespace string
	err       error
}

func listed[T any](r *reading, resource string, empty client.ObjectList) []T {
	if r.err != nil {
		return nil
	}
	where := " of the whole cluster"
	if r.namespace != "" {
		where = " in the namespace " + r.namespace
	}
	found, err := gather.All[T](r.ctx, r.reader, empty, client.InNamespace(r.namespace))
	r.err = unreadable("list", resource, where, err)
	return found
}

// got is an object, or none when it is not there.
func got[T any, P interface {
	*T
	client.Object
}](r *reading, resource, namespace, name string) []T {
	if r.err != nil {
		return nil
	}
	var one T
	err := r.reader.Get(r.ctx, client.ObjectKey{Namespace: namespace, Name: name}, P(&one))
	if apierrors.IsNotFound(err) {
		return nil
	}
	if r.err = unreadable("get", resource, " "+name, err); r.err != nil {
		return nil
	}
	return []T{one}
}

// unreadable says what a plan would lack.
func unreadable(verb, resource, which string, err error) error {
	switch {
	case err == nil:
		return nil
	case meta.IsNoMatchError(err):
		return gather.ErrNotInstalled
	case lacksRight(verb, err):
		return fmt.Errorf("you may not %s %s%s, and a plan without would be half a plan: ask for the role evenkeel-platform-engineer", verb, resource, which)
	}
	return fmt.Errorf("planning needs the %s%s: %w", resource, which, err)
}

// identify gives the files' campaigns the identity of those they would change.
func (w *planWorld) identify(existing []v1alpha1.ScreeningCampaign) {
	for i := range w.campaigns {
		for _, is := range existing {
			if is.Name == w.campaigns[i].Name {
				w.campaigns[i].UID, w.campaigns[i].CreationTimestamp = is.UID, is.CreationTimestamp
			}
		}
	}
}

func (w *planWorld) observed(name string) ([]planning.Observed, error) {
	var out []planning.Observed
	for _, c := range w.campaigns {
		one, err := w.of(c)
		switch {
		case err == nil:
			out = append(out, one)
		case name == "" || c.Name == name:
			return nil, err
		}
	}
	switch {
	case name != "" && !slices.ContainsFunc(out, func(o planning.Observed) bool { return o.Campaign.Name == name }):
		return nil, fmt.Errorf("there is no campaign %q%s", name, w.instead())
	case len(out) == 0:
		return nil, errors.New("there is no campaign to plan; give files with one, or look at kubectl get screeningcampaigns")
	}
	return out, nil
}

// instead names the campaigns that there are.
func (w *planWorld) instead() string {
	var names []string
	for _, c := range w.campaigns {
		names = append(names, c.Name)
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "; there is " + strings.Join(names, ", ")
}

func (w *planWorld) of(c v1alpha1.ScreeningCampaign) (planning.Observed, error) {
	out := planning.Observed{
		Campaign: c, Districts: map[string]v1alpha1.District{}, Campaigns: slices.Concat(w.others, w.campaigns),
		Schools: map[string][]v1alpha1.School{}, Channels: map[string][]v1alpha1.ReferralChannel{}, Coverage: w.coverage,
	}
	i := slices.IndexFunc(w.calendars, func(a v1alpha1.AcademicCalendar) bool { return a.Name == c.Spec.CalendarRef.Name })
	if i < 0 {
		return out, fmt.Errorf("campaign %s: there is no AcademicCalendar %s; create it, or offline give its file too", c.Name, c.Spec.CalendarRef.Name)
	}
	out.Calendar = w.calendars[i]
	selector, err := metav1.LabelSelectorAsSelector(&c.Spec.DistrictSelector)
	if err != nil {
		return out, fmt.Errorf("campaign %s: districtSelector: %w", c.Name, err)
	}
	for _, ns := range w.namespaces {
		if selector.Matches(labels.Set(ns.Labels)) {
			out.Namespaces = append(out.Namespaces, ns)
		}
	}
	for _, d := range w.districts {
		if d.Name == d.Namespace {
			out.Districts[d.Namespace] = d
		}
	}
	if i := slices.IndexFunc(w.policies, func(p v1alpha1.EscalationPolicy) bool { return p.Name == c.Spec.Template.Spec.EscalationPolicyRef.Name }); i >= 0 {
		out.Policy = &w.policies[i]
	}
	w.sort(&out)
	return out, nil
}

// sort gives a campaign what districts have: rounds by whose they are, schools and
// channels by namespace.
func (w *planWorld) sort(out *planning.Observed) {
	for _, r := range w.rounds {
		if r.Labels[v1alpha1.LabelCampaign] == out.Campaign.Name {
			out.Rounds = append(out.Rounds, r)
		} else {
			out.Others = append(out.Others, r)
		}
	}
	for _, s := range w.schools {
		out.Schools[s.Namespace] = append(out.Schools[s.Namespace], s)
	}
	for _, r := range w.channels {
		out.Channels[r.Namespace] = append(out.Channels[r.Namespace], r)
	}
}
