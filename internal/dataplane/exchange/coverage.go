package exchange

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
	"github.com/evenkeel/evenkeel/internal/core/suppress"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/worker"
)

// countEvery is how old a count of the school year's coverage may grow. Counting reads
// every student and every attempt of the year.
const countEvery = 50 * time.Second

// Counter returns the worker that counts the coverage of the school year, once a minute
// among all replicas and when woken: a directory may bring another rule, or other schools.
func Counter(pool *pgxpool.Pool, log *slog.Logger, wake worker.Signal) worker.Loop {
	return worker.Loop{Name: "coverage", Every: time.Minute, Wake: wake, Log: log, Work: func(ctx context.Context) (bool, error) {
		_, err := CountCoverage(ctx, pool)
		return false, err
	}}
}

// CountCoverage counts whom the district's schools screened in the school year of the
// database's clock and says whether it did: not when somebody just has, or does so now,
// nor without a rule, when what was counted before is forgotten.
func CountCoverage(ctx context.Context, pool *pgxpool.Pool) (did bool, err error) {
	err = store.InTx(ctx, pool, func(tx pgx.Tx) error {
		from, err := yearFrom(ctx, tx)
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, "SELECT ek_casework.count_coverage($1, $2)", from, countEvery).Scan(&did)
	})
	return did && err == nil, err
}

// yearFrom is when the present school year began, nil without a rule.
func yearFrom(ctx context.Context, tx pgx.Tx) (*time.Time, error) {
	var (
		now  time.Time
		zone string
		rule *contract.CoverageRule
	)
	err := tx.QueryRow(ctx, "SELECT clock_timestamp(), body ->> 'timeZone', body -> 'coverage' FROM ek.directory").Scan(&now, &zone, &rule)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && rule == nil {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the rule of coverage: %w", err)
	}
	begins, err := coverage.ParseDayOfYear(rule.YearBegins)
	if err != nil {
		return nil, fmt.Errorf("coverage.yearBegins of the directory: %w", err)
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("timeZone of the directory: %w", err)
	}
	from := coverage.Rule{YearBegins: begins, DueBy: begins}.YearOf(now, location).From
	return &from, nil
}

// coverageFact is the last count, exact.
type coverageFact struct {
	YearFromUnix  int64        `json:"yearFromUnix"`
	Schools       []schoolFact `json:"schools"`
	TargetPercent int64        `json:"targetPercent"`
	CellFloor     int64        `json:"cellFloor"`
	Due           int64        `json:"due"`
	InTime        int64        `json:"inTime"`
}

type schoolFact struct {
	Name     string `json:"name"`
	Eligible int64  `json:"eligible"`
	Screened int64  `json:"screened"`
}

// coverageOf rounds a count. Whether a school reaches the target is judged before rounding.
func coverageOf(f *coverageFact) (*contract.Coverage, error) {
	if f == nil {
		return nil, nil
	}
	c := contract.Coverage{YearFromUnix: f.YearFromUnix}
	for _, s := range f.Schools {
		c.Eligible, c.Screened = c.Eligible+s.Eligible, c.Screened+s.Screened
		c.Schools = append(c.Schools, contract.SchoolCoverage{
			School: contract.RefOf(s.Name), Eligible: suppress.RoundTo10(s.Eligible), Screened: suppress.RoundTo10(s.Screened),
			Met: s.Screened*100 >= f.TargetPercent*s.Eligible,
		})
	}
	c.Eligible, c.Screened = suppress.RoundTo10(c.Eligible), suppress.RoundTo10(c.Screened)
	var err error
	c.Digest, err = c.Sum()
	return &c, err
}

// timely says how many obligations were answered in time, in one of four words.
func timely(f *coverageFact) contract.Timeliness {
	switch {
	case f == nil:
		return ""
	case f.Due < suppress.Floor(f.CellFloor):
		return contract.TooFew
	case f.InTime == f.Due:
		return contract.AllInTime
	case f.InTime*10 >= f.Due*9:
		return contract.MostInTime
	}
	return contract.SomeLate
}

// withoutKnown leaves out the schools of a coverage that the operator holds already.
func withoutKnown(c *contract.Coverage, known contract.Digest) *contract.Coverage {
	if c == nil || c.Digest != known {
		return c
	}
	short := *c
	short.Schools = nil
	return &short
}
