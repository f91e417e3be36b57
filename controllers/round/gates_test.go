package round

import (
	"os"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
)

func shipped[T any](t *testing.T, path string) T {
	t.Helper()
	raw, err := os.ReadFile("../../config/" + path)
	if err != nil {
		t.Fatal(err)
	}
	var obj T
	if err := yaml.UnmarshalStrict(raw, &obj); err != nil {
		t.Fatal(err)
	}
	return obj
}

// fitting is a round that has not opened, of grades 7 to 9 and the shipped PHQ-9,
// approved, under the sample policy.
func fitting(t *testing.T) (observed, decision) {
	t.Helper()
	in := shipped[v1alpha1.Instrument](t, "instruments/phq-9.yaml")
	in.Spec.Review = v1alpha1.Review{State: v1alpha1.ReviewApproved, By: []string{"Board"}}
	for i := range in.Spec.Languages {
		in.Spec.Languages[i].State = v1alpha1.LanguageConfirmed
	}
	for i := range in.Spec.Items {
		in.Spec.Items[i].Text = v1alpha1.Text{ZhCN: "Words", En: "Words"}
	}
	policy := shipped[v1alpha1.EscalationPolicy](t, "samples/escalationpolicy.yaml")
	o := running(t)
	o.instruments, o.policy = []v1alpha1.Instrument{in}, &policy
	o.round.Spec.Instruments = []v1alpha1.InstrumentKey{{Code: in.Spec.Code, Version: in.Spec.Version}}
	o.round.Spec.EscalationPolicyRef.Name = policy.Name
	o.schools[0].Spec.Stages[0].Grades = []int32{7, 8, 9}
	return o, decision{schools: []string{"lotus-pond"}}
}

func TestInstrumentGate(t *testing.T) {
	spec := func(edit func(*v1alpha1.InstrumentSpec)) func(*observed) {
		return func(o *observed) { edit(&o.instruments[0].Spec) }
	}
	tests := map[string]struct {
		edit func(*observed)
		says string // "": the gate passes
	}{
		"approved, for the cohort's ages": {func(*observed) {}, ""},
		"not there":                       {func(o *observed) { o.instruments = nil }, "there is no Instrument phq-9 version 1"},
		"a draft":                         {spec(func(s *v1alpha1.InstrumentSpec) { s.Review.State = v1alpha1.ReviewDraft }), "is a draft"},
		"text missing":                    {spec(func(s *v1alpha1.InstrumentSpec) { s.Items[2].Text = v1alpha1.Text{} }), "items[2].text.zhCN"},
		"no language confirmed":           {spec(func(s *v1alpha1.InstrumentSpec) { s.Languages = nil }), "none is Confirmed"},
		"an interview":                    {spec(func(s *v1alpha1.InstrumentSpec) { s.Administration = v1alpha1.AdministrationInterview }), "take it out of stage1"},
		"a grade too young":               {func(o *observed) { o.schools[0].Spec.Stages[0].Grades = []int32{6, 7} }, "ages 12 and over and the cohort has grade 6 (age 11); leave"},
		"a grade too old":                 {spec(func(s *v1alpha1.InstrumentSpec) { s.AgeRange.MaxYears = 12 }), "ages 12 to 12 and the cohort has grade 8 (age 13), 9 (age 14)"},
		"a young grade of another stage": {func(o *observed) {
			primary := v1alpha1.StageEnrolment{Stage: v1alpha1.StagePrimaryUpper, Grades: []int32{4}}
			o.schools[0].Spec.Stages = append(o.schools[0].Spec.Stages, primary)
		}, ""},
		"a young grade of another school": {func(o *observed) {
			elsewhere := *o.schools[0].DeepCopy()
			elsewhere.Name, elsewhere.Spec.Stages[0].Grades = "elsewhere", []int32{4}
			o.schools = append(o.schools, elsewhere)
		}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o, d := fitting(t)
			tt.edit(&o)
			s := newScene(o, d, opens.Add(-time.Hour))
			got := instrumentGate(s)
			if passes := tt.says == ""; passes != (got.State == pass) || passes != (len(s.documents) == 1) {
				t.Fatalf("state %v with %d documents: %s", got.State, len(s.documents), got.Message)
			}
			if tt.says != "" && (got.Reason != v1alpha1.ReasonInstrumentNotUsable || !strings.Contains(got.Message, tt.says)) {
				t.Errorf("%s: %s; want %q", got.Reason, got.Message, tt.says)
			}
		})
	}
}

func TestPolicyGate(t *testing.T) {
	stricter := func(f v1alpha1.StricterFloors, deadlines ...v1alpha1.StricterDeadline) func(*observed) {
		return func(o *observed) { o.district.Spec.StricterFloors, o.district.Spec.StricterDeadlines = f, deadlines }
	}
	tests := map[string]struct {
		edit   func(*observed)
		reason string // "", NotStricter: the gate passes
		says   string
		want   contract.CriticalFloors
	}{
		"the province's floors": {func(*observed) {}, "", "", contract.CriticalFloors{Immediate: "Severe", Urgent: "High", Review: "Moderate"}},
		"a stricter floor":      {stricter(v1alpha1.StricterFloors{Urgent: "Severe"}), "", "", contract.CriticalFloors{Immediate: "Severe", Urgent: "Severe", Review: "Moderate"}},
		"a milder floor": {
			stricter(v1alpha1.StricterFloors{Urgent: "Moderate"}), v1alpha1.ReasonNotStricter, "stricterFloors.urgent", contract.CriticalFloors{Immediate: "Severe", Urgent: "High", Review: "Moderate"},
		},
		"a floor of no tier": {
			stricter(v1alpha1.StricterFloors{Undetermined: "Sever"}), v1alpha1.ReasonNotStricter, "stricterFloors.undetermined", contract.CriticalFloors{Immediate: "Severe", Urgent: "High", Review: "Moderate"},
		},
		"a longer deadline": {
			stricter(v1alpha1.StricterFloors{}, v1alpha1.StricterDeadline{Tier: "High", RespondWithinMinutes: 9999}),
			v1alpha1.ReasonNotStricter, "stricterDeadlines[0].respondWithinMinutes", contract.CriticalFloors{Immediate: "Severe", Urgent: "High", Review: "Moderate"},
		},
		"no policy":             {func(o *observed) { o.policy = nil }, v1alpha1.ReasonPolicyInvalid, "there is no EscalationPolicy", contract.CriticalFloors{}},
		"a policy that is none": {func(o *observed) { o.policy.Spec.Undetermined.Tier = "Nowhere" }, v1alpha1.ReasonPolicyInvalid, "undetermined.tier", contract.CriticalFloors{}},
		"a band uncaught":       {func(o *observed) { o.policy.Spec.Rules = o.policy.Spec.Rules[:1] }, v1alpha1.ReasonPolicyInvalid, "uncaught", contract.CriticalFloors{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o, d := fitting(t)
			tt.edit(&o)
			s := newScene(o, d, opens.Add(-time.Hour))
			instrumentGate(s)
			got := policyGate(s)
			if got.Reason != tt.reason || !strings.Contains(got.Message, tt.says) {
				t.Fatalf("%s: %s; want %s that says %q", got.Reason, got.Message, tt.reason, tt.says)
			}
			passes := tt.reason == "" || tt.reason == v1alpha1.ReasonNotStricter
			if passes != (got.State == pass) || passes && s.policy.Critical != tt.want {
				t.Errorf("state %v, floors %+v, want %+v", got.State, s.policy.Critical, tt.want)
			}
		})
	}
}

func TestRecordGate(t *testing.T) {
	o, d := fitting(t)
	s := newScene(o, d, opens.Add(-time.Hour))
	instrumentGate(s)
	policyGate(s)
	if got := recordGate(s); got.State != pass {
		t.Errorf("PHQ-9 alone: %s", got.Message)
	}
	s.documents[0].Scales[0].Norms = []contract.Norm{{Sex: contract.SexAny, Rows: make([]contract.NormRow, 60_000)}}
	got := recordGate(s)
	if got.State != fail || got.Reason != v1alpha1.ReasonInstrumentNotUsable || !strings.Contains(got.Message, "a record holds 1048576") {
		t.Errorf("60,000 rows of norms: %v %s: %s", got.State, got.Reason, got.Message)
	}
}
