package instrument

import (
	"fmt"
	"sort"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// bands requires the bands to rise without overlap and to hold every value that can
// occur. Between two bands there may be room in which no value can fall: 1..1.99 and
// 2..2.99 for means of six items.
func (c *checker) bands(path string, scale contract.Scale, values []float64) {
	before, seen := c.Len(), map[string]bool{}
	for i, b := range scale.Bands {
		at := fmt.Sprintf("%s[%d]", path, i)
		c.AddIf(b.Name == "", at+".name", "band %d of scale %q has no name; write one", i, scale.Code)
		c.AddIf(seen[b.Name] && b.Name != "", at+".name", "scale %q has two bands %q; write a name of its own", scale.Code, b.Name)
		c.AddIf(!(b.From <= b.To), at, "band %q of scale %q is %g..%g; write from <= to", b.Name, scale.Code, b.From, b.To)
		c.AddIf(i > 0 && b.From <= scale.Bands[max(i-1, 0)].To, at+".from",
			"band %q of scale %q overlaps the one before it, which ends at %g; write a greater from",
			b.Name, scale.Code, scale.Bands[max(i-1, 0)].To)
		seen[b.Name] = true
	}
	if c.Len() == before {
		c.gaps(path, scale, values)
	}
}

// gaps reports the first value in each gap between bands that rise.
func (c *checker) gaps(path string, scale contract.Scale, values []float64) {
	reported, used := -1, make([]bool, len(scale.Bands))
	for _, value := range values {
		i := sort.Search(len(scale.Bands), func(i int) bool { return scale.Bands[i].To >= value })
		if i < len(scale.Bands) && scale.Bands[i].From <= value {
			used[i] = true
		} else if i != reported {
			reported = i
			c.gap(path, scale, i, value, values[len(values)-1])
		}
	}
	for i, b := range scale.Bands {
		c.AddIf(!used[i] && len(scale.Norms) == 0, fmt.Sprintf("%s[%d]", path, i),
			"band %q of scale %q holds no value that the scale can take; correct it or leave it out", b.Name, scale.Code)
	}
}

// gap reports a value that lies before band i.
func (c *checker) gap(path string, scale contract.Scale, i int, value, greatest float64) {
	if i == len(scale.Bands) {
		last := scale.Bands[i-1]
		c.Addf(fmt.Sprintf("%s[%d].to", path, i-1), "band %q of scale %q ends at %g; the scale ends at %g",
			last.Name, scale.Code, last.To, greatest)
		return
	}
	at, b := fmt.Sprintf("%s[%d].from", path, i), scale.Bands[i]
	if i == 0 {
		c.Addf(at, "band %q of scale %q begins at %g; the scale begins at %g", b.Name, scale.Code, b.From, value)
		return
	}
	c.Addf(at, "gap before band %q of scale %q; write from: %g", b.Name, scale.Code, value)
}
