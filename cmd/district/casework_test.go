package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/caseworktest"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

// installCasework gives casework every setting it needs, and returns who trusts it.
func installCasework(t *testing.T) (*installation, *x509.CertPool) {
	t.Helper()
	in := install(t, "casework")
	for _, setting := range []string{"EVENKEEL_STAFF_LISTEN", "EVENKEEL_PARTNER_LISTEN", "EVENKEEL_INTERNAL_LISTEN"} {
		in.env[setting] = freeAddress(t)
	}
	in.env["EVENKEEL_STAFF_URL"] = "http://127.0.0.1:8081"
	in.env["EVENKEEL_OIDC_ISSUER"], in.env["EVENKEEL_OIDC_CLIENT_ID"] = "http://127.0.0.1:1", "casework"
	in.file("sync-token/token", "the-token\n")
	in.file("oidc/client-secret", "s")
	return in, in.certificate()
}

func (in *installation) certificate() *x509.CertPool {
	in.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		in.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		in.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		in.Fatal(err)
	}
	in.file("internal-tls/tls.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	in.file("internal-tls/tls.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})))
	pool := x509.NewCertPool()
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		in.Fatal(err)
	}
	pool.AddCert(certificate)
	return pool
}

// start runs casework until the test ends and checks that it ends well.
func (in *installation) start(command string) {
	ctx, stop := context.WithCancel(context.WithoutCancel(in.Context()))
	var ended sync.WaitGroup
	ended.Go(func() {
		if code, stderr := in.run(ctx, command); code != 0 {
			in.Errorf("exit code %d: %s", code, stderr)
		}
	})
	in.Cleanup(func() {
		stop()
		ended.Wait()
	})
}

func (in *installation) sync(roots *x509.CertPool) contract.Report {
	in.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}}}
	body, _ := json.Marshal(contract.SyncRequest{Version: contract.Version, District: pgtest.District})
	request, err := http.NewRequestWithContext(in.Context(), http.MethodPost, "https://"+in.env["EVENKEEL_INTERNAL_LISTEN"]+contract.SyncPath, bytes.NewReader(body))
	if err != nil {
		in.Fatal(err)
	}
	request.Header.Set("authorization", "Bearer the-token")
	request.Header.Set("content-type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		in.Fatal(err)
	}
	defer response.Body.Close()
	var answer contract.SyncResponse
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusOK {
		in.Fatalf("%d, %v", response.StatusCode, err)
	}
	return answer.Report
}

// The identity provider of this installation is down, which must not keep the duty
// chain from starting.
func TestCaseworkServes(t *testing.T) {
	in, roots := installCasework(t)
	in.keys(1, contract.SealKeys...)
	in.start("casework")
	eventually(t, "http://"+in.env["EVENKEEL_OPS_ADDR"]+"/readyz", http.StatusOK)
	eventually(t, "http://"+in.env["EVENKEEL_OPS_ADDR"]+"/metrics", http.StatusOK)
	eventually(t, "http://"+in.env["EVENKEEL_STAFF_LISTEN"]+"/assets/style.css", http.StatusOK)
	eventually(t, "http://"+in.env["EVENKEEL_STAFF_LISTEN"]+"/api/v1/obligations", http.StatusUnauthorized)
	eventually(t, "http://"+in.env["EVENKEEL_PARTNER_LISTEN"]+"/partner/v1/channels/x/referrals", http.StatusMethodNotAllowed)
	if r := in.sync(roots); r.Keys != contract.KeysReady || !r.KeyDigest.Valid() || !r.Covered {
		t.Errorf("report %+v", r)
	}
	caseworktest.Eventually(t, "a heartbeat", func(context.Context) bool {
		return pgtest.One[bool](t, in.db, "SELECT EXISTS (SELECT FROM ek.heartbeat WHERE process = 'casework')")
	})
}

func TestCaseworkWithoutItsKeysIsLocked(t *testing.T) {
	in, roots := installCasework(t)
	in.start("casework")
	eventually(t, "http://"+in.env["EVENKEEL_OPS_ADDR"]+"/readyz", http.StatusServiceUnavailable)
	eventually(t, "http://"+in.env["EVENKEEL_STAFF_LISTEN"]+"/", http.StatusServiceUnavailable)
	if r := in.sync(roots); r.Keys != contract.KeysMissing {
		t.Errorf("report %+v", r)
	}
}

func TestCaseworkNamesEveryWrongSetting(t *testing.T) {
	in := install(t, "casework")
	code, stderr := in.run(t.Context(), "casework")
	for _, want := range []string{"EVENKEEL_STAFF_URL", "EVENKEEL_OIDC_ISSUER", "EVENKEEL_OIDC_CLIENT_ID", "sync-token/token", "oidc/client-secret", "internal-tls"} {
		if code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("exit code %d does not name %s: %s", code, want, stderr)
		}
	}
}
