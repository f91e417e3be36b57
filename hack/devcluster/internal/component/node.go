package component

import (
	"fmt"
	"path/filepath"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/host"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/proc"
)

// Where Debian puts what we take from it.
const (
	cniPlugins = "/usr/lib/cni"
	runcBinary = "/usr/sbin/runc"
)

func containerd(in Inputs) Component {
	const name = "containerd"
	config := in.State.Path("containerd", "config.toml")
	network := in.State.Path("cni", "net.d", "10-devcluster.conflist")
	return Component{
		Stage: Foundations,
		Probe: Probe{Socket: in.State.ContainerdSocket()},
		Spec: proc.Spec{
			Name: name, Path: in.Binary(name), Args: []string{"--config=" + config},
			// containerd looks for its shim in PATH.
			Env: []string{"PATH=" + filepath.Dir(in.Binary("containerd-shim-runc-v2")) + ":/usr/sbin:/usr/bin:/sbin:/bin"},
			Files: []host.File{
				readable(config, []byte(containerdConfig(in.State, filepath.Dir(network)))),
				readable(network, networkConfig(in.State)),
			},
		},
	}
}

// containerdConfig keeps everything below the state folder, so that taking the
// cluster down finds it all in one place.
func containerdConfig(state layout.State, networkDir string) string {
	return fmt.Sprintf(`version = 3
root = %[1]q
state = %[2]q

[grpc]
  address = %[3]q

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = %[4]q

[plugins.'io.containerd.cri.v1.runtime']
  # The machine may lack the right to lower an OOM score.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true

[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = [%[5]q]
  conf_dir = %[6]q

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  BinaryName = %[7]q
  Root = %[9]q
  SystemdCgroup = false

[plugins.'io.containerd.nri.v1.nri']
  disable = true

[plugins.'io.containerd.internal.v1.opt']
  path = %[8]q
`, state.Path("containerd", "root"), state.Path("containerd", "state"), state.ContainerdSocket(), layout.PauseImage,
		cniPlugins, networkDir, runcBinary, state.Path("containerd", "opt"), state.Path("runc"))
}

// networkConfig routes every packet of a pod through the host, unlike a bridge,
// where the answer of a pod behind a Service would bypass the host's address
// translation unless br_netfilter is there. There is no masquerading: pods reach
// each other, Services and this machine, and nothing beyond.
func networkConfig(state layout.State) []byte {
	return marshal(map[string]any{
		"cniVersion": "1.0.0",
		"name":       "devcluster",
		"plugins": []any{map[string]any{
			"type": "ptp",
			"ipam": map[string]any{
				"type":    "host-local",
				"dataDir": state.Path("cni", "addresses"),
				"ranges":  []any{[]any{map[string]any{"subnet": layout.NodePodCIDR, "gateway": layout.PodGateway}}},
				"routes":  []any{map[string]any{"dst": "0.0.0.0/0"}},
			},
		}},
	})
}

func kubelet(in Inputs) Component {
	const name = "kubelet"
	kubeconfig, config := in.State.Path(name+".kubeconfig"), in.State.Path("kubelet.json")
	return Component{
		Stage: Nodes,
		Probe: Probe{URL: "http://127.0.0.1:10248/healthz"},
		Spec: proc.Spec{Name: name, Path: in.Binary(name), Args: []string{
			"--kubeconfig=" + kubeconfig,
			"--config=" + config,
			"--root-dir=" + in.State.Path("kubelet"),
			"--cert-dir=" + in.State.Path("kubelet", "pki"),
			"--hostname-override=" + layout.NodeName,
			"--node-ip=" + layout.NodeAddress,
		}, Files: []host.File{
			secret(kubeconfig, in.Kubeconfig(name)),
			readable(config, kubeletConfig(in)),
		}},
	}
}

func kubeletConfig(in Inputs) []byte {
	store := PKI(in.State)
	return marshal(map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1",
		"kind":       "KubeletConfiguration",
		"address":    layout.NodeAddress,
		"authentication": map[string]any{
			"anonymous": map[string]any{"enabled": false},
			"webhook":   map[string]any{"enabled": true},
			"x509":      map[string]any{"clientCAFile": store.CertPath("ca")},
		},
		"authorization":            map[string]any{"mode": "Webhook"},
		"tlsCertFile":              store.CertPath("kubelet"),
		"tlsPrivateKeyFile":        store.KeyPath("kubelet"),
		"healthzBindAddress":       "127.0.0.1",
		"containerRuntimeEndpoint": "unix://" + in.State.ContainerdSocket(),
		"clusterDNS":               []string{layout.DNSService},
		"clusterDomain":            layout.ClusterDomain,
		// Pods get our DNS only, not whatever the machine uses.
		"resolvConf":             "",
		"podLogsDir":             in.State.Path("logs", "pods"),
		"volumePluginDir":        in.State.Path("kubelet", "volume-plugins"),
		"maxPods":                200,
		"cgroupDriver":           "cgroupfs",
		"failCgroupV1":           !in.CgroupV1,
		"failSwapOn":             false,
		"enforceNodeAllocatable": []string{},
		"oomScoreAdj":            0,
		// Nothing here is forwarded by iptables, so nothing is to be left there.
		"makeIPTablesUtilChains": false,
		// There is no registry to fetch a collected image from again.
		"imageGCHighThresholdPercent": 100,
		"imageGCLowThresholdPercent":  99,
		// A full disk of the machine is not this cluster's to solve by eviction.
		"evictionHard": map[string]string{
			"memory.available": "100Mi", "nodefs.available": "0%", "nodefs.inodesFree": "0%",
			"imagefs.available": "0%", "imagefs.inodesFree": "0%",
		},
	})
}

func kubeProxy(in Inputs) Component {
	const name = "kube-proxy"
	kubeconfig, config := in.State.Path(name+".kubeconfig"), in.State.Path("kube-proxy.json")
	return Component{
		Stage: Nodes,
		Probe: Probe{URL: "http://127.0.0.1:10256/healthz"},
		Spec: proc.Spec{Name: name, Path: in.Binary(name), Args: []string{"--config=" + config}, Files: []host.File{
			secret(kubeconfig, in.Kubeconfig(name)),
			readable(config, kubeProxyConfig(kubeconfig)),
		}},
	}
}

func kubeProxyConfig(kubeconfig string) []byte {
	return marshal(map[string]any{
		"apiVersion":         "kubeproxy.config.k8s.io/v1alpha1",
		"kind":               "KubeProxyConfiguration",
		"clientConnection":   map[string]any{"kubeconfig": kubeconfig},
		"mode":               "nftables",
		"clusterCIDR":        layout.PodCIDR,
		"hostnameOverride":   layout.NodeName,
		"healthzBindAddress": "127.0.0.1:10256",
		"metricsBindAddress": "127.0.0.1:10249",
		// NodePorts answer on the bridge only, never on the machine's outer address.
		"nodePortAddresses": []string{layout.NodeAddress + "/32"},
		"oomScoreAdj":       0,
		// Zero leaves the machine's connection tracking as it is.
		"conntrack": map[string]any{
			"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s",
		},
	})
}
