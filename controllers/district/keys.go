package district

import (
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

// keys: they are made for a database that has never been one, and never again.
func (p *planner) keys() bool {
	fault := keyFault(p.o)
	if fault == "" {
		return true
	}
	if p.o.district.Spec.Keys.Source == "Generated" && !initialised(p.o) && !halfMade(p.o) {
		p.make = missingKeys(p.o)
		return true
	}
	p.provisioned = p.standing(v1alpha1.ReasonRollingOut, fault)
	return p.stop(conditions.Waiting, fault)
}

// missingKeys puts the seal keys first: the intake keys take the code key from them.
func missingKeys(o observed) []material {
	wanted := []material{
		{name: workload.SealKeysSecret(o.district.Name), kind: sealKeys},
		{name: workload.IntakeKeysSecret(o.district.Name), kind: intakeKeys},
	}
	return slices.DeleteFunc(wanted, func(m material) bool { return o.secrets[m.name] != nil })
}

// initialised gathers every sign that the district's keys have been in use. The
// token and everything else is made after the keys, so that whichever of them is
// there shows that keys were.
func initialised(o observed) bool {
	reported := o.last != nil && (o.last.Report.SchemaVersion > 0 || o.last.Report.KeyDigest != "")
	migrated := slices.ContainsFunc(o.migrations, func(j batchv1.Job) bool { return j.Status.Succeeded > 0 })
	return o.district.Status.KeyDigest != "" || reported || migrated || len(o.deployments) > 0 ||
		o.secrets[workload.TokenSecret(o.district.Name)] != nil
}

// halfMade: a key Secret is there and lacks a key. It cannot be completed by
// somebody who may only create.
func halfMade(o observed) bool {
	intake, seal := keySecrets(o)
	return intake != nil && !complete(intake, contract.IntakeKeys...) || seal != nil && !complete(seal, contract.SealKeys...)
}

func keySecrets(o observed) (intake, seal *corev1.Secret) {
	return o.secrets[workload.IntakeKeysSecret(o.district.Name)], o.secrets[workload.SealKeysSecret(o.district.Name)]
}

// keyFault says which key material is missing; "" when it is all there.
func keyFault(o observed) string {
	intake, seal := keySecrets(o)
	for _, s := range []struct {
		name   string
		secret *corev1.Secret
		keys   []string
	}{
		{workload.SealKeysSecret(o.district.Name), seal, contract.SealKeys},
		{workload.IntakeKeysSecret(o.district.Name), intake, contract.IntakeKeys},
	} {
		if !complete(s.secret, s.keys...) {
			return fmt.Sprintf("The Secret %s with the keys %v is missing: the custodian restores it; it is never made anew for a database in use", s.name, s.keys)
		}
	}
	return ""
}

// keysReady is what is known about the key material: from the Secrets, where
// they may be read, and from the district's report.
func keysReady(o observed, now time.Time) metav1.Condition {
	kind := v1alpha1.ConditionKeysReady
	r, known := facts(o, now)
	switch {
	case mayReadSecrets(o) && keyFault(o) != "":
		return conditions.False(kind, v1alpha1.ReasonKeyMissing, keyFault(o))
	case known && r.Keys == contract.KeysMissing:
		return conditions.False(kind, v1alpha1.ReasonKeyMissing, "The data plane has no key material and serves nothing")
	case mayReadSecrets(o) && !codeKeysAgree(o):
		return conditions.False(kind, v1alpha1.ReasonKeyMismatch, "The two key Secrets hold different code keys")
	case known && r.Keys == contract.KeysMismatch:
		return conditions.False(kind, v1alpha1.ReasonKeyMismatch, "The key material is not the one the database was made with; the data plane serves nothing")
	case known && o.district.Status.KeyDigest != "" && string(r.KeyDigest) != o.district.Status.KeyDigest:
		return conditions.False(kind, v1alpha1.ReasonKeyMismatch, "The data plane reports a fingerprint other than status.keyDigest")
	case known && r.Keys == contract.KeysReady:
		return conditions.True(kind, v1alpha1.ReasonFingerprintMatches, "The key material is the one the database knows")
	}
	return unreported(o, kind)
}

func mayReadSecrets(o observed) bool { return o.granted() && !o.terminating() && o.forbidden == "" }

func codeKeysAgree(o observed) bool {
	intake, seal := keySecrets(o)
	return string(intake.Data[contract.KeyCode]) == string(seal.Data[contract.KeyCode])
}
