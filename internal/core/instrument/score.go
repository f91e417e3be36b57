package instrument

import "github.com/evenkeel/evenkeel/internal/contract"

// What a row of answers holds for an item: its answer, or one of these. A row has the
// answers that count, after gates and after dropping values that are not offered.
const (
	noValue  int8 = -1 // asked, without a value
	notAsked int8 = -2
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
		out.Scales = append(out.Scales, c.scales[i].score(row, r.Person))
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
		if row[i] < 0 && c.items[i].gate != nil && !anyHolds(c.items[i].gate, row) {
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

// score scores one scale of a row.
func (s *scaleRule) score(row []int8, person Person) ScaleResult {
	t := s.tally(row)
	result := ScaleResult{Code: s.code, Status: Scored, Basis: s.basis, Missing: t.missing}
	if t.missing > 0 {
		result.Status = Prorated
	}
	raw := 0.0
	switch {
	case t.missing > s.maxMissing:
		result.Status = Insufficient
		return result
	case s.method == contract.Cases:
		raw = s.firstCase(row)
	default:
		raw = s.rawValue(t)
	}
	value, covered := s.standard(raw, person)
	if !covered {
		result.Status = Insufficient
		return result
	}
	result.Value, result.Raw = value, raw
	result.Band = s.bands[s.band(value)].Name
	return result
}

// band returns the index of the value's band. Bands rise and every value that can
// occur has one, so the first that does not end below it is the one.
func (s *scaleRule) band(value float64) int {
	for i := range s.bands {
		if value <= s.bands[i].To {
			return i
		}
	}
	return len(s.bands) - 1
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
