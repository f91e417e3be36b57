package campaign

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// How many exceptions that name what is not there the campaign tells of.
const mostUnknown = 5

// gatherExcepted reads which schools there are in the districts where exceptions from gates name some.
func (r *Reconciler) gatherExcepted(ctx context.Context, o *observed) error {
	o.excepted = map[string]map[string]bool{}
	for _, e := range o.campaign.Spec.GateExceptions {
		if _, read := o.excepted[e.District]; read || len(e.Schools) == 0 {
			continue
		}
		var schools v1alpha1.SchoolList
		if err := r.Client.List(ctx, &schools, client.InNamespace(e.District), client.UnsafeDisableDeepCopy); err != nil { // read only
			return err
		}
		o.excepted[e.District] = map[string]bool{}
		for _, school := range schools.Items {
			o.excepted[e.District][school.Name] = true
		}
	}
	return nil
}

// unknownExcepted says which exceptions name what is not there, and so let nothing pass. They block nothing: a round that
// needs one is held by its gate.
func unknownExcepted(o observed) string {
	var unknown []string
	for i, e := range o.campaign.Spec.GateExceptions {
		if what := o.unknownTo(e); what != "" {
			unknown = append(unknown, fmt.Sprintf("spec.gateExceptions[%d] (%s) names %s", i, e.Name, what))
		}
	}
	if len(unknown) == 0 {
		return ""
	}
	more := ""
	if n := len(unknown) - mostUnknown; n > 0 {
		unknown, more = unknown[:mostUnknown], fmt.Sprintf("; and %d more", n)
	}
	return "; " + strings.Join(unknown, "; ") + more + "; correct the name, or take it out"
}

// unknownTo is what an exception names that is not there, or that the campaign has no say in.
func (o observed) unknownTo(e v1alpha1.GateException) string {
	district, found := o.districts[e.District]
	switch {
	case !found:
		return "District " + e.District + ", which does not exist"
	case !slices.ContainsFunc(o.namespaces, func(ns corev1.Namespace) bool { return ns.Name == e.District }):
		return "District " + e.District + ", which spec.districtSelector does not select"
	}
	var names []string
	for _, school := range e.Schools {
		if !o.excepted[e.District][school] {
			names = append(names, "School "+school)
		}
	}
	for _, area := range e.Areas {
		if !slices.ContainsFunc(district.Spec.Areas, func(a v1alpha1.Area) bool { return a.Code == area }) {
			names = append(names, "area "+area)
		}
	}
	if n := len(names) - mostUnknown; n > 0 {
		names = append(names[:mostUnknown], fmt.Sprintf("%d more", n))
	}
	if len(names) == 0 {
		return ""
	}
	return strings.Join(names, ", ") + ", which District " + e.District + " does not have"
}
