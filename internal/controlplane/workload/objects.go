package workload

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	batchv1ac "k8s.io/client-go/applyconfigurations/batch/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	policyv1ac "k8s.io/client-go/applyconfigurations/policy/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// Release is what a component is to run.
type Release struct {
	Image   string
	Year    int    // of the internal certificate
	Secrets string // stands for the Secrets it mounts; when one is made anew, its pods are
}

// AnnotationSecrets on pods is Release.Secrets.
const AnnotationSecrets = "screening.evenkeel.dev/secrets"

// BuildDeployment returns the Deployment of a process. It never says how many
// replicas: the scale subresource is in charge of those.
func BuildDeployment(d *v1alpha1.District, c Component, r Release, s Settings) *appsv1ac.DeploymentApplyConfiguration {
	template := podTemplate(d, c, r, s)
	template.Spec.WithTopologySpreadConstraints(corev1ac.TopologySpreadConstraint().
		WithMaxSkew(1).WithTopologyKey("kubernetes.io/hostname").WithWhenUnsatisfiable(corev1.ScheduleAnyway).
		WithLabelSelector(selecting(Selector(d.Name, c))))
	if r.Secrets != "" {
		template.WithAnnotations(map[string]string{AnnotationSecrets: r.Secrets})
	}
	return appsv1ac.Deployment(Name(d.Name, c), d.Namespace).
		WithLabels(Labels(d.Name, c)).
		WithSpec(appsv1ac.DeploymentSpec().
			WithSelector(selecting(Selector(d.Name, c))).
			WithRevisionHistoryLimit(3).
			WithStrategy(appsv1ac.DeploymentStrategy().WithType(appsv1.RollingUpdateDeploymentStrategyType).
				WithRollingUpdate(appsv1ac.RollingUpdateDeployment().
					WithMaxUnavailable(intstr.FromInt32(0)).WithMaxSurge(intstr.FromInt32(1)))).
			WithTemplate(template))
}

// BuildServices returns a Service for every listener of a process.
func BuildServices(d *v1alpha1.District, c Component) []*corev1ac.ServiceApplyConfiguration {
	var services []*corev1ac.ServiceApplyConfiguration
	for _, l := range listeners(c) {
		spec := corev1ac.ServiceSpec().
			WithType(corev1.ServiceTypeClusterIP).
			WithSelector(Selector(d.Name, c)).
			WithPorts(corev1ac.ServicePort().WithName(l.Name).WithPort(l.Port).
				WithTargetPort(intstr.FromString(l.Name)).WithProtocol(corev1.ProtocolTCP))
		if l.Port == PortInternal {
			// A casework whose keys do not fit is not ready, and says so in the exchange.
			spec.WithPublishNotReadyAddresses(true)
		}
		services = append(services, corev1ac.Service(d.Name+"-"+l.Service, d.Namespace).
			WithLabels(Labels(d.Name, c)).WithSpec(spec))
	}
	return services
}

// BuildBudget returns the PodDisruptionBudget of a process: one pod at a time,
// which also lets a node with a single replica be drained.
func BuildBudget(d *v1alpha1.District, c Component) *policyv1ac.PodDisruptionBudgetApplyConfiguration {
	return policyv1ac.PodDisruptionBudget(Name(d.Name, c), d.Namespace).
		WithLabels(Labels(d.Name, c)).
		WithSpec(policyv1ac.PodDisruptionBudgetSpec().
			WithMaxUnavailable(intstr.FromInt32(1)).
			WithSelector(selecting(Selector(d.Name, c))))
}

// MigrationName names the migration to an image on a database; another image,
// another database or role Secrets made anew are another Job. roles stands for
// those Secrets.
func MigrationName(d *v1alpha1.District, image, roles string) string {
	db := d.Spec.Database
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %s %d %s %s %s %s", image, d.Spec.Code, db.Host, db.Port, db.Name, db.SSLMode, db.Roles, roles))
	return Name(d.Name, Migrate) + "-" + hex.EncodeToString(sum[:])[:10]
}

// BuildMigration returns the migration Job, the only pod with the owner's login.
func BuildMigration(d *v1alpha1.District, image, roles string, s Settings) *batchv1ac.JobApplyConfiguration {
	template := podTemplate(d, Migrate, Release{Image: image}, s)
	template.Spec.WithRestartPolicy(corev1.RestartPolicyNever)
	return batchv1ac.Job(MigrationName(d, image, roles), d.Namespace).
		WithLabels(Labels(d.Name, Migrate)).
		WithSpec(batchv1ac.JobSpec().
			WithBackoffLimit(3).
			WithActiveDeadlineSeconds(1800).
			WithTemplate(template))
}
