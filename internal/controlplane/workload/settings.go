package workload

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// Settings are the operator's, the same for every district.
type Settings struct {
	Image             string // of the data plane
	ImagePullSecrets  []string
	OperatorNamespace string                   // from where casework's internal listener may be reached
	Resources         map[Component]Allocation // what a component asks for unless the district says otherwise
}

// Allocation is what one pod asks for; memory is also its limit.
type Allocation struct {
	CPU    resource.Quantity
	Memory resource.Quantity
}

// DefaultResources are small: a district's screening is thousands of requests, not millions.
func DefaultResources() map[Component]Allocation {
	of := func(cpu, memory string) Allocation {
		return Allocation{CPU: resource.MustParse(cpu), Memory: resource.MustParse(memory)}
	}
	return map[Component]Allocation{
		Migrate: of("50m", "128Mi"), Intake: of("50m", "128Mi"), Scorer: of("50m", "128Mi"), Casework: of("50m", "128Mi"),
	}
}

// Worker returns a process's size in a district.
func Worker(spec v1alpha1.DistrictSpec, c Component) v1alpha1.Worker {
	switch c {
	case Intake:
		return spec.Workers.Intake
	case Scorer:
		return spec.Workers.Scorer
	case Casework:
		return spec.Workers.Casework
	}
	return v1alpha1.Worker{Replicas: 1}
}

// Replicas is how many replicas a process is started with: one at least.
func Replicas(spec v1alpha1.DistrictSpec, c Component) int32 {
	return max(1, Worker(spec, c).Replicas)
}

func (s Settings) allocation(spec v1alpha1.DistrictSpec, c Component) Allocation {
	a, known := s.Resources[c]
	if !known {
		a = DefaultResources()[c]
	}
	w := Worker(spec, c)
	if w.CPU != nil {
		a.CPU = *w.CPU
	}
	if w.Memory != nil {
		a.Memory = *w.Memory
	}
	return a
}

func (a Allocation) requirements() *corev1ac.ResourceRequirementsApplyConfiguration {
	return corev1ac.ResourceRequirements().
		WithRequests(corev1.ResourceList{corev1.ResourceCPU: a.CPU, corev1.ResourceMemory: a.Memory}).
		WithLimits(corev1.ResourceList{corev1.ResourceMemory: a.Memory})
}

// memoryLimit leaves the Go runtime a tenth below the container's limit.
func (a Allocation) memoryLimit() string { return strconv.FormatInt(a.Memory.Value()/10*9, 10) }

// environment returns a component's settings; docs/spec/processes.md is their contract.
func environment(d *v1alpha1.District, c Component, a Allocation) []*corev1ac.EnvVarApplyConfiguration {
	db := d.Spec.Database
	vars := [][2]string{
		{"EVENKEEL_DISTRICT", d.Spec.Code},
		{"EVENKEEL_DB_HOST", db.Host},
		{"EVENKEEL_DB_PORT", fmt.Sprint(db.Port)},
		{"EVENKEEL_DB_NAME", db.Name},
		{"EVENKEEL_DB_SSLMODE", db.SSLMode},
		{"GOMEMLIMIT", a.memoryLimit()},
	}
	switch c {
	case Migrate:
		vars = append(vars, [2]string{"EVENKEEL_CREATE_ROLES", strconv.FormatBool(CreatesRoles(d))})
	case Casework:
		idp := d.Spec.IdentityProvider
		vars = append(vars,
			[2]string{"EVENKEEL_STAFF_URL", d.Spec.Addresses.Staff},
			[2]string{"EVENKEEL_OIDC_ISSUER", idp.Issuer},
			[2]string{"EVENKEEL_OIDC_CLIENT_ID", idp.ClientID},
			[2]string{"EVENKEEL_OIDC_GROUPS_CLAIM", idp.GroupsClaim},
		)
	}
	out := make([]*corev1ac.EnvVarApplyConfiguration, 0, len(vars))
	for _, v := range vars {
		out = append(out, corev1ac.EnvVar().WithName(v[0]).WithValue(v[1]))
	}
	return out
}

// CreatesRoles reports whether the migration makes the database roles.
func CreatesRoles(d *v1alpha1.District) bool { return d.Spec.Database.Roles == "Create" }
