package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// written is an object as the run left it.
type written struct {
	obj    *unstructured.Unstructured
	status map[string]any // of our kinds; nil: none
}

// statusWriters is how many statuses the operator writes at a time, of all its kinds together.
const statusWriters = 14

// kinds are those that the loader and the operator write, in an order that an API server takes.
var kinds = []schema.GroupVersionKind{
	{Version: "v1", Kind: "Namespace"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "RoleBinding"},
	{Version: "v1", Kind: "Secret"},
	own("AcademicCalendar"), own("Instrument"), own("EscalationPolicy"), own("ScreeningCampaign"), own("District"), own("ReferralChannel"),
	{Group: "networking.k8s.io", Version: "v1", Kind: "NetworkPolicy"},
	{Version: "v1", Kind: "Service"},
	{Group: "policy", Version: "v1", Kind: "PodDisruptionBudget"},
	{Group: "batch", Version: "v1", Kind: "Job"},
	{Group: "events.k8s.io", Version: "v1", Kind: "Event"},
	own("School"), own("ScreeningRound"),
}

const group = "screening.evenkeel.dev"

func own(kind string) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: group, Version: "v1alpha1", Kind: kind}
}

// content is everything that a run left behind.
func (c *cluster) content(ctx context.Context) (out []written, err error) {
	for _, kind := range kinds {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(kind)
		if err := c.admin.List(ctx, list); err != nil {
			return nil, err
		}
		for i := range list.Items {
			if obj := &list.Items[i]; !before(obj) {
				out = append(out, bare(obj))
			}
		}
	}
	return out, nil
}

// before reports whether an object is there whatever is declared.
func before(obj *unstructured.Unstructured) bool {
	place := obj.GetNamespace()
	if obj.GetKind() == "Namespace" {
		place = obj.GetName()
	}
	return slices.Contains([]string{"default", system, "kube-system", "kube-public", "kube-node-lease"}, place)
}

// bare leaves out what the API server fills in.
func bare(obj *unstructured.Unstructured) written {
	w := written{obj: obj}
	if obj.GroupVersionKind().Group == group {
		w.status, _ = obj.Object["status"].(map[string]any)
	}
	delete(obj.Object, "status")
	for _, field := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"} {
		unstructured.RemoveNestedField(obj.Object, "metadata", field)
	}
	switch obj.GetKind() {
	case "Service":
		unstructured.RemoveNestedField(obj.Object, "spec", "clusterIP")
		unstructured.RemoveNestedField(obj.Object, "spec", "clusterIPs")
	case "Job":
		unstructured.RemoveNestedField(obj.Object, "spec", "selector")
		unstructured.RemoveNestedField(obj.Object, "spec", "template", "metadata", "labels", "batch.kubernetes.io/controller-uid")
		unstructured.RemoveNestedField(obj.Object, "spec", "template", "metadata", "labels", "controller-uid")
	}
	return w
}

// writeBare writes the same objects and statuses once each, in the order and with as many at a time as loader and
// operator, by the plainest requests there are: a create, and an update of the status.
func (p plan) writeBare(ctx context.Context, c *cluster, declared province, content []written) (*bareRun, error) {
	writer, err := c.asOperator()
	if err != nil {
		return nil, err
	}
	cpu, first := processors(), map[string][]written{}
	for _, w := range content {
		place := w.obj.GetNamespace()
		if w.obj.GetKind() == "Namespace" {
			place = w.obj.GetName()
		}
		first[place] = append(first[place], w)
	}
	above := first[""]
	var districts [][]written
	for i := range declared.districts {
		districts = append(districts, first[declared.name(i)])
	}
	statuses := make(chan written, 1000)
	failures := make(chan error, statusWriters)
	var writers sync.WaitGroup
	for range statusWriters {
		writers.Go(func() { failures <- writeStatuses(ctx, writer, statuses) })
	}
	began := time.Now()
	put := func(list []written) error {
		for _, w := range list {
			if err := writer.Create(ctx, w.obj); err != nil {
				return fmt.Errorf("creating %s %s: %w", w.obj.GetKind(), client.ObjectKeyFromObject(w.obj), err)
			}
			if w.status != nil {
				statuses <- w
			}
		}
		return nil
	}
	if err = put(above); err == nil {
		err = concurrently(p.loaders, districts, put)
	}
	close(statuses)
	writers.Wait()
	close(failures)
	out := &bareRun{Seconds: time.Since(began).Seconds(), Processors: spent(cpu, processors())}
	for failure := range failures {
		if err == nil {
			err = failure
		}
	}
	if err != nil {
		return nil, fmt.Errorf("writing without an operator: %w", err)
	}
	if _, err := c.journal.read(); err != nil {
		return nil, err
	}
	out.Writes = len(c.journal.writes)
	return out, nil
}

func writeStatuses(ctx context.Context, c client.Client, statuses <-chan written) (failed error) {
	for w := range statuses {
		if failed != nil {
			continue // the others are still to be taken
		}
		w.obj.Object["status"] = w.status
		if err := c.Status().Update(ctx, w.obj); err != nil {
			failed = fmt.Errorf("writing the status of %s %s: %w", w.obj.GetKind(), client.ObjectKeyFromObject(w.obj), err)
		}
	}
	return failed
}
