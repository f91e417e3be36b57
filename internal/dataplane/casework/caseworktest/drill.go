package caseworktest

import "testing"

// Drilled says that a drill of District and City was held and acknowledged just now, so that casework
// begins none by itself.
func (d *District) Drilled(t *testing.T) {
	t.Helper()
	d.Exec(t, `WITH d AS (
			INSERT INTO ek.drill (begun_by, begun_at, acknowledged_at, ended_at) SELECT 'test', n.at, n.at, n.at FROM (SELECT clock_timestamp()) AS n (at)
			RETURNING id
		)
		INSERT INTO ek.drill_wanted (drill_id, level) SELECT d.id, l.level FROM d, unnest(ARRAY['District', 'City']) AS l (level)`)
}
