package driver

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/hack/demo/internal/cohort"
	"github.com/evenkeel/evenkeel/hack/demo/internal/facts"
	"github.com/evenkeel/evenkeel/hack/demo/internal/stage"
)

// Finish compares the exact figures, ends Stage1, waits for the release and compares
// what was published.
func (d *Demo) Finish(ctx context.Context) error {
	return d.steps(ctx, []step{
		{"compare with the known figures", d.compare},
		{"end Stage1 by spec.endAt and wait for the release", d.release},
		{"compare what was published", d.comparePublished},
		{"wait for who was screened in the school year", d.compareCoverage},
	})
}

func (d *Demo) compare(ctx context.Context) error {
	d.Facts = nil
	var sum facts.Found
	for _, district := range stage.Districts {
		found, err := d.read(ctx, district)
		if err != nil {
			return err
		}
		want := d.expected(district.Name)
		found.Figures.Invited = want.Invited // no figure of ours: the roster is what was imported
		d.Facts.Figures(district.Name, want, found.Figures)
		d.Facts.Care(district.Name, want, found)
		d.Facts.Soundness(district.Name, found)
		d.Facts.Log(district.Name, district.Name, d.Log, found)
		sum = sum.Plus(found)
	}
	if d.whole() {
		d.Facts.Figures("both", cohort.Known, sum.Figures)
		d.Facts.Care("both", cohort.Known, sum)
		d.Facts.AtLeast("both", "obligations that climbed to the city", 1, sum.Climbed)
	}
	return d.compareWitness(sum.Figures.Referrals)
}

// released reports whether every district's main round is released already.
func (d *Demo) released(ctx context.Context) (bool, error) {
	for _, district := range stage.Districts {
		rounds, err := d.Cluster.Rounds(ctx, district, stage.MainCampaign, v1alpha1.PurposeRegular)
		if err != nil {
			return false, err
		}
		if len(rounds) == 0 || !meta.IsStatusConditionTrue(rounds[0].Status.Conditions, v1alpha1.ConditionReleased) {
			return false, nil
		}
	}
	return true, nil
}

// release ends the main round in each district early, as a person may.
func (d *Demo) release(ctx context.Context) error {
	for _, district := range stage.Districts {
		round, err := d.Cluster.Round(ctx, district, stage.MainCampaign)
		if err != nil {
			return err
		}
		if round.Spec.EndAt != nil {
			continue
		}
		ended := round.DeepCopy()
		now := metav1.NewTime(time.Now().Truncate(time.Second))
		ended.Spec.EndAt = &now
		if err := d.Cluster.Kube.Patch(ctx, ended, client.MergeFrom(round)); err != nil {
			return err
		}
	}
	return d.Cluster.WaitRounds(ctx, stage.MainCampaign, 5*time.Minute, v1alpha1.ConditionReleased)
}

func (d *Demo) comparePublished(ctx context.Context) error {
	for _, district := range stage.Districts {
		round, err := d.Cluster.Round(ctx, district, stage.MainCampaign)
		if err != nil {
			return err
		}
		d.Facts.Release(district.Name, d.expected(district.Name), round.Status.Release)
	}
	return nil
}

// Table is the facts so far, by name; tests assert each.
func (d *Demo) Table() facts.Table { return d.Facts }
