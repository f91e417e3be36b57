package scorer

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
)

// score judges claimed attempts and writes all that follows.
func (s *Scorer) score(ctx context.Context, tx pgx.Tx, claimed []attempt) error {
	if len(claimed) == 0 {
		return nil
	}
	verdicts, err := s.judgeAll(ctx, claimed)
	if err != nil {
		return err
	}
	raised, err := alreadyRaised(ctx, tx, verdicts)
	if err != nil {
		return err
	}
	var now time.Time
	if err := tx.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for i, a := range claimed {
		queueCritical(batch, a, verdicts[i], raised)
		if verdicts[i].err == nil {
			queueResult(batch, a, verdicts[i].result, now)
		}
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	for i, a := range claimed {
		if err := verdicts[i].err; err != nil {
			if err := s.recordFailure(ctx, tx, a, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// judgeAll returns an error only for a database that is away: that is no attempt's
// fault.
func (s *Scorer) judgeAll(ctx context.Context, claimed []attempt) ([]verdict, error) {
	verdicts := make([]verdict, len(claimed))
	for i, a := range claimed {
		m, err := s.meanings.find(ctx, a.meaning)
		switch {
		case postgres.Unreachable(err) || ctx.Err() != nil:
			return nil, err
		case err != nil:
			verdicts[i].err = err
		default:
			verdicts[i] = first.judge(s.keys, a, m)
			if r := verdicts[i].result; r != nil {
				verdicts[i].err = r.seal(a.publicKey)
			}
		}
	}
	return verdicts, nil
}

// alreadyRaised tells which critical answers have their obligation.
func alreadyRaised(ctx context.Context, tx pgx.Tx, verdicts []verdict) (map[string]bool, error) {
	var refs []string
	for _, v := range verdicts {
		for _, c := range v.critical {
			refs = append(refs, strconv.FormatInt(c.event, 10))
		}
	}
	raised := map[string]bool{}
	if refs == nil {
		return raised, nil
	}
	rows, err := tx.Query(ctx, "SELECT ref FROM ek.obligation_cause WHERE kind = 'CriticalAnswer' AND ref = ANY ($1)", refs)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, ref := range found {
		raised[ref] = true
	}
	return raised, err
}

// queueCritical raises what intake should have raised and did not.
func queueCritical(batch *pgx.Batch, a attempt, v verdict, raised map[string]bool) {
	for _, c := range v.critical {
		ref := strconv.FormatInt(c.event, 10)
		switch rank := c.class.Rank(); {
		case rank == contract.Review.Rank():
			batch.Queue("SELECT ek.make_follow_up($1, $2, 'Review', $3, (SELECT tier_rank FROM ek.round_floor WHERE round = $2 AND class = 1), NULL)",
				a.student, a.round, a.id.String())
		case !raised[ref]:
			batch.Queue("SELECT ek.raise_obligation('Attempt', $1, $2, $3, $4, NULL, 'CriticalAnswer', $5, true)",
				a.id, a.student, a.round, int16(rank), ref)
		}
	}
}

func queueResult(batch *pgx.Batch, a attempt, r *result, now time.Time) {
	if r != nil {
		batch.Queue(`INSERT INTO ek.result (id, attempt_id, student_id, round, meaning_digest, tier_rank, undetermined, rule, sealed, obliges)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, r.id, a.id, a.student, a.round, a.meaning,
			r.rank(), r.decision.Undetermined, r.decision.Rule, r.sealed, r.obliges())
		queueScales(batch, r)
		queueDuties(batch, a, r, now)
	}
	batch.Queue("UPDATE ek.attempt SET scored_at = coalesce(scored_at, clock_timestamp()), recheck = false WHERE id = $1", a.id)
}

func queueScales(batch *pgx.Batch, r *result) {
	for _, code := range r.order {
		for _, scale := range r.scores[code].Scales {
			batch.Queue("INSERT INTO ek.result_scale (result_id, instrument, scale, status, band) VALUES ($1, $2, $3, $4, $5)",
				r.id, code, scale.Code, string(scale.Status), scale.Band)
		}
	}
}

// queueDuties raises what the tier lists, and asks for a retest of what could not be
// determined.
func queueDuties(batch *pgx.Batch, a attempt, r *result, now time.Time) {
	if r.obliges() {
		batch.Queue("SELECT ek.raise_obligation('Attempt', $1, $2, $3, NULL, $4, 'Decision', $5, false)",
			a.id, a.student, a.round, r.rank(), r.id.String())
	}
	if r.tier.Does(contract.FollowUp) {
		batch.Queue("SELECT ek.make_follow_up($1, $2, 'Tier', $3, $4, NULL)", a.student, a.round, a.id.String(), r.rank())
	}
	if r.decision.Undetermined {
		batch.Queue("SELECT ek.make_follow_up($1, $2, 'Undetermined', $3, $4, $5)",
			a.student, a.round, a.id.String(), r.rank(), addWeekdays(now, a.retestDays))
	}
}

// addWeekdays counts Monday to Friday. The district's data plane knows no school
// calendar; a holiday makes a retest due earlier than it must be, never later.
func addWeekdays(from time.Time, days int) time.Time {
	for at := from; ; at = at.AddDate(0, 0, 1) {
		if days == 0 {
			return at
		}
		if day := at.AddDate(0, 0, 1).Weekday(); day != time.Saturday && day != time.Sunday {
			days--
		}
	}
}
