// Package layout holds the cluster's fixed addresses and the paths of its state.
package layout

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
)

// Addresses. Everything the cluster serves is bound to NodeAddress, which lives on
// a bridge without ports, or to loopback: never to the machine's own addresses.
const (
	NodeName       = "devcluster"
	Bridge         = "evenkeel0"
	NodeAddress    = "10.244.255.1"
	PodCIDR        = "10.244.0.0/16"
	NodePodCIDR    = "10.244.0.0/24"
	PodGateway     = "10.244.0.1"
	ServiceCIDR    = "10.96.0.0/16"
	FirstService   = "10.96.0.1"
	DNSService     = "10.96.0.10"
	ClusterDomain  = "cluster.local"
	APIServerPort  = 6443
	PauseImage     = "evenkeel.local/pause:devcluster"
	PostgresPort   = 15432
	defaultState   = "/var/lib/evenkeel-devcluster"
	stateDirectory = "EVENKEEL_DEVCLUSTER_DIR"
)

// State is the folder that holds everything a running cluster writes.
type State string

// Default is ${EVENKEEL_DEVCLUSTER_DIR:-/var/lib/evenkeel-devcluster}.
func Default() (State, error) {
	dir := os.Getenv(stateDirectory)
	if dir == "" {
		dir = defaultState
	}
	absolute, err := filepath.Abs(dir)
	return State(absolute), err
}

// Path is a path inside the state.
func (s State) Path(parts ...string) string {
	return filepath.Join(append([]string{string(s)}, parts...)...)
}

// Run holds one record per process.
func (s State) Run() string { return s.Path("run") }

// Logs holds one file per process.
func (s State) Logs() string { return s.Path("logs") }

// Kubeconfig is the administrator's.
func (s State) Kubeconfig() string { return s.Path("admin.kubeconfig") }

// ContainerdSocket is where kubelet and ctr find containerd.
func (s State) ContainerdSocket() string { return s.Path("containerd", "containerd.sock") }

// ID tells states apart in the names of things that lie outside them, such as locks:
// taking a cluster down removes what lies inside.
func (s State) ID() string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}
