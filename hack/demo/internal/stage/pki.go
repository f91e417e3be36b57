package stage

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"slices"
	"time"
)

// Authority is the demo's own certificate authority.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	PEM  []byte
}

// Authority opens the authority of the state folder, made when there is none.
func (s *State) Authority() (*Authority, error) {
	raw, err := s.Read("ca.pem")
	if err != nil {
		return nil, err
	}
	if raw == nil {
		if raw, err = newAuthority(); err != nil {
			return nil, err
		}
		if err := s.Write("ca.pem", raw); err != nil {
			return nil, err
		}
	}
	return parseAuthority(raw)
}

func newAuthority() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "evenkeel-demo-ca"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	private, err := encodeKey(key)
	return append(encodeCertificate(cert), private...), err
}

func parseAuthority(raw []byte) (*Authority, error) {
	certBlock, rest := pem.Decode(raw)
	keyBlock, _ := pem.Decode(rest)
	if certBlock == nil || keyBlock == nil {
		return nil, errors.New("ca.pem: is damaged; run `make demo-down` and start again")
	}
	cert, err := x509.ParseCertificate(certBlock.Bytes)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParseECPrivateKey(keyBlock.Bytes)
	return &Authority{cert: cert, key: key, PEM: encodeCertificate(certBlock.Bytes)}, err
}

// Pool trusts this authority alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// Issue makes a server certificate for names and addresses, as PEM.
func (a *Authority) Issue(names []string, addresses []net.IP) (cert, private []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, IPAddresses: addresses,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, nil, err
	}
	private, err = encodeKey(key)
	return encodeCertificate(raw), private, err
}

func encodeCertificate(raw []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	raw, err := x509.MarshalECPrivateKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: raw}), err
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return n
}

// kept is a certificate with the addresses it is for.
type kept struct {
	Addresses []net.IP `json:"addresses"`
	Cert, Key []byte
}

// certificate returns the certificate of a simulator, made anew when its addresses
// change.
func (s *State) certificate(ca *Authority, name string, addresses []net.IP) (cert, key []byte, err error) {
	file := "tls-" + name + ".json"
	raw, err := s.Read(file)
	if err != nil {
		return nil, nil, err
	}
	var known kept
	if raw != nil && json.Unmarshal(raw, &known) == nil && slices.EqualFunc(known.Addresses, addresses, net.IP.Equal) {
		return known.Cert, known.Key, nil
	}
	if cert, key, err = ca.Issue([]string{name}, addresses); err != nil {
		return nil, nil, err
	}
	raw, err = json.Marshal(kept{Addresses: addresses, Cert: cert, Key: key})
	if err != nil {
		return nil, nil, err
	}
	return cert, key, s.Write(file, raw)
}
