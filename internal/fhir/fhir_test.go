package fhir_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/fhir"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

var update = flag.Bool("update", false, "write golden files")

// shipped are the instruments of config/instruments and of this package's testdata.
func shipped(t testing.TB) map[string]v1alpha1.Instrument {
	t.Helper()
	set, err := load()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]v1alpha1.Instrument{}
	for _, in := range set.Instruments {
		out[in.Value.Name] = in.Value
	}
	if len(out) < 2 {
		t.Fatalf("%d instruments found", len(out))
	}
	return out
}

var load = sync.OnceValues(func() (manifest.Set, error) {
	paths := []string{filepath.Join("..", "..", "config", "instruments"), filepath.Join("testdata", "everything.yaml")}
	set, findings, err := manifest.Load(context.Background(), manifest.Input{Paths: paths, Recursive: true})
	return set, errors.Join(err, manifest.Err(findings))
})

func export(t testing.TB, spec v1alpha1.InstrumentSpec) []byte {
	t.Helper()
	questionnaire, _, err := fhir.Export(spec)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := questionnaire.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// What is exported and imported again is the same in every field, and so means the same.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for name, in := range shipped(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, notes, err := fhir.Import(export(t, in.Spec))
			if err != nil {
				t.Fatal(err)
			}
			if len(notes) > 0 {
				t.Errorf("notes on an export of our own: %v", notes)
			}
			want := in.Spec
			want.Review = v1alpha1.Review{State: v1alpha1.ReviewDraft}
			want.OptionSets = inOrderOfUse(want)
			if diff := cmp.Diff(want, out.Spec); diff != "" {
				t.Errorf("spec (-exported +imported):\n%s", diff)
			}
			if digest(t, in.Spec) != digest(t, out.Spec) {
				t.Error("the digest of the meaning differs")
			}
		})
	}
}

func inOrderOfUse(spec v1alpha1.InstrumentSpec) []v1alpha1.OptionSet {
	var out []v1alpha1.OptionSet
	seen := map[string]bool{}
	for _, item := range spec.Items {
		for _, set := range spec.OptionSets {
			if set.Name == item.OptionSet && !seen[set.Name] {
				seen[set.Name] = true
				out = append(out, set)
			}
		}
	}
	return out
}

func digest(t *testing.T, spec v1alpha1.InstrumentSpec) contract.Digest {
	t.Helper()
	document, err := translate.Instrument(spec)
	if err != nil {
		t.Fatal(err)
	}
	d, err := contract.DigestOf(document)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The whole resource, field by field: a change of it is a change for other programs.
func TestExportGolden(t *testing.T) {
	t.Parallel()
	golden(t, "everything.json", export(t, shipped(t)["everything-v1"].Spec))
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), -update writes it:\n%s", name, diff)
	}
}

func TestExportRefusesWhatDoesNotCompile(t *testing.T) {
	t.Parallel()
	spec := shipped(t)["everything-v1"].Spec
	spec.Scales = append([]v1alpha1.Scale{}, spec.Scales...)
	spec.Scales[0].Items = append([]string{"nowhere"}, spec.Scales[0].Items...)
	if _, _, err := fhir.Export(spec); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("got %v; the item should be named", err)
	}
}

func TestExportNotes(t *testing.T) {
	t.Parallel()
	spec := shipped(t)["everything-v1"].Spec
	spec.OptionSets = append([]v1alpha1.OptionSet{{Name: "spare", Options: spec.OptionSets[0].Options}}, spec.OptionSets...)
	_, notes, err := fhir.Export(spec)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, note := range notes {
		got += note.String() + "\n"
	}
	for _, want := range []string{
		"spec.optionSets[0]: is used by no item and not carried over",
		"spec.scales[6].norms: are carried over, but the expression gives the raw score",
		"spec.items[5].text: is empty",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no note %q in\n%s", want, got)
		}
	}
}
