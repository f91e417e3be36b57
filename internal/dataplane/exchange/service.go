package exchange

import (
	"context"
	"log/slog"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
)

// Keys is how the key material stands.
type Keys struct {
	State  contract.KeysState
	Digest contract.Digest
}

// Sealer seals the secrets that come with a directory.
type Sealer interface {
	SealSecret(kind, name string, value []byte) []byte
}

// The kinds under which secrets are sealed and stored.
const (
	TransportSend    = "TransportSend"
	TransportReceipt = "TransportReceipt"
	ChannelSend      = "ChannelSend"
	ChannelReceive   = "ChannelReceive"
)

// Service is the exchange of one district.
type Service struct {
	Pool     *pgxpool.Pool
	District string
	Sealer   Sealer // nil while the keys are not ready
	Keys     func() Keys
	Log      *slog.Logger
	Applied  func() // called after a document was applied; may be nil
}

// outcome gathers what a sync did.
type outcome struct {
	refusals []contract.Refusal
	applied  bool
}

func (o *outcome) refuse(kind contract.Kind, round string, reason contract.RefusalReason) {
	r := contract.Refusal{Kind: kind, Reason: reason}
	if round != "" {
		r.Round = contract.RefOf(round)
	}
	if !slices.Contains(o.refusals, r) {
		o.refusals = append(o.refusals, r)
	}
}

func (o *outcome) refused(kind contract.Kind, round string) bool {
	return slices.ContainsFunc(o.refusals, func(r contract.Refusal) bool {
		return r.Kind == kind && (round == "" || r.Round == contract.RefOf(round))
	})
}

// Sync applies what the request brings, says what is missing or refused, and
// reports. Without the district's keys nothing is applied: secrets could not be
// sealed, and a district that lost its keys must not go on.
func (s *Service) Sync(ctx context.Context, req contract.SyncRequest) (contract.SyncResponse, error) {
	response := contract.SyncResponse{Version: contract.Version}
	if s.Keys().State == contract.KeysReady {
		var o outcome
		if err := s.apply(ctx, req, &o); err != nil {
			return contract.SyncResponse{}, err
		}
		response.Refusals = o.refusals
		if req.District == s.District {
			missing, err := s.missing(ctx, req, &o)
			if err != nil {
				return contract.SyncResponse{}, err
			}
			response.Missing, response.Refusals = missing, o.refusals
		}
	}
	report, err := s.Report(ctx)
	report.Coverage = withoutKnown(report.Coverage, req.Coverage)
	response.Report = report
	return response, err
}

func (s *Service) apply(ctx context.Context, req contract.SyncRequest, o *outcome) error {
	if req.District != s.District {
		o.refuse(contract.KindDirectory, "", contract.RefusedWrongDistrict)
		return nil
	}
	if d := req.Documents.Directory; d != nil {
		if err := s.applyDirectory(ctx, *d, req.Directory, o); err != nil {
			return err
		}
	}
	for _, m := range req.Documents.Meanings {
		if err := s.applyMeaning(ctx, m, desired(req, m.Round), o); err != nil {
			return err
		}
	}
	for _, c := range req.Documents.Controls {
		if err := s.applyControl(ctx, c, desired(req, c.Round), o); err != nil {
			return err
		}
	}
	if o.applied && s.Applied != nil {
		s.Applied()
	}
	return s.list(ctx, req)
}

func desired(req contract.SyncRequest, round string) contract.RoundDesired {
	for _, d := range req.Rounds {
		if d.Round == round {
			return d
		}
	}
	return contract.RoundDesired{}
}

// list holds every round that the operator no longer names, and remembers for which
// District object the district works.
func (s *Service) list(ctx context.Context, req contract.SyncRequest) error {
	names := make([]string, 0, len(req.Rounds))
	for _, d := range req.Rounds {
		names = append(names, d.Round)
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		changed, err := store.Collect[struct {
			Round  string
			Listed bool
		}](ctx, tx, `UPDATE ek.round SET listed = (round = ANY ($1)) WHERE listed <> (round = ANY ($1)) RETURNING round, listed`, names)
		if err != nil {
			return err
		}
		for _, c := range changed {
			action := "RoundUnlisted"
			if c.Listed {
				action = "RoundListed"
			}
			if err := s.audit(ctx, tx, action, "round/"+c.Round, ""); err != nil {
				return err
			}
		}
		if req.Rescore.Valid() {
			if err := s.ask(ctx, tx, req.Rescore); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `UPDATE ek.installation SET district_uid = $1 WHERE district_uid IS DISTINCT FROM $1 AND $1 <> ''`, req.DistrictUID)
		return err
	})
}

// ask leaves a request for the scorer to compare all scores. It stands until another does.
func (s *Service) ask(ctx context.Context, tx pgx.Tx, request contract.Ref) error {
	asked, err := tx.Exec(ctx, "UPDATE ek.installation SET rescore_asked = $1 WHERE rescore_asked <> $1", string(request))
	if err != nil || asked.RowsAffected() == 0 {
		return err
	}
	return s.audit(ctx, tx, "RescoreAsked", "rescore", "")
}

// missing says which of the named documents the district lacks and has not refused.
func (s *Service) missing(ctx context.Context, req contract.SyncRequest, o *outcome) (list []contract.Missing, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if req.Directory != nil && !o.refused(contract.KindDirectory, "") {
			have, err := storedDirectory(ctx, tx)
			if err != nil {
				return err
			}
			list = append(list, lacks(contract.KindDirectory, "", *req.Directory, have, o)...)
		}
		for _, d := range req.Rounds {
			round, err := s.missingOfRound(ctx, tx, d, o)
			if err != nil {
				return err
			}
			list = append(list, round...)
		}
		return nil
	})
	return list, err
}

func (s *Service) missingOfRound(ctx context.Context, tx pgx.Tx, d contract.RoundDesired, o *outcome) ([]contract.Missing, error) {
	state, now, err := readRound(ctx, tx, d.Round)
	if err != nil {
		return nil, err
	}
	var list []contract.Missing
	// A round that is named without a revision is to be kept as it is.
	if d.Control != (contract.Revision{}) && !o.refused(contract.KindControl, d.Round) {
		list = append(list, lacks(contract.KindControl, d.Round, d.Control, state.revision, o)...)
	}
	if d.Meaning == "" || o.refused(contract.KindMeaning, d.Round) {
		return list, nil
	}
	var stored bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM ek.meaning WHERE digest = $1 AND round = $2)", d.Meaning, d.Round).Scan(&stored); err != nil {
		return nil, err
	}
	switch reason := judgeMeaning(d.Meaning, state, now); {
	case reason != accepted:
		o.refuse(contract.KindMeaning, d.Round, reason)
	case !stored:
		list = append(list, contract.Missing{Kind: contract.KindMeaning, Round: contract.RefOf(d.Round)})
	}
	return list, nil
}

// lacks compares a revision that should be there with the one that is: an operator
// that asks for less than the district has is told so without sending the document.
func lacks(kind contract.Kind, round string, want contract.Revision, have *contract.Revision, o *outcome) []contract.Missing {
	if have != nil && *have == want {
		return nil
	}
	if reason := judgeRevision(want, have); reason != accepted {
		o.refuse(kind, round, reason)
		return nil
	}
	m := contract.Missing{Kind: kind}
	if round != "" {
		m.Round = contract.RefOf(round)
	}
	return []contract.Missing{m}
}

// inTx runs fn with the exchange's lock, so that two replicas do not apply at once.
func (s *Service) inTx(ctx context.Context, fn func(pgx.Tx) error) error {
	return store.InTx(ctx, s.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext('ek.exchange'))"); err != nil {
			return err
		}
		return fn(tx)
	})
}
