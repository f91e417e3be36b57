package validate

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

// campaigns checks what campaigns plan, and what they bring together.
func (c *checker) campaigns() {
	for _, campaign := range c.set.Campaigns {
		template := campaign.Value.Spec.Template.Spec
		c.plan(campaign)
		c.together(use{
			object:      campaign.Object,
			instruments: template.Stage1.Instruments, at: "spec.template.spec.stage1.instruments",
			policy: template.EscalationPolicyRef.Name, policyAt: "spec.template.spec.escalationPolicyRef.name",
		})
		c.fit(campaign)
		c.rollout(campaign)
		c.gateExceptions(campaign)
		c.narrowings(campaign)
	}
}

// plan compiles a campaign against its calendar.
func (c *checker) plan(campaign manifest.Of[v1alpha1.ScreeningCampaign]) {
	spec, err := translate.Campaign(campaign.Name, campaign.Value.Spec)
	if err != nil {
		c.faults(campaign.Object, "spec.", "", err)
		return
	}
	name := campaign.Value.Spec.CalendarRef.Name
	calendar, found := named(c.set.Calendars, name)
	if !found {
		c.missing(campaign.Object, "spec.calendarRef.name", "AcademicCalendar", name)
		return
	}
	compiled, err := translate.CompileCalendar(calendar.Value.Spec)
	if err != nil {
		return // told with the calendar
	}
	_, err = rollout.Compile(spec, compiled)
	c.faults(campaign.Object, "spec.", "", err)
}

// fit looks at the policy of a campaign in the districts that the campaign selects, as
// the gates of their rounds do.
func (c *checker) fit(campaign manifest.Of[v1alpha1.ScreeningCampaign]) {
	policy, found := named(c.set.Policies, campaign.Value.Spec.Template.Spec.EscalationPolicyRef.Name)
	if found {
		_, _, err := translate.Rates(campaign.Value.Spec.Rollout.Capacity, policy.Value.Spec)
		c.faults(campaign.Object, "spec.", "", err)
	}
	for _, district := range c.selected(campaign) {
		if !found {
			continue
		}
		c.channels(campaign, policy, district)
		document := translate.Policy(policy.Name, policy.Value.Spec)
		if escalation.Check(document) == nil {
			_, notes := translate.Tighten(document, district.Value.Spec)
			for _, note := range notes {
				c.add(district.Object, manifest.Warning, "spec."+note.Path, note.Problem)
			}
		}
	}
}

// selected are the districts of the set that a campaign selects: all of them in a set
// without Namespaces, whose labels would tell.
func (c *checker) selected(campaign manifest.Of[v1alpha1.ScreeningCampaign]) (out []manifest.Of[v1alpha1.District]) {
	selector, err := metav1.LabelSelectorAsSelector(&campaign.Value.Spec.DistrictSelector)
	if err != nil {
		c.add(campaign.Object, manifest.Error, "spec.districtSelector", err.Error())
		return nil
	}
	if len(c.set.Namespaces) == 0 {
		return c.set.Districts
	}
	selects := false
	for _, namespace := range c.set.Namespaces {
		if selector.Matches(labels.Set(namespace.Value.Labels)) {
			selects = true
			out = append(out, in(c.set.Districts, namespace.Name)...)
		}
	}
	if !selects {
		c.add(campaign.Object, manifest.Warning, "spec.districtSelector",
			"selects no Namespace of this set; write labels that the namespaces of the districts carry")
	}
	return out
}

// rollout looks for the districts that are named for the order of the waves: a wave of a name that
// nobody has stays empty, and those after it begin later all the same.
func (c *checker) rollout(campaign manifest.Of[v1alpha1.ScreeningCampaign]) {
	if len(c.set.Namespaces) == 0 {
		return
	}
	selected := c.selected(campaign)
	for _, list := range []struct {
		field string
		names []string
	}{{"pilot", campaign.Value.Spec.Rollout.Pilot}, {"order", campaign.Value.Spec.Rollout.Order}} {
		for i, name := range list.names {
			if !slices.ContainsFunc(selected, func(d manifest.Of[v1alpha1.District]) bool { return d.Namespace == name }) {
				c.add(campaign.Object, manifest.Warning, fmt.Sprintf("spec.rollout.%s[%d]", list.field, i),
					fmt.Sprintf("the campaign selects no District %s in this set; write the namespace of one that it does", name))
			}
		}
	}
}

// channels warns of a district without a channel for a tier that drafts referrals: its
// rounds would not open.
func (c *checker) channels(
	campaign manifest.Of[v1alpha1.ScreeningCampaign], policy manifest.Of[v1alpha1.EscalationPolicy], district manifest.Of[v1alpha1.District],
) {
	classes := map[v1alpha1.ChannelClass]bool{}
	for _, channel := range in(c.set.Channels, district.Namespace) {
		classes[channel.Value.Spec.Class] = true
	}
	for _, tier := range policy.Value.Spec.Tiers {
		if tier.ChannelClass != "" && !classes[tier.ChannelClass] {
			c.add(district.Object, manifest.Warning, "", fmt.Sprintf(
				"no ReferralChannel of class %s is in this set, and tier %s of EscalationPolicy %s drafts referrals to one; no round of ScreeningCampaign %s opens without it",
				tier.ChannelClass, tier.Name, policy.Name, campaign.Name))
		}
	}
}

// rounds are made by the operator; those of a cluster's dump are checked all the same.
func (c *checker) rounds() {
	for _, round := range c.set.Rounds {
		c.add(round.Object, manifest.Warning, "",
			"rounds are made by the operator, and a policy refuses those of anyone else; write a ScreeningCampaign")
		c.together(use{
			object: round.Object, instruments: round.Value.Spec.Instruments, at: "spec.instruments",
			policy: round.Value.Spec.EscalationPolicyRef.Name, policyAt: "spec.escalationPolicyRef.name",
		})
		if name := round.Value.Spec.Campaign.Name; !c.has("ScreeningCampaign", "", name) {
			c.missing(round.Object, "spec.campaign.name", "ScreeningCampaign", name)
		}
	}
}

// has reports whether the set holds an object, admitted or not.
func (c *checker) has(kind, namespace, name string) bool {
	for _, o := range c.set.Objects {
		if o.Kind == kind && o.Namespace == namespace && o.Name == name && strings.HasPrefix(o.APIVersion, v1alpha1.GroupVersion.Group+"/") {
			return true
		}
	}
	return false
}
