package facts

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/hack/demo/internal/cohort"
)

// Found is what an auditor finds in a district about one round.
type Found struct {
	Figures cohort.Figures

	Doubled     int // students with more than one result
	Contacted   int // obligations
	Closed      int
	Climbed     int // obligations of a lead other than the city that the city was called for
	Late        int // obligations found by the sweeper only
	Uncovered   int // sources that oblige without an obligation
	Baseless    int // obligations without a source
	Unfinished  int // attempts that are neither scored nor declined
	Released    int // referrals
	Delivered   int
	Answered    int
	Attended    int
	AuditGap    int             // audit entries that no link of the chain holds, older than a minute
	Notified    int             // notifications that a gateway's receipt confirmed
	SavesTwice  int             // items of one save that are stored more than once
	SaveItems   map[string]int  // by receipt: how many answers a stored save holds
	Submissions map[string]bool // receipts
}

// Plus adds what was found in another district, as far as it can be added.
func (f Found) Plus(g Found) Found {
	f.Figures = f.Figures.Plus(g.Figures)
	f.Contacted += g.Contacted
	f.Closed += g.Closed
	f.Climbed += g.Climbed
	f.Released += g.Released
	f.Delivered += g.Delivered
	f.Answered += g.Answered
	f.Attended += g.Attended
	return f
}

// single are facts that one number answers; $1 is the round.
func (f *Found) single() []struct {
	into *int
	sql  string
} {
	type q = struct {
		into *int
		sql  string
	}
	g := &f.Figures
	return []q{
		{&g.Participants, `SELECT count(DISTINCT a.student_id) FROM ek.answer_event e JOIN ek.attempt a ON a.id = e.attempt_id
			WHERE a.round = $1 AND e.disposition = 'Accepted'`},
		{&g.Scored, `SELECT count(*) FROM ek.result_scale s JOIN ek.result r ON r.id = s.result_id
			WHERE r.round = $1 AND s.scale = 'total' AND s.status <> 'Insufficient'`},
		{&g.Undetermined, `SELECT count(*) FROM ek.result r JOIN ek.round d ON d.round = r.round
			WHERE r.round = $1 AND r.undetermined AND r.tier_rank = d.undetermined_rank`},
		{&g.Obligations, `SELECT count(*) FROM ek.obligation WHERE round = $1`},
		{&g.Critical, `SELECT count(*) FROM ek.obligation o WHERE o.round = $1
			AND EXISTS (SELECT FROM ek.obligation_cause c WHERE c.obligation_id = o.id AND c.kind = 'CriticalAnswer')`},
		{&g.ByDecision, `SELECT count(*) FROM ek.obligation o WHERE o.round = $1
			AND NOT EXISTS (SELECT FROM ek.obligation_cause c WHERE c.obligation_id = o.id AND c.kind <> 'Decision')`},
		{&g.Referrals, `SELECT count(*) FROM ek.referral r JOIN ek.obligation o ON o.id = r.obligation_id WHERE o.round = $1`},
		{&f.Doubled, `SELECT count(*) FROM (SELECT student_id FROM ek.result WHERE round = $1 GROUP BY student_id HAVING count(*) > 1) d`},
		{&f.Contacted, `SELECT count(*) FROM ek.obligation WHERE round = $1 AND contacted_at IS NOT NULL AND outcome = 'Reached'`},
		{&f.Closed, `SELECT count(*) FROM ek.obligation WHERE round = $1 AND state = 'Closed'`},
		{&f.Climbed, `SELECT count(*) FROM ek.obligation o JOIN ek.round_tier t ON t.round = o.round AND t.rank = o.tier_rank
			WHERE o.round = $1 AND t.lead <> 'City' AND EXISTS (SELECT FROM ek.notification n JOIN ek.round_step s
				ON s.round = o.round AND s.tier_rank = o.tier_rank AND s.step = n.step
				WHERE n.obligation_id = o.id AND s.level = 'City' AND n.delivered_at IS NOT NULL)`},
		{&f.Late, `SELECT count(*) FROM ek.obligation WHERE round = $1 AND found_late`},
		{&f.Unfinished, `SELECT count(*) FROM ek.attempt WHERE round = $1 AND (state = 'Draft' OR failed OR recheck OR (state <> 'Declined' AND scored_at IS NULL))`},
		{&f.Released, `SELECT count(*) FROM ek.referral r JOIN ek.obligation o ON o.id = r.obligation_id WHERE o.round = $1 AND r.released_at IS NOT NULL`},
		{&f.Delivered, `SELECT count(*) FROM ek.referral r JOIN ek.obligation o ON o.id = r.obligation_id WHERE o.round = $1 AND r.delivered_at IS NOT NULL`},
		{&f.Answered, `SELECT count(*) FROM ek.referral r JOIN ek.obligation o ON o.id = r.obligation_id WHERE o.round = $1 AND r.answered_at IS NOT NULL`},
		{&f.Attended, `SELECT count(*) FROM ek.referral r JOIN ek.obligation o ON o.id = r.obligation_id WHERE o.round = $1 AND r.state = 'Attended'`},
		{&f.Notified, `SELECT count(*) FROM ek.notification n JOIN ek.obligation o ON o.id = n.obligation_id WHERE o.round = $1 AND n.delivered_at IS NOT NULL`},
		{&f.SavesTwice, `SELECT count(*) FROM (SELECT e.attempt_id, e.instrument, e.item FROM ek.answer_event e JOIN ek.attempt a ON a.id = e.attempt_id
			WHERE a.round = $1 AND e.disposition = 'Accepted' GROUP BY 1, 2, 3 HAVING count(*) > 1) d`},
	}
}

// global are facts about the district as a whole.
func (f *Found) global() map[*int]string {
	return map[*int]string{
		&f.Uncovered: `SELECT count(*) FROM ek_casework.uncovered_sources`,
		&f.Baseless:  `SELECT count(*) FROM ek_casework.baseless_obligations`,
		&f.AuditGap: `SELECT count(*) FROM ek.audit_entry e WHERE e.at < clock_timestamp() - interval '1 minute'
			AND NOT EXISTS (SELECT FROM ek.audit_link l WHERE l.entry_id = e.id)`,
	}
}

// Read reads everything about a round in one snapshot, so that the figures fit together.
func Read(ctx context.Context, pool *pgxpool.Pool, round string) (Found, error) {
	var f Found
	err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, q := range f.single() {
			if err := tx.QueryRow(ctx, q.sql, round).Scan(q.into); err != nil {
				return fmt.Errorf("%s: %w", q.sql, err)
			}
		}
		for into, sql := range f.global() {
			if err := tx.QueryRow(ctx, sql).Scan(into); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return f.readLists(ctx, tx, round)
	})
	return f, err
}

func (f *Found) readLists(ctx context.Context, tx pgx.Tx, round string) error {
	bands, err := counts(ctx, tx, `SELECT s.band, count(*) FROM ek.result_scale s JOIN ek.result r ON r.id = s.result_id
		WHERE r.round = $1 AND s.scale = 'total' AND s.status <> 'Insufficient' GROUP BY 1`, round)
	if err != nil {
		return err
	}
	tiers, err := counts(ctx, tx, `SELECT coalesce(t.name, 'None'), count(*) FROM ek.result r
		LEFT JOIN ek.round_tier t ON t.round = r.round AND t.rank = r.tier_rank WHERE r.round = $1 GROUP BY 1`, round)
	if err != nil {
		return err
	}
	for i := range cohort.Bands {
		f.Figures.Bands[i], f.Figures.Tiers[i] = bands[cohort.Bands[i]], tiers[cohort.Tiers[i]]
	}
	if f.SaveItems, err = counts(ctx, tx, `SELECT v.receipt::text, count(*) FROM ek.save v
		JOIN ek.answer_event e ON e.form_key_hash = v.form_key_hash AND e.save_no = v.save_no
		JOIN ek.attempt a ON a.id = e.attempt_id
		WHERE a.round = $1 AND v.disposition = 'Accepted' GROUP BY 1`, round); err != nil {
		return err
	}
	submissions, err := counts(ctx, tx, `SELECT receipt::text, 1 FROM ek.attempt WHERE round = $1 AND state = 'Submitted'`, round)
	f.Submissions = map[string]bool{}
	for receipt := range submissions {
		f.Submissions[receipt] = true
	}
	return err
}

func counts(ctx context.Context, tx pgx.Tx, sql, round string) (map[string]int, error) {
	rows, err := tx.Query(ctx, sql, round)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	all := map[string]int{}
	var name string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&name, &n}, func() error { all[name] += n; return nil })
	return all, err
}
