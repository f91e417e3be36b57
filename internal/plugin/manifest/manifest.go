// Package manifest reads sets of manifests, as written for kubectl apply, into typed
// objects, offline. Objects are admitted as the API server would: unknown fields are
// errors, defaults are filled in, schema and CEL rules are checked. What is wrong is
// returned as findings with file, line and field.
package manifest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	corev1 "k8s.io/api/core/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest/definition"
)

// Input says what to read.
type Input struct {
	Paths     []string // files, directories, or "-"
	Stdin     io.Reader
	Recursive bool   // into directories of directories
	Namespace string // of namespaced objects that name none; "" is an error for them
}

// Of is an object that was admitted, typed.
type Of[T any] struct {
	*Object
	Value T
}

// Set is what was read. The typed lists hold only objects that the API server would
// accept, in the order in which they were read.
type Set struct {
	Objects     []*Object // every object, whatever its kind
	Calendars   []Of[v1alpha1.AcademicCalendar]
	Campaigns   []Of[v1alpha1.ScreeningCampaign]
	Channels    []Of[v1alpha1.ReferralChannel]
	Districts   []Of[v1alpha1.District]
	Inspections []Of[v1alpha1.Inspection]
	Instruments []Of[v1alpha1.Instrument]
	Policies    []Of[v1alpha1.EscalationPolicy]
	Rounds      []Of[v1alpha1.ScreeningRound]
	Schools     []Of[v1alpha1.School]
	Namespaces  []Of[corev1.Namespace]
	Others      int // objects of groups that are not checked here
}

// Load reads and admits a set. The error is about reading: a path that is not there.
func Load(ctx context.Context, in Input) (Set, []Finding, error) {
	documents, err := readPaths(in)
	if err != nil {
		return Set{}, nil, err
	}
	var set Set
	var findings []Finding
	for _, d := range documents {
		objects, unreadable := parse(d)
		findings = append(findings, unreadable...)
		set.Objects = append(set.Objects, objects...)
	}
	for _, o := range set.Objects {
		o.place(in.Namespace)
	}
	findings = append(findings, repeatedObjects(set.Objects)...)
	for _, o := range set.Objects {
		found, err := set.admit(ctx, o)
		if err != nil {
			return Set{}, nil, err
		}
		findings = append(findings, found...)
	}
	return set, findings, nil
}

// repeatedObjects finds objects that are written twice: the second would silently
// replace the first.
func repeatedObjects(objects []*Object) (out []Finding) {
	type key struct{ apiVersion, kind, namespace, name string }
	seen := map[key]*Object{}
	for _, o := range objects {
		k := key{o.APIVersion, o.Kind, o.Namespace, o.Name}
		if first, found := seen[k]; found && o.Name != "" {
			out = append(out, o.Find(Error, "metadata.name",
				fmt.Sprintf("is also at %s:%d; one would replace the other: keep one", name(first.File), first.Line(""))))
			continue
		}
		seen[k] = o
	}
	return out
}

// admit checks one object and keeps it if it may be kept.
func (s *Set) admit(ctx context.Context, o *Object) ([]Finding, error) {
	if o.Kind == "" || o.APIVersion == "" {
		return []Finding{o.Find(Error, "", "has no apiVersion or no kind; write both")}, nil
	}
	d, err := definition.Of(o.APIVersion, o.Kind)
	if err != nil {
		return []Finding{o.Find(Error, "kind", err.Error())}, nil
	}
	if d == nil {
		return s.other(o), nil
	}
	content, problems, err := d.Admit(ctx, o.Content)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return o.problems(problems), nil
	}
	if err := s.keep(o, content); err != nil {
		return []Finding{o.Find(Error, "", "cannot be read: "+err.Error())}, nil
	}
	return nil, nil
}

// maxProblems bounds the findings of one object; who has more has another format in hand.
const maxProblems = 100

func (o *Object) problems(problems []definition.Problem) (out []Finding) {
	for _, p := range problems[:min(len(problems), maxProblems)] {
		out = append(out, o.Find(Error, p.Path, p.Message))
	}
	if more := len(problems) - maxProblems; more > 0 {
		out = append(out, o.Find(Error, "", fmt.Sprintf("and %d more problems", more)))
	}
	return out
}

// other keeps namespaces, whose labels campaigns select, and counts the rest.
func (s *Set) other(o *Object) []Finding {
	if o.APIVersion != "v1" || o.Kind != "Namespace" {
		s.Others++
		return nil
	}
	if err := keep(&s.Namespaces, o, o.Content); err != nil {
		return []Finding{o.Find(Error, "", err.Error())}
	}
	return nil
}

// keep adds an admitted object to the list of its kind.
func (s *Set) keep(o *Object, content map[string]any) error {
	switch o.Kind {
	case "AcademicCalendar":
		return keep(&s.Calendars, o, content)
	case "ScreeningCampaign":
		return keep(&s.Campaigns, o, content)
	case "ReferralChannel":
		return keep(&s.Channels, o, content)
	case "District":
		return keep(&s.Districts, o, content)
	case "Inspection":
		return keep(&s.Inspections, o, content)
	case "Instrument":
		return keep(&s.Instruments, o, content)
	case "EscalationPolicy":
		return keep(&s.Policies, o, content)
	case "ScreeningRound":
		return keep(&s.Rounds, o, content)
	case "School":
		return keep(&s.Schools, o, content)
	}
	return fmt.Errorf("no place for a %s: this build is incomplete", o.Kind)
}

// keep decodes as JSON, as every client does.
func keep[T any](list *[]Of[T], o *Object, content map[string]any) error {
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	var typed T
	if err := json.Unmarshal(text, &typed); err != nil {
		return err
	}
	*list = append(*list, Of[T]{Object: o, Value: typed})
	return nil
}
