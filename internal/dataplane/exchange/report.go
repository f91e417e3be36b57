package exchange

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/suppress"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
)

// facts is the report as the database states it, in one statement: names and exact
// counts are still in it, and go no further than this file.
type facts struct {
	AtUnix          int64              `json:"atUnix"`
	SchemaVersion   int64              `json:"schemaVersion"`
	Directory       *contract.Revision `json:"directory"`
	DutyChain       contract.Reach     `json:"dutyChain"`
	ObligationsOpen bool               `json:"obligationsOpen"`
	Covered         bool               `json:"covered"`
	OnTime          bool               `json:"onTime"`
	AuditHead       contract.Digest    `json:"auditHead"`
	Channels        []probeFact        `json:"channels"`
	Transports      []probeFact        `json:"transports"`
	Rounds          []roundFact        `json:"rounds"`
	Rescore         *rescoreFact       `json:"rescore"`
	Drill           *contract.Drill    `json:"drill"`
	Coverage        *coverageFact      `json:"coverage"`
}

type rescoreFact struct {
	FinishedAtUnix int64        `json:"finishedAtUnix"`
	Asked          contract.Ref `json:"asked"`
	Compared       int64        `json:"compared"`
	Differs        bool         `json:"differs"`
}

type probeFact struct {
	Name  string         `json:"name"`
	Reach contract.Reach `json:"reach"`
}

type roundFact struct {
	Round    string              `json:"round"`
	State    contract.RoundState `json:"state"`
	Meaning  contract.Digest     `json:"meaning"`
	Revision int64               `json:"revision"`
	Digest   contract.Digest     `json:"digest"`
	Invited  int64               `json:"invited"`
	Answered int64               `json:"answered"`
	Release  *contract.Release   `json:"release"`
}

// Report says what may be known above about the district now.
func (s *Service) Report(ctx context.Context) (contract.Report, error) {
	raw, err := store.One[json.RawMessage](ctx, s.Pool, `SELECT ek_casework.report() || jsonb_build_object('rescore', ek_casework.rescore_report(), 'drill', ek_casework.drill_report(),
		'coverage', ek_casework.coverage_report())`)
	if err != nil {
		return contract.Report{}, fmt.Errorf("reading the facts of the report: %w", err)
	}
	var f facts
	if err := json.Unmarshal(raw, &f); err != nil {
		return contract.Report{}, fmt.Errorf("reading the facts of the report: %w", err)
	}
	report, err := summarise(f, s.Keys())
	if err != nil {
		return contract.Report{}, fmt.Errorf("summarising the report: %w", err)
	}
	// What the operator would refuse, we do not send.
	if err := contract.CheckReport(report); err != nil {
		return contract.Report{}, fmt.Errorf("checking the report: %w", err)
	}
	return report, nil
}

// summarise takes everything out of the facts that may not leave the district.
func summarise(f facts, keys Keys) (contract.Report, error) {
	coverage, err := coverageOf(f.Coverage)
	r := contract.Report{
		AtUnix: f.AtUnix, SchemaVersion: f.SchemaVersion, Keys: keys.State, KeyDigest: keys.Digest, Directory: f.Directory,
		DutyChain: f.DutyChain, Obligations: f.ObligationsOpen, Covered: f.Covered, OnTime: f.OnTime, AuditHead: f.AuditHead,
		Channels: probes(f.Channels), Transports: probes(f.Transports), Rescore: rescored(f.Rescore), Drill: f.Drill,
		Coverage: coverage, Timeliness: timely(f.Coverage),
	}
	for _, round := range f.Rounds {
		r.Rounds = append(r.Rounds, contract.RoundView{
			Round: contract.RefOf(round.Round), State: round.State, Meaning: round.Meaning,
			Control: contract.Revision{Revision: round.Revision, Digest: round.Digest},
			Invited: suppress.RoundTo10(round.Invited), Answered: suppress.RoundTo10(round.Answered), Release: round.Release,
		})
	}
	return r, err
}

func rescored(f *rescoreFact) *contract.Rescore {
	if f == nil {
		return nil
	}
	outcome := contract.ScoresAgree
	if f.Differs {
		outcome = contract.ScoresDiffer
	}
	return &contract.Rescore{FinishedAtUnix: f.FinishedAtUnix, Asked: f.Asked, Compared: suppress.RoundTo10(f.Compared), Outcome: outcome}
}

func probes(list []probeFact) (out []contract.Probe) {
	for _, p := range list {
		out = append(out, contract.Probe{Ref: contract.RefOf(p.Name), Reach: p.Reach})
	}
	return out
}
