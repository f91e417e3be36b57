package translate_test

import (
	"os"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// seed adds files as they are written, with everything that an object can say.
func seed(f *testing.F, patterns ...string) {
	f.Helper()
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw)
		}
	}
}

// FuzzInstrument reads a file that never met an API server. What compiles has a digest,
// scores an empty form, and translates to the same document every time.
func FuzzInstrument(f *testing.F) {
	seed(f, "testdata/everything.yaml", "../../../config/instruments/*.yaml", "../../../config/instruments/*/*.yaml")
	f.Fuzz(func(t *testing.T, raw []byte) {
		var in v1alpha1.Instrument
		if yaml.UnmarshalStrict(raw, &in) != nil {
			return
		}
		if reason, message, err := translate.Usable(in.Spec); err == nil && (reason == "" || message == "") {
			t.Errorf("compiles, and nothing is said of its use: %q %q", reason, message)
		}
		compiled, err := translate.Compile(in.Spec)
		if err != nil {
			return
		}
		digest, err := contract.DigestOf(compiled.Source())
		if err != nil {
			t.Fatalf("compiles and has no digest: %v", err)
		}
		again, err := translate.Instrument(in.Spec)
		if other, _ := contract.DigestOf(again); err != nil || other != digest {
			t.Errorf("translated again it is another document: %v", err)
		}
		if scales := compiled.Score(compiled.NewResponse()).Scales; len(scales) != len(in.Spec.Scales) {
			t.Errorf("%d of %d scales", len(scales), len(in.Spec.Scales))
		}
	})
}

// FuzzPolicy reads a file that never met an API server. A policy that is consistent in
// itself tightens to itself in a district that asks for nothing.
func FuzzPolicy(f *testing.F) {
	seed(f, "../../../config/samples/escalationpolicy.yaml")
	f.Fuzz(func(t *testing.T, raw []byte) {
		var in v1alpha1.EscalationPolicy
		if yaml.UnmarshalStrict(raw, &in) != nil {
			return
		}
		policy := translate.Policy("fuzz", in.Spec)
		if escalation.Check(policy) != nil {
			return
		}
		same, notes := translate.Tighten(policy, v1alpha1.DistrictSpec{})
		was, _ := contract.DigestOf(policy)
		if is, _ := contract.DigestOf(same); len(notes) > 0 || is != was {
			t.Errorf("changed by a district that asks for nothing: %v", notes)
		}
		var none []*instrument.Compiled
		if _, err := escalation.Compile(policy, none); err == nil && len(policy.Rules) > 0 {
			t.Error("compiles without instruments")
		}
	})
}
