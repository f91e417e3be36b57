package intake_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/evenkeel/evenkeel/internal/dataplane/intake"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

// BenchmarkSave measures acknowledged saves of one answer over HTTP, client included.
// The figures to publish come from test/bench, on a disk.
func BenchmarkSave(b *testing.B) {
	db := pgtest.New(b)
	db.OpenRound(b)
	service := intake.New(db.Intake, pgtest.Keys())
	server := httptest.NewServer(intake.NewServer(service, slog.New(slog.DiscardHandler), prometheus.NewRegistry()))
	defer server.Close()
	const clients = 32
	keys := make(chan intake.FormKey, clients)
	for range clients {
		s := db.AddStudent(b, pgtest.StudentWith{})
		key, _, err := service.Open(b.Context(), string(s.Code), "")
		if err != nil {
			b.Fatal(err)
		}
		if err := service.Begin(b.Context(), key, true, true); err != nil {
			b.Fatal(err)
		}
		keys <- key
	}
	server.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = clients
	b.SetParallelism(clients / runtime.GOMAXPROCS(0))
	var number atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		key := <-keys
		for pb.Next() {
			n := number.Add(1)
			body, err := json.Marshal(map[string]any{"formKey": key, "save": n, "answers": []item{q(fmt.Sprintf("q%d", 1+n%8), n%4)}})
			if err != nil {
				b.Error(err)
				return
			}
			response, err := server.Client().Post(server.URL+"/api/v1/answers", "application/json", bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if response.StatusCode != http.StatusCreated {
				b.Errorf("status %d", response.StatusCode)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s")
}
