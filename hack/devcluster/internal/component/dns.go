package component

import (
	"fmt"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/host"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/proc"
)

func coreDNS(in Inputs) Component {
	const name = "coredns"
	kubeconfig, config := in.State.Path(name+".kubeconfig"), in.State.Path("Corefile")
	return Component{
		Stage: Nodes,
		Probe: Probe{URL: "http://127.0.0.1:10355/ready"},
		Spec: proc.Spec{Name: name, Path: in.Binary(name), Args: []string{"-conf=" + config}, Files: []host.File{
			secret(kubeconfig, in.Kubeconfig(name)),
			readable(config, []byte(corefile(kubeconfig))),
		}},
	}
}

// corefile answers for the cluster and denies every other name at once: nothing
// beyond the machine can be reached, so waiting for an answer would be in vain.
func corefile(kubeconfig string) string {
	return fmt.Sprintf(`%[1]s 10.in-addr.arpa {
	bind %[2]s
	errors
	ready 127.0.0.1:10355
	kubernetes %[1]s 10.in-addr.arpa {
		kubeconfig %[3]s devcluster
		pods insecure
		ttl 5
	}
	cache 5
	loadbalance
}

. {
	bind %[2]s
	errors
	template ANY ANY {
		rcode NXDOMAIN
	}
}
`, layout.ClusterDomain, layout.NodeAddress, kubeconfig)
}

// Addons are the objects a cluster needs besides what its components make
// themselves: CoreDNS's rights and the Service that leads to it.
func Addons() []byte {
	meta := func(name string) map[string]any {
		return map[string]any{"name": name, "namespace": "kube-system", "labels": map[string]string{
			"k8s-app": "kube-dns", "kubernetes.io/name": "CoreDNS", "kubernetes.io/service-name": "kube-dns",
		}}
	}
	ports := []any{
		map[string]any{"name": "dns", "protocol": "UDP", "port": 53},
		map[string]any{"name": "dns-tcp", "protocol": "TCP", "port": 53},
	}
	return list(
		map[string]any{"apiVersion": "v1", "kind": "Service", "metadata": meta("kube-dns"), "spec": map[string]any{
			"clusterIP": layout.DNSService, "ports": ports,
		}},
		map[string]any{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta("kube-dns-devcluster"),
			"addressType": "IPv4",
			"endpoints":   []any{map[string]any{"addresses": []string{layout.NodeAddress}, "conditions": map[string]bool{"ready": true}}},
			"ports":       ports,
		},
		clusterRole(), clusterRoleBinding(),
	)
}

func clusterRole() map[string]any {
	rule := func(group string, resources ...string) map[string]any {
		return map[string]any{"apiGroups": []string{group}, "resources": resources, "verbs": []string{"list", "watch"}}
	}
	return map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
		"metadata": map[string]any{"name": "system:coredns"},
		"rules":    []any{rule("", "endpoints", "services", "pods", "namespaces"), rule("discovery.k8s.io", "endpointslices")},
	}
}

func clusterRoleBinding() map[string]any {
	const group, name = "rbac.authorization.k8s.io", "system:coredns"
	return map[string]any{
		"apiVersion": group + "/v1", "kind": "ClusterRoleBinding",
		"metadata": map[string]any{"name": name},
		"roleRef":  map[string]any{"apiGroup": group, "kind": "ClusterRole", "name": name},
		"subjects": []any{map[string]any{"apiGroup": group, "kind": "User", "name": name}},
	}
}

func list(items ...any) []byte {
	return marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
}
