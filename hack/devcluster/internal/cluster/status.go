package cluster

import (
	"context"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/component"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/proc"
)

// Status is the state of the cluster.
type Status struct {
	Ready      bool              `json:"ready"`
	NodeReady  bool              `json:"nodeReady"`
	Kubeconfig string            `json:"kubeconfig"`
	Bin        string            `json:"bin"`
	Components []ComponentStatus `json:"components"`
}

// ComponentStatus is the state of one process.
type ComponentStatus struct {
	Name        string `json:"name"`
	Running     bool   `json:"running"`
	Healthy     bool   `json:"healthy"`
	PID         int    `json:"pid,omitempty"`
	MemoryBytes int64  `json:"memoryBytes,omitempty"`
	LogFile     string `json:"logFile"`
}

// Observe looks at every component and at the node.
func Observe(ctx context.Context, e Environment) (Status, error) {
	in, err := e.existing()
	if err != nil {
		return Status{}, err
	}
	c := newClient(in)
	status := Status{Kubeconfig: e.State.Kubeconfig(), Bin: e.Tools.Bin, NodeReady: c.nodeReady(ctx, e.kubeletSince())}
	status.Ready = status.NodeReady
	for _, comp := range component.All(in) {
		observed := e.observe(ctx, c, comp)
		status.Ready = status.Ready && observed.Healthy
		status.Components = append(status.Components, observed)
	}
	return status, nil
}

func (e Environment) observe(ctx context.Context, c client, comp component.Component) ComponentStatus {
	status := ComponentStatus{Name: comp.Name, LogFile: e.Procs.LogPath(comp.Name)}
	record, alive := e.Procs.Find(comp.Name)
	if !alive {
		return status
	}
	status.Running, status.PID = true, record.PID
	status.MemoryBytes = proc.Memory(record.PID)
	status.Healthy = c.healthy(ctx, comp.Probe)
	return status
}
