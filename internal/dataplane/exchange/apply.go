package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/dataplane/audit"
)

// actor is how the exchange signs its audit entries.
const actor = "operator"

func (s *Service) audit(ctx context.Context, tx pgx.Tx, action, object, detail string) error {
	return audit.Write(ctx, tx, actor, action, object, detail)
}

func (s *Service) applyDirectory(ctx context.Context, d contract.Directory, announced *contract.Revision, o *outcome) error {
	if d.District != s.District {
		o.refuse(contract.KindDirectory, "", contract.RefusedWrongDistrict)
		return nil
	}
	revision, ok := revisionOf(d, d.Revision)
	if !ok || announced == nil || *announced != revision {
		o.refuse(contract.KindDirectory, "", contract.RefusedDigestMismatch)
		return nil
	}
	if err := validateDirectory(d); err != nil {
		s.Log.Error("refusing the directory", "error", err.Error())
		o.refuse(contract.KindDirectory, "", contract.RefusedInvalid)
		return nil
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		have, err := storedDirectory(ctx, tx)
		if err != nil {
			return err
		}
		if reason := judgeRevision(revision, have); reason != accepted {
			o.refuse(contract.KindDirectory, "", reason)
			return nil
		}
		if have != nil && *have == revision {
			return nil
		}
		o.applied = true
		return s.writeDirectory(ctx, tx, d, revision)
	})
}

func (s *Service) writeDirectory(ctx context.Context, tx pgx.Tx, d contract.Directory, revision contract.Revision) error {
	if err := projectDirectory(ctx, tx, d, revision, s.Sealer); err != nil {
		return fmt.Errorf("storing the directory: %w", err)
	}
	if err := reproject(ctx, tx, d); err != nil {
		return err
	}
	return s.audit(ctx, tx, "DirectoryApplied", "directory", fmt.Sprintf("revision %d %s", revision.Revision, revision.Digest))
}

func (s *Service) applyMeaning(ctx context.Context, m contract.Meaning, want contract.RoundDesired, o *outcome) error {
	digest, err := contract.DigestOf(m)
	if err != nil || m.Round == "" || want.Meaning != digest {
		o.refuse(contract.KindMeaning, m.Round, contract.RefusedDigestMismatch)
		return nil
	}
	if err := checkMeaning(m); err != nil {
		s.Log.Error("refusing a meaning", "round", m.Round, "error", err.Error())
		o.refuse(contract.KindMeaning, m.Round, contract.RefusedInvalid)
		return nil
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		state, now, err := readRound(ctx, tx, m.Round)
		if err != nil {
			return err
		}
		if reason := judgeMeaning(digest, state, now); reason != accepted {
			o.refuse(contract.KindMeaning, m.Round, reason)
			return nil
		}
		tag, err := tx.Exec(ctx, `INSERT INTO ek.meaning (digest, round, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, digest, m.Round, m)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		o.applied = true
		if err := s.audit(ctx, tx, "MeaningApplied", "round/"+m.Round, string(digest)); err != nil {
			return err
		}
		return link(ctx, tx, m.Round)
	})
}

// checkMeaning compiles the meaning: what does not compile here could not be scored.
func checkMeaning(m contract.Meaning) error {
	if !contract.Supported(m.Version) {
		return fmt.Errorf("version %d of a meaning is not supported", m.Version)
	}
	_, err := compile(m)
	return err
}

func compile(m contract.Meaning) (*escalation.Compiled, error) {
	compiled := make([]*instrument.Compiled, 0, len(m.Instruments))
	for _, in := range m.Instruments {
		c, err := instrument.Compile(in)
		if err != nil {
			return nil, err
		}
		compiled = append(compiled, c)
	}
	return escalation.Compile(m.Policy, compiled)
}

func (s *Service) applyControl(ctx context.Context, c contract.Control, want contract.RoundDesired, o *outcome) error {
	revision, ok := revisionOf(c, c.Revision)
	if !ok || c.Round == "" || want.Control != revision || want.Meaning != "" && want.Meaning != c.MeaningDigest {
		o.refuse(contract.KindControl, c.Round, contract.RefusedDigestMismatch)
		return nil
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		state, now, err := readRound(ctx, tx, c.Round)
		if err != nil {
			return err
		}
		if reason := judgeControl(c, revision, state, now); reason != accepted {
			o.refuse(contract.KindControl, c.Round, reason)
			if reason != contract.RefusedOpen {
				return nil
			}
			return s.applyInPart(ctx, tx, c, state, now, o)
		}
		if state.revision != nil && *state.revision == revision {
			return nil
		}
		o.applied = true
		return s.writeControl(ctx, tx, c, revision, "ControlApplied")
	})
}

// applyInPart stores what gets through of a control that is refused as Open, under a
// digest of its own: the operator goes on seeing that its control is not applied. What
// is there already is not written again, however often the control is sent.
func (s *Service) applyInPart(ctx context.Context, tx pgx.Tx, c contract.Control, state roundState, now time.Time, o *outcome) error {
	part := inPart(c, state, now)
	had, err := contract.DigestOf(*state.control)
	if err != nil {
		return err
	}
	if is, _ := revisionOf(part, part.Revision); is.Digest == had {
		return nil
	}
	part.Revision = c.Revision
	revision, _ := revisionOf(part, part.Revision)
	o.applied = true
	return s.writeControl(ctx, tx, part, revision, "ControlAppliedInPart")
}

func (s *Service) writeControl(ctx context.Context, tx pgx.Tx, c contract.Control, revision contract.Revision, action string) error {
	if err := writeControl(ctx, tx, c, revision); err != nil {
		return fmt.Errorf("storing a control: %w", err)
	}
	return s.audit(ctx, tx, action, "round/"+c.Round, fmt.Sprintf("revision %d %s", revision.Revision, revision.Digest))
}

func revisionOf(document any, revision int64) (contract.Revision, bool) {
	digest, err := contract.DigestOf(document)
	return contract.Revision{Revision: revision, Digest: digest}, err == nil
}

func storedDirectory(ctx context.Context, tx pgx.Tx) (*contract.Revision, error) {
	var r contract.Revision
	err := tx.QueryRow(ctx, "SELECT revision, digest FROM ek.directory").Scan(&r.Revision, &r.Digest)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &r, err
}

// readRound returns what is stored of a round and the database's clock, by which
// opening is judged.
func readRound(ctx context.Context, tx pgx.Tx, round string) (roundState, time.Time, error) {
	var (
		s        roundState
		now      time.Time
		revision contract.Revision
		control  json.RawMessage
	)
	if err := tx.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return s, now, err
	}
	err := tx.QueryRow(ctx, `SELECT coalesce(meaning_digest, ''), control_revision, control_digest, control, opens_at, released_at IS NOT NULL
		FROM ek.round WHERE round = $1 FOR NO KEY UPDATE`, round).
		Scan(&s.meaning, &revision.Revision, &revision.Digest, &control, &s.opensAt, &s.released)
	if errors.Is(err, pgx.ErrNoRows) {
		return roundState{}, now, nil
	}
	if err != nil {
		return s, now, err
	}
	s.revision, s.control = &revision, new(contract.Control)
	return s, now, json.Unmarshal(control, s.control)
}
