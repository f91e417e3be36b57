package integration

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

var ctx = context.Background()

// read returns the objects of a YAML file that the repository ships.
func read(path string) []*unstructured.Unstructured {
	raw, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(raw), 4096)
	var out []*unstructured.Unstructured
	for {
		obj := &unstructured.Unstructured{}
		err := decoder.Decode(obj)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			panic(path + ": " + err.Error())
		}
		if len(obj.Object) > 0 {
			out = append(out, obj)
		}
	}
}

// sample returns the shipped example of a kind, so that the examples are tested too.
func sample(kind string) *unstructured.Unstructured {
	files := map[string]string{
		"Instrument":        "instruments/phq-9.yaml",
		"EscalationPolicy":  "samples/escalationpolicy.yaml",
		"AcademicCalendar":  "samples/academiccalendar.yaml",
		"ScreeningCampaign": "samples/screeningcampaign.yaml",
		"District":          "samples/district.yaml",
		"School":            "samples/schools.yaml",
		"ReferralChannel":   "samples/referralchannel.yaml",
		"Inspection":        "samples/inspection.yaml",
	}
	return read("../../config/" + files[kind])[0]
}

// maker builds an object from its shipped example; every method returns it.
type maker[T client.Object] struct{ obj T }

func from[T client.Object](kind string, into T) maker[T] {
	return maker[T]{toTyped(sample(kind), into)}
}

// Obj is the object.
func (m maker[T]) Obj() T { return m.obj }

// Named renames it.
func (m maker[T]) Named(name string) maker[T] {
	m.obj.SetName(name)
	return m
}

// In puts it into a namespace.
func (m maker[T]) In(namespace string) maker[T] {
	m.obj.SetNamespace(namespace)
	return m
}

// With edits it.
func (m maker[T]) With(edit func(T)) maker[T] {
	edit(m.obj)
	return m
}

func makeDistrict(namespace string) maker[*v1alpha1.District] {
	return from("District", &v1alpha1.District{}).Named(namespace).In(namespace)
}

func makeSchool(namespace, name string) maker[*v1alpha1.School] {
	return from("School", &v1alpha1.School{}).Named(name).In(namespace)
}

func makeChannel(namespace string) maker[*v1alpha1.ReferralChannel] {
	return from("ReferralChannel", &v1alpha1.ReferralChannel{}).In(namespace)
}

func makeInstrument(name, code string) maker[*v1alpha1.Instrument] {
	return from("Instrument", &v1alpha1.Instrument{}).Named(name).With(func(in *v1alpha1.Instrument) {
		in.Spec.Code = code
		for i := range in.Spec.Languages {
			in.Spec.Languages[i].State = v1alpha1.LanguageConfirmed
		}
		in.Spec.Review = v1alpha1.Review{State: v1alpha1.ReviewApproved, By: []string{"Test board"}}
	})
}

func makePolicy(name, code string) maker[*v1alpha1.EscalationPolicy] {
	return from("EscalationPolicy", &v1alpha1.EscalationPolicy{}).Named(name).With(func(p *v1alpha1.EscalationPolicy) {
		for i, threshold := range []string{"15", "10", "5"} {
			p.Spec.Rules[i].When = "scores['" + code + "'].total >= " + threshold
		}
	})
}

func makeCalendar(name string) maker[*v1alpha1.AcademicCalendar] {
	return from("AcademicCalendar", &v1alpha1.AcademicCalendar{}).Named(name)
}

// makeCampaign makes a one-off campaign of Stage1 and Intervention whose slot is date.
func makeCampaign(name string, date v1alpha1.Civil) maker[*v1alpha1.ScreeningCampaign] {
	return from("ScreeningCampaign", &v1alpha1.ScreeningCampaign{}).Named(name).With(func(c *v1alpha1.ScreeningCampaign) {
		c.Spec.Schedule = v1alpha1.Schedule{StartDate: date}
		c.Spec.Template.Spec.Phases = []v1alpha1.Phase{
			{Name: v1alpha1.PhasePublicity, SchoolDays: 2},
			{Name: v1alpha1.PhaseStage1, SchoolDays: 2, Session: v1alpha1.SessionHours{From: "09:00", To: "16:30"}},
			{Name: v1alpha1.PhaseIntervention, SchoolDays: 3},
		}
	})
}

// makeRound makes a valid round by hand, as nobody but the operator may.
func makeRound(namespace, name string) maker[*v1alpha1.ScreeningRound] {
	day := time.Date(2026, 9, 15, 1, 0, 0, 0, time.UTC)
	at := func(hours int) metav1.Time { return metav1.NewTime(day.Add(time.Duration(hours) * time.Hour)) }
	return maker[*v1alpha1.ScreeningRound]{&v1alpha1.ScreeningRound{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{v1alpha1.LabelCampaign: "autumn"}},
		Spec: v1alpha1.ScreeningRoundSpec{
			Campaign:            v1alpha1.CampaignReference{Name: "autumn", UID: "0000"},
			Slot:                "2026-09-15",
			Phases:              []v1alpha1.PhaseWindow{{Name: v1alpha1.PhaseStage1, From: at(0), To: at(48)}},
			Sessions:            []v1alpha1.SessionWindow{{From: at(0), To: at(8)}, {From: at(24), To: at(32)}},
			Cohort:              v1alpha1.Cohort{Stages: []v1alpha1.Stage{v1alpha1.StageJuniorSecondary}},
			Instruments:         []v1alpha1.InstrumentKey{{Code: "phq-9", Version: "1"}},
			EscalationPolicyRef: v1alpha1.ObjectReference{Name: "graded-intervention"},
		},
	}}
}

// edit is a change to an object given as plain data.
type edit func(obj map[string]any)

// set puts a value at a path; numbers in the path are indexes.
func set(value any, path ...any) edit {
	return func(obj map[string]any) { put(obj, value, path) }
}

// unset removes the field at a path.
func unset(path ...any) edit {
	return func(obj map[string]any) { put(obj, nil, path) }
}

// all applies several edits in order.
func all(edits ...edit) edit {
	return func(obj map[string]any) {
		for _, e := range edits {
			e(obj)
		}
	}
}

func put(node any, value any, path []any) {
	switch key := path[0].(type) {
	case string:
		fields := node.(map[string]any)
		switch {
		case len(path) > 1:
			if fields[key] == nil {
				fields[key] = map[string]any{}
			}
			put(fields[key], value, path[1:])
		case value == nil:
			delete(fields, key)
		default:
			fields[key] = value
		}
	case int:
		items := node.([]any)
		if len(path) == 1 {
			items[key] = value
			return
		}
		put(items[key], value, path[1:])
	}
}

func list(items ...any) []any { return slices.Clone(items) }

func fields(pairs ...any) map[string]any {
	out := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i].(string)] = pairs[i+1]
	}
	return out
}
