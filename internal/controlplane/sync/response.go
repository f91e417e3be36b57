package sync

import (
	"errors"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// listLimit bounds every list of an answer; a district has far fewer rounds,
// channels and transports.
const listLimit = 1000

// schoolLimit bounds the schools of a coverage: some thousands fit into an answer at all.
const schoolLimit = 5000

// checkResponse refuses what could carry more than it should.
func checkResponse(r contract.SyncResponse) error {
	lists := []int{len(r.Missing), len(r.Refusals), len(r.Report.Rounds), len(r.Report.Channels), len(r.Report.Transports)}
	switch {
	case !contract.Supported(r.Version):
		return errors.New("the version of the answer is not supported: upgrade whichever of operator and district is older")
	case slices.Max(lists) > listLimit:
		return errors.New("the answer has a list that is too long")
	case r.Report.Coverage != nil && len(r.Report.Coverage.Schools) > schoolLimit:
		return errors.New("the answer has more schools than a district may have")
	case slices.ContainsFunc(r.Missing, func(m contract.Missing) bool { return !named(m.Kind, m.Round) }):
		return errors.New("the answer misses something that is not a document")
	case slices.ContainsFunc(r.Refusals, func(f contract.Refusal) bool {
		return !named(f.Kind, f.Round) || !slices.Contains(reasons, f.Reason)
	}):
		return errors.New("the answer has a refusal that is not one of the known ones")
	}
	return contract.CheckReport(r.Report)
}

var reasons = []contract.RefusalReason{
	contract.RefusedDigestMismatch, contract.RefusedPinned, contract.RefusedOpen,
	contract.RefusedStale, contract.RefusedInvalid, contract.RefusedWrongDistrict,
}

func named(kind contract.Kind, round contract.Ref) bool {
	switch kind {
	case contract.KindDirectory:
		return round == ""
	case contract.KindMeaning, contract.KindControl:
		return round.Valid()
	}
	return false
}
