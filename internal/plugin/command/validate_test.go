package command

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/plugin/validate"
)

const policyFile = "../../../config/samples/escalationpolicy.yaml"

// broken is the shipped policy with a rule that does not compile, as a file.
func broken(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(policyFile)
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/policy.yaml"
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), ">= 10", ">= ten", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestValidate(t *testing.T) {
	tests := map[string]struct {
		args []string
		out  string
		err  string
	}{
		"valid":          {args: []string{"-f", policyFile}, out: "1 object: valid"},
		"not valid":      {args: []string{"-f", broken(t)}, out: "spec.rules[1].when  does not compile: undeclared reference to 'ten'", err: "the manifests are not valid: 1 to correct"},
		"coloured":       {args: []string{"-f", policyFile, "--color", "always"}, out: "\x1b[32mvalid\x1b[0m"},
		"nothing given":  {err: "give files or directories with -f"},
		"no such file":   {args: []string{"-f", "nowhere.yaml"}, err: "nowhere.yaml: there is no such file"},
		"unknown output": {args: []string{"-f", policyFile, "-o", "yaml"}, err: `--output "yaml" is not known; write one of table, json`},
		"unknown color":  {args: []string{"-f", policyFile, "--color", "blue"}, err: `--color "blue" is not known`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out, _, err := world{}.run(t, append([]string{"validate"}, tt.args...)...)
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if !strings.Contains(out, tt.out) {
				t.Errorf("printed %q, want %q in it", out, tt.out)
			}
		})
	}
}

func TestValidateJSON(t *testing.T) {
	out, _, err := world{}.run(t, "validate", "-f", broken(t), "-o", "json")
	if err == nil {
		t.Error("no error for a policy that does not compile")
	}
	var report validate.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	if report.Errors != 1 || len(report.Findings) != 1 || report.Findings[0].Line != 44 || report.Findings[0].Field != "spec.rules[1].when" {
		t.Errorf("%+v", report)
	}
}
