package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/hack/demo/internal/progress"
)

// Options are what a user may choose.
type Options struct {
	Root     string // of the checkout
	StateDir string
	// Kubeconfig names a cluster that is not ours; empty: hack/devcluster's.
	Kubeconfig string
	// Image and SimulatorsImage are pulled from a registry; empty: built and loaded.
	Image, SimulatorsImage string
	// Postgres is a superuser's URL of a server that is not ours, PostgresCA the file
	// with its authority, PostgresHost the host and port that pods reach it under.
	Postgres, PostgresCA, PostgresHost string
	// PodCIDR is the pods' network.
	PodCIDR string
}

// Cluster is what the demo is played on.
type Cluster struct {
	Options
	Tools Tools
	State *State
	CA    *Authority
	Out   *progress.Output
	Kube  client.Client // nil until Connect
}

// New prepares the state folder and devcluster's program; nothing is started.
func New(o Options, out *progress.Output) (*Cluster, error) {
	state, err := OpenState(o.StateDir)
	if err != nil {
		return nil, err
	}
	ca, err := state.Authority()
	if err != nil {
		return nil, err
	}
	c := &Cluster{Options: o, State: state, CA: ca, Out: out}
	c.Tools = Tools{Kubectl: "kubectl", Helm: "helm", Kubeconfig: o.Kubeconfig, Log: out.Writer()}
	return c, nil
}

// Ours reports whether the cluster is hack/devcluster's.
func (c *Cluster) Ours() bool { return c.Options.Kubeconfig == "" }

// BuildDevcluster builds devcluster's program into the state folder.
func (c *Cluster) BuildDevcluster(ctx context.Context) error {
	target := c.State.Path("devcluster")
	build := exec.CommandContext(ctx, "go", "build", "-o", target, ".")
	build.Dir, build.Stderr = filepath.Join(c.Root, "hack", "devcluster"), c.Out.Writer()
	if err := build.Run(); err != nil {
		return fmt.Errorf("build hack/devcluster: %w", err)
	}
	c.Tools.Devcluster = target
	return nil
}

// Up starts cluster and database, unless they are not ours.
func (c *Cluster) Up(ctx context.Context) error {
	if !c.Ours() {
		return nil
	}
	if err := c.BuildDevcluster(ctx); err != nil {
		return err
	}
	if _, err := c.Tools.Dev(ctx, "up"); err != nil {
		return err
	}
	if c.Postgres != "" {
		return nil
	}
	_, err := c.Tools.Dev(ctx, "postgres", "up")
	return err
}

// Connect finds kubeconfig, tools and database, and opens a client.
func (c *Cluster) Connect(ctx context.Context) error {
	if c.Ours() {
		if err := c.findDevcluster(ctx); err != nil {
			return err
		}
	}
	config, err := clientcmd.BuildConfigFromFlags("", c.Tools.Kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 50, 100
	log.SetLogger(logr.Discard()) // the demo says itself what goes wrong
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return err
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return err
	}
	if c.Kube, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	var system corev1.Namespace
	if err := c.Kube.Get(ctx, client.ObjectKey{Name: metav1.NamespaceSystem}, &system); err != nil {
		return err
	}
	return c.State.Bind(string(system.UID))
}

func (c *Cluster) findDevcluster(ctx context.Context) error {
	if c.Tools.Devcluster == "" {
		if err := c.BuildDevcluster(ctx); err != nil {
			return err
		}
	}
	kubeconfig, err := c.Tools.Dev(ctx, "kubeconfig")
	if err != nil {
		return err
	}
	bin, err := c.Tools.Dev(ctx, "bin")
	if err != nil {
		return err
	}
	c.Tools.Kubeconfig = strings.TrimSpace(string(kubeconfig))
	c.Tools.Kubectl = filepath.Join(strings.TrimSpace(string(bin)), "kubectl")
	c.Tools.Helm = filepath.Join(strings.TrimSpace(string(bin)), "helm")
	return nil
}

// postgresStatus is the part of `devcluster postgres status -o json` that is read.
type postgresStatus struct {
	DSN    string `json:"dsn"`
	CAFile string `json:"caFile"`
	Port   int    `json:"port"`
}

// nodeAddress is where pods reach devcluster's PostgreSQL.
const nodeAddress = "10.244.255.1"

// server says how the database server is reached: by the demo, and by pods.
func (c *Cluster) server(ctx context.Context) (dsn, caFile, podHost, podPort string, err error) {
	if c.Postgres != "" {
		podHost, podPort, err = net.SplitHostPort(c.PostgresHost)
		return c.Postgres, c.PostgresCA, podHost, podPort, err
	}
	raw, err := c.Tools.Dev(ctx, "postgres", "status", "-o", "json")
	if err != nil {
		return "", "", "", "", err
	}
	var status postgresStatus
	if err := json.Unmarshal(raw, &status); err != nil {
		return "", "", "", "", err
	}
	return status.DSN, status.CAFile, nodeAddress, fmt.Sprint(status.Port), nil
}

// postgresCA is the certificate that pods check the database against.
func (c *Cluster) postgresCA(ctx context.Context) (string, error) {
	_, file, _, _, err := c.server(ctx)
	if err != nil {
		return "", err
	}
	raw, err := os.ReadFile(file)
	return string(raw), err
}
