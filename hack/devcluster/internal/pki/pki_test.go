package pki

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"testing"
)

func parse(t *testing.T, pair Pair) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(pair.Cert)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestIssuedCertificateIsTrustedForItsHostsOnly(t *testing.T) {
	ca, err := NewAuthority("ca")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := ca.Issue(Subject{CommonName: "server", Hosts: []string{"localhost", "10.244.255.1"}})
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parse(t, ca))
	for host, want := range map[string]bool{"localhost": true, "10.244.255.1": true, "10.244.255.2": false, "example.org": false} {
		_, err := parse(t, pair).Verify(x509.VerifyOptions{Roots: roots, DNSName: host})
		if (err == nil) != want {
			t.Errorf("%s: %v, want trusted %t", host, err, want)
		}
	}
}

func TestStoreKeepsWhatItMade(t *testing.T) {
	store := Store{Dir: t.TempDir()}
	first, err := store.Authority("ca", "ca")
	if err != nil {
		t.Fatal(err)
	}
	second, err := store.Authority("ca", "ca")
	if err != nil {
		t.Fatal(err)
	}
	if string(first.Cert) != string(second.Cert) || string(first.Key) != string(second.Key) {
		t.Error("the second start changed the authority")
	}
	info, err := os.Stat(store.KeyPath("ca"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key has mode %v, %v", info.Mode(), err)
	}
}
