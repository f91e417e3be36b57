package stage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// Poll asks until the answer is empty, which means done; otherwise the answer says what
// is still missing. It reports the answer as the step's state.
func (c *Cluster) Poll(ctx context.Context, patience, every time.Duration, ask func(context.Context) (string, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	missing := ""
	for {
		now, err := ask(ctx)
		switch {
		case err == nil && now == "":
			return nil
		case err != nil && ctx.Err() == nil:
			missing = err.Error()
		case ctx.Err() == nil:
			missing = now
		}
		c.Out.State("%s", missing)
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %s", patience, missing)
		case <-ticker.C:
		}
	}
}

// WaitDistricts waits until conditions of every District are True.
func (c *Cluster) WaitDistricts(ctx context.Context, conditions ...string) error {
	return c.Poll(ctx, 5*time.Minute, time.Second, func(ctx context.Context) (string, error) {
		var missing []string
		for _, d := range Districts {
			var district v1alpha1.District
			if err := c.Kube.Get(ctx, client.ObjectKey{Namespace: d.Name, Name: d.Name}, &district); err != nil {
				return "", err
			}
			missing = append(missing, Unmet(d.Name, district.Status.Conditions, conditions...)...)
		}
		return strings.Join(missing, "; "), nil
	})
}

// WaitRounds waits until every district's round of a campaign has conditions that are
// True.
func (c *Cluster) WaitRounds(ctx context.Context, campaign string, patience time.Duration, conditions ...string) error {
	return c.Poll(ctx, patience, time.Second, func(ctx context.Context) (string, error) {
		var missing []string
		for _, d := range Districts {
			round, err := c.Round(ctx, d, campaign)
			if err != nil {
				return "", err
			}
			missing = append(missing, Unmet(d.Name+"/"+round.Name, round.Status.Conditions, conditions...)...)
		}
		return strings.Join(missing, "; "), nil
	})
}

// Round is a district's round of a campaign.
func (c *Cluster) Round(ctx context.Context, d District, campaign string) (*v1alpha1.ScreeningRound, error) {
	rounds, err := c.Rounds(ctx, d, campaign, v1alpha1.PurposeRegular)
	switch {
	case err != nil:
		return nil, err
	case len(rounds) != 1:
		return nil, fmt.Errorf("%s has %d rounds of %s, not one", d.Name, len(rounds), campaign)
	}
	return &rounds[0], nil
}

// Rounds are a district's rounds of a campaign that are for the whole cohort, or its
// make-up rounds.
func (c *Cluster) Rounds(ctx context.Context, d District, campaign string, purpose v1alpha1.RoundPurpose) ([]v1alpha1.ScreeningRound, error) {
	var list v1alpha1.ScreeningRoundList
	err := c.Kube.List(ctx, &list, client.InNamespace(d.Name), client.MatchingLabels{v1alpha1.LabelCampaign: campaign})
	return slices.DeleteFunc(list.Items, func(r v1alpha1.ScreeningRound) bool {
		return (r.Spec.Purpose == v1alpha1.PurposeMakeUp) != (purpose == v1alpha1.PurposeMakeUp)
	}), err
}

// Unmet says which conditions are not True, and why.
func Unmet(name string, have []metav1.Condition, want ...string) []string {
	var missing []string
	for _, kind := range want {
		condition := meta.FindStatusCondition(have, kind)
		switch {
		case condition == nil:
			missing = append(missing, name+": "+kind+" is not known yet")
		case condition.Status != metav1.ConditionTrue:
			missing = append(missing, fmt.Sprintf("%s: %s=%s %s (%s)", name, kind, condition.Status, condition.Reason, condition.Message))
		}
	}
	return missing
}
