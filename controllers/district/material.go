package district

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

// material is a Secret that the operator makes, once: it has no right to change
// or delete one.
type material struct {
	name string
	kind materialKind
	of   workload.Component // of a role
}

type materialKind int

const (
	intakeKeys materialKind = iota
	sealKeys
	certificate
	token
	role
)

// missingMaterial lists what to make besides keys.
func missingMaterial(o observed, year int) []material {
	name := o.district.Name
	wanted := []material{{name: workload.TLSSecret(name, year), kind: certificate}, {name: workload.TokenSecret(name), kind: token}}
	if workload.CreatesRoles(&o.district) {
		for _, c := range workload.Processes {
			wanted = append(wanted, material{name: workload.RoleSecret(name, c), kind: role, of: c})
		}
	}
	return slices.DeleteFunc(wanted, func(m material) bool { return o.secrets[m.name] != nil })
}

// generate makes the content of a Secret. The code key is shared by both key
// Secrets: the one that is there already gives it.
func generate(m material, o observed, now time.Time) (map[string][]byte, error) {
	d := o.district
	switch m.kind {
	case intakeKeys:
		return generateKeys(contract.IntakeKeys, codeKey(o))
	case sealKeys:
		return generateKeys(contract.SealKeys, codeKey(o))
	case certificate:
		return generateCertificate(workload.InternalHost(d.Name, d.Namespace), now)
	case token:
		return map[string][]byte{workload.KeyToken: []byte(password())}, nil
	case role:
		return map[string][]byte{
			workload.KeyUsername: []byte(workload.RoleName(d.Spec.Code, m.of)),
			workload.KeyPassword: []byte(password()),
		}, nil
	}
	return nil, fmt.Errorf("no way to make the Secret %s", m.name)
}

func codeKey(o observed) []byte {
	for _, name := range []string{workload.SealKeysSecret(o.district.Name), workload.IntakeKeysSecret(o.district.Name)} {
		if s := o.secrets[name]; s != nil {
			return s.Data[contract.KeyCode]
		}
	}
	return nil
}

func generateKeys(names []string, code []byte) (map[string][]byte, error) {
	data := map[string][]byte{}
	for _, name := range names {
		if name == contract.KeyCode && code != nil {
			data[name] = code
			continue
		}
		data[name] = key()
	}
	return data, nil
}

// key never ends like a text file, so that no reader can take its last byte for
// the end of a line.
func key() []byte {
	for {
		k := make([]byte, contract.KeySize)
		_, _ = rand.Read(k) // never fails
		if last := k[len(k)-1]; last != '\n' && last != '\r' {
			return k
		}
	}
}

func password() string { return base64.RawURLEncoding.EncodeToString(key()) }

// generateCertificate makes an authority that signs one certificate and is then
// forgotten. Valid to the end of the next year, it is replaced by the next
// year's long before.
func generateCertificate(host string, now time.Time) (map[string][]byte, error) {
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	authority, leaf := certificateTemplates(host, now)
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return nil, err
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, authority, leafKey.Public(), authorityKey)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		workload.KeyAuthority:   encode("CERTIFICATE", authorityDER),
		workload.KeyCertificate: encode("CERTIFICATE", leafDER),
		workload.KeyPrivateKey:  encode("PRIVATE KEY", private),
	}, nil
}

func certificateTemplates(host string, now time.Time) (authority, leaf *x509.Certificate) {
	from, until := now.Add(-time.Hour), time.Date(now.UTC().Year()+2, 1, 2, 0, 0, 0, 0, time.UTC)
	authority = &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "evenkeel " + host}, NotBefore: from, NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{host},
	}
	leaf = &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "casework"}, NotBefore: from, NotAfter: until,
		DNSNames: []string{host}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	return authority, leaf
}

func serial() *big.Int { return new(big.Int).SetBytes(key()[:16]) }

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
