package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// writeControl stores a control with its sessions and links the meaning it names.
func writeControl(ctx context.Context, tx pgx.Tx, c contract.Control, revision contract.Revision) error {
	b := &pgx.Batch{}
	b.Queue(`INSERT INTO ek.round (round, control_revision, control_digest, control, opens_at, closes_at, hold)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (round) DO UPDATE SET control_revision = excluded.control_revision, control_digest = excluded.control_digest,
			control = excluded.control, opens_at = excluded.opens_at, closes_at = excluded.closes_at, hold = excluded.hold`,
		c.Round, revision.Revision, revision.Digest, c, c.OpensAt, c.ClosesAt, string(c.Hold))
	b.Queue("DELETE FROM ek.round_session WHERE round = $1", c.Round)
	queueSessions(b, c.Round, "", c.Sessions)
	for _, o := range c.Overrides {
		queueSessions(b, c.Round, o.School, o.Sessions)
	}
	b.Queue("SELECT ek_casework.cut_drafts($1)", c.Round)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	return link(ctx, tx, c.Round)
}

func queueSessions(b *pgx.Batch, round, school string, sessions []contract.Session) {
	for _, s := range sessions {
		b.Queue("INSERT INTO ek.round_session (round, school, from_at, to_at) VALUES ($1, $2, $3, $4)", round, school, s.From, s.To)
	}
}

// link points a round at the meaning its control names, once that is stored, and
// projects it. Until opening the pointer follows the control; a round whose meaning
// is still to come has none, and does not open.
func link(ctx context.Context, tx pgx.Tx, round string) error {
	var body json.RawMessage
	err := tx.QueryRow(ctx, `UPDATE ek.round r SET meaning_digest = m.digest
		FROM ek.round d LEFT JOIN ek.meaning m ON m.digest = d.control ->> 'meaningDigest' AND m.round = d.round
		WHERE r.round = $1 AND d.round = r.round
		RETURNING (SELECT n.body FROM ek.meaning n WHERE n.digest = r.meaning_digest)`, round).Scan(&body)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && body == nil {
		return nil // the control, or the meaning, is still to come
	}
	if err != nil {
		return fmt.Errorf("linking a meaning: %w", err)
	}
	var m contract.Meaning
	if err := json.Unmarshal(body, &m); err != nil {
		return fmt.Errorf("reading a stored meaning: %w", err)
	}
	tighter, err := storedTighter(ctx, tx)
	if err != nil {
		return err
	}
	return projectMeaning(ctx, tx, m, tighter)
}

func storedTighter(ctx context.Context, tx pgx.Tx) ([]contract.Tighter, error) {
	var raw []byte
	err := tx.QueryRow(ctx, "SELECT coalesce(body -> 'tighter', '[]') FROM ek.directory").Scan(&raw)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	var list []contract.Tighter
	if err == nil {
		err = json.Unmarshal(raw, &list)
	}
	return list, err
}

// reproject applies the district's own deadlines, which may have changed with its
// directory, to every round that is not over.
func reproject(ctx context.Context, tx pgx.Tx, d contract.Directory) error {
	rows, err := tx.Query(ctx, `SELECT m.body FROM ek.round r JOIN ek.meaning m ON m.digest = r.meaning_digest WHERE r.released_at IS NULL`)
	if err != nil {
		return err
	}
	meanings, err := pgx.CollectRows(rows, pgx.RowTo[contract.Meaning])
	if err != nil {
		return fmt.Errorf("reading stored meanings: %w", err)
	}
	for _, m := range meanings {
		if err := projectMeaning(ctx, tx, m, d.Tighter); err != nil {
			return err
		}
	}
	return nil
}

// projectMeaning writes what the database needs of a policy: tiers, the steps of
// their chains, and the floors of critical answers.
func projectMeaning(ctx context.Context, tx pgx.Tx, m contract.Meaning, tighter []contract.Tighter) error {
	policy, err := compile(m)
	if err != nil {
		return fmt.Errorf("compiling a stored meaning: %w", err)
	}
	b := &pgx.Batch{}
	b.Queue("DELETE FROM ek.round_tier WHERE round = $1", m.Round)
	b.Queue("DELETE FROM ek.round_floor WHERE round = $1", m.Round)
	for rank, tier := range m.Policy.Tiers {
		queueTier(b, m.Round, rank, tier, tighter)
	}
	for _, class := range []contract.Class{contract.Immediate, contract.Urgent, contract.Review} {
		if rank, ok := policy.Rank(policy.Floor(class)); ok {
			b.Queue("INSERT INTO ek.round_floor (round, class, tier_rank) VALUES ($1, $2, $3)", m.Round, class.Rank(), rank)
		}
	}
	undetermined, _ := policy.Rank(m.Policy.Undetermined.Tier)
	b.Queue("UPDATE ek.round SET undetermined_rank = $2, retest_within_days = $3 WHERE round = $1",
		m.Round, undetermined, m.Policy.Undetermined.RetestWithinSchoolDays)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("projecting a meaning: %w", err)
	}
	return nil
}

func queueTier(b *pgx.Batch, round string, rank int, tier contract.Tier, tighter []contract.Tighter) {
	var repeat *time.Duration
	if tier.RepeatEveryMinutes > 0 {
		every := minutes(tier.RepeatEveryMinutes)
		repeat = &every
	}
	b.Queue(`INSERT INTO ek.round_tier (round, rank, name, lead, respond_within, does_notify, does_open_case, does_draft_referral,
			does_follow_up, channel_class, repeat_every) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, nullif($10, ''), $11)`,
		round, rank, tier.Name, string(tier.Lead), minutes(respondWithin(tier, tighter)), tier.Does(contract.Notify), tier.Does(contract.OpenCase),
		tier.Does(contract.DraftReferral), tier.Does(contract.FollowUp), tier.ChannelClass, repeat)
	if !tier.Does(contract.Notify) {
		return
	}
	const step = "INSERT INTO ek.round_step (round, tier_rank, step, level, after_deadline) VALUES ($1, $2, $3, $4, $5)"
	b.Queue(step, round, rank, 0, string(tier.Lead), nil)
	for i, s := range tier.OnOverdue {
		b.Queue(step, round, rank, i+1, string(s.Notify), minutes(s.AfterMinutes))
	}
}

// respondWithin is the policy's deadline, or the district's own when that is sooner.
func respondWithin(tier contract.Tier, tighter []contract.Tighter) int {
	within := tier.RespondWithinMinutes
	for _, t := range tighter {
		if t.Tier == tier.Name {
			within = min(within, t.RespondWithinMinutes)
		}
	}
	return within
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }
