package apply

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// Configuration is what every generated apply configuration of a named object is.
type Configuration interface {
	runtime.ApplyConfiguration
	GetKind() *string
	GetAPIVersion() *string
	GetNamespace() *string
	GetName() *string
}

// Applier applies objects and remembers what it applied, so that an object that
// neither we nor anybody else has touched since costs no request. After a
// restart every object is applied once, which changes nothing on the server.
type Applier struct {
	client client.Client

	mu      sync.Mutex
	applied map[identity]mark
}

type identity struct {
	apiVersion, kind, namespace, name string
}

// mark recognises the state of an object right after we applied it.
type mark struct {
	uid     types.UID
	desired [sha256.Size]byte
	version string
}

// NewApplier returns an Applier. The client must serve metadata of the applied
// kinds from its cache.
func NewApplier(c client.Client) *Applier {
	return &Applier{client: c, applied: map[identity]mark{}}
}

// Apply makes the object what desired says and reports whether it sent a request.
func (a *Applier) Apply(ctx context.Context, desired Configuration) (sent bool, err error) {
	id := identityOf(desired)
	raw, err := json.Marshal(desired)
	if err != nil {
		return false, fmt.Errorf("encoding %s: %w", id, err)
	}
	digest := sha256.Sum256(raw)
	rest, err := a.atRest(ctx, id, digest)
	if err != nil || rest {
		return false, err
	}
	if err := a.client.Apply(ctx, desired, client.FieldOwner(v1alpha1.FieldOwner), client.ForceOwnership); err != nil {
		return true, fmt.Errorf("applying %s: %w", id, err)
	}
	return true, a.remember(id, digest, desired)
}

func (a *Applier) atRest(ctx context.Context, id identity, digest [sha256.Size]byte) (bool, error) {
	a.mu.Lock()
	last, known := a.applied[id]
	a.mu.Unlock()
	if !known || last.desired != digest {
		return false, nil
	}
	now := &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: id.apiVersion, Kind: id.kind}}
	err := a.client.Get(ctx, types.NamespacedName{Namespace: id.namespace, Name: id.name}, now)
	switch {
	case apierrors.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("reading the metadata of %s: %w", id, err)
	}
	return now.UID == last.uid && versionOf(now) == last.version, nil
}

// remember reads the server's answer, which Apply has put into desired.
func (a *Applier) remember(id identity, digest [sha256.Size]byte, answer Configuration) error {
	raw, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encoding the answer about %s: %w", id, err)
	}
	var now metav1.PartialObjectMetadata
	if err := json.Unmarshal(raw, &now); err != nil {
		return fmt.Errorf("decoding the answer about %s: %w", id, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.applied[id] = mark{uid: now.UID, desired: digest, version: versionOf(&now)}
	return nil
}

// Forget drops what is remembered about a namespace whose district is gone.
func (a *Applier) Forget(namespace string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id := range a.applied {
		if id.namespace == namespace {
			delete(a.applied, id)
		}
	}
}

// versionOf is the generation, which status updates leave alone, or else the
// resource version.
func versionOf(m *metav1.PartialObjectMetadata) string {
	if m.Generation > 0 {
		return "g" + strconv.FormatInt(m.Generation, 10)
	}
	return "v" + m.ResourceVersion
}

func identityOf(c Configuration) identity {
	return identity{
		apiVersion: ptr.Deref(c.GetAPIVersion(), ""), kind: ptr.Deref(c.GetKind(), ""),
		namespace: ptr.Deref(c.GetNamespace(), ""), name: ptr.Deref(c.GetName(), ""),
	}
}

func (id identity) String() string {
	return fmt.Sprintf("%s %s/%s", id.kind, id.namespace, id.name)
}
