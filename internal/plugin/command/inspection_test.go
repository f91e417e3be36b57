package command

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

const seed = "2026137 04 09 15 22 27 31 08"

// The digests are those of sha256sum (internal/core/draw).
const drawnTable = `  PLACE  SCHOOL        DIGEST
      1  stone-bridge  22694bf28c5f56197e0ae6cce17cc4518c15e876651192c81dbb118285932ab5
      2  lotus-pond    22ea7f31a1be8d76e7abcebcb3703602b5b6c03a3edcb0312322a017de139327

2 of 3 schools, by the seed "2026137 04 09 15 22 27 31 08" for Inspection autumn-spot-check in district 110106
`

func drawing(args ...string) []string {
	return append([]string{"inspection", "draw", "--seed", seed, "--district", "110106", "--name", "autumn-spot-check", "--schools", "2"}, args...)
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Names and manifests give the draw that sha256sum gives.
func TestInspectionDraw(t *testing.T) {
	schools, err := os.ReadFile(samples + "/schools.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string][]string{
		"names":         drawing("-f", file(t, "listed.txt", "willow-lane\nlotus-pond\nstone-bridge\n")),
		"manifests":     drawing("-f", samples+"/schools.yaml"),
		"of a district": drawing("-n", "fengtai", "-f", file(t, "two.yaml", string(schools)+"---\n"+elsewhere)),
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			stdout, _, err := world{}.run(t, args...)
			if diff := cmp.Diff(drawnTable, stdout); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
	stdout, _, err := world{}.run(t, append(tests["names"], "-o", "json")...)
	var report struct {
		Listed []string
		Drawn  []struct{ School string }
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatal(err)
	}
	if err != nil || len(report.Listed) != 3 || len(report.Drawn) != 2 || report.Drawn[0].School != "stone-bridge" || strings.Contains(stdout, "right") {
		t.Errorf("%v\n%s", err, stdout)
	}
}

const elsewhere = `apiVersion: screening.evenkeel.dev/v1alpha1
kind: School
metadata: {name: far-away, namespace: kaizhou}
spec:
  displayName: {en: Far Away}
  stages: [{stage: JuniorSecondary, grades: [7], enrolled: 10}]
  staffing: {partTimePsychTeachers: 1}
`

func TestInspectionDrawReadsStandardInput(t *testing.T) {
	var out bytes.Buffer
	p := Program{Getenv: func(string) string { return "" }}
	p.Streams.In, p.Streams.Out, p.Streams.ErrOut = strings.NewReader("school.screening.evenkeel.dev/lotus-pond\n"), &out, &out
	root := New(p)
	root.SetArgs(drawing("-f", "-"))
	if err := root.ExecuteContext(t.Context()); err != nil || !strings.Contains(out.String(), "1 of 1 schools") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestInspectionDrawSaysWhatToWrite(t *testing.T) {
	list := file(t, "listed.txt", "lotus-pond\n")
	tests := map[string]struct {
		args []string
		want string
	}{
		"nothing":                {[]string{"inspection", "draw"}, "--district is missing; write the code of the District, such as 110106"},
		"no list":                {drawing(), "--filename is missing"},
		"no such file":           {drawing("-f", "nowhere.txt"), "no such file"},
		"a seed nobody can type": {drawing("-f", list, "--seed", "０８ 15"), "--seed: seed must be what everybody types alike"},
		"no schools to draw":     {drawing("-f", list, "--schools", "0"), "--schools: "},
		"too many to draw":       {drawing("-f", list, "--schools", "201"), "--schools: "},
		"no name of an object":   {drawing("-f", list, "--name", "Autumn"), "--name: "},
		"no code":                {drawing("-f", list, "--district", "丰台"), "write one such as 110106"},
		"a faulty list":          {drawing("-f", file(t, "x.txt", "a\nB\n")), `x.txt:2: "B" is no name of a School`},
		"a faulty manifest":      {drawing("-f", file(t, "x.yaml", strings.Replace(elsewhere, "enrolled", "enroled", 1))), "unknown field; write one of enrolled"},
		"no school among them":   {drawing("-f", samples+"/escalationpolicy.yaml"), "names no School"},
		"two districts":          {drawing("-f", file(t, "y.yaml", elsewhere+"---\n"+strings.Replace(elsewhere, "kaizhou", "fengtai", 1))), "has schools of fengtai, kaizhou; choose one district with -n"},
		"unknown output":         {drawing("-f", list, "-o", "csv"), "write one of table, json"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			stdout, _, err := world{}.run(t, tt.args...)
			if err == nil || !strings.Contains(err.Error(), tt.want) || stdout != "" {
				t.Errorf("got %v, want %q; printed %q", err, tt.want, stdout)
			}
		})
	}
}

// drawnInspection has the draw of drawnTable.
func drawnInspection(change func(*v1alpha1.Inspection)) client.Object {
	listed := metav1.NewTime(time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC))
	i := &v1alpha1.Inspection{
		ObjectMeta: metav1.ObjectMeta{Namespace: "haidian", Name: "autumn-spot-check"},
		Spec:       v1alpha1.InspectionSpec{Schools: 2, Seed: seed, SeedSource: "draw 2026137 on 2026-11-29"},
		Status: v1alpha1.InspectionStatus{
			ListedTime: &listed, Listed: []string{"lotus-pond", "stone-bridge", "willow-lane"}, Drawn: []string{"stone-bridge", "lotus-pond"},
		},
	}
	change(i)
	return i
}

func TestInspectionVerify(t *testing.T) {
	haidian := &v1alpha1.District{ObjectMeta: metav1.ObjectMeta{Namespace: "haidian", Name: "haidian"}, Spec: v1alpha1.DistrictSpec{Code: "110106"}}
	tests := map[string]struct {
		change func(*v1alpha1.Inspection)
		want   string // on standard output
		err    string
	}{
		"right": {func(*v1alpha1.Inspection) {}, "Schools were listed at 2026-11-22 04:00 UTC; compare with when the seed was published: draw 2026137 on 2026-11-29\n" +
			"RIGHT: the schools recorded as drawn follow from list and seed.\n", ""},
		"another school":   {func(i *v1alpha1.Inspection) { i.Status.Drawn[1] = "willow-lane" }, "WRONG", "is wrong"},
		"another order":    {func(i *v1alpha1.Inspection) { i.Status.Drawn = []string{"lotus-pond", "stone-bridge"} }, "WRONG", "is wrong"},
		"one too few":      {func(i *v1alpha1.Inspection) { i.Status.Drawn = i.Status.Drawn[:1] }, "nothing\n", "is wrong"},
		"one too many":     {func(i *v1alpha1.Inspection) { i.Status.Drawn = append(i.Status.Drawn, "willow-lane") }, "WRONG: recorded are 3", "is wrong"},
		"another seed":     {func(i *v1alpha1.Inspection) { i.Spec.Seed = "1" }, "WRONG", "is wrong"},
		"a list cut short": {func(i *v1alpha1.Inspection) { i.Status.Listed = i.Status.Listed[1:] }, "WRONG", "is wrong"},
		"not drawn":        {func(i *v1alpha1.Inspection) { i.Status.Drawn = nil }, "", "nothing has been drawn yet for Inspection autumn-spot-check: the operator has not looked"},
		"not drawn, and why": {func(i *v1alpha1.Inspection) {
			i.Status.Drawn, i.Status.Conditions = nil, []metav1.Condition{{Type: "Drawn", Message: "Waiting for a School"}}
		}, "", "autumn-spot-check: Waiting for a School"},
		"drawn from nothing": {func(i *v1alpha1.Inspection) { i.Status.Listed = nil }, "", "cannot be verified"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := world{namespace: "haidian", chosen: true, objects: []client.Object{haidian, drawnInspection(tt.change)}}
			stdout, _, err := w.run(t, "inspection", "verify", "autumn-spot-check")
			if !strings.Contains(stdout, tt.want) || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%v, want %q\n%s", err, tt.err, stdout)
			}
			if strings.Contains(stdout, "\x1b[") {
				t.Error("coloured in a pipe")
			}
		})
	}
	w := world{namespace: "haidian", chosen: true, objects: []client.Object{haidian, drawnInspection(func(*v1alpha1.Inspection) {})}}
	if stdout, _, err := w.run(t, "inspection", "verify", "autumn-spot-check", "-o", "json"); err != nil || !strings.Contains(stdout, `"right": true`) {
		t.Errorf("%v\n%s", err, stdout)
	}
	if _, _, err := w.run(t, "inspection", "verify", "nowhere"); err == nil || !strings.Contains(err.Error(), "not found") {
		t.Errorf("got %v", err)
	}
}
