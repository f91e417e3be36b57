package casework

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/internal/dataplane/process"
)

// shutdownTime is how long a running sync may take to end.
const shutdownTime = 10 * time.Second

// TLSServer serves handler over TLS. The certificate is read at every handshake: the
// operator is the only caller, and a renewed one needs no restart.
func TLSServer(addr, certFile, keyFile string, handler http.Handler, onListen func(net.Addr)) process.Service {
	return func(ctx context.Context) error {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
		if err != nil {
			return fmt.Errorf("listening on %s: %w", addr, err)
		}
		onListen(listener.Addr())
		config := &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(certFile, keyFile)
			return &pair, err
		}}
		return serveTLS(ctx, process.NewHTTPServer(handler), tls.NewListener(listener, config))
	}
}

func serveTLS(ctx context.Context, server *http.Server, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	err := server.Shutdown(bounded)
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
