package gather

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// pages is a real client of a server that gives one school a page. The second lacks what the first has, and the last has
// no continue token, as an API server writes them.
func pages(t *testing.T) client.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		const page = `{"apiVersion":"screening.evenkeel.dev/v1alpha1","kind":"SchoolList","metadata":{%s},"items":[%s]}`
		switch r.URL.Query().Get("continue") {
		case "":
			fmt.Fprintf(w, page, `"continue":"second"`, `{"metadata":{"name":"a","namespace":"fengtai"},"spec":{"area":"east","stages":[{"stage":"JuniorSecondary"}]}}`)
		case "second":
			fmt.Fprintf(w, page, ``, `{"metadata":{"name":"b","namespace":"fengtai"},"spec":{"stages":[{"stage":"Vocational"}]}}`)
		default:
			http.Error(w, "no such page", http.StatusBadRequest)
		}
	}))
	t.Cleanup(server.Close)
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(v1alpha1.GroupVersion.WithKind("School"), meta.RESTScopeNamespace)
	c, err := client.New(&rest.Config{Host: server.URL}, client.Options{Scheme: scheme, Mapper: mapper})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Nothing of one page gets into another.
func TestPagesAreApart(t *testing.T) {
	schools, err := All[v1alpha1.School](t.Context(), pages(t), &v1alpha1.SchoolList{})
	var got []string
	for _, s := range schools {
		got = append(got, fmt.Sprintf("%s %q %s", s.Name, s.Spec.Area, s.Spec.Stages[0].Stage))
	}
	if diff := cmp.Diff([]string{`a "east" JuniorSecondary`, `b "" Vocational`}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
