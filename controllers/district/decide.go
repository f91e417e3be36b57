package district

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/channel"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

// plan is what to do now and how the district stands.
type plan struct {
	acts     bool       // whether there is anything to do at all
	make     []material // Secrets to make, in this order, before anything else
	objects  bool       // policies, Services and budgets
	migrate  string     // image to migrate to; "": not now
	roles    string     // stands for the role Secrets in the migration's name
	retry    []batchv1.Job
	obsolete []batchv1.Job
	deploy   map[workload.Component]workload.Release
	scale    map[workload.Component]int32

	authorised, provisioned metav1.Condition
	verdict                 conditions.Verdict
	wait                    time.Duration
}

const (
	readBack       = 100 * time.Millisecond // after making Secrets, to go on from what is stored
	migrationPause = 2 * time.Minute        // between a failed migration and the next try
	secretPause    = 30 * time.Second       // between looks for somebody's Secret: Secrets are not watched
	forbiddenPause = time.Minute            // between tries when a RoleBinding is missing: nothing tells us when it comes
)

// planner goes through the steps in order; the first that cannot be taken says
// why, and those after it are not.
type planner struct {
	plan
	o   observed
	now time.Time
	s   workload.Settings
}

func decide(o observed, now time.Time, s workload.Settings) plan {
	p := &planner{o: o, now: now, s: s}
	p.authorised = authorised(o)
	p.provisioned = p.standing(v1alpha1.ReasonRollingOut, "Not all processes are available")
	steps := []func() bool{p.grant, p.access, p.keys, p.secrets, p.references, p.migration, p.rollout, p.transports}
	for _, step := range steps {
		if !step() {
			break
		}
	}
	if p.wait == 0 && keysReady(o, now).Reason == v1alpha1.ReasonKeyMismatch {
		p.wait = secretPause // the custodian exchanges the Secret, and nothing else tells
	}
	return p.plan
}

func (p *planner) stop(state conditions.State, message string) bool {
	p.verdict = conditions.Verdict{State: state, Message: message}
	if state == conditions.Waiting {
		p.wait = cmp.Or(p.wait, secretPause)
	}
	return false
}

// standing is Provisioned: True while everything runs, whatever is in the way of
// the next change.
func (p *planner) standing(reason, message string) metav1.Condition {
	for _, c := range workload.Processes {
		if !available(p.o.deployments[c]) {
			return conditions.False(v1alpha1.ConditionProvisioned, reason, message)
		}
	}
	return conditions.True(v1alpha1.ConditionProvisioned, v1alpha1.ReasonAvailable, "Migrated, and all processes are available")
}

func authorised(o observed) metav1.Condition {
	kind, d := v1alpha1.ConditionAuthorised, o.district
	grant := ""
	if o.namespace != nil {
		grant = o.namespace.Labels[v1alpha1.LabelDistrict]
	}
	switch {
	case d.Name != d.Namespace:
		return conditions.False(kind, v1alpha1.ReasonNameMismatch,
			fmt.Sprintf("A District has the name of its namespace: create it as %s, or in the namespace %s", d.Namespace, d.Name))
	case grant == "":
		return conditions.False(kind, v1alpha1.ReasonGrantMissing,
			fmt.Sprintf("The province grants a district by the label %s=%s on the namespace %s", v1alpha1.LabelDistrict, d.Spec.Code, d.Namespace))
	case grant != d.Spec.Code:
		return conditions.False(kind, v1alpha1.ReasonGrantMismatch,
			fmt.Sprintf("The namespace is granted to the district %s, and spec.code is %s", grant, d.Spec.Code))
	}
	return conditions.True(kind, v1alpha1.ReasonGranted, "The namespace is granted to this district")
}

// grant: without it nothing is made or changed; what runs keeps running.
func (p *planner) grant() bool {
	switch {
	case p.o.terminating():
		return p.stop(conditions.Terminating, "The namespace is being deleted")
	case p.authorised.Status == metav1.ConditionTrue:
		p.acts = true
		return true
	}
	p.provisioned = p.standing(v1alpha1.ReasonNotAuthorised, p.authorised.Message)
	if p.authorised.Reason == v1alpha1.ReasonNameMismatch {
		return p.stop(conditions.Refused, p.authorised.Message)
	}
	return p.stop(conditions.NotAuthorised, p.authorised.Message)
}

func (p *planner) access() bool {
	if p.o.forbidden == "" {
		return true
	}
	p.acts, p.wait = false, forbiddenPause
	message := forbiddenMessage("The operator may not " + p.o.forbidden + " here")
	p.provisioned = conditions.False(v1alpha1.ConditionProvisioned, v1alpha1.ReasonForbidden, message)
	return p.stop(conditions.Waiting, message)
}

func forbiddenMessage(what string) string {
	return what + ": the district's release binds it to the ClusterRole evenkeel-district-workloads"
}

// secrets makes what can be made once; the Secrets are read back before anything
// is built on them.
func (p *planner) secrets() bool {
	p.make = append(p.make, missingMaterial(p.o, p.now.UTC().Year())...)
	p.objects = true
	if len(p.make) > 0 {
		p.wait = readBack
		return p.stop(conditions.Progressing, "Making the district's Secrets")
	}
	return true
}

// references are Secrets that somebody else brings. A pod that mounts a key which is not
// there does not start, and a migration that does not start keeps a corrected one out.
func (p *planner) references() bool {
	var absent []string
	for _, name := range p.foreignSecrets() {
		if p.o.secrets[name] == nil {
			absent = append(absent, name)
		} else if keys := p.missingKeysOf(name); len(keys) > 0 {
			absent = append(absent, fmt.Sprintf("%s (lacks %s)", name, strings.Join(keys, ", ")))
		}
	}
	if len(absent) == 0 {
		return true
	}
	message := "Waiting for the Secrets " + strings.Join(absent, ", ")
	p.provisioned = p.standing(v1alpha1.ReasonRolesMissing, message)
	return p.stop(conditions.Waiting, message)
}

// missingKeysOf lists the keys that pods mount of a Secret and that it does not have.
func (p *planner) missingKeysOf(name string) (keys []string) {
	for _, c := range append([]workload.Component{workload.Migrate}, workload.Processes...) {
		for _, f := range workload.Files(&p.o.district, c, p.now.UTC().Year()) {
			if f.Secret == name && !complete(p.o.secrets[name], f.Key) && !slices.Contains(keys, f.Key) {
				keys = append(keys, f.Key)
			}
		}
	}
	return keys
}

func (p *planner) foreignSecrets() []string {
	spec := p.o.district.Spec
	names := []string{spec.Database.OwnerSecretRef.Name}
	for _, c := range workload.Processes {
		names = append(names, workload.RoleSecret(p.o.district.Name, c))
	}
	names = append(names, spec.IdentityProvider.ClientSecretRef.Name, spec.Database.CASecretRef.Name, spec.Network.CASecretRef.Name)
	return slices.DeleteFunc(names, func(n string) bool { return n == "" })
}

// transports: a transport that cannot be signed for keeps the directory back.
func (p *planner) transports() bool {
	for _, t := range p.o.district.Spec.Transports {
		name := t.Endpoint.SecretRef.Name
		secret := p.o.secrets[name]
		if secret == nil {
			return p.stop(conditions.Waiting, fmt.Sprintf("Transport %s: waiting for the Secret %s", t.Name, name))
		}
		if _, err := channel.ReadSecrets(secret); err != nil {
			return p.stop(conditions.Waiting, fmt.Sprintf("Transport %s: %s", t.Name, err))
		}
	}
	p.verdict = conditions.Verdict{State: conditions.Applied, Message: "Provisioned as declared"}
	return true
}

func complete(secret *corev1.Secret, keys ...string) bool {
	if secret == nil {
		return false
	}
	return !slices.ContainsFunc(keys, func(k string) bool { return len(secret.Data[k]) == 0 })
}
