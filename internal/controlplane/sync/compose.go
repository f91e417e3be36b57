package sync

import (
	"maps"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
)

// desired is what a district should have, without revisions.
type desired struct {
	code      string
	uid       string
	directory *contract.Directory // nil: keep the one you have
	rounds    map[string]board.RoundDocuments
	rescore   contract.Ref    // the comparison of scores that is asked for; "": none
	coverage  contract.Digest // of the coverage that is held; "": its schools are wanted
}

// compose says what a district should have and adds the documents that it lacks,
// going by its own report (design note 0002): a document built with the revision
// that is applied and of the applied digest is the applied one; any other is the
// next revision. So the operator stores no revision, and a restarted one sends
// nothing. A district without its keys applies nothing and is sent nothing.
func compose(d desired, report contract.Report, missing []contract.Missing) contract.SyncRequest {
	req := keepEverything(d)
	lacks := missingSet(missing)
	send := report.Keys == contract.KeysReady
	if d.directory != nil {
		document, revision, news := nextDirectory(*d.directory, report.Directory)
		req.Directory = &revision
		if send && (news || lacks[contract.Missing{Kind: contract.KindDirectory}]) {
			req.Documents.Directory = &document
		}
	}
	views := map[contract.Ref]contract.RoundView{}
	for _, v := range report.Rounds {
		views[v.Round] = v
	}
	for i := range req.Rounds {
		composeRound(&req, i, d.rounds[req.Rounds[i].Round], views, lacks, send)
	}
	return req
}

func composeRound(req *contract.SyncRequest, i int, docs board.RoundDocuments, views map[contract.Ref]contract.RoundView, lacks map[contract.Missing]bool, send bool) {
	want := &req.Rounds[i]
	ref := contract.RefOf(want.Round)
	applied := views[ref]
	want.Control = applied.Control
	if docs.Meaning != nil {
		if digest, err := contract.DigestOf(*docs.Meaning); err == nil {
			want.Meaning = digest
			if send && (applied.Meaning != digest || lacks[contract.Missing{Kind: contract.KindMeaning, Round: ref}]) {
				req.Documents.Meanings = append(req.Documents.Meanings, *docs.Meaning)
			}
		}
	}
	if docs.Control != nil {
		document, revision, news := nextControl(*docs.Control, applied.Control)
		want.Control = revision
		if send && (news || lacks[contract.Missing{Kind: contract.KindControl, Round: ref}]) {
			req.Documents.Controls = append(req.Documents.Controls, document)
		}
	}
}

// keepEverything names every round and no document: keep what you have. A round
// that is not named would be held.
func keepEverything(d desired) contract.SyncRequest {
	req := contract.SyncRequest{
		Version: contract.Version, District: d.code, DistrictUID: d.uid, Coverage: d.coverage, Rescore: d.rescore,
		Rounds: []contract.RoundDesired{},
	}
	for _, name := range slices.Sorted(maps.Keys(d.rounds)) {
		req.Rounds = append(req.Rounds, contract.RoundDesired{Round: name})
	}
	return req
}

func nextControl(c contract.Control, applied contract.Revision) (contract.Control, contract.Revision, bool) {
	c.Revision = applied.Revision
	if digest, err := contract.DigestOf(c); err == nil && digest == applied.Digest {
		return c, applied, false
	}
	c.Revision++
	digest, _ := contract.DigestOf(c) // a struct of plain fields always encodes
	return c, contract.Revision{Revision: c.Revision, Digest: digest}, true
}

func nextDirectory(d contract.Directory, applied *contract.Revision) (contract.Directory, contract.Revision, bool) {
	if applied != nil {
		d.Revision = applied.Revision
		if digest, err := contract.DigestOf(d); err == nil && digest == applied.Digest {
			return d, *applied, false
		}
	}
	d.Revision++
	digest, _ := contract.DigestOf(d)
	return d, contract.Revision{Revision: d.Revision, Digest: digest}, true
}

func missingSet(list []contract.Missing) map[contract.Missing]bool {
	set := map[contract.Missing]bool{}
	for _, m := range list {
		set[m] = true
	}
	return set
}

func carriesNothing(d contract.Documents) bool {
	return d.Directory == nil && len(d.Meanings) == 0 && len(d.Controls) == 0
}
