package loss

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/dataplane/audit"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
	"github.com/evenkeel/evenkeel/test/district"
)

// world is what the database holds, as the oracle reads it once nothing moves.
type world struct {
	district *district.District
	ledger   *ledger

	attempts    map[[32]byte]attempt // by form key hash
	saves       map[uuid.UUID]storedSave
	twice       []uuid.UUID // receipts that stand on more than one save
	answers     map[slot]map[string][]int
	obligations map[uuid.UUID]obligation // by source
	results     map[uuid.UUID][]*int16   // tier ranks by attempt
}

type attempt struct {
	id      uuid.UUID
	state   string
	receipt *uuid.UUID
}

type storedSave struct {
	hash   [32]byte
	number int
	status int
	at     time.Time
}

// slot is where the answers of one content of one save are.
type slot struct {
	hash     [32]byte
	number   int
	conflict bool
}

type obligation struct {
	number string
	rank   int16
}

func read(ctx context.Context, d *district.District, l *ledger) (*world, error) {
	w := &world{district: d, ledger: l}
	for _, part := range []func(context.Context) error{w.readAttempts, w.readSaves, w.readAnswers, w.readObligations, w.readResults} {
		if err := part(ctx); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// each runs row for every row of a query.
func (w *world) each(ctx context.Context, sql string, row func(pgx.Rows) error) error {
	rows, err := w.district.Owner.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (w *world) readAttempts(ctx context.Context) error {
	w.attempts = map[[32]byte]attempt{}
	return w.each(ctx, "SELECT k.hash, a.id, a.state, a.receipt FROM ek.form_key k JOIN ek.attempt a ON a.id = k.attempt_id", func(r pgx.Rows) error {
		var hash []byte
		var a attempt
		err := r.Scan(&hash, &a.id, &a.state, &a.receipt)
		w.attempts[[32]byte(hash)] = a
		return err
	})
}

func (w *world) readSaves(ctx context.Context) error {
	w.saves = map[uuid.UUID]storedSave{}
	return w.each(ctx, "SELECT form_key_hash, save_no, status, at, receipt FROM ek.save", func(r pgx.Rows) error {
		var hash []byte
		var s storedSave
		var id uuid.UUID
		err := r.Scan(&hash, &s.number, &s.status, &s.at, &id)
		if _, there := w.saves[id]; there {
			w.twice = append(w.twice, id)
		}
		s.hash = [32]byte(hash)
		w.saves[id] = s
		return err
	})
}

// readAnswers opens every stored answer with its student's own key.
func (w *world) readAnswers(ctx context.Context) error {
	w.answers = map[slot]map[string][]int{}
	keys, openers := w.district.Keys(), map[uuid.UUID]*seal.Opener{}
	return w.each(ctx, `SELECT a.student_id, k.wrapped, e.attempt_id, e.form_key_hash, e.save_no, e.instrument, e.item, e.sealed, e.disposition = 'Conflict'
		FROM ek.answer_event e JOIN ek.attempt a ON a.id = e.attempt_id JOIN ek.student_key k ON k.student_id = a.student_id ORDER BY e.id`,
		func(r pgx.Rows) error {
			var student uuid.UUID
			var wrapped, sealed []byte
			var at seal.AnswerContext
			var conflict bool
			if err := r.Scan(&student, &wrapped, &at.Attempt, &at.FormKeyHash, &at.Save, &at.Instrument, &at.Item, &sealed, &conflict); err != nil {
				return err
			}
			if openers[student] == nil {
				opener, err := keys.Opener(student, wrapped)
				if err != nil {
					return err
				}
				openers[student] = opener
			}
			value, err := openers[student].OpenAnswer(at, sealed)
			if err != nil {
				return err
			}
			w.keep(slot{[32]byte(at.FormKeyHash), int(at.Save), conflict}, at.Item, int(value))
			return nil
		})
}

func (w *world) keep(s slot, item string, value int) {
	if w.answers[s] == nil {
		w.answers[s] = map[string][]int{}
	}
	w.answers[s][item] = append(w.answers[s][item], value)
}

func (w *world) readObligations(ctx context.Context) error {
	w.obligations = map[uuid.UUID]obligation{}
	return w.each(ctx, "SELECT source_id, number, tier_rank FROM ek.obligation", func(r pgx.Rows) error {
		var source uuid.UUID
		var o obligation
		err := r.Scan(&source, &o.number, &o.rank)
		w.obligations[source] = o
		return err
	})
}

func (w *world) readResults(ctx context.Context) error {
	w.results = map[uuid.UUID][]*int16{}
	return w.each(ctx, "SELECT attempt_id, tier_rank FROM ek.result", func(r pgx.Rows) error {
		var id uuid.UUID
		var rank *int16
		err := r.Scan(&id, &rank)
		w.results[id] = append(w.results[id], rank)
		return err
	})
}

// check is one thing the oracle looks for; it returns what is wrong.
type check struct {
	name string
	find func(*world, context.Context) ([]string, error)
}

func checks() []check {
	return []check{
		{"an acknowledged save is stored, once, with its receipt", (*world).lostSaves},
		{"nothing is stored that nobody was told of", (*world).unknownSaves},
		{"stored answers are those that were sent, once", (*world).wrongAnswers},
		{"a danger signal has its obligation, and nothing else has one", (*world).wrongObligations},
		{"a submitted form is scored once, from its last answers", (*world).wrongResults},
		{"who was told that the form is submitted is screened, and nobody else", (*world).wrongLedger},
		{"the views that must be empty are", (*world).conservation},
		{"a deed is audited once, and the chain verifies", (*world).wrongAudit},
	}
}

// unheard counts the repeated saves that a try had stored whose answer never came:
// those were killed between the commit and the acknowledgement. The rest of the
// repeated ones were killed before.
func (w *world) unheard() (after, before int) {
	for _, s := range w.ledger.saves {
		switch stored := w.saves[s.receipt]; {
		case s.tries == 1:
		case stored.at.Before(s.began):
			after++
		default:
			before++
		}
	}
	return after, before
}

// judge runs every check and returns all that is wrong, at most ten lines of each.
func judge(ctx context.Context, d *district.District, l *ledger) ([]string, error) {
	w, err := read(ctx, d, l)
	if err != nil {
		return nil, err
	}
	var wrong []string
	for _, c := range checks() {
		found, err := c.find(w, ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		for i, line := range found {
			if i == 10 {
				wrong = append(wrong, fmt.Sprintf("%s: and %d more", c.name, len(found)-i))
				break
			}
			wrong = append(wrong, c.name+": "+line)
		}
	}
	return wrong, nil
}

// conservation asks the product's own views, in one statement.
func (w *world) conservation(ctx context.Context) ([]string, error) {
	found, err := conserved(ctx, w.district)
	if err != nil {
		return nil, err
	}
	return found, w.each(ctx, "SELECT number FROM ek_casework.late_steps", func(r pgx.Rows) error {
		var number string
		err := r.Scan(&number)
		found = append(found, "late step: "+number)
		return err
	})
}

// conserved may be asked at any moment: these two are always empty.
func conserved(ctx context.Context, d *district.District) (found []string, err error) {
	rows, err := d.Owner.Query(ctx, `SELECT 'uncovered source: ' || kind || ' ' || ref FROM ek_casework.uncovered_sources
		UNION ALL SELECT 'baseless obligation: ' || number FROM ek_casework.baseless_obligations`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (w *world) wrongAudit(ctx context.Context) ([]string, error) {
	if _, err := audit.Verify(ctx, w.district.Casework); err != nil {
		return []string{err.Error()}, nil
	}
	var wrong []string
	return wrong, w.each(ctx, `WITH due (action, object) AS (
			SELECT 'FormSubmitted', 'attempt/' || id FROM ek.attempt WHERE state = 'Submitted'
			UNION ALL SELECT 'ObligationRaised', 'obligation/' || id FROM ek.obligation
			UNION ALL SELECT 'CaseOpened', 'case/' || id FROM ek."case"),
		done AS (SELECT action, object, count(*) AS times FROM ek.audit_entry
			WHERE action IN ('FormSubmitted', 'ObligationRaised', 'CaseOpened') GROUP BY 1, 2)
		SELECT coalesce(due.action, done.action), coalesce(done.times, 0), due.object IS NOT NULL
		FROM due FULL JOIN done USING (action, object) WHERE due.object IS NULL OR done.times IS DISTINCT FROM 1`,
		func(r pgx.Rows) error {
			var action string
			var times int
			var happened bool
			err := r.Scan(&action, &times, &happened)
			wrong = append(wrong, fmt.Sprintf("%s audited %d times, happened %v", action, times, happened))
			return err
		})
}
