package district

import (
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

const (
	code     = "110106"
	newImage = "registry.example/evenkeel:2"
	oldImage = "registry.example/evenkeel:1"
)

var (
	noon     = time.Date(2026, 9, 15, 12, 0, 0, 0, time.UTC)
	settings = workload.Settings{Image: newImage, OperatorNamespace: "evenkeel-system"}
	whsec    = []byte("whsec_c2l4dGVlbi1ieXRlcy1hbmQtc2l4dGVlbi1tb3Jl")
)

func spec() v1alpha1.DistrictSpec {
	ref := func(name string) v1alpha1.ObjectReference { return v1alpha1.ObjectReference{Name: name} }
	gateway := v1alpha1.Endpoint{URL: "https://gateway.example/send", SecretRef: ref("gateway")}
	return v1alpha1.DistrictSpec{
		Code: code, TimeZone: "Asia/Shanghai", CellFloor: 10,
		DisplayName:      v1alpha1.Text{En: "Fengtai"},
		Staff:            []v1alpha1.StaffGroup{{Group: "duty", Role: "DistrictDuty"}},
		IdentityProvider: v1alpha1.IdentityProvider{Issuer: "https://id.example", ClientID: "c", ClientSecretRef: ref("oidc"), GroupsClaim: "groups"},
		Transports:       []v1alpha1.Transport{{Name: "sms", Endpoint: gateway}, {Name: "voice", Endpoint: gateway}},
		HelpCard:         []v1alpha1.HelpLine{{Label: v1alpha1.Text{En: "Help"}, Phone: "12356"}},
		Database:         v1alpha1.Database{Host: "pg.example", Port: 5432, Name: "ek_110106", SSLMode: "require", OwnerSecretRef: ref("owner"), Roles: "Create"},
		Keys:             v1alpha1.Keys{Source: "Generated"},
		Addresses:        v1alpha1.Addresses{Students: "https://s.example", Staff: "https://t.example"},
		Network: v1alpha1.Network{
			IngressCIDRs: []string{"10.1.0.0/16"},
			Egress:       []v1alpha1.EgressRule{{Purpose: "Database", CIDR: "10.9.0.1/32", Port: 5432}},
		},
		Workers: v1alpha1.Workers{Intake: v1alpha1.Worker{Replicas: 2}, Scorer: v1alpha1.Worker{Replicas: 1}, Casework: v1alpha1.Worker{Replicas: 2}},
	}
}

// world is a district step by step further provisioned.
type world struct{ observed }

func granted() *world {
	w := &world{observed{
		district:    v1alpha1.District{ObjectMeta: metav1.ObjectMeta{Name: "fengtai", Namespace: "fengtai", UID: "uid-1"}, Spec: spec()},
		namespace:   &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "fengtai", Labels: map[string]string{v1alpha1.LabelDistrict: code}}},
		secrets:     map[string]*corev1.Secret{},
		deployments: map[workload.Component]*appsv1.Deployment{},
	}}
	return w.secret("owner", "username", "password").secret("oidc", "client-secret").channel("gateway")
}

func (w *world) secret(name string, keys ...string) *world {
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid-" + name)}, Data: map[string][]byte{}}
	for _, k := range keys {
		s.Data[k] = []byte("value of " + k)
	}
	w.secrets[name] = s
	return w
}

func (w *world) channel(name string) *world {
	w.secret(name)
	w.secrets[name].Type = v1alpha1.SecretTypeChannel
	w.secrets[name].Data = map[string][]byte{"send": whsec, "receive": whsec}
	return w
}

func (w *world) withKeys() *world {
	return w.secret("fengtai-keys-intake", contract.IntakeKeys...).secret("fengtai-keys-seal", contract.SealKeys...)
}

func (w *world) withSecrets() *world {
	w.withKeys().secret("fengtai-internal-tls-2026", "tls.crt").secret("fengtai-sync-token", "token")
	for _, c := range workload.Processes {
		w.secret(workload.RoleSecret("fengtai", c), "username", "password")
	}
	return w
}

func (w *world) migrated(image string, kind batchv1.JobConditionType, at time.Time) *world {
	name := workload.MigrationName(&w.district, image, roleStamp(w.observed))
	w.migrations = append(w.migrations, batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: batchv1.JobStatus{
		Conditions: []batchv1.JobCondition{{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(at)}},
	}})
	return w
}

func (w *world) running(image string) *world {
	for _, c := range workload.Processes {
		d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: workload.Name("fengtai", c), Generation: 1}}
		d.Spec.Replicas = ptr.To(workload.Replicas(w.district.Spec, c))
		d.Spec.Template.Spec.Containers = []corev1.Container{{Image: image}}
		d.Status = appsv1.DeploymentStatus{ObservedGeneration: 1, Replicas: 2, UpdatedReplicas: 2, AvailableReplicas: 2}
		w.deployments[c] = d
	}
	return w
}

func (w *world) reports(edit func(*contract.Report)) *world {
	r := board.Reading{At: noon.Add(-time.Second), OK: true, Report: contract.Report{
		SchemaVersion: 1, Keys: contract.KeysReady, KeyDigest: "digest", DutyChain: contract.Reachable, Covered: true, OnTime: true,
	}}
	if edit != nil {
		edit(&r.Report)
	}
	w.latest, w.last = &r, &r
	return w
}

func (w *world) but(edit func(*world)) *world { edit(w); return w }

func complete3() *world {
	return granted().withSecrets().migrated(newImage, batchv1.JobComplete, noon).running(newImage).reports(nil)
}

func stage1() v1alpha1.ScreeningRound {
	return v1alpha1.ScreeningRound{
		Spec: v1alpha1.ScreeningRoundSpec{Phases: []v1alpha1.PhaseWindow{{
			Name: v1alpha1.PhaseStage1, From: metav1.NewTime(noon.Add(-time.Hour)), To: metav1.NewTime(noon.Add(time.Hour)),
		}}},
		Status: v1alpha1.ScreeningRoundStatus{MeaningDigest: strings.Repeat("a", 64)},
	}
}

func TestDecide(t *testing.T) {
	all := []string{"fengtai-internal-tls-2026", "fengtai-sync-token", "fengtai-db-intake", "fengtai-db-scorer", "fengtai-db-casework"}
	keys := []string{"fengtai-keys-seal", "fengtai-keys-intake"}
	tests := map[string]struct {
		world       *world
		makes       []string
		migrates    string
		deploys     string // image of intake; "": nothing is deployed
		acts        bool
		authorised  string // reason
		provisioned string // reason
		state       conditions.State
	}{
		"no grant": {
			world:      granted().but(func(w *world) { w.namespace.Labels = nil }),
			authorised: "GrantMissing", provisioned: "NotAuthorised", state: conditions.NotAuthorised,
		},
		"another district's grant": {
			world:      granted().but(func(w *world) { w.namespace.Labels[v1alpha1.LabelDistrict] = "110107" }),
			authorised: "GrantMismatch", provisioned: "NotAuthorised", state: conditions.NotAuthorised,
		},
		"a name that is not the namespace's": {
			world:      granted().but(func(w *world) { w.district.Name = "other" }),
			authorised: "NameMismatch", provisioned: "NotAuthorised", state: conditions.Refused,
		},
		"the grant is lost: what runs keeps running": {
			world:      complete3().but(func(w *world) { w.namespace.Labels = nil }),
			authorised: "GrantMissing", provisioned: "Available", state: conditions.NotAuthorised,
		},
		"the namespace is terminating": {
			world:      complete3().but(func(w *world) { w.namespace.DeletionTimestamp = &metav1.Time{Time: noon} }),
			authorised: "Granted", provisioned: "Available", state: conditions.Terminating,
		},
		"a right is missing": {
			world:      granted().but(func(w *world) { w.forbidden = "read Secret owner" }),
			authorised: "Granted", provisioned: "Forbidden", state: conditions.Waiting,
		},
		"a new district gets its Secrets, keys first": {
			world: granted(), acts: true, makes: append(slices.Clone(keys), all...),
			authorised: "Granted", provisioned: "RollingOut", state: conditions.Progressing,
		},
		"half of the keys after a crash: the other half": {
			world: granted().secret("fengtai-keys-seal", contract.SealKeys...), acts: true, makes: append([]string{"fengtai-keys-intake"}, all...),
			authorised: "Granted", provisioned: "RollingOut", state: conditions.Progressing,
		},
		"provided keys are waited for": {
			world: granted().but(func(w *world) { w.district.Spec.Keys.Source = "Provided" }), acts: true,
			authorised: "Granted", provisioned: "RollingOut", state: conditions.Waiting,
		},
		"lost keys of a database in use are never made anew": {
			world: complete3().but(func(w *world) { w.district.Status.KeyDigest = "digest"; delete(w.secrets, "fengtai-keys-seal") }),
			acts:  true, authorised: "Granted", provisioned: "Available", state: conditions.Waiting,
		},
		"nor when the object was made again and its status is empty": {
			world: granted().secret("fengtai-sync-token", "token"),
			acts:  true, authorised: "Granted", provisioned: "RollingOut", state: conditions.Waiting,
		},
		"the owner's Secret is waited for": {
			world: granted().withSecrets().but(func(w *world) { delete(w.secrets, "owner") }),
			acts:  true, authorised: "Granted", provisioned: "RolesMissing", state: conditions.Waiting,
		},
		"existing roles are waited for": {
			world: granted().withSecrets().but(func(w *world) {
				w.district.Spec.Database.Roles = "Existing"
				delete(w.secrets, "fengtai-db-scorer")
			}),
			acts: true, authorised: "Granted", provisioned: "RolesMissing", state: conditions.Waiting,
		},
		"then the database is migrated": {
			world: granted().withSecrets(), acts: true, migrates: newImage,
			authorised: "Granted", provisioned: "Migrating", state: conditions.Progressing,
		},
		"a failed migration is left for two minutes": {
			world: granted().withSecrets().migrated(newImage, batchv1.JobFailed, noon.Add(-time.Minute)), acts: true,
			authorised: "Granted", provisioned: "MigrationFailed", state: conditions.Progressing,
		},
		"then the processes are deployed": {
			world: granted().withSecrets().migrated(newImage, batchv1.JobComplete, noon), acts: true, deploys: newImage,
			authorised: "Granted", provisioned: "RollingOut", state: conditions.Progressing,
		},
		"a new image is migrated first": {
			world: granted().withSecrets().migrated(oldImage, batchv1.JobComplete, noon).running(oldImage), acts: true, migrates: newImage,
			authorised: "Granted", provisioned: "Migrating", state: conditions.Progressing,
		},
		"while Stage1 is open the image stays": {
			world: granted().withSecrets().migrated(oldImage, batchv1.JobComplete, noon).running(oldImage).reports(nil).
				but(func(w *world) { w.rounds = []v1alpha1.ScreeningRound{stage1()} }),
			acts: true, deploys: oldImage, authorised: "Granted", provisioned: "Available", state: conditions.Applied,
		},
		"also when only the district's clock says that it is open": {
			world: granted().withSecrets().migrated(oldImage, batchv1.JobComplete, noon).running(oldImage).reports(func(r *contract.Report) {
				r.Rounds = []contract.RoundView{{State: contract.RoundHeld}}
			}),
			acts: true, deploys: oldImage, authorised: "Granted", provisioned: "Available", state: conditions.Applied,
		},
		"unless it is a security update": {
			world: granted().withSecrets().migrated(oldImage, batchv1.JobComplete, noon).running(oldImage).but(func(w *world) {
				w.rounds = []v1alpha1.ScreeningRound{stage1()}
				w.district.Annotations = map[string]string{v1alpha1.AnnotationSecurityUpdate: "true"}
			}),
			acts: true, migrates: newImage, authorised: "Granted", provisioned: "Migrating", state: conditions.Progressing,
		},
		"Stage1 of a round whose meaning was never sent keeps nothing out": {
			world: granted().withSecrets().migrated(oldImage, batchv1.JobComplete, noon).running(oldImage).but(func(w *world) {
				r := stage1()
				r.Status.MeaningDigest = ""
				w.rounds = []v1alpha1.ScreeningRound{r}
			}),
			acts: true, migrates: newImage, authorised: "Granted", provisioned: "Migrating", state: conditions.Progressing,
		},
		"Stage1 that was ended early is over": {
			world: granted().withSecrets().migrated(oldImage, batchv1.JobComplete, noon).running(oldImage).but(func(w *world) {
				r := stage1()
				r.Spec.EndAt = &metav1.Time{Time: noon.Add(-time.Minute)}
				w.rounds = []v1alpha1.ScreeningRound{r}
			}),
			acts: true, migrates: newImage, authorised: "Granted", provisioned: "Migrating", state: conditions.Progressing,
		},
		"a transport without its Secret": {
			world: complete3().but(func(w *world) { delete(w.secrets, "gateway") }), acts: true, deploys: newImage,
			authorised: "Granted", provisioned: "Available", state: conditions.Waiting,
		},
		"everything stands": {
			world: complete3(), acts: true, deploys: newImage, authorised: "Granted", provisioned: "Available", state: conditions.Applied,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := decide(tt.world.observed, noon, settings)
			var makes []string
			for _, m := range p.make {
				makes = append(makes, m.name)
			}
			if !slices.Equal(makes, tt.makes) {
				t.Errorf("makes %v, want %v", makes, tt.makes)
			}
			if p.migrate != tt.migrates || p.deploy[workload.Intake].Image != tt.deploys || p.acts != tt.acts {
				t.Errorf("migrates %q, deploys %q, acts %v; want %q, %q, %v", p.migrate, p.deploy[workload.Intake].Image, p.acts, tt.migrates, tt.deploys, tt.acts)
			}
			if p.authorised.Reason != tt.authorised || p.provisioned.Reason != tt.provisioned || p.verdict.State != tt.state {
				t.Errorf("%s, %s, %d (%s); want %s, %s, %d", p.authorised.Reason, p.provisioned.Reason, p.verdict.State, p.verdict.Message, tt.authorised, tt.provisioned, tt.state)
			}
		})
	}
}

func TestAFailedMigrationIsTriedAgain(t *testing.T) {
	o := granted().withSecrets().migrated(newImage, batchv1.JobFailed, noon.Add(-3*time.Minute)).observed
	if p := decide(o, noon, settings); len(p.retry) != 1 {
		t.Errorf("three minutes after a failure nothing is tried again: %+v", p)
	}
}

func TestStartReplicas(t *testing.T) {
	owned := func(fields string) []metav1.ManagedFieldsEntry {
		return []metav1.ManagedFieldsEntry{{FieldsV1: metav1.NewFieldsV1(fields)}}
	}
	tests := map[string]struct {
		now   int32
		owner []metav1.ManagedFieldsEntry
		want  int32
		due   bool
	}{
		"just made":                     {now: 1, want: 3, due: true},
		"others own other fields":       {now: 1, owner: owned(`{"f:status":{"f:replicas":{}},"f:spec":{"f:template":{}}}`), want: 3, due: true},
		"already as it should start":    {now: 3, want: 3},
		"an autoscaler has spoken":      {now: 5, owner: owned(`{"f:spec":{"f:replicas":{}}}`)},
		"scaled to nothing by somebody": {now: 0, owner: owned(`{"f:spec":{"f:replicas":{}}}`), want: 1, due: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{ManagedFields: tt.owner}, Spec: appsv1.DeploymentSpec{Replicas: &tt.now}}
			if got, due := startReplicas(d, 3); due != tt.due || due && got != tt.want {
				t.Errorf("scales to %d, %v; want %d, %v", got, due, tt.want, tt.due)
			}
		})
	}
}

func TestDecideRemoval(t *testing.T) {
	deleted := noon.Add(-10 * time.Second)
	leaving := func(w *world) *world {
		w.district.DeletionTimestamp = &metav1.Time{Time: deleted}
		w.district.Status.KeyDigest = "digest"
		return w
	}
	annotated := func(name, value string) func(*world) {
		return func(w *world) { w.district.Annotations = map[string]string{name: value} }
	}
	tests := map[string]struct {
		world     *world
		release   bool
		settle    bool
		component workload.Component
		message   string // part of it
	}{
		"the namespace is terminating: the finalizer only": {
			world: leaving(complete3()).but(func(w *world) { w.namespace.DeletionTimestamp = &metav1.Time{Time: noon} }), release: true,
		},
		"never provisioned":  {world: leaving(granted()).but(func(w *world) { w.district.Status.KeyDigest = "" }), release: true},
		"no report":          {world: leaving(complete3()).but(func(w *world) { w.last, w.latest = nil, nil }), message: "Waiting for a report"},
		"a report of before": {world: leaving(complete3()).but(func(w *world) { w.last.At = deleted.Add(-time.Second) }), message: "Waiting for a report"},
		"a report of long ago": {world: leaving(complete3()).but(func(w *world) {
			w.district.DeletionTimestamp.Time = noon.Add(-time.Hour)
			w.last.At = noon.Add(-2 * time.Minute)
		}), message: "Waiting for a report"},
		"an open obligation":       {world: leaving(complete3()).but(func(w *world) { w.last.Report.Obligations = true }), message: "An obligation is open"},
		"nobody waits: intake":     {world: leaving(complete3()), component: workload.Intake},
		"then the scorer":          {world: leaving(complete3()).but(func(w *world) { delete(w.deployments, workload.Intake) }), component: workload.Scorer},
		"then casework, noting it": {world: leaving(complete3()).but(func(w *world) { delete(w.deployments, workload.Intake); delete(w.deployments, workload.Scorer) }), component: workload.Casework, settle: true},
		"all gone, noted, the operator restarted": {
			world: leaving(granted()).but(annotated(v1alpha1.AnnotationSettled, "uid-1")), release: true,
		},
		"all gone and not noted":    {world: leaving(granted()), message: "Waiting for a report"},
		"abandoned":                 {world: leaving(complete3()).but(func(w *world) { w.last.Report.Obligations = true }).but(annotated(v1alpha1.AnnotationAbandon, "uid-1")), component: workload.Intake},
		"abandoned, another object": {world: leaving(complete3()).but(func(w *world) { w.last.Report.Obligations = true }).but(annotated(v1alpha1.AnnotationAbandon, "uid-0")), message: "An obligation is open"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := decideRemoval(tt.world.observed, noon)
			if got.release != tt.release || got.component != tt.component || got.settle != tt.settle || !strings.Contains(got.message, tt.message) {
				t.Errorf("decided %+v, want release %v, component %q, settle %v, message %q", got, tt.release, tt.component, tt.settle, tt.message)
			}
		})
	}
}

func TestASecretThatLacksAKeyIsWaitedFor(t *testing.T) {
	for name, keys := range map[string][]string{
		"owner": {"username"}, "oidc": {"secret"}, "fengtai-db-scorer": {"password"}, "ca": {"tls.crt"},
	} {
		w := granted().withSecrets()
		w.district.Spec.Database.CASecretRef.Name = "ca"
		w.secret("ca", "ca.crt")
		if p := decide(w.observed, noon, settings); p.migrate == "" {
			t.Fatalf("with everything there: %s", p.verdict.Message)
		}
		w.secret(name, keys...)
		p := decide(w.observed, noon, settings)
		if p.migrate != "" || p.verdict.State != conditions.Waiting || !strings.Contains(p.verdict.Message, name+" (lacks ") {
			t.Errorf("%s with %v: migrates %q, %v %q", name, keys, p.migrate, p.verdict.State, p.verdict.Message)
		}
	}
}

func TestReportingSaysThatTheDirectoryIsRefused(t *testing.T) {
	refusal := func(kind contract.Kind, reason contract.RefusalReason) *world {
		w := complete3()
		w.latest.Refusals = []contract.Refusal{{Kind: kind, Reason: reason}}
		return w
	}
	for name, tc := range map[string]struct {
		world  *world
		reason string
	}{
		"nothing is refused":        {complete3(), v1alpha1.ReasonReportReceived},
		"an invalid directory":      {refusal(contract.KindDirectory, contract.RefusedInvalid), v1alpha1.ReasonDirectoryRefused},
		"a directory that is stale": {refusal(contract.KindDirectory, contract.RefusedStale), v1alpha1.ReasonReportReceived},
		"a control document":        {refusal(contract.KindControl, contract.RefusedInvalid), v1alpha1.ReasonReportReceived},
	} {
		t.Run(name, func(t *testing.T) {
			if got := reporting(tc.world.observed, noon); got.Reason != tc.reason {
				t.Errorf("Reporting has the reason %s, want %s", got.Reason, tc.reason)
			}
		})
	}
}

func TestSomebodysSecretIsLookedForSoon(t *testing.T) {
	waits := granted().withSecrets().but(func(w *world) { delete(w.secrets, "owner") })
	if got := decide(waits.observed, noon, settings).wait; got != secretPause {
		t.Errorf("looks again after %s, want %s: no watch tells when a Secret comes", got, secretPause)
	}
}

func TestDecideLooksAgainForKeysThatDoNotFit(t *testing.T) {
	w := complete3().reports(func(r *contract.Report) { r.Keys = contract.KeysMismatch })
	if p := decide(w.observed, noon, workload.Settings{Image: newImage}); p.wait != secretPause {
		t.Errorf("looks again after %s, want %s", p.wait, secretPause)
	}
}
