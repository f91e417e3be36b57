// Package integration runs the control plane's reconcilers and every rule of the API
// against a real kube-apiserver. KUBEBUILDER_ASSETS names its binaries.
package integration

import (
	"flag"
	"fmt"
	"os"
	goruntime "runtime"
	"strconv"
	"testing"
	"time"

	"github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// operatorUser is the one that the admission policies take for the operator.
const operatorUser = "system:serviceaccount:evenkeel-system:evenkeel-manager"

const (
	patience = 20 * time.Second
	interval = 50 * time.Millisecond
)

// The one API server of the package and who talks to it.
var (
	scheme     = newScheme()
	restConfig *rest.Config
	admin      client.Client // cluster-admin, not the operator
	operator   client.Client // the operator's name with every right, to make what a test needs
)

func TestMain(m *testing.M) {
	// Tests wait for the API server half of the time. The command line has the last word.
	if err := flag.Set("test.parallel", strconv.Itoa(2*goruntime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	env := &envtest.Environment{
		Scheme:                scheme,
		CRDDirectoryPaths:     []string{"../../config/crd/bases"},
		ErrorIfCRDPathMissing: true,
	}
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
		return 1
	}
	return code
}

func newScheme() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(s); err != nil {
			panic(err)
		}
	}
	return s
}

// install applies what config/ ships besides the CRDs and waits until it is in force.
func install(cfg *rest.Config) (err error) {
	cfg.QPS, cfg.Burst = 500, 1000
	restConfig = cfg
	if admin, err = client.New(cfg, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	if operator, err = as(operatorUser, "system:masters"); err != nil {
		return err
	}
	system := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "evenkeel-system"}}
	if err = admin.Create(ctx, system); err != nil {
		return err
	}
	files := []string{
		"policy/approval", "policy/rounds", "policy/status", "policy/tenancy", "rbac/personas", "rbac/manager", "rbac/workloads",
	}
	for _, file := range files {
		for _, obj := range read("../../config/" + file + ".yaml") {
			if err := admin.Create(ctx, obj); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	return awaitPolicies()
}

// as returns a client of that user.
func as(user string, groups ...string) (client.Client, error) {
	cfg := rest.CopyConfig(restConfig)
	cfg.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: groups}
	return client.New(cfg, client.Options{Scheme: scheme})
}

// awaitPolicies waits until each policy refuses what it is there to refuse.
func awaitPolicies() error {
	var policies admissionv1.ValidatingAdmissionPolicyList
	if err := admin.List(ctx, &policies); err != nil {
		return err
	}
	var failure error
	g := gomega.NewGomega(func(message string, _ ...int) { failure = fmt.Errorf("%s", message) })
	g.Eventually(func() error {
		for _, probe := range policyExamples {
			if err := probe.try(); err != nil {
				return err
			}
		}
		return nil
	}).WithTimeout(patience).WithPolling(interval).Should(gomega.Succeed())
	return failure
}

// namespace makes a granted namespace of its own for a test.
func namespace(t *testing.T, name string, edits ...func(*corev1.Namespace)) *corev1.Namespace {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, Labels: map[string]string{v1alpha1.LabelDistrict: "110106", "test": name},
	}}
	for _, edit := range edits {
		edit(ns)
	}
	create(t, admin, ns)
	return ns
}

func create(t *testing.T, c client.Client, objs ...client.Object) {
	t.Helper()
	for _, obj := range objs {
		if err := c.Create(ctx, obj); err != nil {
			t.Fatalf("creating %T %s: %v", obj, client.ObjectKeyFromObject(obj), err)
		}
		t.Cleanup(func() { remove(t, obj) })
	}
}

// remove deletes without waiting; a granted namespace needs the word of its owner.
func remove(t *testing.T, obj client.Object) {
	t.Helper()
	if ns, ok := obj.(*corev1.Namespace); ok {
		patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"annotations":{"screening.evenkeel.dev/allow-deletion":"`+ns.Name+`"}}}`))
		if err := admin.Patch(ctx, ns, patch); client.IgnoreNotFound(err) != nil {
			t.Errorf("allowing the deletion of %s: %v", ns.Name, err)
		}
	}
	if err := admin.Delete(ctx, obj); client.IgnoreNotFound(err) != nil && !apierrors.IsConflict(err) {
		t.Errorf("deleting %T %s: %v", obj, client.ObjectKeyFromObject(obj), err)
	}
}

// grant lets a user do what a persona may.
func grant(t *testing.T, user, role string) client.Client {
	t.Helper()
	create(t, admin, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: user + "-" + role},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	})
	c, err := as(user)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const withoutApproval = "everything-but-approve"

func everythingButApprove() *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: withoutApproval},
		Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"*"}, Verbs: []string{"get", "list", "create", "update", "patch", "delete"}},
			{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"delete"}},
		},
	}
}

func bindingOf(user string) *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: user},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: withoutApproval},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	}
}

func toTyped[T client.Object](obj *unstructured.Unstructured, into T) T {
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, into); err != nil {
		panic(err)
	}
	return into
}
