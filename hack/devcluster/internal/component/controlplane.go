package component

import (
	"fmt"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/host"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/proc"
)

// etcd's ports differ from the usual ones, which another etcd may have.
const (
	etcdClient = "http://127.0.0.1:12379"
	etcdPeer   = "http://127.0.0.1:12380"
)

func etcd(in Inputs) Component {
	const name = "etcd"
	return Component{
		Stage: Foundations,
		Probe: Probe{URL: etcdClient + "/health"},
		Spec: proc.Spec{Name: name, Path: in.Binary(name), Args: []string{
			"--name=devcluster",
			"--data-dir=" + in.State.Path("etcd"),
			"--listen-client-urls=" + etcdClient,
			"--advertise-client-urls=" + etcdClient,
			"--listen-peer-urls=" + etcdPeer,
			"--initial-advertise-peer-urls=" + etcdPeer,
			"--initial-cluster=devcluster=" + etcdPeer,
			"--log-level=warn",
			// A killed process loses nothing by this, only a machine that loses power
			// does; and then this cluster is made anew.
			"--unsafe-no-fsync",
		}},
	}
}

func apiServer(in Inputs) Component {
	const name = "kube-apiserver"
	store, tokens := PKI(in.State), in.State.Path("tokens.csv")
	return Component{
		Stage: API,
		Probe: Probe{URL: Server() + "/readyz"},
		Spec: proc.Spec{Name: name, Path: in.Binary(name), Args: []string{
			"--etcd-servers=" + etcdClient,
			"--bind-address=" + layout.NodeAddress,
			"--advertise-address=" + layout.NodeAddress,
			fmt.Sprintf("--secure-port=%d", layout.APIServerPort),
			"--service-cluster-ip-range=" + layout.ServiceCIDR,
			"--cert-dir=" + in.State.Path("apiserver"),
			"--tls-cert-file=" + store.CertPath("apiserver"),
			"--tls-private-key-file=" + store.KeyPath("apiserver"),
			"--client-ca-file=" + store.CertPath("ca"),
			"--token-auth-file=" + tokens,
			"--authorization-mode=Node,RBAC",
			"--enable-admission-plugins=NodeRestriction",
			"--allow-privileged",
			"--service-account-issuer=https://kubernetes.default.svc." + layout.ClusterDomain,
			"--service-account-key-file=" + store.CertPath("service-account"),
			"--service-account-signing-key-file=" + store.KeyPath("service-account"),
			"--kubelet-client-certificate=" + store.CertPath("apiserver-kubelet-client"),
			"--kubelet-client-key=" + store.KeyPath("apiserver-kubelet-client"),
			"--kubelet-certificate-authority=" + store.CertPath("ca"),
			// The node's name is in no DNS; its address is enough for logs and exec.
			"--kubelet-preferred-address-types=InternalIP",
			// Extension API servers, such as metrics-server, check these.
			"--requestheader-client-ca-file=" + store.CertPath("front-proxy-ca"),
			"--requestheader-allowed-names=front-proxy-client",
			"--requestheader-username-headers=X-Remote-User",
			"--requestheader-group-headers=X-Remote-Group",
			"--requestheader-extra-headers-prefix=X-Remote-Extra-",
			"--proxy-client-cert-file=" + store.CertPath("front-proxy-client"),
			"--proxy-client-key-file=" + store.KeyPath("front-proxy-client"),
			"--profiling=false",
		}, Files: []host.File{secret(tokens, tokenFile(in.Tokens))}},
	}
}

func controllerManager(in Inputs) Component {
	const name = "kube-controller-manager"
	store, kubeconfig := PKI(in.State), in.State.Path(name+".kubeconfig")
	return Component{
		Stage: Nodes,
		Probe: Probe{URL: "https://127.0.0.1:10257/healthz"},
		Spec: proc.Spec{Name: name, Path: in.Binary(name), Args: []string{
			"--kubeconfig=" + kubeconfig,
			"--authentication-kubeconfig=" + kubeconfig,
			"--authorization-kubeconfig=" + kubeconfig,
			"--bind-address=127.0.0.1",
			"--leader-elect=false",
			"--use-service-account-credentials",
			"--service-account-private-key-file=" + store.KeyPath("service-account"),
			"--root-ca-file=" + store.CertPath("ca"),
			"--cluster-signing-cert-file=" + store.CertPath("ca"),
			"--cluster-signing-key-file=" + store.KeyPath("ca"),
			"--allocate-node-cidrs",
			"--cluster-cidr=" + layout.PodCIDR,
			"--service-cluster-ip-range=" + layout.ServiceCIDR,
			// Unused, but it makes the folder, by default outside the state.
			"--flex-volume-plugin-dir=" + in.State.Path("kubelet", "volume-plugins"),
			"--profiling=false",
		}, Files: []host.File{secret(kubeconfig, in.Kubeconfig(name))}},
	}
}

func scheduler(in Inputs) Component {
	const name = "kube-scheduler"
	kubeconfig := in.State.Path(name + ".kubeconfig")
	return Component{
		Stage: Nodes,
		Probe: Probe{URL: "https://127.0.0.1:10259/healthz"},
		Spec: proc.Spec{Name: name, Path: in.Binary(name), Args: []string{
			"--kubeconfig=" + kubeconfig,
			"--authentication-kubeconfig=" + kubeconfig,
			"--authorization-kubeconfig=" + kubeconfig,
			"--bind-address=127.0.0.1",
			"--leader-elect=false",
			"--profiling=false",
		}, Files: []host.File{secret(kubeconfig, in.Kubeconfig(name))}},
	}
}
