package round

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/applyconfiguration/api/v1alpha1"
	api "github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
)

const (
	meaningKey = "meaning.json"
	// holdOwner owns spec.suspend of a round that starts suspended. It is not FieldOwner,
	// which never writes the field, so that planning anew does not take it back.
	holdOwner = api.FieldOwner + "-hold"
)

// apply writes what the decision makes anew: the record, and the suspension of a round
// whose object was made anew.
func (r *Reconciler) apply(ctx context.Context, o observed, d decision) error {
	var errs []error
	if d.record != nil {
		errs = append(errs, r.ensureRecord(ctx, o.round, *d.record, d.digest))
	}
	if d.suspend {
		errs = append(errs, r.suspend(ctx, o.round))
	}
	return errors.Join(errs...)
}

// ensureRecord creates the immutable record of a meaning. Its name holds the digest, so
// one that exists is the right one; it outlives the round as the record of what children
// were asked.
func (r *Reconciler) ensureRecord(ctx context.Context, round api.ScreeningRound, meaning contract.Meaning, digest contract.Digest) error {
	raw, err := json.Marshal(meaning)
	if err != nil {
		return fmt.Errorf("encoding the meaning of %s: %w", round.Name, err)
	}
	immutable := true
	record := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: round.Namespace, Name: recordName(round.Name, digest),
			Labels: map[string]string{
				api.LabelCampaign:              round.Spec.Campaign.Name,
				"app.kubernetes.io/managed-by": api.FieldOwner,
			},
		},
		Immutable: &immutable,
		Data:      map[string]string{meaningKey: string(raw)},
	}
	err = r.Client.Create(ctx, record, client.FieldOwner(api.FieldOwner))
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func (r *Reconciler) suspend(ctx context.Context, round api.ScreeningRound) error {
	held := v1alpha1.ScreeningRound(round.Name, round.Namespace).
		WithUID(round.UID).WithResourceVersion(round.ResourceVersion).
		WithSpec(v1alpha1.ScreeningRoundSpec().WithSuspend(api.SuspendHold))
	if err := r.Client.Apply(ctx, held, client.FieldOwner(holdOwner)); err != nil {
		return fmt.Errorf("suspending the round that was made anew: %w", err)
	}
	return nil
}

func recordName(round string, digest contract.Digest) string {
	return round + "-meaning-" + string(digest[:8])
}

// readRecord returns nil for a record that is not the one named by the digest: nobody
// may slip a round another meaning.
func readRecord(record corev1.ConfigMap, digest contract.Digest) *contract.Meaning {
	raw := []byte(record.Data[meaningKey])
	sum := sha256.Sum256(raw)
	if hex.EncodeToString(sum[:]) != string(digest) {
		return nil
	}
	var meaning contract.Meaning
	if err := json.Unmarshal(raw, &meaning); err != nil {
		return nil
	}
	return &meaning
}
