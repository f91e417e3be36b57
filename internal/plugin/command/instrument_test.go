package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var phq9 = filepath.Join("..", "..", "..", "config", "instruments", "phq-9.yaml")

// What export writes, import takes back without a word.
func TestInstrumentExportImport(t *testing.T) {
	exported, notes, err := world{}.run(t, "instrument", "export", "-f", phq9)
	if err != nil || notes != "" {
		t.Fatal(err, notes)
	}
	path := filepath.Join(t.TempDir(), "phq-9.json")
	if err := os.WriteFile(path, []byte(exported), 0o600); err != nil {
		t.Fatal(err)
	}
	draft, notes, err := world{}.run(t, "instrument", "import", "-f", path)
	if err != nil || notes != "" {
		t.Fatal(err, notes)
	}
	again := filepath.Join(t.TempDir(), "phq-9.yaml")
	if err := os.WriteFile(again, []byte(draft), 0o600); err != nil {
		t.Fatal(err)
	}
	if second, _, err := (world{}).run(t, "instrument", "export", "-f", again); err != nil || second != exported {
		t.Errorf("%v; the second export differs from the first", err)
	}
}

// A draft of somebody else's form is written, and what is missing is named.
func TestInstrumentImportNamesWhatIsMissing(t *testing.T) {
	path := filepath.Join("..", "..", "fhir", "testdata", "options.json")
	draft, notes, err := world{}.run(t, "instrument", "import", "-f", path)
	if err != nil || !strings.Contains(draft, "kind: Instrument\n") || strings.Contains(draft, "status:") {
		t.Fatalf("%v\n%s", err, draft)
	}
	for _, want := range []string{
		"note: item[1].prefix: is not understood and left out",
		"to do: spec.recallPeriod: ",
		"to do: spec.administration: ",
		"to do: spec.ageRange: ",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("no %q in\n%s", want, notes)
		}
	}
}

func TestInstrumentErrors(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(`{"resourceType":"Questionnaire","item":[{"linkId":1}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		args []string
		err  string
	}{
		"export without a file": {[]string{"export"}, "give the file of an Instrument with -f"},
		"export of several":     {[]string{"export", "-f", filepath.Dir(phq9)}, "a Questionnaire holds one; choose with --code"},
		"export of no code":     {[]string{"export", "-f", phq9, "--code", "x"}, `no Instrument with the code "x"`},
		"export of no file":     {[]string{"export", "-f", "nowhere.yaml"}, "nowhere.yaml"},
		"import without a file": {[]string{"import"}, "give the file of a Questionnaire with -f"},
		"import of no file":     {[]string{"import", "-f", "nowhere.json"}, "nowhere.json"},
		"import of a fault":     {[]string{"import", "-f", broken}, "item[0].linkId: is a number; write a string"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := world{}.run(t, append([]string{"instrument"}, tc.args...)...)
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("got %v, want %q", err, tc.err)
			}
		})
	}
}
