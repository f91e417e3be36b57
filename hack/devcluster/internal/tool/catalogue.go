// Package tool knows which binaries the development cluster is made of, how each
// is built from the Go module proxy, and where the results are kept.
package tool

import (
	"fmt"
	"slices"
	"strings"
)

// Tool is one binary, built from one package of one pinned module.
type Tool struct {
	// Name of the binary.
	Name string
	// Module is the folder under tools/ whose go.mod pins the version. Empty
	// means the binary's source is part of this program's own module.
	Module string
	// Package is the import path of the main package.
	Package string
	// Requires is the module path whose version names the build.
	Requires string
	// stamp gives the linker -X assignments that carry the version.
	stamp func(version string) []string
}

const kubernetesModule = "k8s.io/kubernetes"

// All lists every tool, the ones other work waits for first.
func All() []Tool {
	const containerd = "github.com/containerd/containerd/v2"
	return []Tool{
		{Name: "etcd", Module: "etcd", Package: "go.etcd.io/etcd/server/v3", Requires: "go.etcd.io/etcd/server/v3"},
		kubernetes("kube-apiserver"),
		{Name: "containerd", Module: "containerd", Package: containerd + "/cmd/containerd", Requires: containerd, stamp: stampContainerd},
		{Name: "containerd-shim-runc-v2", Module: "containerd", Package: containerd + "/cmd/containerd-shim-runc-v2", Requires: containerd, stamp: stampContainerd},
		{Name: "ctr", Module: "containerd", Package: containerd + "/cmd/ctr", Requires: containerd, stamp: stampContainerd},
		kubernetes("kubelet"),
		kubernetes("kube-controller-manager"),
		kubernetes("kube-scheduler"),
		kubernetes("kube-proxy"),
		kubernetes("kubectl"),
		{Name: "coredns", Module: "coredns", Package: "github.com/coredns/coredns", Requires: "github.com/coredns/coredns"},
		{Name: "helm", Module: "helm", Package: "helm.sh/helm/v4/cmd/helm", Requires: "helm.sh/helm/v4", stamp: stampHelm},
		{Name: "pause", Package: "./pause"},
	}
}

// Assets are the tools envtest needs.
func Assets() []Tool {
	tools, err := Select([]string{"etcd", "kube-apiserver"})
	if err != nil {
		panic(err) // the names above are this package's own
	}
	return tools
}

// Select resolves the names of tools, or of tool modules, in catalogue order.
// No names means every tool.
func Select(names []string) ([]Tool, error) {
	all := All()
	if len(names) == 0 {
		return all, nil
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(t Tool) bool { return t.answersTo(name) }) {
			return nil, fmt.Errorf("no component is called %q; known are: %s", name, strings.Join(Names(), ", "))
		}
	}
	return slices.DeleteFunc(all, func(t Tool) bool {
		return !slices.ContainsFunc(names, t.answersTo)
	}), nil
}

// Names lists what Select understands.
func Names() []string {
	var names []string
	for _, t := range All() {
		for _, name := range []string{t.Module, t.Name} {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func (t Tool) answersTo(name string) bool { return name != "" && (name == t.Name || name == t.Module) }

// LDFlags are the linker flags for a version: no debug tables, and the version
// the binary reports about itself, which clients use to negotiate.
func (t Tool) LDFlags(version string) string {
	flags := []string{"-s", "-w"}
	if t.stamp != nil {
		for _, assignment := range t.stamp(version) {
			flags = append(flags, "-X", assignment)
		}
	}
	return strings.Join(flags, " ")
}

func kubernetes(name string) Tool {
	return Tool{
		Name:     name,
		Module:   "kubernetes",
		Package:  kubernetesModule + "/cmd/" + name,
		Requires: kubernetesModule,
		stamp:    stampKubernetes,
	}
}

func stampKubernetes(version string) []string {
	const pkg = "k8s.io/component-base/version."
	major, minor := majorMinor(version)
	return []string{pkg + "gitVersion=" + version, pkg + "gitMajor=" + major, pkg + "gitMinor=" + minor}
}

func stampContainerd(version string) []string {
	return []string{"github.com/containerd/containerd/v2/version.Version=" + version}
}

func stampHelm(version string) []string {
	return []string{"helm.sh/helm/v4/internal/version.version=" + version}
}

func majorMinor(version string) (major, minor string) {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) < 2 {
		return "", ""
	}
	return parts[0], parts[1]
}
