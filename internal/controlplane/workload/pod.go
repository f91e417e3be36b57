package workload

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// user is nobody in particular; the image has no other.
const user int64 = 65532

// gracePeriods are long enough to finish what was begun: a save, a batch of
// scores, a notification.
var gracePeriods = map[Component]int64{Migrate: 60, Intake: 30, Scorer: 60, Casework: 45}

// drainSeconds is how long a process that is dialled keeps serving after it has
// been taken out of its Services.
const drainSeconds = 5

func podTemplate(d *v1alpha1.District, c Component, r Release, s Settings) *corev1ac.PodTemplateSpecApplyConfiguration {
	return corev1ac.PodTemplateSpec().
		WithLabels(Labels(d.Name, c)).
		WithSpec(podSpec(d, c, r, s))
}

func podSpec(d *v1alpha1.District, c Component, r Release, s Settings) *corev1ac.PodSpecApplyConfiguration {
	spec := corev1ac.PodSpec().
		WithAutomountServiceAccountToken(false).
		WithEnableServiceLinks(false).
		WithTerminationGracePeriodSeconds(gracePeriods[c]).
		WithSecurityContext(corev1ac.PodSecurityContext().
			WithRunAsNonRoot(true).WithRunAsUser(user).WithRunAsGroup(user).WithFSGroup(user).
			WithSeccompProfile(corev1ac.SeccompProfile().WithType(corev1.SeccompProfileTypeRuntimeDefault))).
		WithContainers(container(d, c, r.Image, s)).
		WithVolumes(
			corev1ac.Volume().WithName("tmp").WithEmptyDir(corev1ac.EmptyDirVolumeSource().WithSizeLimit(resource.MustParse("64Mi"))),
			corev1ac.Volume().WithName("files").WithProjected(projection(Files(d, c, r.Year))),
		)
	for _, name := range s.ImagePullSecrets {
		spec.WithImagePullSecrets(corev1ac.LocalObjectReference().WithName(name))
	}
	return spec
}

func container(d *v1alpha1.District, c Component, image string, s Settings) *corev1ac.ContainerApplyConfiguration {
	a := s.allocation(d.Spec, c)
	con := corev1ac.Container().
		WithName(string(c)).
		WithImage(image).
		WithCommand("/district", string(c)).
		WithEnv(environment(d, c, a)...).
		WithResources(a.requirements()).
		WithSecurityContext(corev1ac.SecurityContext().
			WithAllowPrivilegeEscalation(false).WithReadOnlyRootFilesystem(true).
			WithCapabilities(corev1ac.Capabilities().WithDrop("ALL"))).
		WithVolumeMounts(
			corev1ac.VolumeMount().WithName("tmp").WithMountPath("/tmp"),
			corev1ac.VolumeMount().WithName("files").WithMountPath(filesPath).WithReadOnly(true),
		).
		WithTerminationMessagePolicy(corev1.TerminationMessageReadFile)
	if c == Migrate {
		return con
	}
	return observed(con, c)
}

// observed gives a process that stays up its ports and probes.
func observed(con *corev1ac.ContainerApplyConfiguration, c Component) *corev1ac.ContainerApplyConfiguration {
	for _, p := range listeners(c) {
		con.WithPorts(corev1ac.ContainerPort().WithName(p.Name).WithContainerPort(p.Port).WithProtocol(corev1.ProtocolTCP))
	}
	con.WithPorts(corev1ac.ContainerPort().WithName("ops").WithContainerPort(PortOps).WithProtocol(corev1.ProtocolTCP))
	if len(listeners(c)) > 0 {
		con.WithLifecycle(corev1ac.Lifecycle().WithPreStop(corev1ac.LifecycleHandler().
			WithSleep(corev1ac.SleepAction().WithSeconds(drainSeconds))))
	}
	return con.
		WithStartupProbe(probe("/healthz").WithPeriodSeconds(2).WithFailureThreshold(60)).
		WithLivenessProbe(probe("/healthz").WithPeriodSeconds(10).WithFailureThreshold(3)).
		WithReadinessProbe(probe("/readyz").WithPeriodSeconds(5).WithFailureThreshold(2))
}

func probe(path string) *corev1ac.ProbeApplyConfiguration {
	return corev1ac.Probe().WithTimeoutSeconds(3).
		WithHTTPGet(corev1ac.HTTPGetAction().WithPath(path).WithPort(intstr.FromString("ops")))
}

// Listener is one listener of a process.
type Listener struct {
	Name    string
	Port    int32
	Service string // suffix of its Service's name
}

func listeners(c Component) []Listener {
	switch c {
	case Intake:
		return []Listener{{"students", PortStudents, "intake"}}
	case Casework:
		return []Listener{
			{"staff", PortStaff, "casework-staff"},
			{"partner", PortPartner, "casework-partner"},
			{"internal", PortInternal, "casework-internal"},
		}
	}
	return nil
}

func selecting(labels map[string]string) *metav1ac.LabelSelectorApplyConfiguration {
	return metav1ac.LabelSelector().WithMatchLabels(labels)
}
