package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"strings"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify/webhook"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/process"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
	"github.com/evenkeel/evenkeel/internal/dataplane/staff"
)

// caseworkSettings are casework's settings beside the common ones.
type caseworkSettings struct {
	process.Common

	staffListen, partnerListen, internalListen string
	certFile, keyFile                          string
	app                                        casework.Config
}

func runCasework(ctx context.Context, s *process.Settings, log *slog.Logger) error {
	c := readCasework(s)
	if err := s.Err(); err != nil {
		return err
	}
	pool, err := postgres.Connect(ctx, c.Database)
	if err != nil {
		return err
	}
	defer pool.Close()
	defer c.app.Client.CloseIdleConnections()
	app, err := casework.New(ctx, pool, c.app, log)
	if err != nil {
		return err
	}
	registry := process.NewRegistry()
	registry.MustRegister(casework.NewFacts(pool))
	return process.Run(ctx, append(app.Workers,
		process.Server(c.staffListen, app.Staff, listening(log, "staff")),
		process.Server(c.partnerListen, app.Partner, listening(log, "partners")),
		process.TLSServer(c.internalListen, c.certFile, c.keyFile, app.Internal, listening(log, "internal")),
		process.Server(c.OpsAddr, process.Ops(registry, app.Ready), listening(log, "operations")),
	)...)
}

func readCasework(s *process.Settings) caseworkSettings {
	c := caseworkSettings{
		Common:         process.ReadCommon(s, "casework"),
		staffListen:    s.Address("EVENKEEL_STAFF_LISTEN", ":8081"),
		partnerListen:  s.Address("EVENKEEL_PARTNER_LISTEN", ":8082"),
		internalListen: s.Address("EVENKEEL_INTERNAL_LISTEN", ":8443"),
		certFile:       s.Path("internal-tls/tls.crt"), keyFile: s.Path("internal-tls/tls.key"),
	}
	if _, err := tls.LoadX509KeyPair(c.certFile, c.keyFile); err != nil {
		s.Refuse(s.Path("internal-tls"), "holds no certificate that can be used", "mount the Secret with tls.crt and tls.key that the operator made")
	}
	staffURL := s.URL("EVENKEEL_STAFF_URL", "write the address staff type, such as https://duty.example.org")
	client := webhook.NewClient(egressRoots(s))
	s.URL("EVENKEEL_OIDC_ISSUER", "write the issuer's URL, such as https://id.example.org")
	c.app = casework.Config{
		District:  c.District,
		SyncToken: s.File("sync-token/token", "mount the Secret with the operator's token"),
		Provider: staff.ProviderConfig{
			Issuer:       s.TextOr("EVENKEEL_OIDC_ISSUER", ""), // byte for byte: a trailing slash belongs to the name
			ClientID:     s.Text("EVENKEEL_OIDC_CLIENT_ID", "write the client id that the identity provider knows casework by"),
			ClientSecret: string(s.File("oidc/client-secret", "mount the Secret with the client's secret")),
			GroupsClaim:  s.TextOr("EVENKEEL_OIDC_GROUPS_CLAIM", "groups"),
			RedirectURL:  staffURL + "/auth/callback",
			Client:       client,
		},
		SecureCookies: strings.HasPrefix(staffURL, "https://"),
		Client:        client,
		LoadKeys:      func() (*seal.Keys, error) { return seal.LoadKeys(s.Path("keys"), contract.SealKeys) },
	}
	return c
}

// egressRoots are the system's certificate authorities and the district's own.
func egressRoots(s *process.Settings) *x509.CertPool {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // an image without any: the district's own must do
	}
	const own = "egress-ca/ca.crt"
	if !s.Exists(own) {
		return roots
	}
	pem, err := os.ReadFile(s.Path(own))
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		s.Refuse(s.Path(own), "holds no certificate", "mount the PEM of the CA of gateways, hospitals and issuer")
	}
	return roots
}
