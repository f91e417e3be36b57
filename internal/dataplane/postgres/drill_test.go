package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

// A drill a day makes hundreds a year, and every report, asked for every few seconds, says which was
// acknowledged last: it must not work out for each of them anew whom rounds call.
func TestTheReportOfDrillsLooksAtRoundsOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.OpenRound(t)
	db.Exec(t, `WITH d AS (
			INSERT INTO ek.drill (begun_by, begun_at, acknowledged_at, ended_at)
			SELECT 'test', n.at, n.at, n.at FROM (SELECT clock_timestamp() - make_interval(days => g) FROM generate_series(1, 300) AS g) AS n (at) RETURNING id)
		INSERT INTO ek.drill_wanted (drill_id, level) SELECT d.id, l.level FROM d, unnest(ARRAY['School', 'District']) AS l (level)`)
	err := postgres.InTx(t.Context(), db.Owner, func(tx pgx.Tx) error {
		var none bool // no drill was held at level City, so that every one is looked at
		if err := tx.QueryRow(t.Context(), "SELECT ek_casework.drill_report() IS NULL").Scan(&none); err != nil {
			return err
		}
		var scans int
		if err := tx.QueryRow(t.Context(), "SELECT seq_scan + idx_scan FROM pg_stat_xact_user_tables WHERE relid = 'ek.round'::regclass").Scan(&scans); err != nil {
			return err
		}
		if !none || scans == 0 || scans > 30 {
			t.Errorf("nothing to report %v, rounds looked at %d times", none, scans)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
