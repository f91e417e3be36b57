package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/evenkeel/evenkeel/controllers"
)

const (
	system       = "evenkeel-system"
	operatorName = "evenkeel-manager"
	operatorUser = "system:serviceaccount:" + system + ":" + operatorName
)

// cluster is an etcd and a kube-apiserver with what config/ ships, and nothing else.
type cluster struct {
	env     *envtest.Environment
	config  *rest.Config  // of an administrator
	admin   client.Client // with it
	journal *journal      // of writes
}

// auditRules log every write once, when it is answered. Leases are renewed by the clock and are no work.
const auditRules = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  resources: [{group: coordination.k8s.io, resources: [leases]}]
- level: Metadata
  verbs: [create, update, patch, delete, deletecollection]
- level: None
`

// startCluster starts one under dir. Tuned, it is one whose API server has memory to spare.
func startCluster(ctx context.Context, dir string, tuned bool) (c *cluster, err error) {
	if tuned {
		if err := os.Setenv("GOGC", "400"); err != nil { // children have the environment of their parent
			return nil, err
		}
		defer func() { _ = os.Unsetenv("GOGC") }()
	}
	rules, events := filepath.Join(dir, "audit.yaml"), filepath.Join(dir, "audit.log")
	if err := os.WriteFile(rules, []byte(auditRules), 0o600); err != nil {
		return nil, err
	}
	_ = os.Remove(events) // of a run before
	env := &envtest.Environment{CRDDirectoryPaths: []string{"config/crd/bases"}, ErrorIfCRDPathMissing: true}
	arguments := env.ControlPlane.GetAPIServer().Configure()
	arguments.Set("audit-policy-file", rules).Set("audit-log-path", events).Set("audit-log-mode", "blocking")
	arguments.Set("service-cluster-ip-range", "10.0.0.0/16") // of the tests' 254 addresses a province takes 600
	c = &cluster{env: env}
	if c.config, err = env.Start(); err != nil {
		return nil, fmt.Errorf("starting the API server: %w", err)
	}
	c.config.QPS = -1
	if c.admin, err = clientOf(c.config); err == nil {
		err = c.install(ctx)
	}
	if err == nil {
		c.journal, err = openJournal(events)
	}
	if err != nil {
		return nil, errors.Join(err, env.Stop())
	}
	return c, nil
}

func (c *cluster) stop() error { return errors.Join(c.journal.close(), c.env.Stop()) }

func clientOf(config *rest.Config) (client.Client, error) {
	scheme, err := controllers.Scheme()
	if err != nil {
		return nil, err
	}
	return client.New(config, client.Options{Scheme: scheme})
}

// as is a client of the operator's name with every right: the policies let only that name write statuses and rounds.
func (c *cluster) asOperator() (client.Client, error) {
	config := rest.CopyConfig(c.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: operatorUser, Groups: []string{"system:masters"}}
	return clientOf(config)
}

func (c *cluster) install(ctx context.Context) error {
	if err := c.admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: system}}); err != nil {
		return err
	}
	for _, file := range []string{
		"policy/approval", "policy/rounds", "policy/status", "policy/tenancy", "rbac/personas", "rbac/manager", "rbac/workloads",
	} {
		objs, err := shipped(file)
		if err != nil {
			return err
		}
		for _, obj := range objs {
			if err := c.admin.Create(ctx, obj); err != nil {
				return fmt.Errorf("config/%s.yaml: %w", file, err)
			}
		}
	}
	return c.awaitPolicies(ctx)
}

// awaitPolicies waits until a status written by an administrator is refused.
func (c *cluster) awaitPolicies(ctx context.Context) error {
	probe, err := sample("samples/academiccalendar")
	if err != nil {
		return err
	}
	probe.SetName("probe")
	if err := c.admin.Create(ctx, probe); err != nil {
		return err
	}
	for range 200 {
		after := probe.DeepCopy()
		if err := unstructured.SetNestedField(after.Object, int64(1), "status", "observedGeneration"); err != nil {
			return err
		}
		if err := c.admin.Status().Update(ctx, after, client.DryRunAll); err != nil {
			return c.admin.Delete(ctx, probe)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("the admission policies are not in force after 20 s")
}

// kubeconfig writes the operator's, with a token of its service account.
func (c *cluster) kubeconfig(ctx context.Context, dir string) (string, error) {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: operatorName}}
	request := &authenticationv1.TokenRequest{}
	if err := c.admin.SubResource("token").Create(ctx, account, request); err != nil {
		return "", fmt.Errorf("asking for the operator's token: %w", err)
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: c.config.Host, CertificateAuthorityData: c.config.CAData}
	config.AuthInfos["u"] = &clientcmdapi.AuthInfo{Token: request.Status.Token}
	config.Contexts["x"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	config.CurrentContext = "x"
	path := filepath.Join(dir, "kubeconfig")
	return path, clientcmd.WriteToFile(*config, path)
}

// shipped reads the objects of a file under config/.
func shipped(file string) (out []*unstructured.Unstructured, err error) {
	raw, err := os.ReadFile(filepath.Join("config", file+".yaml"))
	if err != nil {
		return nil, fmt.Errorf("%w: run from the root of the repository", err)
	}
	for decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(raw), 4096); ; {
		obj := &unstructured.Unstructured{}
		switch err := decoder.Decode(obj); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, fmt.Errorf("config/%s.yaml: %w", file, err)
		case len(obj.Object) > 0:
			out = append(out, obj)
		}
	}
}

// sample is the first object of a file under config/.
func sample(file string) (*unstructured.Unstructured, error) {
	objs, err := shipped(file)
	if err != nil {
		return nil, err
	}
	return objs[0], nil
}
