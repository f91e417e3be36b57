// Package workload builds the objects a district runs on, purely: what it
// returns depends on its arguments alone and is applied elsewhere.
package workload

import (
	"strconv"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// Component is a part of the data plane with a pod of its own.
type Component string

// The components.
const (
	Migrate  Component = "migrate"
	Intake   Component = "intake"
	Scorer   Component = "scorer"
	Casework Component = "casework"
)

// Processes are the components that run all the time, in the order in which they
// are taken down: first what raises work, last what finishes it.
var Processes = []Component{Intake, Scorer, Casework}

// Labels of everything the operator makes.
const (
	LabelName      = "app.kubernetes.io/name"
	LabelInstance  = "app.kubernetes.io/instance"
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// Product is the value of LabelName and LabelManagedBy.
	Product = "evenkeel"
	// ManagerComponent is the component label of the operator's own pods; casework lets them in.
	ManagerComponent = "manager"
)

// Ports of the processes (docs/spec/processes.md).
const (
	PortStudents int32 = 8080
	PortStaff    int32 = 8081
	PortPartner  int32 = 8082
	PortInternal int32 = 8443
	PortOps      int32 = 9090
)

// Name is the name of a component's Deployment, PodDisruptionBudget and
// NetworkPolicy.
func Name(district string, c Component) string { return district + "-" + string(c) }

// RoleSecret holds username and password of a process's database role.
func RoleSecret(district string, c Component) string { return district + "-db-" + string(c) }

// IntakeKeysSecret holds the keys that intake may have.
func IntakeKeysSecret(district string) string { return district + "-keys-intake" }

// SealKeysSecret holds the keys that scorer and casework have.
func SealKeysSecret(district string) string { return district + "-keys-seal" }

// TLSSecret holds the certificate of the internal listener for a year, and the
// authority that the operator pins. A year has a Secret of its own, valid to the
// end of the next: so renewing one needs no right to change a Secret.
func TLSSecret(district string, year int) string {
	return district + "-internal-tls-" + strconv.Itoa(year)
}

// TokenSecret holds the bearer token of the exchange.
func TokenSecret(district string) string { return district + "-sync-token" }

// Keys of the Secrets the operator makes.
const (
	KeyCertificate = "tls.crt"
	KeyPrivateKey  = "tls.key"
	KeyAuthority   = "ca.crt"
	KeyToken       = "token"
	KeyUsername    = "username"
	KeyPassword    = "password"
)

// RoleName is the database role of a process.
func RoleName(code string, c Component) string { return "ek_" + code + "_" + string(c) }

// InternalService is the Service of the exchange, the only one the operator dials.
func InternalService(district string) string { return district + "-casework-internal" }

// InternalHost is the name under which the operator dials a district, and the
// name in its certificate.
func InternalHost(district, namespace string) string {
	return InternalService(district) + "." + namespace + ".svc"
}

// Labels returns the labels of an object of a component.
func Labels(district string, c Component) map[string]string {
	return map[string]string{
		LabelName: Product, LabelInstance: district, LabelManagedBy: Product,
		v1alpha1.LabelComponent: string(c),
	}
}

// DistrictLabels returns the labels of an object that all components share.
func DistrictLabels(district string) map[string]string {
	return map[string]string{LabelName: Product, LabelInstance: district, LabelManagedBy: Product}
}

// Selector returns the labels that select a component's pods; it never changes.
func Selector(district string, c Component) map[string]string {
	return map[string]string{LabelName: Product, LabelInstance: district, v1alpha1.LabelComponent: string(c)}
}
