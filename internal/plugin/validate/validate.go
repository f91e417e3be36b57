// Package validate finds what is wrong with a set of manifests before anyone applies it:
// what the API server would refuse, what would not compile, and what is referred to and
// not there. It is pure.
package validate

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

// Report is everything that was found, in the order of the files.
type Report struct {
	Objects  int                `json:"objects"` // checked
	Others   int                `json:"others"`  // of groups that are not checked
	Errors   int                `json:"errors"`
	Warnings int                `json:"warnings"`
	Findings []manifest.Finding `json:"findings"` // never null
}

// Compute checks a set. The findings given are those of reading it; the time is for what has
// ended by now.
func Compute(set manifest.Set, reading []manifest.Finding, now time.Time) Report {
	c := &checker{set: set, findings: slices.Clone(reading), now: now}
	c.instruments()
	c.policies()
	c.calendars()
	c.campaigns()
	c.rounds()
	c.districts()
	c.schools()
	c.channelDates()
	c.inspections()
	return c.report()
}

// checker gathers findings.
type checker struct {
	set      manifest.Set
	findings []manifest.Finding
	now      time.Time
}

func (c *checker) add(o *manifest.Object, severity manifest.Severity, field, message string) {
	c.findings = append(c.findings, o.Find(severity, field, message))
}

// faults adds every fault of a document, each at its field under prefix and with what is
// said before. An error that names no field is about the object.
func (c *checker) faults(o *manifest.Object, prefix, before string, err error) {
	all := fault.All(err)
	for _, f := range all {
		c.add(o, manifest.Error, prefix+f.Path, before+f.Problem)
	}
	if err != nil && len(all) == 0 {
		c.add(o, manifest.Error, "", before+err.Error())
	}
}

func (c *checker) report() Report {
	manifest.Sort(c.findings)
	r := Report{Objects: len(c.set.Objects) - c.set.Others, Others: c.set.Others, Findings: []manifest.Finding{}}
	told := map[manifest.Finding]bool{}
	for _, f := range c.findings {
		if told[f] {
			continue // two campaigns may lead to the same fault
		}
		told[f] = true
		r.Findings = append(r.Findings, f)
		if f.Severity == manifest.Error {
			r.Errors++
		} else {
			r.Warnings++
		}
	}
	return r
}

// values are the plain objects of a typed list.
func values[T any](list []manifest.Of[T]) []T {
	out := make([]T, 0, len(list))
	for _, one := range list {
		out = append(out, one.Value)
	}
	return out
}

// named returns the object of that name.
func named[T any](list []manifest.Of[T], name string) (manifest.Of[T], bool) {
	i := slices.IndexFunc(list, func(one manifest.Of[T]) bool { return one.Name == name })
	if i < 0 {
		return manifest.Of[T]{}, false
	}
	return list[i], true
}

// in are the objects of a namespace.
func in[T any](list []manifest.Of[T], namespace string) (out []manifest.Of[T]) {
	for _, one := range list {
		if one.Namespace == namespace {
			out = append(out, one)
		}
	}
	return out
}

func keyOf(in v1alpha1.Instrument) v1alpha1.InstrumentKey {
	return v1alpha1.InstrumentKey{Code: in.Spec.Code, Version: in.Spec.Version}
}
