package pgtest

import (
	"context"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A kill leaves no process of the old server behind, however many clients are knocking:
// one that is left keeps the next server from starting.
func TestServerStartsAfterEveryKill(t *testing.T) {
	kills := 4
	if n, err := strconv.Atoi(os.Getenv("EVENKEEL_PGTEST_KILLS")); err == nil {
		kills = n
	}
	s, err := StartServer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	var knocking sync.WaitGroup
	defer knocking.Wait()
	defer cancel()
	for range 8 {
		knocking.Go(func() {
			for ctx.Err() == nil {
				if conn, err := pgx.Connect(ctx, s.server.url(superuser, "postgres")); err == nil {
					_ = conn.Close(ctx)
				}
			}
		})
	}
	for i := range kills {
		time.Sleep(time.Duration(i%7) * 3 * time.Millisecond) // at another moment of the knocking
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		if left := s.processes(); len(left) > 0 {
			t.Fatalf("after %d kills: %v are left", i, left)
		}
		if err := s.Start(); err != nil {
			t.Fatalf("after %d kills: %v", i, err)
		}
	}
}
