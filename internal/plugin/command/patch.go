package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/plugin/gather"
)

// fieldManager is under whose name the plugin writes. The operator never writes the fields that
// the plugin does.
const fieldManager = "kubectl-evenkeel"

// errNothingToDo ends a change without one: the object is as it should be.
var errNothingToDo = errors.New("nothing to do")

// edit is one change of one object.
type edit struct {
	what   target
	obj    client.Object
	field  []string // that it is about
	dryRun bool
	do     func() error
}

// change reads an object, has it edited, and writes the difference on condition that nobody
// wrote in between. Who did gets heard: the object is read and edited once more. Owners are
// the others who applied the field; writing it takes it from them until they apply it again.
func (c Connection) change(ctx context.Context, e edit) (owners []string, err error) {
	for again := true; ; again = false {
		if err := c.read(ctx, e.what, e.obj); err != nil {
			return nil, err
		}
		before, ok := e.obj.DeepCopyObject().(client.Object)
		if !ok {
			return nil, fmt.Errorf("%T is no object", e.obj) // for the compiler: a copy has the same type
		}
		if err := e.do(); err != nil {
			return nil, err
		}
		options := []client.PatchOption{client.FieldOwner(fieldManager)}
		if e.dryRun {
			options = append(options, client.DryRunAll)
		}
		err := c.Writer.Patch(ctx, e.obj, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}), options...)
		if !apierrors.IsConflict(err) {
			return appliers(before, e.field), e.what.explain("patch", err)
		}
		if !again {
			return nil, fmt.Errorf("%s changes while it is being changed here: look at it, and try again", e.what)
		}
	}
}

func (c Connection) read(ctx context.Context, what target, obj client.Object) error {
	return what.explain("get", c.Reader.Get(ctx, client.ObjectKey{Namespace: what.namespace, Name: what.name}, obj))
}

// explain says what a refusal means for who asked.
func (t target) explain(verb string, err error) error {
	switch {
	case err == nil:
		return nil
	case apierrors.IsNotFound(err):
		return fmt.Errorf("there is no %s; see kubectl get %s", t, t.listing())
	case meta.IsNoMatchError(err):
		return gather.ErrNotInstalled
	case lacksRight(verb, err):
		return fmt.Errorf("you may not %s %s%s: ask for the role evenkeel-platform-engineer, or somebody who has it", verb, t.kind.resource, t.where())
	}
	return err
}

// lacksRight tells a missing right from an admission policy's refusal, which says itself what
// it is about.
func lacksRight(verb string, err error) bool {
	return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "cannot "+verb+" resource")
}

// warnOf says who else writes a field: what is applied from a repository comes back with
// what is written there.
func warnOf(w io.Writer, owners []string, field ...string) {
	for _, owner := range owners {
		fmt.Fprintf(w, "warning: %s is applied by %s too, and comes back with what is written there; change it there as well\n", strings.Join(field, "."), owner)
	}
}

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// appliers are those of a field beside the plugin. The operator is none: the one hold that it
// writes, of a round made anew, it writes once.
func appliers(obj client.Object, path []string) (out []string) {
	var written map[string]any
	if json.Unmarshal([]byte(obj.GetAnnotations()[lastApplied]), &written) == nil && has(written, path) {
		out = append(out, "kubectl apply")
	}
	fields := make([]string, 0, len(path))
	for _, name := range path {
		fields = append(fields, "f:"+name)
	}
	for _, entry := range obj.GetManagedFields() {
		var owned map[string]any
		if entry.Operation != "Apply" || entry.FieldsV1 == nil || strings.HasPrefix(entry.Manager, v1alpha1.FieldOwner) || entry.Manager == fieldManager {
			continue
		}
		if json.Unmarshal(entry.FieldsV1.GetRawBytes(), &owned) == nil && has(owned, fields) {
			out = append(out, entry.Manager)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func has(content map[string]any, path []string) bool {
	_, found, err := unstructured.NestedFieldNoCopy(content, path...)
	return found && err == nil
}
