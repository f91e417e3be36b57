package workload

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	psaapi "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

const image = "registry.example/evenkeel@sha256:0000000000000000000000000000000000000000000000000000000000000001"

var release = Release{Image: image, Year: 2026}

func district() *v1alpha1.District {
	ref := func(name string) v1alpha1.ObjectReference { return v1alpha1.ObjectReference{Name: name} }
	return &v1alpha1.District{
		ObjectMeta: metav1.ObjectMeta{Name: "fengtai", Namespace: "fengtai"},
		Spec: v1alpha1.DistrictSpec{
			Code: "110106", TimeZone: "Asia/Shanghai",
			IdentityProvider: v1alpha1.IdentityProvider{Issuer: "https://id.example", ClientID: "c", ClientSecretRef: ref("oidc"), GroupsClaim: "groups"},
			Database: v1alpha1.Database{
				Host: "pg.example", Port: 5432, Name: "ek_110106", SSLMode: "verify-full",
				OwnerSecretRef: ref("owner"), CASecretRef: ref("pg-ca"), Roles: "Create",
			},
			Addresses: v1alpha1.Addresses{Students: "https://s.example", Staff: "https://t.example"},
			Network: v1alpha1.Network{
				IngressCIDRs: []string{"10.1.0.0/16"},
				CASecretRef:  ref("egress-ca"),
				Egress: []v1alpha1.EgressRule{
					{Purpose: "Database", CIDR: "10.9.0.1/32", Port: 5432},
					{Purpose: "Transport", CIDR: "10.9.0.2/32", Port: 443},
					{Purpose: "Transport", CIDR: "10.9.0.3/32", Port: 8443},
					{Purpose: "Hospital", CIDR: "10.9.0.4/32", Port: 443},
					{Purpose: "IdentityProvider", CIDR: "10.9.0.5/32", Port: 443},
				},
			},
			Workers: v1alpha1.Workers{
				Intake: v1alpha1.Worker{Replicas: 3}, Scorer: v1alpha1.Worker{Replicas: 1}, Casework: v1alpha1.Worker{Replicas: 2},
			},
		},
	}
}

var settings = Settings{Image: image, OperatorNamespace: "evenkeel-system", ImagePullSecrets: []string{"registry"}}

// typed turns an apply configuration into the object the server would see.
func typed[T any](t *testing.T, configuration any) *T {
	t.Helper()
	raw, err := json.Marshal(configuration)
	if err != nil {
		t.Fatal(err)
	}
	obj := new(T)
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(obj); err != nil {
		t.Fatal(err)
	}
	return obj
}

func templates(t *testing.T, d *v1alpha1.District) map[Component]corev1.PodTemplateSpec {
	t.Helper()
	all := map[Component]corev1.PodTemplateSpec{
		Migrate: typed[batchv1.Job](t, BuildMigration(d, image, "", settings)).Spec.Template,
	}
	for _, c := range Processes {
		all[c] = typed[appsv1.Deployment](t, BuildDeployment(d, c, release, settings)).Spec.Template
	}
	return all
}

func TestPodsMeetPodSecurityRestricted(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	restricted := psaapi.LevelVersion{Level: psaapi.LevelRestricted, Version: psaapi.LatestVersion()}
	evaluate := func(p corev1.PodTemplateSpec) string {
		result := policy.AggregateCheckResults(evaluator.EvaluatePod(restricted, &p.ObjectMeta, &p.Spec))
		return result.ForbiddenDetail()
	}
	for c, template := range templates(t, district()) {
		if detail := evaluate(template); detail != "" {
			t.Errorf("%s: %s", c, detail)
		}
		pod, con := template.Spec, template.Spec.Containers[0]
		if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
			t.Errorf("%s mounts a service-account token", c)
		}
		if sc := con.SecurityContext; sc.ReadOnlyRootFilesystem == nil || !*sc.ReadOnlyRootFilesystem {
			t.Errorf("%s can write to its root file system", c)
		}
	}
	worse := templates(t, district())[Intake]
	worse.Spec.Containers[0].SecurityContext = nil
	if evaluate(worse) == "" {
		t.Error("the check passes a pod without a security context: it would pass anything")
	}
}

func TestFilesReachOnlyTheProcessesThatNeedThem(t *testing.T) {
	want := map[Component][]string{
		Migrate: {
			"db-ca/ca.crt=pg-ca:ca.crt", "db/password=owner:password", "db/username=owner:username",
			"roles/casework/password=fengtai-db-casework:password", "roles/intake/password=fengtai-db-intake:password",
			"roles/scorer/password=fengtai-db-scorer:password",
		},
		Intake: {
			"db-ca/ca.crt=pg-ca:ca.crt", "db/password=fengtai-db-intake:password", "db/username=fengtai-db-intake:username",
			"keys/code.key=fengtai-keys-intake:code.key", "keys/content.key=fengtai-keys-intake:content.key",
		},
		Scorer: {
			"db-ca/ca.crt=pg-ca:ca.crt", "db/password=fengtai-db-scorer:password", "db/username=fengtai-db-scorer:username",
			"keys/district.key=fengtai-keys-seal:district.key",
		},
		Casework: {
			"db-ca/ca.crt=pg-ca:ca.crt", "db/password=fengtai-db-casework:password", "db/username=fengtai-db-casework:username",
			"egress-ca/ca.crt=egress-ca:ca.crt", "internal-tls/tls.crt=fengtai-internal-tls-2026:tls.crt", "internal-tls/tls.key=fengtai-internal-tls-2026:tls.key",
			"keys/code.key=fengtai-keys-seal:code.key", "keys/district.key=fengtai-keys-seal:district.key", "keys/lookup.key=fengtai-keys-seal:lookup.key",
			"oidc/client-secret=oidc:client-secret", "sync-token/token=fengtai-sync-token:token",
		},
	}
	for c, template := range templates(t, district()) {
		if diff := cmp.Diff(want[c], mounted(template)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c, diff)
		}
	}
}

func mounted(template corev1.PodTemplateSpec) []string {
	var files []string
	for _, v := range template.Spec.Volumes {
		if v.Projected == nil {
			continue
		}
		for _, source := range v.Projected.Sources {
			for _, item := range source.Secret.Items {
				files = append(files, item.Path+"="+source.Secret.Name+":"+item.Key)
			}
		}
	}
	slices.Sort(files)
	return files
}

func TestOptionalFilesAreLeftOut(t *testing.T) {
	d := district()
	d.Spec.Database.CASecretRef, d.Spec.Network.CASecretRef = v1alpha1.ObjectReference{}, v1alpha1.ObjectReference{}
	d.Spec.Database.Roles = "Existing"
	for c, template := range templates(t, d) {
		for _, file := range mounted(template) {
			if strings.Contains(file, "-ca/") || strings.HasPrefix(file, "roles/") {
				t.Errorf("%s mounts %s", c, file)
			}
		}
	}
}

func TestReplicasAreNeverRendered(t *testing.T) {
	for _, c := range Processes {
		d := typed[appsv1.Deployment](t, BuildDeployment(district(), c, release, settings))
		if d.Spec.Replicas != nil {
			t.Errorf("%s says replicas: %d; an autoscaler would be fought over", c, *d.Spec.Replicas)
		}
		if d.Spec.Strategy.RollingUpdate.MaxUnavailable.IntValue() != 0 {
			t.Errorf("%s may have fewer replicas while it rolls out", c)
		}
	}
}

func TestEnvironmentHasNoDuplicateAndNoSecret(t *testing.T) {
	for c, template := range templates(t, district()) {
		seen := map[string]bool{}
		for _, e := range template.Spec.Containers[0].Env {
			if seen[e.Name] {
				t.Errorf("%s sets %s twice", c, e.Name)
			}
			seen[e.Name] = true
			if e.ValueFrom != nil {
				t.Errorf("%s takes %s from a Secret; secrets are files", c, e.Name)
			}
		}
		if !seen["EVENKEEL_DISTRICT"] || !seen["EVENKEEL_DB_HOST"] {
			t.Errorf("%s lacks the settings of every process: %v", c, seen)
		}
	}
}

func TestResourcesComeFromTheDistrictFirst(t *testing.T) {
	d := district()
	memory := resource.MustParse("1Gi")
	d.Spec.Workers.Scorer.Memory = &memory
	con := templates(t, d)[Scorer].Spec.Containers[0]
	if got := con.Resources.Limits[corev1.ResourceMemory]; got.Cmp(memory) != 0 {
		t.Errorf("the scorer may use %s, want %s", got.String(), memory.String())
	}
	if got := con.Resources.Requests[corev1.ResourceCPU]; got.Cmp(DefaultResources()[Scorer].CPU) != 0 {
		t.Errorf("the scorer asks for %s of CPU, want the default", got.String())
	}
}

func TestMigrationIsNamedAfterImageAndDatabase(t *testing.T) {
	a := MigrationName(district(), image, "")
	if a != MigrationName(district(), image, "") || len(a) > 63 {
		t.Errorf("%q is not stable or too long", a)
	}
	moved := district()
	moved.Spec.Database.Host = "other.example"
	if a == MigrationName(district(), image, "made anew") {
		t.Error("role Secrets made anew are not migrated")
	}
	if a == MigrationName(district(), image+"x", "") || a == MigrationName(moved, image, "") {
		t.Error("another image or database gives the same migration")
	}
}

func TestInternalServiceShowsACaseworkThatIsNotReady(t *testing.T) {
	for _, ac := range BuildServices(district(), Casework) {
		s := typed[corev1.Service](t, ac)
		if internal := s.Name == InternalService("fengtai"); s.Spec.PublishNotReadyAddresses != internal {
			t.Errorf("%s publishes addresses that are not ready: %v", s.Name, s.Spec.PublishNotReadyAddresses)
		}
	}
}
