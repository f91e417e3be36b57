package district

import (
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

// auditPause is the least time between two recorded heads of the audit chain.
const auditPause = 24 * time.Hour

// summarise returns the district with its new status, and the fault that only an
// edit of it can cure.
func summarise(o observed, p plan, applied error, now time.Time) (*v1alpha1.District, error) {
	verdict, provisioned := p.verdict, p.provisioned
	switch {
	case apierrors.IsForbidden(applied):
		message := forbiddenMessage("The operator may not make the district's objects")
		verdict = conditions.Verdict{State: conditions.Waiting, Message: message}
		provisioned = conditions.False(v1alpha1.ConditionProvisioned, v1alpha1.ReasonForbidden, message)
	case apierrors.IsInvalid(applied):
		verdict = conditions.Verdict{State: conditions.Progressing, Message: "The API server refuses what spec asks for: " + refusal(applied)}
	case applied != nil:
		verdict = conditions.Verdict{State: conditions.Progressing, Message: "Applying the district's objects failed and is tried again"}
	}
	after := o.district.DeepCopy()
	record(after, o, p, now)
	after.Status.Conditions = conditions.Settle(o.district.Status.Conditions, append(verdict.Trio(),
		p.authorised, provisioned, keysReady(o, now), reporting(o, now), dutyChain(o, now), dutyDrill(o, now), signalsCovered(o, now), scoresVerified(o, now),
		annualScreening(o),
	), after.Generation, now)
	if verdict.State == conditions.Refused {
		return after, errors.New(verdict.Message)
	}
	return after, nil
}

// refusal names the field at fault, as the API server does: cpu or memory of a worker.
func refusal(applied error) string {
	var status apierrors.APIStatus
	if !errors.As(applied, &status) {
		return "no reason given"
	}
	return status.Status().Message
}

func record(after *v1alpha1.District, o observed, p plan, now time.Time) {
	s := &after.Status
	s.ObservedGeneration = after.Generation
	s.Schools = fmt.Sprintf("%d/%d", o.screenable, o.schools)
	if image := commonImage(o); image != "" {
		s.Image = image
	}
	recordCoverage(after, o, now)
	r, known := facts(o, now)
	if !known {
		return
	}
	recordRescore(after, r.Rescore)
	recordDrill(after, r.Drill)
	if r.Timeliness != "" {
		s.Timeliness = v1alpha1.Timeliness(r.Timeliness)
	}
	if s.KeyDigest == "" && r.Keys == contract.KeysReady {
		s.KeyDigest = string(r.KeyDigest)
	}
	if r.AuditHead != "" && now.Sub(s.AuditHead.Time.Time) >= auditPause {
		s.AuditHead = v1alpha1.AuditHead{Digest: string(r.AuditHead), Time: metav1.NewTime(now.Truncate(time.Second))}
	}
}

// commonImage is the image of all processes, once they agree and run.
func commonImage(o observed) string {
	image := imageOf(o.deployments[workload.Casework])
	for _, c := range workload.Processes {
		if d := o.deployments[c]; !available(d) || imageOf(d) != image {
			return ""
		}
	}
	return image
}

// transient is what is worth an immediate retry. A right that is missing is not:
// it comes when somebody grants it.
func transient(err error) error {
	if apierrors.IsForbidden(err) {
		return nil
	}
	return err
}

func patience(err error) time.Duration {
	if apierrors.IsForbidden(err) {
		return forbiddenPause
	}
	return 0
}
