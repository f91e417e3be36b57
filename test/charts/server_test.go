package charts

import (
	"context"
	"os"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// startServer runs a real etcd and kube-apiserver for the test.
func startServer(t *testing.T) client.Client {
	t.Helper()
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		t.Skip("KUBEBUILDER_ASSETS is not set: `make test` builds etcd and kube-apiserver and sets it")
	}
	env := &envtest.Environment{}
	config, err := env.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := env.Stop(); err != nil {
			t.Error(err)
		}
	})
	c, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// apply is server-side apply, as Helm 4 and kubectl apply --server-side do it, with unknown fields refused.
func apply(ctx context.Context, c client.Client, object *unstructured.Unstructured) error {
	return c.Apply(ctx, client.ApplyConfigurationFromUnstructured(object.DeepCopy()),
		client.FieldOwner("test"), client.ForceOwnership)
}

func applyAll(ctx context.Context, t *testing.T, c client.Client, objects []*unstructured.Unstructured) {
	t.Helper()
	for _, object := range objects {
		if err := apply(ctx, c, object); err != nil {
			t.Errorf("%s: %v", key(object), err)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

func namespace(name string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion("v1")
	object.SetKind("Namespace")
	object.SetName(name)
	return object
}

// The way a province takes: the operator's chart, the instruments, a granted namespace, the district's
// chart, and then the samples over it.
func TestRealServer(t *testing.T) {
	c, ctx := startServer(t), t.Context()

	applyAll(ctx, t, c, []*unstructured.Unstructured{namespace(system)})
	chart := operator().objects(t)
	applyAll(ctx, t, c, only(chart, "CustomResourceDefinition", true))
	waitForKinds(ctx, t, c)
	applyAll(ctx, t, c, only(chart, "CustomResourceDefinition", false))
	applyAll(ctx, t, c, kustomized(t, "config/instruments"))

	granted := namespace("fengtai")
	granted.SetLabels(map[string]string{"screening.evenkeel.dev/district": "110106"})
	applyAll(ctx, t, c, []*unstructured.Unstructured{granted})
	applyAll(ctx, t, c, fengtai(t).objects(t))
	applyAll(ctx, t, c, kustomized(t, "config/samples"))
	applyAll(ctx, t, c, kustomized(t, "config/samples/full"))

	t.Run("a district starts out Ready=Unknown, so that helm --wait waits", func(t *testing.T) {
		district := fengtai(t).objects(t)
		got := find(t, district, "District").DeepCopy()
		if err := c.Get(ctx, client.ObjectKeyFromObject(got), got); err != nil {
			t.Fatal(err)
		}
		conditions, _, _ := unstructured.NestedSlice(got.Object, "status", "conditions")
		if len(conditions) != 1 || conditions[0].(map[string]any)["status"] != "Unknown" {
			t.Errorf("conditions are %v", conditions)
		}
	})
	t.Run("a second apply changes nothing", func(t *testing.T) {
		for _, object := range fengtai(t).objects(t) {
			before := generation(ctx, t, c, object)
			applyAll(ctx, t, c, []*unstructured.Unstructured{object})
			if after := generation(ctx, t, c, object); after != before {
				t.Errorf("%s went from generation %d to %d", key(object), before, after)
			}
		}
	})
	t.Run("the server refuses what spans fields", func(t *testing.T) { refusals(ctx, t, c) })
}

func refusals(ctx context.Context, t *testing.T, c client.Client) {
	tests := map[string]struct {
		kind   string
		change func(spec map[string]any)
		want   string
	}{
		"area that is not listed": {"District", func(spec map[string]any) { spec["areas"] = []any{} },
			"staff names an area that is not listed in areas"},
		"another database": {"District", func(spec map[string]any) { spec["database"].(map[string]any)["name"] = "other" },
			"database.name cannot change"},
		"agreement that ends before it starts": {"ReferralChannel", func(spec map[string]any) {
			spec["agreement"].(map[string]any)["validFrom"] = "2028-01-01"
		}, "validFrom must not be later than validUntil"},
		"plain http": {"ReferralChannel", func(spec map[string]any) {
			spec["endpoint"].(map[string]any)["url"] = "http://hospital.example.cn"
		}, "url must be an https address"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			object := find(t, fengtai(t).objects(t), tc.kind)
			tc.change(object.Object["spec"].(map[string]any))
			err := apply(ctx, c, object)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// only leaves the objects of a kind, or all the others.
func only(objects []*unstructured.Unstructured, kind string, wanted bool) []*unstructured.Unstructured {
	var out []*unstructured.Unstructured
	for _, object := range objects {
		if (object.GetKind() == kind) == wanted {
			out = append(out, object)
		}
	}
	return out
}

// waitForKinds waits until the API server serves what was defined.
func waitForKinds(ctx context.Context, t *testing.T, c client.Client) {
	t.Helper()
	for kind := range definitions(t) {
		list := &unstructured.UnstructuredList{}
		list.SetAPIVersion("screening.evenkeel.dev/v1alpha1")
		list.SetKind(kind + "List")
		eventually(ctx, t, func() error { return c.List(ctx, list) })
	}
}

func generation(ctx context.Context, t *testing.T, c client.Client, object *unstructured.Unstructured) int64 {
	t.Helper()
	got := object.DeepCopy()
	if err := c.Get(ctx, client.ObjectKeyFromObject(got), got); err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
	return got.GetGeneration()
}
