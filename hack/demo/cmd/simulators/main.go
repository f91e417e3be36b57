// Command simulators is the other side of a district's borders, for the demo: an OIDC
// issuer, a gateway, a hospital and an ingress, each an HTTPS server in a pod of its own.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/hack/demo/internal/simulate"
)

// options are the flags that every simulator has.
type options struct {
	config, cert, key, ca, listen string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newRoot().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "simulators:", err)
		stop()
		os.Exit(1)
	}
}

func newRoot() *cobra.Command {
	var o options
	root := &cobra.Command{Use: "simulators", Short: "Partners of a district, simulated", SilenceUsage: true, SilenceErrors: true}
	flags := root.PersistentFlags()
	flags.StringVar(&o.config, "config", "/etc/simulator/config.json", "file with the configuration")
	flags.StringVar(&o.cert, "tls-cert", "/etc/tls/tls.crt", "certificate")
	flags.StringVar(&o.key, "tls-key", "/etc/tls/tls.key", "key of the certificate")
	flags.StringVar(&o.ca, "ca", "/etc/tls/ca.crt", "authorities to trust")
	flags.StringVar(&o.listen, "listen", ":8443", "address to listen on")
	root.AddCommand(newIssuer(&o), newGateway(&o), newHospital(&o), newIngress(&o))
	return root
}

func newIssuer(o *options) *cobra.Command {
	return &cobra.Command{Use: "issuer", Short: "Sign staff in", RunE: func(cmd *cobra.Command, _ []string) error {
		var config simulate.IssuerConfig
		if err := o.read(&config); err != nil {
			return err
		}
		issuer, err := simulate.NewIssuer(config)
		if err != nil {
			return err
		}
		return o.serve(cmd.Context(), o.listen, issuer.Handler())
	}}
}

func newGateway(o *options) *cobra.Command {
	return &cobra.Command{Use: "gateway", Short: "Reach duty staff", RunE: func(cmd *cobra.Command, _ []string) error {
		var config simulate.GatewayConfig
		if err := o.read(&config); err != nil {
			return err
		}
		client, err := o.client()
		if err != nil {
			return err
		}
		return o.serve(cmd.Context(), o.listen, simulate.NewGateway(cmd.Context(), config, client).Handler())
	}}
}

func newHospital(o *options) *cobra.Command {
	return &cobra.Command{Use: "hospital", Short: "Take referrals", RunE: func(cmd *cobra.Command, _ []string) error {
		var config simulate.HospitalConfig
		if err := o.read(&config); err != nil {
			return err
		}
		client, err := o.client()
		if err != nil {
			return err
		}
		return o.serve(cmd.Context(), o.listen, simulate.NewHospital(cmd.Context(), config, client, time.Second).Handler())
	}}
}

func newIngress(o *options) *cobra.Command {
	return &cobra.Command{Use: "ingress", Short: "End TLS before the districts' pages", RunE: func(cmd *cobra.Command, _ []string) error {
		var config simulate.IngressConfig
		if err := o.read(&config); err != nil {
			return err
		}
		group, ctx := errgroup.WithContext(cmd.Context())
		for _, route := range config.Routes {
			proxy, err := route.Proxy()
			if err != nil {
				return err
			}
			group.Go(func() error { return o.serve(ctx, route.Listen, proxy) })
		}
		return group.Wait()
	}}
}

func (o *options) read(into any) error {
	raw, err := os.ReadFile(o.config)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", o.config, err)
	}
	return nil
}

// client calls districts, trusting the demo's authority and no other.
func (o *options) client() (*http.Client, error) {
	raw, err := os.ReadFile(o.ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("%s: holds no certificate", o.ca)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, MaxIdleConnsPerHost: 16}
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}, nil
}

func (o *options) serve(ctx context.Context, address string, handler http.Handler) error {
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() {
		// The pod is going away; what is under way may take a moment.
		shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(shutdown)
	})
	slog.Info("listening", "address", address)
	if err := server.ListenAndServeTLS(o.cert, o.key); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
