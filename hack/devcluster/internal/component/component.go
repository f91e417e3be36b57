// Package component says what the cluster is made of: every process, its arguments,
// its configuration files and how to tell that it works. It is pure.
package component

import (
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/host"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/pki"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/proc"
)

// Stage orders the start: a stage begins when the one before it is healthy.
type Stage int

// The stages. Containerd and etcd need nothing; everything else needs one of them.
const (
	Foundations Stage = iota
	API
	Nodes
	stages
)

// Component is one process of the cluster.
type Component struct {
	proc.Spec
	Stage Stage
	Probe Probe
}

// Probe tells whether a component works: a URL that answers 200, or a socket that accepts.
type Probe struct {
	URL    string
	Socket string
}

// Inputs are what the configuration depends on.
type Inputs struct {
	State layout.State
	// Binary gives the path of a built tool.
	Binary func(name string) string
	// Tokens holds a bearer token per user of Users.
	Tokens map[string]string
	// CA is the cluster's certificate, PEM.
	CA []byte
	// CgroupV1 is true on machines without the unified hierarchy.
	CgroupV1 bool
}

// All lists the components in starting order.
func All(in Inputs) []Component {
	return []Component{
		etcd(in), containerd(in),
		apiServer(in),
		controllerManager(in), scheduler(in), kubelet(in), kubeProxy(in), coreDNS(in),
	}
}

// ByStage groups components in the order they may start.
func ByStage(all []Component) [][]Component {
	groups := make([][]Component, stages)
	for _, c := range all {
		groups[c.Stage] = append(groups[c.Stage], c)
	}
	return groups
}

// Names lists the components in starting order, without needing any inputs.
func Names() []string {
	return []string{
		"etcd", "containerd", "kube-apiserver",
		"kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "coredns",
	}
}

// PKI finds the cluster's certificates.
func PKI(state layout.State) pki.Store { return pki.Store{Dir: state.Path("pki")} }

func secret(path string, content []byte) host.File {
	return host.File{Path: path, Content: content, Mode: 0o600}
}

func readable(path string, content []byte) host.File {
	return host.File{Path: path, Content: content, Mode: 0o644}
}
