package command

import (
	"encoding/json"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

func schoolIn(namespace, name string) client.Object {
	return &v1alpha1.School{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
}

func TestAppraisalScope(t *testing.T) {
	tests := map[string]struct {
		world world
		args  []string
		want  []string // districts
		err   string
	}{
		"everywhere by default":   {world{namespace: "default"}, nil, []string{"fengtai", "kaizhou"}, ""},
		"one by namespace":        {world{namespace: "fengtai", chosen: true}, nil, []string{"fengtai"}, ""},
		"-A":                      {world{namespace: "fengtai", chosen: true}, []string{"-A"}, []string{"fengtai", "kaizhou"}, ""},
		"a namespace without any": {world{namespace: "nowhere", chosen: true}, nil, nil, "no district in the namespace nowhere"},
		"too few rights":          {world{namespace: "default", confined: true}, nil, nil, "choose your district with -n, or ask for the role evenkeel-viewer"},
		"rights in one's own":     {world{namespace: "fengtai", chosen: true, confined: true}, nil, []string{"fengtai"}, ""},
		"unknown output":          {world{}, []string{"-o", "xml"}, nil, `--output "xml" is not known; write one of table, csv, json`},
		"a day that is none":      {world{}, []string{"--school-year-begins", "31-08"}, nil, "--school-year-begins: \"31-08\" is not a day of every year"},
		"an argument":             {world{}, []string{"fengtai"}, nil, `unexpected argument "fengtai"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.world.objects = []client.Object{schoolIn("fengtai", "lotus-pond"), schoolIn("kaizhou", "stone-bridge")}
			for _, output := range []string{"table", "csv", "json"} {
				args := append([]string{"appraisal", "-o", output}, tt.args...)
				stdout, _, err := tt.world.run(t, args...)
				if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("%s: got %v, want %q", output, err, tt.err)
				}
				for _, part := range []string{"fengtai", "kaizhou", "lotus-pond", "stone-bridge"} {
					district := map[string]string{"lotus-pond": "fengtai", "stone-bridge": "kaizhou"}[part]
					wanted := strings.Contains(strings.Join(tt.want, " "), part) || district != "" && strings.Contains(strings.Join(tt.want, " "), district)
					if got := strings.Contains(stdout, part); got != wanted {
						t.Errorf("%s: %s shown: %v, want %v\n%s", output, part, got, wanted, stdout)
					}
				}
			}
		})
	}
}

// The school year is the one that the clock is in: 2026-11-21.
func TestAppraisalSchoolYear(t *testing.T) {
	for begins, want := range map[string]string{"09-01": "2026-2027", "12-01": "2025-2026"} {
		stdout, _, err := world{}.run(t, "appraisal", "-o", "json", "--school-year-begins", begins)
		var report struct {
			SchoolYear string
			Schools    []struct{}
		}
		if err != nil || json.Unmarshal([]byte(stdout), &report) != nil || report.SchoolYear != want || report.Schools == nil {
			t.Errorf("beginning on %s: %v, want %s\n%s", begins, err, want, stdout)
		}
	}
}
