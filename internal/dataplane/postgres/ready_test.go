package postgres_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

// A process that starts while PostgreSQL is restarting waits for it.
func TestAKeyIsCheckedOnceTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	server, err := pgtest.StartServer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	var tried sync.Once
	refused := make(chan struct{})
	pool := watched(t, server.Config("postgres", "postgres", "casework"), func() { tried.Do(func() { close(refused) }) })
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	started := make(chan error, 1)
	go func() {
		<-refused
		started <- server.Start()
	}()
	same, err := postgres.CheckKeyBy(pool, "starts_with")(t.Context(), "code.key", "code") // any function of two texts
	if err != nil || !same {
		t.Errorf("the check ended with %v, %v; want it to wait for the server", same, err)
	}
	if err := <-started; err != nil {
		t.Fatal(err)
	}
}

// watched is a pool that says when it tries to connect.
func watched(t *testing.T, c postgres.Config, connecting func()) *pgxpool.Pool {
	t.Helper()
	plain, err := postgres.NewPool(c)
	if err != nil {
		t.Fatal(err)
	}
	config := plain.Config()
	plain.Close()
	config.BeforeConnect = func(context.Context, *pgx.ConnConfig) error { connecting(); return nil }
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}
