package worker_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/worker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestALoopGoesOnWhileThereIsMoreAndWhenWoken(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	rounds, wake := make(chan int, 10), worker.NewSignal()
	n := 0
	loop := worker.Loop{Name: "test", Every: time.Hour, Wake: wake, Log: slog.New(slog.DiscardHandler), Work: func(context.Context) (bool, error) {
		n++
		rounds <- n
		return n < 3, nil
	}}
	var running sync.WaitGroup
	running.Go(func() { _ = loop.Run(ctx) })
	for want := 1; want <= 3; want++ {
		if got := <-rounds; got != want {
			t.Fatalf("round %d, want %d", got, want)
		}
	}
	wake.Wake()
	if got := <-rounds; got != 4 {
		t.Fatalf("woken for round %d", got)
	}
	stop()
	running.Wait()
}

func TestALoopSurvivesErrorsAndLogsEachKindOnce(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var log strings.Builder
	wake, n := worker.NewSignal(), 0
	loop := worker.Loop{Name: "test", Every: time.Millisecond, Wake: wake, Log: slog.New(slog.NewTextHandler(&log, nil)), Work: func(context.Context) (bool, error) {
		n++
		switch {
		case n < 4:
			return true, errors.New("the database is away")
		case n == 5:
			stop()
		}
		return false, nil
	}}
	_ = loop.Run(ctx)
	if got := strings.Count(log.String(), "does not work"); got != 1 || !strings.Contains(log.String(), "works again") {
		t.Errorf("log:\n%s", &log)
	}
}

func TestAFleetFollowsItsList(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var mu sync.Mutex
	names, events := []string{"a", "b"}, make(chan string, 20)
	wake := worker.NewSignal()
	fleet := worker.Fleet{
		Name: "test", Every: time.Hour, Wake: wake, Log: slog.New(slog.DiscardHandler),
		List: func(context.Context) ([]string, error) {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(names), nil
		},
		Make: func(name string, wake worker.Signal) worker.Loop {
			return worker.Loop{Name: name, Every: time.Hour, Wake: wake, Log: slog.New(slog.DiscardHandler), Work: func(ctx context.Context) (bool, error) {
				events <- "+" + name
				<-ctx.Done()
				events <- "-" + name
				return false, nil
			}}
		},
	}
	var running sync.WaitGroup
	running.Go(func() { _ = fleet.Run(ctx) })
	expect := func(want ...string) {
		t.Helper()
		var got []string
		for range want {
			got = append(got, <-events)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	}
	expect("+a", "+b")
	mu.Lock()
	names = []string{"b", "c"}
	mu.Unlock()
	wake.Wake()
	expect("+c", "-a")
	stop()
	running.Wait()
	expect("-b", "-c")
}
