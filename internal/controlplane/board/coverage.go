package board

import (
	"cmp"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// Coverage is what a district last said of its school year, in full.
type Coverage struct {
	Digest             contract.Digest
	YearFrom           time.Time // when that school year began
	Eligible, Screened int64     // of all students, rounded to ten

	schools []contract.SchoolCoverage // by reference
}

// Of returns what was said of a school, by its name.
func (c *Coverage) Of(school string) (contract.SchoolCoverage, bool) {
	i, found := slices.BinarySearchFunc(c.schools, contract.RefOf(school), func(s contract.SchoolCoverage, ref contract.Ref) int {
		return cmp.Compare(s.School, ref)
	})
	if !found {
		return contract.SchoolCoverage{}, false
	}
	return c.schools[i], true
}

// full returns nil for a report whose schools were left out. One with schools has them all; its digest is not worked out
// here, for a newer district's may be of more than this operator knows. One without is whole if it is of no schools.
func full(c contract.Coverage) *Coverage {
	if len(c.Schools) == 0 {
		if sum, err := c.Sum(); err != nil || sum != c.Digest {
			return nil
		}
	}
	schools := slices.Clone(c.Schools)
	slices.SortFunc(schools, func(a, b contract.SchoolCoverage) int { return cmp.Compare(a.School, b.School) })
	return &Coverage{
		Digest: c.Digest, YearFrom: time.Unix(c.YearFromUnix, 0).UTC(), Eligible: c.Eligible, Screened: c.Screened, schools: schools,
	}
}

// CoverageDigest names the coverage that is held of a district, whose schools need not be sent again. It is empty when
// there is none, or when the district spoke of another without naming its schools.
func (b *Board) CoverageDigest(namespace string) contract.Digest {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, known := b.places[namespace]
	if !known || p.coverage == nil || p.askAnew {
		return ""
	}
	return p.coverage.Digest
}

// keep moves a coverage that came in full from the report to where it outlives the report, and puts into the reading
// what is held.
func (p *place) keep(r *Reading) {
	if said := r.Report.Coverage; r.OK && said != nil {
		known := p.coverage != nil && p.coverage.Digest == said.Digest
		if news := full(*said); !known && news != nil {
			p.coverage, known = news, true
		}
		p.askAnew = !known
		r.Report.Coverage = nil
	}
	r.Coverage = p.coverage
}

// OfCoverage is a view for SubscribeTo: which coverage is held, whether or not the district answers just now.
func OfCoverage(r Reading) any {
	if r.Coverage == nil {
		return contract.Digest("")
	}
	return r.Coverage.Digest
}
