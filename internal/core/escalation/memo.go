package escalation

import (
	"encoding/binary"
	"math"
)

// memoLimit bounds what is remembered of one rule.
const memoLimit = 1 << 16

// memo remembers what rules that only CEL can evaluate came to: scores take few values,
// so a province asks the same thing over and over.
type memo struct {
	of     *Compiled
	byRule []map[string]outcomes // key: the scores the rule looks at
	key    []byte
}

// use forgets everything if it is of another policy.
func (m *memo) use(c *Compiled) {
	if m.of != c {
		m.of, m.byRule = c, make([]map[string]outcomes, len(c.rules))
	}
}

// outcome evaluates the i-th rule on scores by slot, NaN where a scale has no value.
func (m *memo) outcome(i int, r *rule, scores []float64) outcomes {
	m.key = m.key[:0]
	for _, at := range r.slots {
		m.key = binary.LittleEndian.AppendUint64(m.key, math.Float64bits(scores[at]))
	}
	if known, ok := m.byRule[i][string(m.key)]; ok {
		return known
	}
	outcome := m.of.outcome(r, scores)
	if m.byRule[i] == nil {
		m.byRule[i] = map[string]outcomes{}
	}
	if len(m.byRule[i]) < memoLimit {
		m.byRule[i][string(m.key)] = outcome
	}
	return outcome
}
