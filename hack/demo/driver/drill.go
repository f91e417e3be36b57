package driver

import (
	"context"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/hack/demo/internal/stage"
)

// drill has the district's duty begin a drill of the chain of duty, which the main
// campaign requires, and everybody on duty answer it.
func (d *Demo) drill(ctx context.Context) error {
	if released, err := d.released(ctx); err != nil || released {
		return err
	}
	if err := d.signInAll(ctx); err != nil {
		return err
	}
	for _, district := range stage.Districts {
		if err := d.casework[district.Code].BeginDrill(ctx, district.Client().Leader().Subject); err != nil {
			return err
		}
	}
	return d.atWork(ctx, func(ctx context.Context) error {
		return d.Cluster.WaitDistricts(ctx, v1alpha1.ConditionDutyDrillAcknowledged)
	})
}
