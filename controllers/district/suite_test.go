package district_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/evenkeel/evenkeel/controllers"
)

// The one API server of the package, and who talks to it: an administrator, and
// the operator with the rights of config/rbac and no others.
var (
	admin          client.Client
	operatorConfig *rest.Config
)

const system = "evenkeel-system"

func TestMain(m *testing.M) {
	flag.Parse()
	level := slog.LevelError
	if testing.Verbose() {
		level = slog.LevelInfo
	}
	log.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})))
	os.Exit(run(m))
}

// run starts an API server when KUBEBUILDER_ASSETS names one; without it only
// the pure tests run.
func run(m *testing.M) int {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		return m.Run()
	}
	env := &envtest.Environment{CRDDirectoryPaths: []string{"../../config/crd/bases"}, ErrorIfCRDPathMissing: true}
	cfg, err := env.Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "starting the API server:", err)
		return 1
	}
	code := 1
	if err := install(cfg); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	if err := env.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping the API server:", err)
	}
	return code
}

func needsServer(t *testing.T) {
	t.Helper()
	if admin == nil {
		t.Skip("KUBEBUILDER_ASSETS names no kube-apiserver")
	}
}

func install(cfg *rest.Config) error {
	scheme, err := controllers.Scheme()
	if err != nil {
		return err
	}
	if admin, err = client.New(cfg, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	operatorConfig = rest.CopyConfig(cfg)
	operatorConfig.QPS = -1
	operatorConfig.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + system + ":evenkeel-manager",
		Groups:   []string{"system:serviceaccounts", "system:authenticated"},
	}
	ctx := context.Background()
	if err := admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: system}}); err != nil {
		return err
	}
	for _, file := range []string{"manager.yaml", "workloads.yaml"} {
		if err := create(ctx, filepath.Join("../../config/rbac", file)); err != nil {
			return err
		}
	}
	return nil
}

func create(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for decoder := yaml.NewYAMLOrJSONDecoder(f, 4096); ; {
		obj := &unstructured.Unstructured{}
		if err := decoder.Decode(obj); err != nil {
			return nil // the end
		}
		if err := admin.Create(ctx, obj); err != nil {
			return fmt.Errorf("creating %s: %w", obj.GetName(), err)
		}
	}
}

// bind is the RoleBinding of a district's release.
func bind(ctx context.Context, g Gomega, namespace string) {
	g.Expect(admin.Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "evenkeel-district-workloads"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "evenkeel-district-workloads"},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Name: "evenkeel-manager", Namespace: system}},
	})).To(Succeed())
}

// writes counts what goes to the API server besides reads and the leader's lease.
type writes struct {
	mu   sync.Mutex
	seen []string
}

func (w *writes) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet && !strings.Contains(r.URL.Path, "/leases") {
			w.mu.Lock()
			w.seen = append(w.seen, r.Method+" "+r.URL.Path)
			w.mu.Unlock()
		}
		return next.RoundTrip(r)
	})
}

func (w *writes) list() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.seen...)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

const (
	patience = 30 * time.Second
	often    = 50 * time.Millisecond
)
