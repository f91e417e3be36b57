package home_test

import (
	"context"
	"errors"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/home"
)

func TestDistrict(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	in := func(zone v1alpha1.TimeZone) client.Object {
		return &v1alpha1.District{
			ObjectMeta: metav1.ObjectMeta{Namespace: "chaoyang", Name: "chaoyang"}, Spec: v1alpha1.DistrictSpec{TimeZone: zone},
		}
	}
	for name, c := range map[string]struct {
		objects  []client.Object
		district bool
		zone     string
	}{
		"there is none":          {},
		"with its zone":          {objects: []client.Object{in("Asia/Shanghai")}, district: true, zone: "Asia/Shanghai"},
		"in a zone unknown here": {objects: []client.Object{in("Asia/Nowhere")}, district: true},
	} {
		t.Run(name, func(t *testing.T) {
			reader := fake.NewClientBuilder().WithScheme(scheme).WithObjects(c.objects...).Build()
			district, zone, err := home.District(context.Background(), reader, "chaoyang")
			if err != nil || (district != nil) != c.district || (zone != nil) != (c.zone != "") {
				t.Fatalf("got district %v, zone %v, error %v", district, zone, err)
			}
			if zone != nil && zone.String() != c.zone {
				t.Errorf("the zone is %s, want %s", zone, c.zone)
			}
		})
	}
}

func TestDistrictThatCannotBeRead(t *testing.T) {
	down := errors.New("the API server is down")
	reader := fake.NewClientBuilder().WithInterceptorFuncs(interceptor.Funcs{
		Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return down
		},
	}).Build()
	if _, _, err := home.District(context.Background(), reader, "chaoyang"); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
}
