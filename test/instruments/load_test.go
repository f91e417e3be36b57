package instruments

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

const folder = "../../config/instruments"

// folders are the kustomizations: the instruments, and one for every licence of its own.
var folders = []string{folder, folder + "/who-5"}

func files(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, dir := range folders {
		found, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, slices.DeleteFunc(found, func(f string) bool { return filepath.Base(f) == "kustomization.yaml" })...)
	}
	return out
}

func decode(t *testing.T, file string) v1alpha1.Instrument {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var in v1alpha1.Instrument
	if err := yaml.UnmarshalStrict(raw, &in); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return in
}

// load compiles the shipped instrument of a code.
func load(t *testing.T, code string) *instrument.Compiled {
	t.Helper()
	for _, dir := range folders {
		file := filepath.Join(dir, code+".yaml")
		if _, err := os.Stat(file); err != nil {
			continue
		}
		compiled, err := translate.Compile(decode(t, file).Spec)
		if err != nil {
			t.Fatal(err)
		}
		return compiled
	}
	t.Fatalf("no instrument %q is shipped", code)
	return nil
}

func TestEveryFileIsAnInstrumentThatCompiles(t *testing.T) {
	for _, file := range files(t) {
		in := decode(t, file)
		if want := (v1alpha1.Instrument{}); in.APIVersion != "screening.evenkeel.dev/v1alpha1" || in.Kind != "Instrument" || in.Spec.Code == want.Spec.Code {
			t.Errorf("%s is a %s %s", file, in.APIVersion, in.Kind)
		}
		if name := in.Spec.Code + "-v" + in.Spec.Version; in.Name != name || filepath.Base(file) != in.Spec.Code+".yaml" {
			t.Errorf("%s holds %s; want the object %s", file, in.Name, name)
		}
		if _, err := translate.Compile(in.Spec); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// Only people approve: a file that came approved would go round the verb.
func TestEveryInstrumentIsADraftThatRoundsRefuse(t *testing.T) {
	for _, file := range files(t) {
		reason, _, err := translate.Usable(decode(t, file).Spec)
		if err != nil || reason != v1alpha1.ReasonDraft {
			t.Errorf("%s is %s (%v), want %s", file, reason, err, v1alpha1.ReasonDraft)
		}
	}
}

func TestKustomizationsListEveryFile(t *testing.T) {
	for _, dir := range folders {
		raw, err := os.ReadFile(filepath.Join(dir, "kustomization.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		var listed struct {
			Resources []string `json:"resources"`
		}
		if err := yaml.Unmarshal(raw, &listed); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, file := range files(t) {
			if filepath.Dir(file) == filepath.Clean(dir) {
				want = append(want, filepath.Base(file))
			}
		}
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(listed.Resources))); diff != "" {
			t.Errorf("%s/kustomization.yaml (-files +listed):\n%s", dir, diff)
		}
	}
}

// wordings lists every text of an instrument that a student reads, but its title.
func wordings(spec v1alpha1.InstrumentSpec) map[string]v1alpha1.Text {
	out := map[string]v1alpha1.Text{"stem": spec.Stem}
	for _, item := range spec.Items {
		out["item "+item.Code] = item.Text
	}
	for _, set := range spec.OptionSets {
		for _, o := range set.Options {
			out[fmt.Sprintf("option %s %d", set.Name, *o.Value)] = o.Text
		}
	}
	return out
}

// A language that is Confirmed is complete; one that the licensee supplies is not there.
func TestLanguagesAreWhatTheySay(t *testing.T) {
	for _, file := range files(t) {
		spec := decode(t, file).Spec
		text := v1alpha1.LanguageLicenseeSupplies
		for _, language := range spec.Languages {
			for at, wording := range wordings(spec) {
				got := map[string]string{v1alpha1.LanguageZhCN: wording.ZhCN, v1alpha1.LanguageEn: wording.En}[language.Tag]
				if language.State == v1alpha1.LanguageConfirmed && got == "" {
					t.Errorf("%s: %s is Confirmed and lacks %s", file, language.Tag, at)
				}
				if language.State == v1alpha1.LanguageLicenseeSupplies && got != "" {
					t.Errorf("%s: %s is the licensee's to supply; %s is %q", file, language.Tag, at, got)
				}
			}
			if language.State != v1alpha1.LanguageLicenseeSupplies {
				text = "Included"
			}
			if language.Tag == v1alpha1.LanguageZhCN && language.State == v1alpha1.LanguageConfirmed {
				t.Errorf("%s: nobody has compared the Chinese with the official sheet", file)
			}
		}
		if spec.Licence.Text != text || len(spec.Languages) != 2 {
			t.Errorf("%s: licence.text is %s with languages %v", file, spec.Licence.Text, spec.Languages)
		}
	}
}

// Chinese wording is shipped for these alone; a suicide question is never translated here.
func TestChineseWordingIsOnlyWhatCopiesAgreeOn(t *testing.T) {
	want := []string{"gad-2", "gad-7", "phq-2", "phq-4", "phq-9", "who-5"}
	var got []string
	for _, file := range files(t) {
		spec := decode(t, file).Spec
		for _, wording := range wordings(spec) {
			if wording.ZhCN != "" {
				got = append(got, spec.Code)
				break
			}
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("instruments with Chinese wording (-want +got):\n%s", diff)
	}
}

// Names that staff and students read grade how much follow-up is needed.
func TestNamesDiagnoseNobody(t *testing.T) {
	words := []string{"depress", "anxi", "disorder", "clinical", "suicid", "patholog", "diagnos", "patient", "抑郁", "焦虑", "障碍", "自杀"}
	for _, file := range files(t) {
		spec := decode(t, file).Spec
		names := []string{spec.Title.ZhCN}
		if spec.Code != "asq" { // its name is what it asks; an adult reads it
			names = append(names, spec.Title.En)
		}
		for _, scale := range spec.Scales {
			for _, band := range scale.Bands {
				names = append(names, band.Name)
			}
		}
		for _, name := range names {
			for _, word := range words {
				if strings.Contains(strings.ToLower(name), word) {
					t.Errorf("%s: %q says %q", file, name, word)
				}
			}
		}
	}
}

func TestDocsListEveryInstrument(t *testing.T) {
	page, err := os.ReadFile("../../docs/instruments.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files(t) {
		if code := decode(t, file).Spec.Code; !strings.Contains(string(page), "`"+code+"`") {
			t.Errorf("docs/instruments.md does not name %s", code)
		}
	}
}
