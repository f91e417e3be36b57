package instrument

import "github.com/evenkeel/evenkeel/internal/contract"

// What a row of answers holds for an item: its answer, or one of these. A row has the
// answers that count, after gates and after dropping values that are not offered.
const (
	noValue  = BlankCode // asked, without a value
	notAsked = NotAskedCode
	declined = RefusedCode // a gated item, asked and without a value whatever its gate; gone once gates are closed
)

// Score scores one response. It is total: an answer that the item does not offer
// counts as missing.
func (c *Compiled) Score(r *Response) Result {
	var result Result
	c.ScoreInto(r, &result)
	return result
}

// ScoreInto scores one response into out, whose slices it reuses: nothing is allocated
// once they have grown to the instrument's size.
func (c *Compiled) ScoreInto(r *Response, out *Result) {
	var room [maxItems]int8
	row := room[:len(c.items)]
	c.readRow(r.Answers, row)
	out.Scales = out.Scales[:0]
	for i := range c.scales {
		s := &c.scales[i]
		out.Scales = append(out.Scales, s.result(s.score(row, r.Person)))
	}
	c.criticalAnswers(row, out)
	c.findings(row, r, out)
}

// readRow fills row with the answers that count.
func (c *Compiled) readRow(answers []Answer, row []int8) {
	for i := range row {
		row[i] = noValue
		if i < len(answers) && answers[i].Missing == None && c.items[i].offers(answers[i].Value) {
			row[i] = int8(answers[i].Value)
		} else if i < len(answers) && c.items[i].gate != nil && answers[i].Missing.declines() {
			row[i] = declined
		}
	}
	if c.gated {
		c.closeGates(row)
	}
}

// closeGates marks the items that were not asked. Gates look at earlier items only, so
// one pass in the order asked is enough.
func (c *Compiled) closeGates(row []int8) {
	for i := range row {
		switch {
		case row[i] == declined:
			row[i] = noValue
		case row[i] < 0 && c.items[i].gate != nil && !anyHolds(c.items[i].gate, row):
			row[i] = notAsked
		}
	}
}

func anyHolds(tests []test, row []int8) bool {
	for _, t := range tests {
		if t.holds(row) {
			return true
		}
	}
	return false
}

func (t test) holds(row []int8) bool {
	v := row[t.position]
	if v < 0 {
		return t.orMissing && v == noValue
	}
	return t.from <= v && v <= t.to
}

func (c *Compiled) criticalAnswers(row []int8, out *Result) {
	out.Critical, out.CriticalBlank = out.Critical[:0], out.CriticalBlank[:0]
	for _, position := range c.critical {
		item, v := &c.items[position], row[position]
		if v == noValue {
			out.CriticalBlank = append(out.CriticalBlank, item.code)
		} else if class := item.class(int(v)); class != "" {
			out.Critical = append(out.Critical, CriticalHit{Item: item.code, Value: int(v), Class: class})
		}
	}
}

// outcome is a scale's score without its names. Value and raw are 0 and band is -1
// unless the status has a value.
type outcome struct {
	value, raw float64
	missing    int
	band       int8
	status     StatusCode
}

// result names an outcome.
func (s *scaleRule) result(o outcome) ScaleResult {
	r := ScaleResult{Code: s.code, Status: o.status.Status(), Value: o.value, Raw: o.raw, Basis: s.basis, Missing: o.missing}
	if o.band >= 0 {
		r.Band = s.bands[o.band].Name
	}
	return r
}

// score scores one scale of a row.
func (s *scaleRule) score(row []int8, person Person) outcome {
	if s.method == contract.Cases {
		missing := s.tally(row).missing
		if missing > s.maxMissing {
			return insufficient(missing)
		}
		return s.banded(s.firstCase(row), missing)
	}
	return s.norm(s.settle(s.tally(row)), person)
}

func insufficient(missing int) outcome {
	return outcome{missing: missing, band: -1, status: InsufficientCode}
}

// settle scores a tally of a Sum, Mean or Count, before norms.
func (s *scaleRule) settle(t tally) outcome {
	if t.missing > s.maxMissing {
		return insufficient(t.missing)
	}
	return s.banded(s.rawValue(t), t.missing)
}

// banded is the outcome of a raw value.
func (s *scaleRule) banded(raw float64, missing int) outcome {
	o := outcome{value: raw, raw: raw, missing: missing, band: s.band(raw), status: ScoredCode}
	if missing > 0 {
		o.status = ProratedCode
	}
	return o
}

// norm converts an outcome to the student's standard value where the scale has norms.
func (s *scaleRule) norm(o outcome, person Person) outcome {
	if len(s.norms) == 0 || o.status == InsufficientCode {
		return o
	}
	standard, covered := s.standard(o.raw, person)
	if !covered {
		return insufficient(o.missing)
	}
	o.value, o.band = standard, s.band(standard)
	return o
}

// band returns the index of the value's band. Bands rise and every value that can
// occur has one, so the first that does not end below it is the one.
func (s *scaleRule) band(value float64) int8 {
	for i := range s.bands {
		if value <= s.bands[i].To {
			return int8(i)
		}
	}
	return int8(len(s.bands) - 1)
}

func (s *scaleRule) firstCase(row []int8) float64 {
	for i := range s.cases {
		if s.cases[i].holds(row) {
			return s.cases[i].value
		}
	}
	return 0 // never: the last case always holds
}

func (c *caseRule) holds(row []int8) bool {
	for i := range c.when {
		n := 0
		for _, t := range c.when[i].tests {
			if t.holds(row) {
				n++
			}
		}
		if n < c.when[i].atLeast || n > c.when[i].atMost {
			return false
		}
	}
	return true
}
