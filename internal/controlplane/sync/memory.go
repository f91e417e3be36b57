package sync

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
)

// secretsFor is how long what was read from a district's Secrets serves for
// further calls. It is kept in memory only, and dropped when a call fails that had reached anybody.
const secretsFor = time.Minute

// memory is what the last call read from Secrets, and of which objects.
type memory struct {
	connection connection
	directory  *contract.Directory
	objects    [sha256.Size]byte
	at         time.Time
}

func (s *Syncer) recall(namespace string, objects [sha256.Size]byte) (memory, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, known := s.memories[namespace]
	return m, known && m.objects == objects && s.Clock.Since(m.at) < secretsFor
}

func (s *Syncer) remember(namespace string, m memory) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memories == nil {
		s.memories = map[string]memory{}
	}
	s.memories[namespace] = m
}

func (s *Syncer) forget(namespace string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.memories, namespace)
}

// objects reads from the cache everything but Secrets that a directory is made from.
func (s *Syncer) objects(ctx context.Context, d *v1alpha1.District) (sources, error) {
	src := sources{district: *d, floor: s.CellFloor, coverage: s.Coverage}
	var schools v1alpha1.SchoolList
	if err := s.Client.List(ctx, &schools, client.InNamespace(d.Namespace)); err != nil {
		return src, fmt.Errorf("listing schools: %w", err)
	}
	var channels v1alpha1.ReferralChannelList
	if err := s.Client.List(ctx, &channels, client.InNamespace(d.Namespace)); err != nil {
		return src, fmt.Errorf("listing channels: %w", err)
	}
	src.schools, src.channels = schools.Items, channels.Items
	return src, nil
}

// stamp changes when any of the objects does.
func (src sources) stamp() [sha256.Size]byte {
	lines := []string{line(&src.district)}
	for i := range src.schools {
		lines = append(lines, line(&src.schools[i]))
	}
	for i := range src.channels {
		lines = append(lines, line(&src.channels[i]))
	}
	slices.SortFunc(lines, cmp.Compare[string])
	return sha256.Sum256(fmt.Append(nil, lines))
}

func line(obj client.Object) string {
	return fmt.Sprintf("%T %s %s %d %t", obj, obj.GetName(), obj.GetUID(), obj.GetGeneration(), obj.GetDeletionTimestamp() != nil)
}
