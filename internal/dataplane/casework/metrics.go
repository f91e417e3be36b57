package casework

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
)

// facts exports what must be empty, as 0 or 1 and the age of the oldest: never how
// many, which would tell how many children are in danger.
type facts struct {
	pool     *pgxpool.Pool
	standing *prometheus.Desc
	age      *prometheus.Desc
}

// NewFacts returns the collector of the facts that must not stand.
func NewFacts(pool *pgxpool.Pool) prometheus.Collector {
	return &facts{
		pool:     pool,
		standing: prometheus.NewDesc("evenkeel_fact_standing", "1 while a fact stands that should not: see docs/invariants.md.", []string{"fact"}, nil),
		age:      prometheus.NewDesc("evenkeel_fact_age_seconds", "For how long the oldest instance of the fact has stood; 0 when there is none.", []string{"fact"}, nil),
	}
}

// Describe sends the two descriptions.
func (f *facts) Describe(out chan<- *prometheus.Desc) {
	out <- f.standing
	out <- f.age
}

// Collect asks the database when asked. A database that does not answer gives no
// figures, which is what absent() is for.
func (f *facts) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	rows, err := store.Rows[struct {
		Fact  string
		Since *time.Time
	}](ctx, f.pool, `SELECT * FROM ek_casework.facts() UNION ALL SELECT * FROM ek_casework.rescore_facts()
		UNION ALL SELECT * FROM ek_casework.drill_facts() UNION ALL SELECT * FROM ek_casework.coverage_facts()`)
	if err != nil {
		return
	}
	for _, r := range rows {
		standing, age := 0.0, 0.0
		if r.Since != nil {
			standing, age = 1, max(0, time.Since(*r.Since).Seconds())
		}
		out <- prometheus.MustNewConstMetric(f.standing, prometheus.GaugeValue, standing, r.Fact)
		out <- prometheus.MustNewConstMetric(f.age, prometheus.GaugeValue, age, r.Fact)
	}
}
