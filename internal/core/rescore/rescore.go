package rescore

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// Score scores one response to an instrument that core/instrument compiles. Answers are
// in the order of the items; those the response is too short for are blank.
func Score(in contract.Instrument, response instrument.Response) instrument.Result {
	s := sheet{in: in, answers: read(in, response)}
	var out instrument.Result
	for _, scale := range in.Scales {
		out.Scales = append(out.Scales, s.score(scale, response.Person))
	}
	out.Findings = s.findings(response, out.Scales)
	out.Void = slices.ContainsFunc(out.Findings, func(f instrument.Finding) bool { return f.Effect == contract.Void })
	if out.Void {
		s.invalidate(out.Scales)
	}
	out.Critical, out.CriticalBlank = s.critical()
	return out
}

// invalidate takes the values of a void response away. Validity scales keep theirs: they
// say why it is void.
func (s sheet) invalidate(scales []instrument.ScaleResult) {
	for i, scale := range s.in.Scales {
		if scale.Purpose != contract.Validity {
			scales[i] = withoutValue(scales[i], instrument.Invalid)
		}
	}
}

func withoutValue(r instrument.ScaleResult, status instrument.Status) instrument.ScaleResult {
	return instrument.ScaleResult{Code: r.Code, Status: status, Basis: r.Basis, Missing: r.Missing}
}

// critical lists the critical answers that were given, and the critical items that were
// asked and have no value.
func (s sheet) critical() (hits []instrument.CriticalHit, blank []string) {
	for i, item := range s.in.Items {
		a := s.answers[i]
		if len(item.Critical) > 0 && a.missing() {
			blank = append(blank, item.Code)
		}
		for _, c := range item.Critical {
			if a.given && a.value == c.Value {
				hits = append(hits, instrument.CriticalHit{Item: item.Code, Value: a.value, Class: c.Class})
			}
		}
	}
	return hits, blank
}
