package charts

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const fengtaiValues = districtChart + "/examples/fengtai.yaml"

func fengtai(t *testing.T) release {
	return release{districtChart, "fengtai", "fengtai", readValues(t, fengtaiValues)}
}

func TestDistrictGolden(t *testing.T) {
	golden(t, "district-fengtai.yaml", asYAML(t, fengtai(t).objects(t)))
	golden(t, "district-fengtai.notes.txt", fengtai(t).notes(t))
}

func TestDistrictHoldsNothingClusterScopedAndKeepsEverything(t *testing.T) {
	namespaced := map[string]bool{"District": true, "School": true, "ReferralChannel": true, "RoleBinding": true}
	want := map[string]string{
		"helm.sh/resource-policy":           "keep",
		"argocd.argoproj.io/sync-options":   "Prune=false",
		"kustomize.toolkit.fluxcd.io/prune": "disabled",
	}
	for _, object := range fengtai(t).objects(t) {
		if !namespaced[object.GetKind()] || object.GetNamespace() != "fengtai" {
			t.Errorf("%s does not belong into a district's chart", key(object))
		}
		if diff := cmp.Diff(want, object.GetAnnotations()); diff != "" {
			t.Errorf("%s: annotations (-want +got):\n%s", key(object), diff)
		}
	}
}

// The example values and the samples are one district, written twice. An inspection is an occasion and no part of it.
func TestDistrictExampleIsTheSample(t *testing.T) {
	specs := func(objects []*unstructured.Unstructured) map[string]any {
		out := map[string]any{}
		for _, object := range objects {
			if object.GetNamespace() == "fengtai" && object.GetKind() != "RoleBinding" && object.GetKind() != "Inspection" {
				out[key(object)] = object.Object["spec"]
			}
		}
		return out
	}
	if diff := cmp.Diff(specs(kustomized(t, "config/samples")), specs(fengtai(t).objects(t))); diff != "" {
		t.Errorf("config/samples and %s differ (-sample +example):\n%s", fengtaiValues, diff)
	}
}

func TestDistrictRefusesBadValues(t *testing.T) {
	set := func(path string, value any) func(values) {
		return func(v values) {
			keys := strings.Split(path, ".")
			if err := unstructured.SetNestedField(v, value, keys...); err != nil {
				panic(err)
			}
		}
	}
	tests := map[string]struct {
		change func(values)
		want   string
	}{
		"no district":         {func(v values) { v["district"] = values{} }, "at '/district': missing properties 'addresses', 'code'"},
		"unknown key":         {set("district.cellfloor", int64(5)), "at '/district': additional properties 'cellfloor' not allowed"},
		"unknown top level":   {set("distrct", "x"), "additional properties 'distrct' not allowed"},
		"one transport":       {func(v values) { shorten(v, "district", "transports") }, "at '/district/transports': minItems: got 1, want 2"},
		"wrong code":          {set("district.code", "11-01"), "at '/district/code': '11-01' does not match pattern"},
		"code as a number":    {set("district.code", int64(110106)), "at '/district/code': got number, want string"},
		"disabled TLS":        {set("district.database.sslMode", "disable"), "at '/district/database/sslMode': value must be one of 'verify-full', 'require'"},
		"floor too low":       {set("district.cellFloor", int64(3)), "at '/district/cellFloor': minimum: got 3, want 5"},
		"no scorer":           {set("district.workers.scorer.replicas", int64(0)), "at '/district/workers/scorer/replicas': minimum: got 0, want 1"},
		"school without name": {func(v values) { delete(first(v, "schools"), "name") }, "at '/schools/0': missing property 'name'"},
		"unknown stage": {func(v values) { first(first(v, "schools"), "stages")["stage"] = "College" },
			"at '/schools/0/stages/0/stage': value must be one of"},
		"channel for nothing": {func(v values) { first(v, "referralChannels")["weeklyCapacity"] = int64(0) },
			"at '/referralChannels/0/weeklyCapacity': minimum: got 0, want 1"},
		"the same school twice": {func(v values) { v["schools"] = append(v["schools"].([]any), first(v, "schools")) },
			`schools lists "lotus-pond" twice: give every entry a name of its own`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := fengtai(t)
			tc.change(r.values)
			expectRefusal(t, r, tc.want)
		})
	}
}

func TestDistrictRefusesANamespaceThatIsNone(t *testing.T) {
	for _, namespace := range []string{"default", "kube-system", system} {
		r := fengtai(t)
		r.namespace = namespace
		expectRefusal(t, r, "label it screening.evenkeel.dev/district=110106")
	}
	r := fengtai(t)
	r.namespace = strings.Repeat("x", 41)
	expectRefusal(t, r, "longer than 40 characters")
}

// A district may start without schools and channels; null means none.
func TestDistrictWithoutSchools(t *testing.T) {
	r := fengtai(t)
	r.values["schools"], r.values["referralChannels"] = nil, nil
	if got := only(r.objects(t), "District", false); len(got) != 1 {
		t.Errorf("besides the District there are %d objects, want the RoleBinding alone", len(got))
	}
	if !strings.Contains(r.notes(t), "0 school(s), 0 channel(s)") {
		t.Error(r.notes(t))
	}
}

func expectRefusal(t *testing.T, r release, want string) {
	t.Helper()
	_, err := r.files(t)
	if err == nil {
		t.Fatalf("accepted, want a refusal that says %q", want)
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("refused with\n%v\nwant %q", err, want)
	}
}

// first is the first object of a list.
func first(v values, list string) values { return v[list].([]any)[0].(values) }

// shorten leaves only the first entry of a list.
func shorten(v values, section, list string) {
	inner := v[section].(values)
	inner[list] = inner[list].([]any)[:1]
}
