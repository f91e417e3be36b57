package district

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

// migration goes before the processes: schema changes expand first, and what
// runs keeps running on the expanded schema.
func (p *planner) migration() bool {
	p.roles = roleStamp(p.o)
	image := p.image(workload.Casework)
	job := p.job(workload.MigrationName(&p.o.district, image, p.roles))
	switch {
	case job == nil:
		p.migrate = image
		return p.migrating(v1alpha1.ReasonMigrating, "Migrating the database")
	case jobHolds(job, batchv1.JobComplete):
		p.obsolete = p.others(job.Name)
		return true
	case jobHolds(job, batchv1.JobFailed):
		return p.failedMigration(job)
	}
	return p.migrating(v1alpha1.ReasonMigrating, "Migrating the database")
}

func (p *planner) migrating(reason, message string) bool {
	p.provisioned = conditions.False(v1alpha1.ConditionProvisioned, reason, message)
	return p.stop(conditions.Progressing, message)
}

// failedMigration is tried again after a while: a database that was down comes back.
func (p *planner) failedMigration(job *batchv1.Job) bool {
	if since := p.now.Sub(failedAt(job)); since < migrationPause {
		p.wait = migrationPause - since
	} else {
		p.retry = []batchv1.Job{*job}
	}
	return p.migrating(v1alpha1.ReasonMigrationFailed,
		fmt.Sprintf("The migration %s failed and is tried again every two minutes; its log says why: kubectl logs job/%s", job.Name, job.Name))
}

func (p *planner) job(name string) *batchv1.Job {
	for i := range p.o.migrations {
		if p.o.migrations[i].Name == name {
			return &p.o.migrations[i]
		}
	}
	return nil
}

func (p *planner) others(name string) (jobs []batchv1.Job) {
	for _, j := range p.o.migrations {
		if j.Name != name {
			jobs = append(jobs, j)
		}
	}
	return jobs
}

func jobHolds(job *batchv1.Job, kind batchv1.JobConditionType) bool {
	for _, c := range job.Status.Conditions {
		if c.Type == kind && c.Status == corev1.ConditionTrue {
			return true
		}
	}
	return false
}

func failedAt(job *batchv1.Job) time.Time {
	for _, c := range job.Status.Conditions {
		if c.Type == batchv1.JobFailed {
			return c.LastTransitionTime.Time
		}
	}
	return time.Time{}
}

// rollout brings every process to its image, and starts it with its replicas.
func (p *planner) rollout() bool {
	p.deploy = map[workload.Component]workload.Release{}
	p.scale = map[workload.Component]int32{}
	var behind []string
	for _, c := range workload.Processes {
		release := p.release(c)
		p.deploy[c] = release
		d := p.o.deployments[c]
		if replicas, due := startReplicas(d, workload.Replicas(p.o.district.Spec, c)); due {
			p.scale[c] = replicas
		}
		if !available(d) || imageOf(d) != release.Image {
			behind = append(behind, string(c))
		}
	}
	if len(behind) == 0 {
		return true
	}
	message := "Waiting for " + strings.Join(behind, ", ")
	p.provisioned = conditions.False(v1alpha1.ConditionProvisioned, v1alpha1.ReasonRollingOut, message)
	return p.stop(conditions.Progressing, message)
}

func (p *planner) release(c workload.Component) workload.Release {
	year := p.now.UTC().Year()
	h := sha256.New()
	for _, f := range workload.Files(&p.o.district, c, year) {
		if s := p.o.secrets[f.Secret]; s != nil {
			fmt.Fprintln(h, s.Name, s.UID)
		}
	}
	return workload.Release{Image: p.image(c), Year: year, Secrets: hex.EncodeToString(h.Sum(nil)[:8])}
}

// image is the operator's image, or while Stage1 is open the one the process has.
func (p *planner) image(c workload.Component) string {
	current := imageOf(p.o.deployments[c])
	if current != "" && stage1Open(p.o, p.now) && p.o.district.Annotations[v1alpha1.AnnotationSecurityUpdate] != "true" {
		return current
	}
	return p.s.Image
}

// stage1Open goes by the district's report and by the rounds' own windows, so
// that neither a silent district nor a restarted operator changes an image under
// a child's hands. A round whose meaning was never sent cannot be open, and must not
// keep out the version that would let it open.
func stage1Open(o observed, now time.Time) bool {
	if o.last != nil && reportsOpenRound(o.last.Report) {
		return true
	}
	for _, r := range o.rounds {
		if r.Status.MeaningDigest != "" && inStage1(r, now) && !conditions.Holds(r.Status.Conditions, v1alpha1.ConditionReleased) {
			return true
		}
	}
	return false
}

func inStage1(r v1alpha1.ScreeningRound, now time.Time) bool {
	for _, phase := range r.Spec.Phases {
		if phase.Name != v1alpha1.PhaseStage1 {
			continue
		}
		end := phase.To.Time
		if r.Spec.EndAt != nil && r.Spec.EndAt.Time.Before(end) {
			end = r.Spec.EndAt.Time
		}
		return !now.Before(phase.From.Time) && now.Before(end)
	}
	return false
}

func reportsOpenRound(r contract.Report) bool {
	for _, view := range r.Rounds {
		if view.State == contract.RoundOpen || view.State == contract.RoundHeld {
			return true
		}
	}
	return false
}

// roleStamp stands for role Secrets of our own making: made anew, they are
// migrated anew.
func roleStamp(o observed) string {
	if !workload.CreatesRoles(&o.district) {
		return ""
	}
	var uids []string
	for _, c := range workload.Processes {
		if s := o.secrets[workload.RoleSecret(o.district.Name, c)]; s != nil {
			uids = append(uids, string(s.UID))
		}
	}
	return strings.Join(uids, " ")
}

func imageOf(d *appsv1.Deployment) string {
	if d == nil || len(d.Spec.Template.Spec.Containers) == 0 {
		return ""
	}
	return d.Spec.Template.Spec.Containers[0].Image
}

// available: rolled out, and at least one replica serves. One of several that is
// being replaced does not make a district unprovisioned.
func available(d *appsv1.Deployment) bool {
	return d != nil && d.Status.ObservedGeneration >= d.Generation &&
		d.Status.UpdatedReplicas > 0 && d.Status.UpdatedReplicas == d.Status.Replicas && d.Status.AvailableReplicas > 0
}

// startReplicas says how many replicas to scale a Deployment to: those it starts
// with as long as nobody, an autoscaler or a person, has said otherwise; and one
// at least, since nothing may wait for somebody to wake it.
func startReplicas(d *appsv1.Deployment, start int32) (int32, bool) {
	if d == nil || d.Spec.Replicas == nil {
		return 0, false
	}
	now := *d.Spec.Replicas
	switch {
	case now == 0:
		return 1, true
	case replicasOwned(d.ManagedFields):
		return 0, false
	}
	return start, now != start
}

func replicasOwned(entries []metav1.ManagedFieldsEntry) bool {
	for _, e := range entries {
		var fields struct {
			Spec map[string]json.RawMessage `json:"f:spec"`
		}
		if e.FieldsV1 == nil || json.Unmarshal(e.FieldsV1.GetRawBytes(), &fields) != nil {
			continue
		}
		if _, owned := fields.Spec["f:replicas"]; owned {
			return true
		}
	}
	return false
}
