package process_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/evenkeel/evenkeel/internal/dataplane/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOneFailingServiceStopsTheOthers(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	err := process.Run(t.Context(),
		func(context.Context) error { return broken },
		func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	if !errors.Is(err, broken) {
		t.Errorf("err = %v", err)
	}
}

func TestARunningRequestMayFinish(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	started, address, done := make(chan struct{}), make(chan net.Addr, 1), make(chan error, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(started)
		<-ctx.Done()
		time.Sleep(10 * time.Millisecond) // the server is shutting down by now
		_, _ = io.WriteString(w, "finished")
	})
	go func() {
		done <- process.Run(ctx, process.Server("127.0.0.1:0", handler, func(a net.Addr) { address <- a }))
	}()
	body := make(chan string, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		r, err := client.Get("http://" + (<-address).String())
		if err != nil {
			body <- err.Error()
			return
		}
		defer r.Body.Close()
		content, _ := io.ReadAll(r.Body)
		body <- string(content)
	}()
	<-started
	cancel()
	if got := <-body; got != "finished" {
		t.Errorf("body = %q", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
