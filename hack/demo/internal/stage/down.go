package stage

import (
	"context"
	"errors"
)

// RestartPostgres crashes and restarts hack/devcluster's PostgreSQL.
func (c *Cluster) RestartPostgres(ctx context.Context) error {
	_, err := c.Tools.Dev(ctx, "postgres", "restart", "--mode", "immediate")
	return err
}

// DownOurs removes cluster and database with everything in them.
func (c *Cluster) DownOurs(ctx context.Context) error {
	if err := c.BuildDevcluster(ctx); err != nil {
		return err
	}
	if c.Postgres == "" {
		if _, err := c.Tools.Dev(ctx, "postgres", "down"); err != nil {
			return err
		}
	}
	if _, err := c.Tools.Dev(ctx, "down"); err != nil || c.Postgres == "" {
		return err
	}
	return c.DropDatabases(ctx)
}

// kinds of the demo's own and the product's objects that belong to no namespace.
var kinds = []string{
	"screeningcampaigns", "screeningrounds", "referralchannels", "schools", "districts",
	"escalationpolicies", "instruments", "academiccalendars",
}

// RemoveFrom removes the demo from a cluster that is not ours, in the order that
// leaves nothing waiting for a finalizer.
func (c *Cluster) RemoveFrom(ctx context.Context) error {
	var faults []error
	kube := func(args ...string) {
		_, err := c.Tools.Kube(ctx, args...)
		faults = append(faults, err)
	}
	for _, d := range Districts {
		// Deleting the data is what is meant here.
		kube("annotate", "namespace", d.Name, "screening.evenkeel.dev/allow-deletion="+d.Name, "--overwrite")
	}
	kube("delete", "namespace", "--selector", "evenkeel.dev/demo=true", "--field-selector", "metadata.name!="+SystemNamespace, "--timeout=3m")
	for _, kind := range kinds[:1] {
		kube("delete", kind, MainCampaign, OpenCampaign, "--ignore-not-found")
	}
	kube("delete", "escalationpolicies", "graded-intervention-demo", "--ignore-not-found")
	kube("delete", "instruments", "phq-9-demo", "--ignore-not-found")
	kube("delete", "academiccalendars", "demo", "--ignore-not-found")
	_, err := c.Tools.HelmRun(ctx, "uninstall", "evenkeel", "--namespace", SystemNamespace, "--ignore-not-found", "--wait")
	faults = append(faults, err)
	for _, kind := range kinds {
		kube("delete", "crd", kind+".screening.evenkeel.dev", "--ignore-not-found")
	}
	kube("delete", "namespace", SystemNamespace, "--ignore-not-found")
	if c.Postgres != "" {
		faults = append(faults, c.DropDatabases(ctx))
	}
	return errors.Join(faults...)
}
