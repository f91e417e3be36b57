package district_test

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/controllers/district"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

const (
	image  = "registry.example/evenkeel:1"
	code   = "110106"
	secret = "whsec_c2l4dGVlbi1ieXRlcy1hbmQtc2l4dGVlbi1tb3Jl"
)

// place is one district on the API server, with a reconciler that is called
// directly and a clock that stands still.
type place struct {
	Gomega
	t     *testing.T
	ctx   context.Context
	name  string
	clock *clocktesting.FakePassiveClock
	board *board.Board
	r     *district.Reconciler
}

// newPlace makes a granted namespace with a District and the Secrets that others bring.
func newPlace(t *testing.T, name string, steps ...func(*place, *v1alpha1.District)) *place {
	t.Helper()
	needsServer(t)
	p := &place{Gomega: NewWithT(t), t: t, ctx: t.Context(), name: name, board: board.New()}
	p.clock = clocktesting.NewFakePassiveClock(time.Now())
	p.r = p.reconciler()
	p.Expect(admin.Create(p.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, Labels: map[string]string{v1alpha1.LabelDistrict: code},
	}})).To(Succeed())
	d := p.declared()
	bound := true
	for _, step := range steps {
		if step == nil {
			bound = false
			continue
		}
		step(p, d)
	}
	if bound {
		bind(p.ctx, p, name)
	}
	p.secret("owner", corev1.SecretTypeOpaque, map[string]string{"username": "ek_110106_owner", "password": "p"})
	p.secret("oidc", corev1.SecretTypeOpaque, map[string]string{"client-secret": "s"})
	p.secret("gateway", v1alpha1.SecretTypeChannel, map[string]string{"send": secret, "receive": secret})
	p.Expect(admin.Create(p.ctx, d)).To(Succeed())
	return p
}

func (p *place) reconciler() *district.Reconciler {
	scheme := admin.Scheme()
	c, err := client.New(operatorConfig, client.Options{Scheme: scheme})
	p.Expect(err).NotTo(HaveOccurred())
	return &district.Reconciler{
		Client: c, Live: c, Clock: p.clock, Status: apply.NewStatusWriter(c, p.clock), Applier: apply.NewApplier(c),
		Board: p.board, Events: events.NewFakeRecorder(100),
		Settings: workload.Settings{Image: image, OperatorNamespace: system},
	}
}

func (p *place) declared() *v1alpha1.District {
	ref := func(name string) v1alpha1.ObjectReference { return v1alpha1.ObjectReference{Name: name} }
	gateway := v1alpha1.Endpoint{URL: "https://gateway.example/send", SecretRef: ref("gateway")}
	return &v1alpha1.District{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.name, Name: p.name},
		Spec: v1alpha1.DistrictSpec{
			Code: code, TimeZone: "Asia/Shanghai", CellFloor: 10, DisplayName: v1alpha1.Text{En: "District"},
			Staff:            []v1alpha1.StaffGroup{{Group: "duty", Role: "DistrictDuty"}},
			IdentityProvider: v1alpha1.IdentityProvider{Issuer: "https://id.example", ClientID: "c", ClientSecretRef: ref("oidc")},
			Transports:       []v1alpha1.Transport{{Name: "sms", Endpoint: gateway}, {Name: "voice", Endpoint: gateway}},
			HelpCard:         []v1alpha1.HelpLine{{Label: v1alpha1.Text{En: "Help"}, Phone: "12356"}},
			Database:         v1alpha1.Database{Host: "pg.example", Name: "ek_110106", OwnerSecretRef: ref("owner"), Roles: "Create"},
			Keys:             v1alpha1.Keys{Source: "Generated"},
			Addresses:        v1alpha1.Addresses{Students: "https://s.example", Staff: "https://t.example"},
			Network: v1alpha1.Network{
				IngressCIDRs: []string{"10.1.0.0/16"},
				Egress:       []v1alpha1.EgressRule{{Purpose: "Database", CIDR: "10.9.0.1/32", Port: 5432}},
			},
		},
	}
}

func (p *place) secret(name string, kind corev1.SecretType, data map[string]string) {
	p.Expect(admin.Create(p.ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.name, Name: name}, Type: kind, StringData: data,
	})).To(Succeed())
}

func (p *place) key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: p.name, Name: name}
}

// reconcile calls the reconciler once.
func (p *place) reconcile() ctrl.Result {
	p.t.Helper()
	result, err := p.r.Reconcile(p.ctx, ctrl.Request{NamespacedName: p.key(p.name)})
	p.Expect(err).NotTo(HaveOccurred())
	return result
}

// provision reconciles through every stage, playing the part of the Job and
// Deployment controllers that an API server alone does not have.
func (p *place) provision() *place {
	p.t.Helper()
	p.reconcile() // Secrets
	p.reconcile() // policies, Services, the migration
	p.migrate()
	p.reconcile() // Deployments
	p.rollOut()
	p.reconcile() // replicas
	p.rollOut()
	p.reports(nil)
	p.reconcile()
	return p
}

func (p *place) migrate() {
	for _, job := range p.jobs() {
		if job.Status.Succeeded > 0 {
			continue
		}
		now, before := metav1.Now(), job.DeepCopy()
		job.Status = batchv1.JobStatus{
			Succeeded: 1, StartTime: &now, CompletionTime: &now,
			Conditions: []batchv1.JobCondition{
				{Type: batchv1.JobSuccessCriteriaMet, Status: corev1.ConditionTrue, LastTransitionTime: now},
				{Type: batchv1.JobComplete, Status: corev1.ConditionTrue, LastTransitionTime: now},
			},
		}
		p.Expect(admin.Status().Patch(p.ctx, &job, client.MergeFrom(before))).To(Succeed())
	}
}

func (p *place) rollOut() { rollOut(p.ctx, p, p.name) }

func rollOut(ctx context.Context, g Gomega, namespace string) {
	var list appsv1.DeploymentList
	g.Expect(admin.List(ctx, &list, client.InNamespace(namespace))).To(Succeed())
	for _, d := range list.Items {
		n, before := *d.Spec.Replicas, d.DeepCopy()
		d.Status = appsv1.DeploymentStatus{ObservedGeneration: d.Generation, Replicas: n, UpdatedReplicas: n, ReadyReplicas: n, AvailableReplicas: n}
		g.Expect(admin.Status().Patch(ctx, &d, client.MergeFrom(before))).To(Succeed())
	}
}

func (p *place) jobs() []batchv1.Job {
	var list batchv1.JobList
	p.Expect(admin.List(p.ctx, &list, client.InNamespace(p.name))).To(Succeed())
	return list.Items
}

// deployments lists those that are not going away, and lets go of those that
// are: there is no garbage collector.
func (p *place) deployments() []string {
	var list appsv1.DeploymentList
	p.Expect(admin.List(p.ctx, &list, client.InNamespace(p.name))).To(Succeed())
	var names []string
	for _, d := range list.Items {
		if d.DeletionTimestamp.IsZero() {
			names = append(names, d.Name)
			continue
		}
		d.Finalizers = nil
		p.Expect(admin.Update(p.ctx, &d)).To(Succeed())
	}
	return names
}

func report() contract.Report {
	digest := make([]byte, 64)
	for i := range digest {
		digest[i] = 'a'
	}
	return contract.Report{
		AtUnix: 1, SchemaVersion: 10, Keys: contract.KeysReady, KeyDigest: contract.Digest(digest), AuditHead: contract.Digest(digest),
		DutyChain: contract.Reachable, Covered: true, OnTime: true,
	}
}

func (p *place) reports(edit func(*contract.Report)) {
	r := report()
	if edit != nil {
		edit(&r)
	}
	p.board.PutReading(p.name, board.Reading{At: p.clock.Now(), OK: true, Report: r})
}

func (p *place) district() *v1alpha1.District {
	var d v1alpha1.District
	p.Expect(admin.Get(p.ctx, p.key(p.name), &d)).To(Succeed())
	return &d
}

// condition is "status reason", such as "True Available".
func (p *place) condition(kind string) string {
	c := meta.FindStatusCondition(p.district().Status.Conditions, kind)
	if c == nil {
		return ""
	}
	return string(c.Status) + " " + c.Reason
}

func unreachable(at time.Time) board.Reading {
	return board.Reading{At: at, Fault: v1alpha1.ReasonUnreachable}
}
