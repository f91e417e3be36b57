package district_test

import (
	"crypto/x509"
	"encoding/pem"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

func TestADistrictIsProvisioned(t *testing.T) {
	p := newPlace(t, "provisioned").provision()
	for kind, want := range map[string]string{
		v1alpha1.ConditionReady: "True Applied", v1alpha1.ConditionReconciling: "", v1alpha1.ConditionStalled: "",
		v1alpha1.ConditionAuthorised: "True Granted", v1alpha1.ConditionProvisioned: "True Available",
		v1alpha1.ConditionKeysReady: "True FingerprintMatches", v1alpha1.ConditionReporting: "True ReportReceived",
		v1alpha1.ConditionDutyChainReady: "True Reachable", v1alpha1.ConditionSignalsCovered: "True Covered",
	} {
		p.Expect(p.condition(kind)).To(Equal(want), kind)
	}
	status := p.district().Status
	p.Expect(status.Image).To(Equal(image))
	p.Expect(status.KeyDigest).To(HaveLen(64))
	p.Expect(status.Schools).To(Equal("0/0"))
	p.Expect(status.AuditHead.Digest).To(HaveLen(64))

	var services corev1.ServiceList
	p.Expect(admin.List(p.ctx, &services, client.InNamespace(p.name))).To(Succeed())
	p.Expect(services.Items).To(HaveLen(4))
	var policies networkingv1.NetworkPolicyList
	p.Expect(admin.List(p.ctx, &policies, client.InNamespace(p.name))).To(Succeed())
	p.Expect(policies.Items).To(HaveLen(5))
	var intake appsv1.Deployment
	p.Expect(admin.Get(p.ctx, p.key("provisioned-intake"), &intake)).To(Succeed())
	p.Expect(*intake.Spec.Replicas).To(Equal(int32(2)), "the replicas a process starts with")
	p.Expect(intake.OwnerReferences).To(BeEmpty())
}

func TestSecretsAreWhatTheProcessesNeed(t *testing.T) {
	p := newPlace(t, "secrets").provision()
	get := func(name string) map[string][]byte {
		var s corev1.Secret
		p.Expect(admin.Get(p.ctx, p.key(name), &s)).To(Succeed(), name)
		return s.Data
	}
	intake, seal := get("secrets-keys-intake"), get("secrets-keys-seal")
	p.Expect(intake).To(HaveLen(len(contract.IntakeKeys)))
	p.Expect(intake[contract.KeyCode]).To(Equal(seal[contract.KeyCode]), "both Secrets hold one code key")
	for name, key := range seal {
		p.Expect(key).To(HaveLen(contract.KeySize), name)
	}
	p.Expect(string(get("secrets-db-scorer")["username"])).To(Equal("ek_110106_scorer"))

	tls := get(workload.TLSSecret(p.name, p.clock.Now().UTC().Year()))
	pool := x509.NewCertPool()
	p.Expect(pool.AppendCertsFromPEM(tls["ca.crt"])).To(BeTrue())
	block, _ := pem.Decode(tls["tls.crt"])
	leaf, err := x509.ParseCertificate(block.Bytes)
	p.Expect(err).NotTo(HaveOccurred())
	verify := func(host string, at time.Time) error {
		_, err := leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: pool, CurrentTime: at})
		return err
	}
	p.Expect(verify("secrets-casework-internal.secrets.svc", p.clock.Now())).To(Succeed())
	p.Expect(verify("secrets-casework-internal.secrets.svc", p.clock.Now().AddDate(1, 0, 0))).To(Succeed(), "valid through the next year")
	p.Expect(verify("secrets-casework-internal.other.svc", p.clock.Now())).NotTo(Succeed())
}

func TestANewYearBringsANewCertificate(t *testing.T) {
	p := newPlace(t, "new-year").provision()
	p.clock.SetTime(time.Date(p.clock.Now().UTC().Year()+1, 1, 1, 0, 1, 0, 0, time.UTC))
	p.reports(nil)
	p.reconcile()
	p.reconcile()
	var casework appsv1.Deployment
	p.Expect(admin.Get(p.ctx, p.key("new-year-casework"), &casework)).To(Succeed())
	var mounted []string
	for _, source := range casework.Spec.Template.Spec.Volumes[1].Projected.Sources {
		mounted = append(mounted, source.Secret.Name)
	}
	p.Expect(mounted).To(ContainElement(workload.TLSSecret(p.name, p.clock.Now().UTC().Year())))
	p.Expect(mounted).NotTo(ContainElement(workload.TLSSecret(p.name, p.clock.Now().UTC().Year()-1)), "server-side apply left the old one")
}

func TestWhatTheServerRefusesIsNamed(t *testing.T) {
	p := newPlace(t, "refused").provision()
	sized := func(memory string) {
		d := p.district()
		d.Spec.Workers.Scorer.Memory = ptr.To(resource.MustParse(memory))
		p.Expect(admin.Update(p.ctx, d)).To(Succeed())
	}
	sized("-128Mi")
	_, err := p.r.Reconcile(p.ctx, ctrl.Request{NamespacedName: p.key(p.name)})
	p.Expect(err).To(HaveOccurred(), "it is tried again")
	ready := meta.FindStatusCondition(p.district().Status.Conditions, v1alpha1.ConditionReady)
	p.Expect(ready.Message).To(ContainSubstring("resources.limits[memory]: Invalid value"))
	sized("128Mi")
	p.reconcile()
	p.rollOut()
	p.reconcile()
	p.Expect(p.condition(v1alpha1.ConditionReady)).To(Equal("True Applied"))
}

func TestReplicasAreNotFoughtOver(t *testing.T) {
	p := newPlace(t, "replicas").provision()
	scale := func(n int32) {
		var d appsv1.Deployment
		p.Expect(admin.Get(p.ctx, p.key("replicas-intake"), &d)).To(Succeed())
		d.Spec.Replicas = &n
		p.Expect(admin.Update(p.ctx, &d)).To(Succeed())
		p.rollOut()
		p.reconcile()
	}
	now := func() int32 {
		var d appsv1.Deployment
		p.Expect(admin.Get(p.ctx, p.key("replicas-intake"), &d)).To(Succeed())
		return *d.Spec.Replicas
	}
	scale(7)
	p.Expect(now()).To(Equal(int32(7)))
	scale(1)
	p.Expect(now()).To(Equal(int32(1)), "scaled down on purpose")
	scale(0)
	p.Expect(now()).To(Equal(int32(1)), "nothing may wait for somebody to wake it")
}

func TestDriftIsUndone(t *testing.T) {
	p := newPlace(t, "drift").provision()
	var policy networkingv1.NetworkPolicy
	p.Expect(admin.Get(p.ctx, p.key("drift-scorer"), &policy)).To(Succeed())
	policy.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{{}}
	p.Expect(admin.Update(p.ctx, &policy)).To(Succeed())
	p.Expect(admin.Delete(p.ctx, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: p.name, Name: "drift-intake"}})).To(Succeed())
	p.reconcile()
	p.Expect(admin.Get(p.ctx, p.key("drift-scorer"), &policy)).To(Succeed())
	p.Expect(policy.Spec.Egress).To(HaveLen(2), "the database and the resolver")
	p.Expect(admin.Get(p.ctx, p.key("drift-intake"), &corev1.Service{})).To(Succeed())
}

func TestALostKeyIsNeverMadeAnew(t *testing.T) {
	p := newPlace(t, "key-loss").provision()
	p.Expect(admin.Delete(p.ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: p.name, Name: "key-loss-keys-seal"}})).To(Succeed())
	p.reports(nil)
	p.reconcile()
	p.Expect(p.condition(v1alpha1.ConditionKeysReady)).To(Equal("False KeyMissing"))
	p.Expect(p.condition(v1alpha1.ConditionReady)).To(Equal("False Progressing"))
	p.Expect(p.condition(v1alpha1.ConditionProvisioned)).To(Equal("True Available"), "what runs keeps running")

	// Even for a District made again, whose status knows nothing.
	d := p.district()
	d.Finalizers = nil
	p.Expect(admin.Update(p.ctx, d)).To(Succeed())
	p.Expect(admin.Delete(p.ctx, d)).To(Succeed())
	p.Expect(admin.Create(p.ctx, p.declared())).To(Succeed())
	p.board.ForgetDistrict(p.name)
	p.reconcile()
	p.reconcile()
	p.Expect(p.condition(v1alpha1.ConditionKeysReady)).To(Equal("False KeyMissing"))
	err := admin.Get(p.ctx, p.key("key-loss-keys-seal"), &corev1.Secret{})
	p.Expect(apierrors.IsNotFound(err)).To(BeTrue(), "a key was made for a database in use: %v", err)
}

func TestOtherKeysAreAMismatch(t *testing.T) {
	p := newPlace(t, "mismatch").provision()
	p.reports(func(r *contract.Report) { r.Keys = contract.KeysMismatch })
	p.reconcile()
	p.Expect(p.condition(v1alpha1.ConditionKeysReady)).To(Equal("False KeyMismatch"))
}

func TestScoresAreVerified(t *testing.T) {
	p := newPlace(t, "rescored").provision()
	p.Expect(p.condition(v1alpha1.ConditionScoresVerified)).To(Equal("Unknown NotYet"))
	says := func(asked string, ago time.Duration, outcome contract.RescoreResult) {
		p.reports(func(r *contract.Report) {
			r.Rescore = &contract.Rescore{FinishedAtUnix: p.clock.Now().Add(-ago).Unix(), Compared: 1230, Outcome: outcome, Asked: contract.RefOf(asked)}
		})
		p.reconcile()
	}
	says("another time", time.Hour, contract.ScoresAgree)
	p.Expect(p.condition(v1alpha1.ConditionScoresVerified)).To(Equal("True ScoresAgree"))
	p.Expect(*p.district().Status.Rescore.Compared).To(Equal(int64(1230)))
	p.Expect(p.district().Status.Rescore.LastHandled).To(BeEmpty())

	d := p.district()
	d.Annotations = map[string]string{v1alpha1.AnnotationRescore: "after the new key"}
	p.Expect(admin.Update(p.ctx, d)).To(Succeed())
	says("another time", time.Hour, contract.ScoresAgree)
	p.Expect(p.district().Status.Rescore.LastHandled).To(BeEmpty(), "not answered yet")
	says("after the new key", time.Minute, contract.ScoresDiffer)
	p.Expect(p.condition(v1alpha1.ConditionScoresVerified)).To(Equal("False ScoresDiffer"))
	p.Expect(p.district().Status.Rescore.LastHandled).To(Equal("after the new key"))
	says("after the new key", 40*time.Hour, contract.ScoresAgree)
	p.Expect(p.condition(v1alpha1.ConditionScoresVerified)).To(Equal("Unknown Overdue"))
}

func TestSilenceBecomesUnknownAfterAMinute(t *testing.T) {
	p := newPlace(t, "silence").provision()
	p.board.PutReading(p.name, unreachable(p.clock.Now()))
	p.reconcile()
	p.Expect(p.condition(v1alpha1.ConditionReporting)).To(Equal("True ReportReceived"), "a rollout is no outage")
	p.clock.SetTime(p.clock.Now().Add(2 * time.Minute))
	p.board.PutReading(p.name, unreachable(p.clock.Now()))
	p.reconcile()
	p.Expect(p.condition(v1alpha1.ConditionReporting)).To(Equal("False Unreachable"))
	p.Expect(p.condition(v1alpha1.ConditionSignalsCovered)).To(Equal("Unknown NoReport"), "a missing report is never zero")
	p.Expect(p.condition(v1alpha1.ConditionReady)).To(Equal("True Applied"), "a silent district is applied all the same")
}

func TestARightThatIsMissing(t *testing.T) {
	p := newPlace(t, "unbound", nil)
	result := p.reconcile()
	p.Expect(p.condition(v1alpha1.ConditionProvisioned)).To(Equal("False Forbidden"))
	p.Expect(p.condition(v1alpha1.ConditionReconciling)).To(Equal("True ReferenceMissing"))
	p.Expect(result.RequeueAfter).To(Equal(time.Minute), "nothing tells when a RoleBinding comes")
	bind(p.ctx, p, p.name)
	p.Eventually(func() string { p.reconcile(); return p.condition(v1alpha1.ConditionProvisioned) }, patience, often).
		Should(Equal("False Migrating"))
}

func TestLosingTheGrantLeavesWhatRuns(t *testing.T) {
	p := newPlace(t, "grant").provision()
	var ns corev1.Namespace
	p.Expect(admin.Get(p.ctx, client.ObjectKey{Name: p.name}, &ns)).To(Succeed())
	delete(ns.Labels, v1alpha1.LabelDistrict)
	p.Expect(admin.Update(p.ctx, &ns)).To(Succeed())
	p.r.Settings.Image = "registry.example/evenkeel:2"
	p.reconcile()
	p.Expect(p.condition(v1alpha1.ConditionAuthorised)).To(Equal("False GrantMissing"))
	p.Expect(p.condition(v1alpha1.ConditionProvisioned)).To(Equal("True Available"))
	p.Expect(p.deployments()).To(HaveLen(3))
	p.Expect(p.jobs()).To(HaveLen(1), "no rollout without a grant")
}

func TestANewImageIsMigratedAndTheOldMigrationGoes(t *testing.T) {
	p := newPlace(t, "upgrade").provision()
	p.r.Settings.Image = "registry.example/evenkeel:2"
	p.reconcile()
	p.Expect(p.condition(v1alpha1.ConditionProvisioned)).To(Equal("False Migrating"))
	p.migrate()
	p.reconcile()
	p.rollOut()
	p.reconcile()
	p.Expect(p.condition(v1alpha1.ConditionProvisioned)).To(Equal("True Available"))
	p.Expect(p.district().Status.Image).To(Equal("registry.example/evenkeel:2"))
	names := []string{}
	for _, j := range p.jobs() {
		if j.DeletionTimestamp.IsZero() {
			names = append(names, j.Name)
		}
	}
	p.Expect(names).To(HaveLen(1))
}

func TestDeletionInOrder(t *testing.T) {
	p := newPlace(t, "deletion").provision()
	p.Expect(admin.Delete(p.ctx, p.district())).To(Succeed())
	p.reconcile()
	p.Expect(p.deployments()).To(HaveLen(3), "no report is newer than the deletion")
	p.Expect(p.condition(v1alpha1.ConditionReady)).To(Equal("False Terminating"))

	p.clock.SetTime(time.Now().Add(5 * time.Second))
	p.reports(func(r *contract.Report) { r.Obligations = true })
	p.reconcile()
	p.Expect(p.deployments()).To(HaveLen(3), "an obligation is open")

	p.reports(nil)
	for _, left := range [][]string{
		{"deletion-casework", "deletion-scorer"}, {"deletion-casework"}, nil,
	} {
		p.reconcile()
		p.Expect(p.deployments()).To(ConsistOf(left))
	}
	p.r = p.reconciler() // a restarted operator has heard nothing
	p.board.ForgetDistrict(p.name)
	p.reconcile()
	p.gone()
	p.kept("deletion-keys-intake", "deletion-keys-seal", "deletion-db-casework")
	var policies networkingv1.NetworkPolicyList
	p.Expect(admin.List(p.ctx, &policies, client.InNamespace(p.name))).To(Succeed())
	p.Expect(policies.Items).To(BeEmpty())
}

func TestAbandonedWithAnOpenObligation(t *testing.T) {
	p := newPlace(t, "abandoned").provision()
	p.Expect(admin.Delete(p.ctx, p.district())).To(Succeed())
	annotate := func(uid string) {
		d := p.district()
		d.Annotations = map[string]string{v1alpha1.AnnotationAbandon: uid}
		p.Expect(admin.Update(p.ctx, d)).To(Succeed())
		p.reports(func(r *contract.Report) { r.Obligations = true })
		p.reconcile()
	}
	annotate("the uid of another")
	p.Expect(p.deployments()).To(HaveLen(3))
	annotate(string(p.district().UID))
	p.Expect(p.deployments()).To(ConsistOf("abandoned-casework", "abandoned-scorer"))
	for range 3 {
		p.reconcile()
		p.deployments()
	}
	p.gone()
	p.kept("abandoned-keys-intake", "abandoned-keys-seal")
}

func TestInATerminatingNamespaceOnlyTheFinalizerGoes(t *testing.T) {
	p := newPlace(t, "terminating").provision()
	p.Expect(admin.Delete(p.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.name}})).To(Succeed())
	p.Expect(admin.Delete(p.ctx, p.district())).To(Succeed())
	before := p.deployments()
	p.reconcile()
	p.gone()
	p.Expect(p.deployments()).To(Equal(before))
}

func TestNeverProvisionedIsDeletedAtOnce(t *testing.T) {
	p := newPlace(t, "early", func(_ *place, d *v1alpha1.District) { d.Spec.Keys.Source = "Provided" })
	p.reconcile()
	p.Expect(p.condition(v1alpha1.ConditionKeysReady)).To(Equal("False KeyMissing"))
	p.Expect(admin.Delete(p.ctx, p.district())).To(Succeed())
	p.reconcile()
	p.gone()
}

func (p *place) gone() {
	p.t.Helper()
	err := admin.Get(p.ctx, p.key(p.name), &v1alpha1.District{})
	p.Expect(apierrors.IsNotFound(err)).To(BeTrue(), "the District is still there: %v", err)
}

func (p *place) kept(names ...string) {
	p.t.Helper()
	for _, name := range slices.Sorted(slices.Values(names)) {
		p.Expect(admin.Get(p.ctx, p.key(name), &corev1.Secret{})).To(Succeed(), name)
	}
}
