package manifest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

// load reads a set from a text, as from standard input.
func load(t *testing.T, text string) (manifest.Set, []string) {
	t.Helper()
	set, findings, err := manifest.Load(t.Context(), manifest.Input{Paths: []string{"-"}, Stdin: strings.NewReader(text), Namespace: "fengtai"})
	if err != nil {
		t.Fatal(err)
	}
	manifest.Sort(findings)
	return set, texts(findings)
}

func texts(findings []manifest.Finding) (out []string) {
	for _, f := range findings {
		out = append(out, f.String())
	}
	return out
}

const calendar = `apiVersion: screening.evenkeel.dev/v1alpha1
kind: AcademicCalendar
metadata: {name: year}
spec:
  schoolYear: 2026-2027
  timeZone: Asia/Shanghai
  terms:
  - {name: autumn, from: "2026-09-01", to: "2027-01-22"}
`

func TestFindings(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"as it should be":                 {text: calendar},
		"nothing":                         {text: "# only a comment\n---\n---\n"},
		"another group":                   {text: "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n"},
		"a namespace that it cannot have": {text: strings.Replace(calendar, "name: year", "name: year, namespace: fengtai", 1)},
		"labels that are none": {
			text: strings.Replace(calendar, "name: year", "name: year, labels: {a: [b]}", 1),
			want: []string{"standard input:3: AcademicCalendar/year: metadata: json: cannot unmarshal array into Go struct field ObjectMeta.labels of type string"},
		},
		"a status is left out": {text: calendar + "status: {conditions: 7}\n"},
		"a field nobody knows": {
			text: calendar + "  closures:\n  - name: a\n    form: \"2026-10-01\"\n    from: \"2026-10-01\"\n    to: \"2026-10-01\"\n",
			want: []string{"standard input:11: AcademicCalendar/year: spec.closures[0].form: unknown field; write one of from, name, to"},
		},
		"a wrong type": {
			text: strings.Replace(calendar, "2026-2027", "2026", 1),
			want: []string{`standard input:5: AcademicCalendar/year: spec.schoolYear: Invalid value: "integer": spec.schoolYear in body must be of type string: "integer"`},
		},
		"a rule": {
			text: strings.Replace(calendar, "2027-01-22", "2026-08-22", 1),
			want: []string{
				"standard input:4: AcademicCalendar/year: spec: terms must not overlap",
				"standard input:8: AcademicCalendar/year: spec.terms[0]: from must not be later than to: exchange the two dates",
			},
		},
		"nothing under metadata": {
			text: strings.Replace(calendar, "metadata: {name: year}\n", "", 1),
			want: []string{"standard input:1: AcademicCalendar: metadata: is missing; write at least metadata.name"},
		},
		"the second document": {
			text: "# first\n---\n" + strings.Replace(calendar, "to:", "until:", 1),
			want: []string{
				"standard input:10: AcademicCalendar/year: spec.terms[0].until: unknown field; write one of from, name, to",
				"standard input:10: AcademicCalendar/year: spec.terms[0].to: Required value",
			},
		},
		"a key twice": {
			text: calendar + "  timeZone: UTC\n",
			want: []string{`standard input:9: the field "timeZone" is given twice; keep one of them`},
		},
		"no YAML": {
			text: "---\n" + calendar + "  - x: [\n",
			want: []string{"standard input:10: is not YAML: did not find expected node content"},
		},
		"not an object": {text: "- a\n- b\n", want: []string{"standard input:1: is not an object; write apiVersion, kind and metadata"}},
		"no kind":       {text: "a: b\n", want: []string{"standard input:1: has no apiVersion or no kind; write both"}},
		"an unknown kind": {
			text: strings.Replace(calendar, "AcademicCalendar", "Calendar", 1),
			want: []string{`standard input:2: Calendar/year: kind: no kind "Calendar" in screening.evenkeel.dev/v1alpha1; write one of AcademicCalendar, District, EscalationPolicy, Inspection, Instrument, ReferralChannel, School, ScreeningCampaign, ScreeningRound`},
		},
		"an unknown version": {
			text: strings.Replace(calendar, "v1alpha1", "v1", 1),
			want: []string{`standard input:2: AcademicCalendar/year: kind: apiVersion "screening.evenkeel.dev/v1" is not served; write screening.evenkeel.dev/v1alpha1`},
		},
		"the same object twice": {
			text: calendar + "---\n" + calendar,
			want: []string{"standard input:12: AcademicCalendar/year: metadata.name: is also at standard input:1; one would replace the other: keep one"},
		},
		"a name that is none": {
			text: strings.Replace(calendar, "name: year", "name: The_Year", 1),
			want: []string{`standard input:3: AcademicCalendar/The_Year: metadata.name: Invalid value: "The_Year": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, got := load(t, tt.text)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	set, findings := load(t, calendar)
	if len(findings) > 0 || len(set.Calendars) != 1 {
		t.Fatalf("%d calendars, findings %v", len(set.Calendars), findings)
	}
	if got := set.Calendars[0].Value.Spec.SchoolWeek; len(got) != 5 {
		t.Errorf("schoolWeek = %v, want the five days of the definition's default", got)
	}
}

func TestManyProblemsAreSummedUp(t *testing.T) {
	var text strings.Builder
	text.WriteString(calendar)
	for i := range 5_000 {
		fmt.Fprintf(&text, "  x%d: 1\n", i)
	}
	_, findings := load(t, text.String())
	if len(findings) != 101 || !strings.HasSuffix(findings[0], "and 4900 more problems") {
		t.Errorf("%d findings, the first %q", len(findings), findings[0])
	}
}

func TestList(t *testing.T) {
	indented := "- " + strings.ReplaceAll(strings.TrimSpace(calendar), "\n", "\n  ") + "\n"
	set, findings := load(t, "apiVersion: v1\nkind: List\nitems:\n"+indented)
	if len(findings) > 0 || len(set.Calendars) != 1 || set.Calendars[0].Line("spec.terms[0]") != 11 {
		t.Errorf("calendars %+v, findings %v", set.Calendars, findings)
	}
}

func TestNamespaced(t *testing.T) {
	school := "apiVersion: screening.evenkeel.dev/v1alpha1\nkind: School\nmetadata: {name: a}\nspec:\n" +
		"  displayName: {en: A}\n  stages: [{stage: JuniorSecondary, grades: [7], enrolled: 10}]\n  staffing: {partTimePsychTeachers: 1}\n"
	set, findings := load(t, school)
	if len(findings) > 0 || len(set.Schools) != 1 || set.Schools[0].Value.Namespace != "fengtai" {
		t.Errorf("%+v, %v", set.Schools, findings)
	}
	_, without, err := manifest.Load(t.Context(), manifest.Input{Paths: []string{"-"}, Stdin: strings.NewReader(school)})
	if err != nil || len(without) != 1 || without[0].Field != "metadata.namespace" {
		t.Errorf("%v, %v; want metadata.namespace asked for", without, err)
	}
}

func TestInspection(t *testing.T) {
	set, findings := load(t, "apiVersion: screening.evenkeel.dev/v1alpha1\nkind: Inspection\nmetadata: {name: spot-check}\n"+
		"spec: {schools: 3, seedSource: the next public draw}\n")
	if len(findings) > 0 || len(set.Inspections) != 1 || set.Inspections[0].Value.Spec.Schools != 3 {
		t.Errorf("%+v, %v", set.Inspections, findings)
	}
}

func TestPaths(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.yaml", "\ufeff"+calendar)
	write("notes.txt", "no manifest")
	write("deeper/b.yml", strings.Replace(calendar, "name: year", "name: next", 1))
	write("bad/c.yaml", "\xff\xfe")
	tests := map[string]struct {
		in   manifest.Input
		want int
		err  string
	}{
		"a directory":        {in: manifest.Input{Paths: []string{dir}}, want: 1},
		"two":                {in: manifest.Input{Paths: []string{dir, dir + "/deeper"}}, want: 2},
		"not UTF-8":          {in: manifest.Input{Paths: []string{dir}, Recursive: true}, err: "c.yaml is not UTF-8 text; save it as UTF-8"},
		"not there":          {in: manifest.Input{Paths: []string{dir + "/none.yaml"}}, err: "no such file"},
		"an empty directory": {in: manifest.Input{Paths: []string{t.TempDir()}}, err: "holds no .yaml, .yml, .json file"},
		"a file of any name": {in: manifest.Input{Paths: []string{dir + "/notes.txt"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			set, _, err := manifest.Load(t.Context(), tt.in)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || len(set.Calendars) != tt.want {
				t.Errorf("%d calendars, %v; want %d", len(set.Calendars), err, tt.want)
			}
		})
	}
}
