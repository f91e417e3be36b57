package intake_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/evenkeel/evenkeel/internal/dataplane/intake"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

const itemsPerForm = 9

// BenchmarkSave measures acknowledged saves of one answer each over HTTP, client
// included, nine to a form. The figures to publish come from test/bench, on a disk.
func BenchmarkSave(b *testing.B) {
	db := pgtest.New(b)
	db.OpenRound(b)
	makeForms(b, db, b.N/itemsPerForm+1)
	handler := intake.NewServer(intake.New(db.Intake, pgtest.Keys()), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	server := httptest.NewServer(handler)
	defer server.Close()
	const clients = 32
	server.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = clients
	b.SetParallelism(clients / runtime.GOMAXPROCS(0))
	var (
		number atomic.Int64
		mu     sync.Mutex
		took   []time.Duration
	)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		var mine []time.Duration
		for pb.Next() {
			began := time.Now()
			saveOne(b, server, number.Add(1)-1)
			mine = append(mine, time.Since(began))
		}
		mu.Lock()
		defer mu.Unlock()
		took = append(took, mine...)
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

func saveOne(b *testing.B, server *httptest.Server, n int64) {
	body := fmt.Sprintf(`{"formKey":"bench-%d","save":%d,"answers":[{"instrument":"phq-9","item":"q%d","value":0}]}`,
		n/itemsPerForm, 1+n%itemsPerForm, 1+n%itemsPerForm)
	response, err := server.Client().Post(server.URL+"/api/v1/answers", "application/json", strings.NewReader(body))
	if err != nil {
		b.Error(err)
		return
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	if response.StatusCode != http.StatusCreated {
		b.Errorf("status %d", response.StatusCode)
	}
}

// makeForms opens forms bench-0, bench-1, ... past the HTTP listener.
func makeForms(b *testing.B, db *pgtest.Database, n int) {
	b.Helper()
	like := db.AddStudent(b, pgtest.StudentWith{})
	db.Exec(b, `INSERT INTO ek.student (id, school, stage, grade, class_label, label, lookup, sealed_name, public_key, born, guardian_consent)
		SELECT md5('s' || i)::uuid, school, stage, grade, class_label, label, sha256(i::text::bytea), sealed_name, public_key, born, guardian_consent
		FROM ek.student, generate_series(0, $2::int) i WHERE id = $1`, like.ID, n)
	db.Exec(b, `INSERT INTO ek.attempt (id, student_id, round, code_hmac, age, needs_assent, opened_at, finalise_at, confirmed_at)
		SELECT md5('a' || i)::uuid, md5('s' || i)::uuid, $1, '', 16, true, now(), now() + interval '1 hour', now() FROM generate_series(0, $2::int) i`, pgtest.Round, n)
	db.Exec(b, `INSERT INTO ek.form_key (hash, attempt_id) SELECT sha256(('bench-' || i)::bytea), md5('a' || i)::uuid FROM generate_series(0, $1::int) i`, n)
	db.Exec(b, "ANALYZE ek.attempt, ek.form_key, ek.student")
}
