package integration

import (
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/plugin/manifest/definition"
)

// TestOfflineVerdict holds kubectl evenkeel validate to the API server: TestRules puts
// the same examples to a real one. Rules about a change need the object of before.
func TestOfflineVerdict(t *testing.T) {
	for _, e := range celExamples {
		if e.was != nil {
			continue
		}
		t.Run(e.kind+"/"+e.path+"/"+e.message, func(t *testing.T) {
			accept := e.accept
			if accept == nil {
				accept = all()
			}
			if got := offline(t, e.kind, accept); got != "" {
				t.Errorf("not accepted: %s", got)
			}
			if got := offline(t, e.kind, e.reject); !strings.Contains(got, e.message) {
				t.Errorf("not rejected with %q: %q", e.message, got)
			}
		})
	}
}

// offline returns what validate finds in an example.
func offline(t *testing.T, kind string, change edit) string {
	t.Helper()
	obj := built(kind, change)
	d, err := definition.Of(obj.GetAPIVersion(), kind)
	if err != nil || d == nil {
		t.Fatalf("no definition of %s: %v", kind, err)
	}
	_, problems, err := d.Admit(t.Context(), obj.Object)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, p := range problems {
		texts = append(texts, p.Path+": "+p.Message)
	}
	return strings.Join(texts, "\n")
}
