package driver

import (
	"context"

	"github.com/evenkeel/evenkeel/hack/demo/internal/progress"
	"github.com/evenkeel/evenkeel/hack/demo/internal/stage"
)

// Down removes everything that a demo made, however far it came.
func Down(ctx context.Context, config Config, out *progress.Output) error {
	cluster, err := stage.New(config.Options, out)
	if err != nil {
		return err
	}
	if cluster.Ours() {
		err = out.Step("take the cluster and PostgreSQL down", func() error { return cluster.DownOurs(ctx) })
	} else {
		err = out.Step("remove the demo from the cluster", func() error { return cluster.RemoveFrom(ctx) })
	}
	if err != nil {
		return err
	}
	return out.Step("forget secrets and logs", cluster.State.Remove)
}
