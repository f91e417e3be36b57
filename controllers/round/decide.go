package round

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/gating"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// pinAhead is how long before opening the meaning is pinned where possible.
const pinAhead = 24 * time.Hour

// decision is what should be, and why.
type decision struct {
	opens, closes time.Time
	endAt         *metav1.Time    // that counts; see planning.EndAt
	opened        bool            // it has been open: it finishes, whatever becomes of its campaign
	settled       bool            // the opening has come with a meaning pinned: that one stays
	cleared       bool            // and the gates had let it through: what is not known shuts them no more
	over          bool            // the closing has come
	datesStay     bool            // it has not opened, and is planned anew no more
	anew          bool            // the district knows a meaning that this object never pinned
	digest        contract.Digest // of the pinned meaning; "" when none is
	schools       []string        // the cohort's, sorted
	gates         verdict
	hold          contract.Hold

	record    *contract.Meaning // a meaning to be recorded before it is pinned
	suspend   bool              // write spec.suspend: the object was made anew
	documents board.RoundDocuments
}

// decide is the only place with policy.
func decide(o observed, now time.Time) decision {
	d := decision{opened: opened(o), endAt: planning.EndAt(o.round, now)}
	d.opens, d.closes = translate.Window(d.ended(o.round).Spec)
	began := !now.Before(d.opens)
	d.digest, d.anew = pinned(o, began)
	d.stayClosed(o, now)
	d.over = !now.Before(d.closes)
	d.datesStay = !d.opened && planning.DatesStay(o.round, now)
	d.settled = d.digest != "" && began
	d.cleared = gating.Cleared(d.settled, d.opened, o.round.Status.Conditions)
	d.schools = cohort(o, d, now)
	d.gates = judge(o, d, now)
	d.suspend = d.anew && o.round.Spec.Suspend == ""
	d.hold = hold(o, d)
	if ahead := d.opens.Add(-pinAhead); !d.settled && !d.over && !now.Before(ahead) {
		d.pin(o)
	}
	d.documents = documents(o, d, d.digest)
	if d.digest == "" {
		d.schools = nil
	}
	return d
}

// ended is the round with the end that counts.
func (d decision) ended(round v1alpha1.ScreeningRound) v1alpha1.ScreeningRound {
	round.Spec.EndAt = d.endAt
	return round
}

// stayClosed ends a round whose object was made anew and whose district says that it has closed: that it was ended early
// went with the object, and another campaign's round may have its schools.
func (d *decision) stayClosed(o observed, now time.Time) {
	closed := o.view.State == contract.RoundClosed || o.view.State == contract.RoundReleased
	if !d.anew || !closed || !d.closes.After(now) {
		return
	}
	d.opened, d.endAt = true, &metav1.Time{Time: now.UTC().Truncate(time.Second)}
	_, d.closes = translate.Window(d.ended(o.round).Spec)
}

// pinned returns the meaning that is pinned as far as anybody knows. From the opening on
// the district's word counts, for it changes its meaning no more.
func pinned(o observed, began bool) (digest contract.Digest, anew bool) {
	recorded := contract.Digest(o.round.Status.MeaningDigest)
	anew = recorded == "" && o.view.Meaning != ""
	if o.view.Meaning != "" && (began || anew) {
		return o.view.Meaning, anew
	}
	return recorded, false
}

// opened reports whether students have been able to answer.
func opened(o observed) bool {
	return o.round.Status.OpenedTime != nil || o.view.State == contract.RoundOpen || o.view.Answered > 0
}

// cohort lists the schools that take part.
func cohort(o observed, d decision, now time.Time) []string {
	return gating.Cohort(o.round, d.digest != "", d.opens, o.schools, now)
}

// hold is the strictest of what people ask of the round and of its campaign, what the
// gates say and what caution asks of a round whose object was made anew.
func hold(o observed, d decision) contract.Hold {
	h := translate.HoldOf(o.round.Spec.Suspend)
	if d.gates.state == fail && !d.over || d.suspend {
		h = translate.Hold(h, contract.HoldNew)
	}
	if !d.over {
		h = translate.Hold(h, translate.HoldOf(o.suspension()))
	}
	return h
}

// pin chooses the meaning that the gates let through, if they do. Where a drill is all
// that lacks, the round goes down on hold: casework begins the drill because it knows of
// the round.
func (d *decision) pin(o observed) {
	if d.gates.state != pass && !d.gates.onlyDrill || d.gates.meaning == nil {
		return
	}
	digest, err := contract.DigestOf(*d.gates.meaning)
	if err != nil {
		return // a document of plain values always has one
	}
	d.digest = digest
	if string(digest) != o.round.Status.MeaningDigest || o.record == nil {
		d.record = d.gates.meaning
	}
}

// documents are what the district should have. Without a pinned meaning there is
// nothing to send: the data plane opens no round without one.
func documents(o observed, d decision, digest contract.Digest) board.RoundDocuments {
	if digest == "" {
		return board.RoundDocuments{}
	}
	control := translate.Control(d.ended(o.round), digest, d.schools, d.hold)
	control.Cohort.NotScreenedSince = notScreenedSince(o, d)
	docs := board.RoundDocuments{Control: &control, Meaning: d.record}
	if docs.Meaning == nil && string(digest) == o.round.Status.MeaningDigest {
		docs.Meaning = o.record
	}
	return docs
}

// notScreenedSince is, of a make-up round, the beginning of the school year in which it
// opens: who was screened since then is not asked again. It is nil of a regular round.
func notScreenedSince(o observed, d decision) *time.Time {
	if !translate.MakeUp(o.round.Spec) {
		return nil
	}
	since := o.coverage.YearOf(d.opens, o.zone).From.UTC()
	return &since
}

// withoutNews is the decision without what could not be recorded: nothing may reach the
// district that the object does not know. A hold still does.
func (d decision) withoutNews(o observed) decision {
	d.record = nil
	d.digest = contract.Digest(o.round.Status.MeaningDigest)
	if recorded := o.round.Status.CohortSchools; len(recorded) > 0 {
		d.schools = recorded
	}
	digest := d.digest
	if d.anew {
		digest = o.view.Meaning
	}
	d.documents = documents(o, d, digest)
	if d.digest == "" {
		d.schools = nil
	}
	return d
}

// nextLook is how long until something about the round changes by itself.
func nextLook(o observed, now time.Time) time.Duration {
	spec := o.round.Spec
	opens, closes := translate.Window(spec)
	instants := append(gating.ExceptionsEnd(o.owner(), o.round.Namespace, o.campaignZone), opens.Add(-pinAhead), opens.Add(-planning.Settling), closes)
	for _, session := range spec.Sessions {
		instants = append(instants, session.From.Time)
	}
	for _, phase := range spec.Phases {
		instants = append(instants, phase.From.Time, phase.To.Time)
	}
	soonest := time.Duration(0)
	for _, instant := range instants {
		if wait := instant.Sub(now); wait > 0 && (soonest == 0 || wait < soonest) {
			soonest = wait
		}
	}
	return soonest
}
