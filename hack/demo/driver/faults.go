package driver

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/hack/demo/internal/chaos"
	"github.com/evenkeel/evenkeel/hack/demo/internal/stage"
)

// failingGateway is the one that is unreachable for a while.
const failingGateway = "voice"

// outage is how long a partner is unreachable.
const outage = "40s"

// faults are what goes wrong, by the share of students who have finished.
func (d *Demo) faults() []chaos.Fault {
	return []chaos.Fault{
		{At: 0.05, Name: "SIGKILL to an intake of " + victims["intake"].Name, Do: d.killer("intake")},
		{At: 0.15, Name: "the gateway " + failingGateway + " is unreachable for " + outage, Do: d.outage(failingGateway)},
		{At: 0.25, Name: "SIGKILL to a scorer of " + victims["scorer"].Name, Do: d.killer("scorer")},
		{At: 0.35, Name: "the hospital is unreachable for " + outage, Do: d.outage("hospital")},
		{At: 0.45, Name: "the operator is restarted", Do: d.restartOperator},
		{At: 0.60, Name: "SIGKILL to a casework of " + victims["casework"].Name, Do: d.killer("casework")},
		{At: 0.75, Name: "PostgreSQL crashes and recovers", Do: d.restartPostgres},
	}
}

// killer kills the processes of one running pod of a component.
func (d *Demo) killer(component string) func(context.Context) error {
	return func(ctx context.Context) error {
		pods, err := d.pods(ctx, victims[component], component)
		if err != nil {
			return err
		}
		for _, pod := range pods {
			if pod.Status.Phase != corev1.PodRunning || pod.DeletionTimestamp != nil {
				continue
			}
			err := chaos.Kill(string(pod.UID))
			if !errors.Is(err, chaos.ErrNotHere) {
				return err
			}
			d.out.Warn("%s runs on another machine; deleted without grace instead of killed", pod.Name)
			return d.Cluster.Kube.Delete(ctx, &pod, client.GracePeriodSeconds(0))
		}
		return fmt.Errorf("no running pod of %s", component)
	}
}

func (d *Demo) pods(ctx context.Context, district stage.District, component string) ([]corev1.Pod, error) {
	var pods corev1.PodList
	err := d.Cluster.Kube.List(ctx, &pods, client.InNamespace(district.Name), client.MatchingLabels{v1alpha1.LabelComponent: component})
	return pods.Items, err
}

// restarts is how often containers of a component were started again.
func (d *Demo) restarts(ctx context.Context, district stage.District, component string) (int, error) {
	pods, err := d.pods(ctx, district, component)
	n := 0
	for _, pod := range pods {
		for _, status := range pod.Status.ContainerStatuses {
			n += int(status.RestartCount)
		}
	}
	return n, err
}

func (d *Demo) outage(partner string) func(context.Context) error {
	return func(ctx context.Context) error {
		address := d.Addresses.Hospital
		if partner != "hospital" {
			address = d.Addresses.Gateways[partner]
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/demo/down?for="+outage, nil)
		if err != nil {
			return err
		}
		response, err := d.web.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answered %s", partner, response.Status)
		}
		return nil
	}
}

func (d *Demo) restartOperator(ctx context.Context) error {
	_, err := d.Cluster.Tools.Kube(ctx, "rollout", "restart", "deployment", "-n", stage.SystemNamespace)
	return err
}

// crashesPostgres reports whether the database server is ours to crash.
func (d *Demo) crashesPostgres() bool { return d.Cluster.Ours() && d.Postgres == "" }

func (d *Demo) restartPostgres(ctx context.Context) error {
	if !d.crashesPostgres() {
		d.out.Warn("PostgreSQL is not ours; it is not restarted")
		return nil
	}
	return d.Cluster.RestartPostgres(ctx)
}
