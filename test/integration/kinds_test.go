package integration

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// TestFaultsAreNamed edits one object of a world and wants its conditions, with the field
// at fault in the message of Ready.
func TestFaultsAreNamed(t *testing.T) {
	w := newWorld(t, "faults")
	w.settle()
	tests := []struct {
		name string
		do   func(w *world)
		obj  client.Object
		want []string
		path string
	}{
		{"a calendar", func(*world) {}, &v1alpha1.AcademicCalendar{}, []string{"Ready=True/Applied", "Stalled=absent"}, "school days"},
		{"a date that does not exist",
			edited(&v1alpha1.AcademicCalendar{}, func(c *v1alpha1.AcademicCalendar) { c.Spec.Closures[0].To = "2026-09-31" }),
			&v1alpha1.AcademicCalendar{}, []string{"Ready=False/Invalid", "Stalled=True/Invalid"}, "closures[0].to"},
		{"the campaign waits for it", func(*world) {}, &v1alpha1.ScreeningCampaign{}, []string{"Ready=False/Progressing", "Reconciling=True/ReferenceMissing"}, "closures[0].to"},
		{"the date mended",
			edited(&v1alpha1.AcademicCalendar{}, func(c *v1alpha1.AcademicCalendar) { c.Spec.Closures[0].To = "2026-09-27" }),
			&v1alpha1.AcademicCalendar{}, []string{"Ready=True/Applied", "Stalled=absent"}, "school days"},

		{"an instrument", func(*world) {}, &v1alpha1.Instrument{}, []string{"Ready=True/Applied", "UsableInRounds=True/Approved", "InUse=False/NotUsed"}, "compiles"},
		{"another of its code and version", func(w *world) { create(w.t, operator, makeInstrument(w.name+"-z", w.name).Obj()) },
			&v1alpha1.Instrument{ObjectMeta: metav1.ObjectMeta{Name: "faults-z"}}, []string{"Ready=False/Invalid", "UsableInRounds=False/Invalid"}, `Instrument "faults" already is`},
		{"the first stays", func(*world) {}, &v1alpha1.Instrument{}, []string{"Ready=True/Applied", "UsableInRounds=True/Approved"}, ""},
		{"an item without its options", func(w *world) {
			broken := makeInstrument(w.name+"-y", "other").With(func(in *v1alpha1.Instrument) { in.Spec.Items[3].OptionSet = "nowhere" }).Obj()
			create(w.t, operator, broken)
		}, &v1alpha1.Instrument{ObjectMeta: metav1.ObjectMeta{Name: "faults-y"}}, []string{"Stalled=True/Invalid", "UsableInRounds=False/Invalid"}, "items[3].optionSet"},

		{"a band that leaves a gap", func(w *world) {
			broken := makeInstrument(w.name+"-x", "gap").With(func(in *v1alpha1.Instrument) { in.Spec.Scales[0].Bands[1].From.Text = "6" }).Obj()
			create(w.t, operator, broken)
		}, &v1alpha1.Instrument{ObjectMeta: metav1.ObjectMeta{Name: "faults-x"}}, []string{"Ready=False/Invalid", "Stalled=True/Invalid"}, "scales[0].bands"},
		{"a text missing", func(w *world) {
			wordless := makeInstrument(w.name+"-w", "wordless").With(func(in *v1alpha1.Instrument) { in.Spec.Stem = v1alpha1.Text{} }).Obj()
			create(w.t, operator, wordless)
		}, &v1alpha1.Instrument{ObjectMeta: metav1.ObjectMeta{Name: "faults-w"}}, []string{"Ready=True/Applied", "UsableInRounds=False/TextMissing"}, "compiles"},

		{"a policy", func(*world) {}, &v1alpha1.EscalationPolicy{}, []string{"Ready=True/Applied", "InUse=False/NotUsed"}, "campaign faults"},
		{"a band uncaught",
			edited(&v1alpha1.EscalationPolicy{}, func(p *v1alpha1.EscalationPolicy) { p.Spec.Rules = p.Spec.Rules[:2] }),
			&v1alpha1.EscalationPolicy{}, []string{"Ready=False/Invalid", "Stalled=True/Invalid"}, "campaign faults: policy \"faults\": rules: band uncaught"},
		{"a rule that never decides",
			edited(&v1alpha1.EscalationPolicy{}, func(p *v1alpha1.EscalationPolicy) {
				last := p.Spec.Rules[1]
				last.Name, last.When = "never-first", "scores['faults'].total >= 12"
				p.Spec.Rules = append(p.Spec.Rules[:2], v1alpha1.Rule{Name: "mild", When: "scores['faults'].total >= 5", Tier: "Low"}, last)
				p.Spec.Rules[3].Tier = "Low"
			}),
			&v1alpha1.EscalationPolicy{}, []string{"Ready=True/Applied", "Stalled=absent"}, "rules[3].when"},
		{"a rule about nothing",
			edited(&v1alpha1.EscalationPolicy{}, func(p *v1alpha1.EscalationPolicy) { p.Spec.Rules[1].When = "scores['mht'].total > 5" }),
			&v1alpha1.EscalationPolicy{}, []string{"Stalled=True/Invalid"}, "rules[1].when"},
		{"the campaign gone, only itself is checked", deleted(&v1alpha1.ScreeningCampaign{}),
			&v1alpha1.EscalationPolicy{}, []string{"Ready=True/Applied", "Stalled=absent"}, "no campaign"},
		{"a rule that is no rule",
			edited(&v1alpha1.EscalationPolicy{}, func(p *v1alpha1.EscalationPolicy) { p.Spec.Rules[1].When = "scores[" }),
			&v1alpha1.EscalationPolicy{}, []string{"Stalled=True/Invalid"}, "rules[1].when"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			tt.do(w)
			name := w.name
			if tt.obj.GetName() != "" {
				name = tt.obj.GetName()
				w.reconcile(w.instruments, "", name)
			}
			w.settle()
			w.get(tt.obj, name)
			list := conditionsOf(tt.obj)
			check(w, tt.name, list, tt.want)
			if message := told(list[:1]); !strings.Contains(strings.ReplaceAll(message, `\"`, `"`), tt.path) {
				t.Errorf("the message does not name %q: %s", tt.path, message)
			}
		})
	}
}

func conditionsOf(obj client.Object) []metav1.Condition {
	switch o := obj.(type) {
	case *v1alpha1.AcademicCalendar:
		return o.Status.Conditions
	case *v1alpha1.Instrument:
		return o.Status.Conditions
	case *v1alpha1.EscalationPolicy:
		return o.Status.Conditions
	case *v1alpha1.ScreeningCampaign:
		return o.Status.Conditions
	}
	return nil
}
