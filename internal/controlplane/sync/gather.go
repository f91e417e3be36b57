package sync

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/channel"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

// observed is all that one call depends on.
type observed struct {
	connection connection
	desired    desired
	known      *contract.Report // the latest report; nil: none since the operator started
}

// gather returns nil when it is not yet time to call the district.
func (s *Syncer) gather(ctx context.Context, namespace string) (*observed, error) {
	var district v1alpha1.District
	if err := s.Client.Get(ctx, types.NamespacedName{Namespace: namespace, Name: namespace}, &district); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	rounds, complete, err := s.rounds(ctx, namespace)
	if err != nil || !complete {
		return nil, err
	}
	m, err := s.secrets(ctx, &district)
	if err != nil || m == nil {
		return nil, err
	}
	o := &observed{connection: m.connection, desired: desired{
		code: district.Spec.Code, uid: string(district.UID), directory: m.directory, rounds: rounds,
		coverage: s.Board.CoverageDigest(namespace),
	}}
	if asked := district.Annotations[v1alpha1.AnnotationRescore]; asked != "" {
		o.desired.rescore = contract.RefOf(asked) // what was written stays here
	}
	if last, ok := s.Board.LastGood(namespace); ok {
		o.known = &last.Report
	}
	return o, nil
}

// rounds is complete when every round in the cache has an entry on the board; a
// round left out would be held.
func (s *Syncer) rounds(ctx context.Context, namespace string) (map[string]board.RoundDocuments, bool, error) {
	var list v1alpha1.ScreeningRoundList
	if err := s.Client.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return nil, false, fmt.Errorf("listing rounds: %w", err)
	}
	rounds := s.Board.Rounds(namespace)
	for _, r := range list.Items {
		if _, known := rounds[r.Name]; !known {
			return nil, false, nil
		}
	}
	return rounds, true, nil
}

// connection returns nil for a district that is not provisioned yet. Around the
// turn of a year casework may still show the certificate of the last one.
func (s *Syncer) connection(ctx context.Context, d *v1alpha1.District) (*connection, error) {
	year := s.Clock.Now().UTC().Year()
	var authority []byte
	for _, y := range []int{year, year - 1} {
		certificate, err := s.secret(ctx, d.Namespace, workload.TLSSecret(d.Name, y))
		if err != nil {
			return nil, err
		}
		if certificate != nil {
			authority = append(authority, certificate.Data[workload.KeyAuthority]...)
		}
	}
	token, err := s.secret(ctx, d.Namespace, workload.TokenSecret(d.Name))
	if err != nil || token == nil || authority == nil {
		return nil, err
	}
	return &connection{
		host:      workload.InternalHost(d.Name, d.Namespace),
		authority: authority,
		token:     string(token.Data[workload.KeyToken]),
	}, nil
}

// secrets reads what the district's Secrets give, at most once a minute while
// nothing else changes. It returns nil for a district that is not provisioned yet.
func (s *Syncer) secrets(ctx context.Context, d *v1alpha1.District) (*memory, error) {
	src, err := s.objects(ctx, d)
	if err != nil {
		return nil, err
	}
	stamp := src.stamp()
	if m, fresh := s.recall(d.Namespace, stamp); fresh {
		return &m, nil
	}
	conn, err := s.connection(ctx, d)
	if err != nil || conn == nil {
		return nil, err
	}
	directory, err := s.directory(ctx, src)
	if err != nil {
		return nil, err
	}
	m := memory{connection: *conn, directory: directory, objects: stamp, at: s.Clock.Now()}
	s.remember(d.Namespace, m)
	return &m, nil
}

func (s *Syncer) directory(ctx context.Context, src sources) (*contract.Directory, error) {
	src.secrets = map[string]channel.Secrets{}
	for _, name := range secretNames(src) {
		if err := s.addSecret(ctx, src, name); err != nil {
			return nil, err
		}
	}
	return buildDirectory(src), nil
}

func secretNames(src sources) []string {
	var names []string
	for _, t := range src.district.Spec.Transports {
		names = append(names, t.Endpoint.SecretRef.Name)
	}
	for _, c := range src.channels {
		names = append(names, c.Spec.Endpoint.SecretRef.Name)
	}
	return names
}

// addSecret adds a valid Secret; the object that names an invalid one says so.
func (s *Syncer) addSecret(ctx context.Context, src sources, name string) error {
	if _, known := src.secrets[name]; known {
		return nil
	}
	secret, err := s.secret(ctx, src.district.Namespace, name)
	if err != nil || secret == nil {
		return err
	}
	if valid, err := channel.ReadSecrets(secret); err == nil {
		src.secrets[name] = valid
	}
	return nil
}

func (s *Syncer) secret(ctx context.Context, namespace, name string) (*corev1.Secret, error) {
	var secret corev1.Secret
	err := s.Secrets.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, &secret)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading Secret %s: %w", name, err)
	}
	return &secret, nil
}
