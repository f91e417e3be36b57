package scorer

import (
	"slices"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/rescore"
)

// second is the scorer that checks the first: it shares no code with it but the opening
// of answers and the policy.
var second = engine{
	class: func(c *instrument.Compiled, item string, value int) (contract.Class, bool) {
		return rescore.Class(c.Source(), item, value)
	},
	score: func(c *instrument.Compiled, r *instrument.Response) instrument.Result {
		return rescore.Score(c.Source(), *r)
	},
}

// difference is one thing on which what is stored and what the second scorer finds do
// not agree. It says where and never what.
type difference struct {
	instrument, scale string
	kind              string
}

// The kinds of difference.
const (
	kindMissing    = "Missing"    // a result without answers to it, or answers without their result
	kindUnreadable = "Unreadable" // the student's key, an answer or the scores cannot be read
	kindMeaning    = "Meaning"    // this version cannot read what the round's answers mean
	kindScale      = "Scale"      // the sealed value of a scale, or a scale too many or too few
	kindBand       = "Band"       // what is stored open of a scale
	kindFindings   = "Findings"   // of the quality rules of an instrument
	kindDecision   = "Decision"   // tier, undetermined, rule, whether it obliges
	kindCritical   = "Critical"   // the class under which an answer was stored
)

// misjudges says whether a child may have been given less care, or other care, than the
// answers call for. Then a person looks.
func (d difference) misjudges() bool {
	return d.kind == kindMissing || d.kind == kindUnreadable || d.kind == kindDecision || d.kind == kindCritical
}

// stored is a result as the database holds it.
type stored struct {
	id           uuid.UUID
	meaning      contract.Digest
	rank         *int16
	undetermined bool
	rule         string
	obliges      bool
	sealed       []byte
	scores       Scores      // opened from sealed
	open         []openScale // ek.result_scale
}

// openScale is what is stored of a scale without a seal.
type openScale struct{ Instrument, Scale, Status, Band string }

// compare lists what differs between a stored result and what the second scorer makes of
// the same answers; either may be missing.
func compare(a attempt, was *stored, v verdict) []difference {
	if v.err != nil {
		return []difference{{kind: kindUnreadable}}
	}
	found := compareClasses(a, v)
	switch {
	case was == nil && v.result == nil:
		return found
	case was == nil || v.result == nil:
		return append(found, difference{kind: kindMissing})
	}
	found = append(found, compareScales(was, v.result)...)
	found = append(found, compareFindings(was.scores, v.result.kept())...)
	if !was.decidedAs(a, v.result) {
		found = append(found, difference{kind: kindDecision})
	}
	return found
}

// decidedAs compares the decision with its consequences. The words of its reasons are
// left out: they may get better from one version to the next.
func (s *stored) decidedAs(a attempt, again *result) bool {
	rank := again.rank()
	sameRank := (s.rank == nil) == (rank == nil) && (rank == nil || *s.rank == *rank)
	return s.meaning == a.meaning && sameRank && s.undetermined == again.decision.Undetermined &&
		s.rule == again.decision.Rule && s.obliges == again.obliges()
}

// compareClasses holds the class that intake stored with every answer, accepted or not.
func compareClasses(a attempt, v verdict) (found []difference) {
	classes := map[int64]contract.Class{}
	for _, c := range v.critical {
		classes[c.event] = c.class
	}
	for _, e := range a.events {
		d := difference{instrument: e.context.Instrument, kind: kindCritical}
		if classes[e.id].Rank() != e.class && !slices.Contains(found, d) {
			found = append(found, d)
		}
	}
	return found
}

// compareScales holds both what is sealed of every scale and what is stored open.
func compareScales(was *stored, again *result) (found []difference) {
	sealed, open := map[[2]string]ScaleScore{}, map[[2]string]openScale{}
	var all [][2]string
	for _, s := range was.scores.Scales {
		sealed[[2]string{s.Instrument, s.Code}] = s
		all = append(all, [2]string{s.Instrument, s.Code})
	}
	for _, s := range was.open {
		open[[2]string{s.Instrument, s.Scale}] = s
		all = append(all, [2]string{s.Instrument, s.Scale})
	}
	fresh := map[[2]string]ScaleScore{}
	for _, s := range again.kept().Scales {
		fresh[[2]string{s.Instrument, s.Code}] = s
		all = append(all, [2]string{s.Instrument, s.Code})
	}
	slices.SortFunc(all, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	for _, at := range slices.Compact(all) {
		now, there := fresh[at]
		if s, ok := sealed[at]; ok != there || s != now {
			found = append(found, difference{at[0], at[1], kindScale})
		}
		if s, ok := open[at]; ok != there || s.Status != string(now.Status) || s.Band != now.Band {
			found = append(found, difference{at[0], at[1], kindBand})
		}
	}
	return found
}

// compareFindings holds findings and voidness, instrument by instrument.
func compareFindings(was, again Scores) (found []difference) {
	differs := map[string]bool{}
	for _, f := range was.Findings {
		differs[f.Instrument] = differs[f.Instrument] || !slices.Contains(again.Findings, f)
	}
	for _, f := range again.Findings {
		differs[f.Instrument] = differs[f.Instrument] || !slices.Contains(was.Findings, f)
	}
	for _, code := range slices.Concat(was.Void, again.Void) {
		differs[code] = differs[code] || slices.Contains(was.Void, code) != slices.Contains(again.Void, code)
	}
	for code, yes := range differs {
		if yes {
			found = append(found, difference{instrument: code, kind: kindFindings})
		}
	}
	return found
}
