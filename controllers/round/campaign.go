package round

import (
	"time"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/gating"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// owner is the campaign that planned the round; nil when it is gone, or another one has
// its name now.
func (o observed) owner() *v1alpha1.ScreeningCampaign {
	if o.campaign == nil || string(o.campaign.UID) != o.round.Spec.Campaign.UID {
		return nil
	}
	return o.campaign
}

// suspension is how the campaign holds the round; SuspendNone when it does not.
func (o observed) suspension() v1alpha1.SuspendMode {
	campaign := o.owner()
	if campaign == nil {
		return v1alpha1.SuspendNone
	}
	return translate.Suspension(campaign.Spec)
}

func campaignGate(s *scene) gating.Gate {
	name := s.o.round.Spec.Campaign.Name
	campaign := s.o.campaign
	switch {
	case s.o.suspension() != v1alpha1.SuspendNone:
		return gating.Shut(v1alpha1.ReasonSuspended, "ScreeningCampaign %s is suspended", name)
	case s.d.opened:
		return gating.Gate{}
	case campaign == nil || !campaign.DeletionTimestamp.IsZero():
		return gating.Shut(v1alpha1.ReasonCampaignNotFound, "ScreeningCampaign %s is gone; a round that has not opened never opens without it", name)
	case s.o.owner() == nil:
		return gating.Shut(v1alpha1.ReasonCampaignNotFound, "the round was planned by an earlier ScreeningCampaign %s and is not in the plan of the present one", name)
	case s.o.unselected:
		return gating.Shut(v1alpha1.ReasonCampaignNotFound, "ScreeningCampaign %s does not select namespace %s any more; the round does not open", name, s.o.round.Namespace)
	case !translate.Scheduled(campaign.Spec.Schedule, s.o.round.Spec.Slot):
		return gating.Shut(v1alpha1.ReasonCampaignNotFound, "the schedule of ScreeningCampaign %s no longer has %s; the round does not open", name, s.o.round.Spec.Slot)
	case !translate.Awaited(campaign.Spec, s.o.round.Spec):
		return gating.Shut(v1alpha1.ReasonCampaignNotFound, "ScreeningCampaign %s no longer has make-up rounds; the round does not open", name)
	}
	return gating.Gate{}
}

// claimGate keeps a school from two rounds at once: while another campaign's round that
// comes first is planned or open at the same time, this one does not open. One that opens by its district's clock has
// nothing before it, as far as was known; once status tells when it opened, what had opened before holds it.
func claimGate(s *scene) gating.Gate {
	if s.d.opened && s.o.round.Status.OpenedTime == nil {
		return gating.Gate{}
	}
	for _, c := range s.o.claims {
		if c.OpensAt.Before(s.d.closes) && s.d.opens.Before(c.ClosesAt) {
			return gating.Shut(v1alpha1.ReasonSchoolsClaimed,
				"ScreeningCampaign %s screens schools of the district from %s to %s, and its round comes first; choose other dates or other stages for one of the two",
				c.Campaign, c.OpensAt.Format(time.RFC3339), c.ClosesAt.Format(time.RFC3339))
		}
	}
	return gating.Gate{}
}
