package manifest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

// FuzzLoad reads anything: whatever it is, there is an answer, every finding has a line of
// the text, and an object is either typed or told of.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"samples", "instruments"} {
		files, err := filepath.Glob("../../../config/" + pattern + "/*.yaml")
		if err != nil || len(files) == 0 {
			f.Fatal("no seeds", err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Add("apiVersion: v1\nkind: List\nitems:\n- &a {kind: School, metadata: {name: a}}\n- *a\n")
	f.Add(calendar + "---\n{}\n---\n[]\n--- # c\nnull\n")
	f.Add("a: &a [*a]\n")
	f.Add(strings.Replace(calendar, "{name: year}", "[]", 1))
	f.Fuzz(func(t *testing.T, text string) {
		set, findings, err := manifest.Load(t.Context(), manifest.Input{Paths: []string{"-"}, Stdin: strings.NewReader(text), Namespace: "a"})
		if err != nil {
			return // not UTF-8
		}
		lines := 1
		for _, r := range text {
			if strings.ContainsRune("\n\r\u0085\u2028\u2029", r) { // what YAML takes for the end of a line
				lines++
			}
		}
		for _, f := range findings {
			if f.Line < 1 || f.Line > lines || f.Message == "" {
				t.Errorf("finding %+v in a text of %d lines", f, lines)
			}
		}
		typed := len(set.Calendars) + len(set.Campaigns) + len(set.Channels) + len(set.Districts) + len(set.Inspections) + len(set.Instruments) +
			len(set.Policies) + len(set.Rounds) + len(set.Schools) + len(set.Namespaces) + set.Others
		if typed < len(set.Objects) && len(findings) == 0 {
			t.Errorf("%d of %d objects were lost without a word", len(set.Objects)-typed, len(set.Objects))
		}
	})
}
