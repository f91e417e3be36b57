package gather

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/plugin/status"
)

type listFunc func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error

func reader(t *testing.T, list listFunc, objects ...client.Object) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithInterceptorFuncs(interceptor.Funcs{List: list}).Build()
}

func school(namespace, name string) *v1alpha1.School {
	return &v1alpha1.School{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
}

func TestGatherReadsTheScope(t *testing.T) {
	c := reader(t, nil, school("fengtai", "a"), school("fengtai", "b"), school("kaizhou", "c"),
		&v1alpha1.Instrument{ObjectMeta: metav1.ObjectMeta{Name: "phq-9-v1"}})
	for namespace, want := range map[string]int{"": 3, "fengtai": 2, "nowhere": 0} {
		got, err := Gather(t.Context(), c, Scope{Namespace: namespace})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Schools) != want || len(got.Instruments) != 1 {
			t.Errorf("namespace %q: %d schools and %d instruments, want %d and 1", namespace, len(got.Schools), len(got.Instruments), want)
		}
	}
}

func TestGatherWithFewRightsIsPartial(t *testing.T) {
	forbidden := func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
		if _, ok := list.(*v1alpha1.InstrumentList); ok {
			return apierrors.NewForbidden(schema.GroupResource{Resource: "instruments"}, "", errors.New("no"))
		}
		return c.List(ctx, list, options...)
	}
	got, err := Gather(t.Context(), reader(t, forbidden, school("fengtai", "a")), Scope{})
	if err != nil {
		t.Fatal(err)
	}
	want := []status.Unread{{Resource: "instruments", Reason: "you may not list instruments here"}}
	if diff := cmp.Diff(want, got.Unread); diff != "" || len(got.Schools) != 1 {
		t.Errorf("%d schools; unread (-want +got):\n%s", len(got.Schools), diff)
	}
}

func TestGatherSaysThatNothingIsInstalled(t *testing.T) {
	missing := func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
		return &meta.NoKindMatchError{GroupKind: schema.GroupKind{Kind: "District"}}
	}
	if _, err := Gather(t.Context(), reader(t, missing), Scope{}); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("got %v", err)
	}
}

// A plugin newer than the operator shows what there is.
func TestGatherFromAnOlderOperator(t *testing.T) {
	older := func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
		if _, ok := list.(*v1alpha1.InspectionList); ok {
			return &meta.NoKindMatchError{GroupKind: schema.GroupKind{Kind: "Inspection"}}
		}
		return c.List(ctx, list, options...)
	}
	got, err := Gather(t.Context(), reader(t, older, school("fengtai", "a")), Scope{})
	want := []status.Unread{{Resource: "inspections", Reason: "this cluster's operator does not know inspections yet"}}
	if diff := cmp.Diff(want, got.Unread); err != nil || diff != "" || len(got.Schools) != 1 {
		t.Errorf("%v, %d schools; unread (-want +got):\n%s", err, len(got.Schools), diff)
	}
}

func TestGatherStopsAtTheFirstOtherError(t *testing.T) {
	calls := 0
	down := func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
		calls++
		return errors.New("connection refused")
	}
	_, err := Gather(t.Context(), reader(t, down), Scope{})
	if err == nil || err.Error() != "list districts: connection refused" || calls != 1 {
		t.Errorf("after %d calls: %v", calls, err)
	}
}

// A province's schools come page by page, none twice.
func TestGatherPages(t *testing.T) {
	paged := func(_ context.Context, _ client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
		schools, ok := list.(*v1alpha1.SchoolList)
		if !ok {
			return nil
		}
		var o client.ListOptions
		o.ApplyOptions(options)
		page := 0
		_, _ = fmt.Sscanf(o.Continue, "%d", &page)
		schools.Items = []v1alpha1.School{*school("fengtai", fmt.Sprintf("s%d", page))}
		schools.Continue = ""
		if page < 2 {
			schools.Continue = fmt.Sprint(page + 1)
		}
		return nil
	}
	got, err := Gather(t.Context(), reader(t, paged), Scope{})
	if err != nil || len(got.Schools) != 3 || got.Schools[2].Name != "s2" {
		t.Errorf("%d schools, %v", len(got.Schools), err)
	}
}
