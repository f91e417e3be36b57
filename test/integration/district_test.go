package integration

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"k8s.io/utils/clock"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
)

// fakeDistrict does what the syncer and a district's casework do between them: it
// applies what is on the board, refuses what is pinned, and reports.
type fakeDistrict struct {
	clock     clock.PassiveClock
	namespace string
	rounds    map[string]*districtRound
	duty      contract.Reach
	heard     bool // false: it cannot be reached
}

type districtRound struct {
	meaning  contract.Digest
	control  contract.Control
	revision contract.Revision
	listed   bool
	answered int64
	release  *contract.Release
}

// sync applies and reports, and says whether that changed anything.
func (d *fakeDistrict) sync(b *board.Board) bool {
	if !d.heard {
		was, _ := b.Reading(d.namespace)
		b.PutReading(d.namespace, board.Reading{At: d.clock.Now(), Fault: "Unreachable"})
		return was.OK
	}
	wanted := b.Rounds(d.namespace)
	for name, r := range d.rounds {
		_, r.listed = wanted[name]
	}
	var refusals []contract.Refusal
	for name, docs := range wanted {
		refusals = append(refusals, d.apply(name, docs)...)
	}
	report := d.report()
	was, _ := b.Reading(d.namespace)
	b.PutReading(d.namespace, board.Reading{At: d.clock.Now(), Report: report, Refusals: refusals, OK: true})
	return !was.OK || !reflect.DeepEqual(was.Report, report)
}

func (d *fakeDistrict) apply(name string, docs board.RoundDocuments) (refusals []contract.Refusal) {
	if docs.Control == nil {
		return nil
	}
	r, known := d.rounds[name]
	if !known {
		r = &districtRound{listed: true}
		d.rounds[name] = r
	}
	open := r.revision.Revision > 0 && !d.clock.Now().Before(r.control.OpensAt)
	if docs.Meaning != nil {
		digest, _ := contract.DigestOf(*docs.Meaning)
		if open && r.meaning != "" && r.meaning != digest {
			return []contract.Refusal{{Kind: contract.KindMeaning, Round: contract.RefOf(name), Reason: contract.RefusedPinned}}
		}
		r.meaning = digest
	}
	c := *docs.Control
	if open && (c.MeaningDigest != r.control.MeaningDigest || !c.OpensAt.Equal(r.control.OpensAt) || !reflect.DeepEqual(c.Cohort, r.control.Cohort)) {
		return []contract.Refusal{{Kind: contract.KindControl, Round: contract.RefOf(name), Reason: contract.RefusedOpen}}
	}
	c.Revision = r.revision.Revision
	if digest, _ := contract.DigestOf(c); digest == r.revision.Digest {
		return nil
	}
	c.Revision++
	digest, _ := contract.DigestOf(c)
	r.control, r.revision = c, contract.Revision{Revision: c.Revision, Digest: digest}
	return nil
}

func (d *fakeDistrict) report() contract.Report {
	report := contract.Report{Keys: contract.KeysReady, DutyChain: d.duty, Covered: true, OnTime: true}
	for _, name := range slices.Sorted(maps.Keys(d.rounds)) {
		r := d.rounds[name]
		report.Rounds = append(report.Rounds, contract.RoundView{
			Round: contract.RefOf(name), State: r.state(d.clock.Now()), Meaning: r.meaning, Control: r.revision,
			Invited: 120, Answered: r.answered, Release: r.release,
		})
	}
	return report
}

// state is the data plane's ek.round_state.
func (r *districtRound) state(now time.Time) contract.RoundState {
	switch {
	case r.release != nil:
		return contract.RoundReleased
	case now.Before(r.control.OpensAt):
		return contract.RoundScheduled
	case !now.Before(r.control.ClosesAt):
		return contract.RoundClosed
	case r.control.Hold != contract.HoldNone || !r.listed || r.meaning == "":
		return contract.RoundHeld
	}
	return contract.RoundOpen
}
