package pki

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/host"
)

// Store keeps pairs in a folder, as <name>.crt and <name>.key. What is there is
// kept: a second start must not change what running processes trust.
type Store struct {
	Dir string
	// Owner of the keys; nil means ourselves.
	Owner *host.Account
}

// CertPath is where a certificate is.
func (s Store) CertPath(name string) string { return filepath.Join(s.Dir, name+".crt") }

// KeyPath is where a key is.
func (s Store) KeyPath(name string) string { return filepath.Join(s.Dir, name+".key") }

// Ensure returns the stored pair, making and storing it the first time.
func (s Store) Ensure(name string, make func() (Pair, error)) (Pair, error) {
	pair, err := s.load(name)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return pair, err
	}
	pair, err = make()
	if err != nil {
		return Pair{}, fmt.Errorf("make %s: %w", name, err)
	}
	// The certificate is written last: a pair is complete when it is there.
	return pair, host.WriteFiles([]host.File{
		{Path: s.KeyPath(name), Content: pair.Key, Mode: 0o600, Owner: s.Owner},
		{Path: s.CertPath(name), Content: pair.Cert, Mode: 0o644, Owner: s.Owner},
	})
}

// Authority returns the stored certificate authority, making it the first time.
func (s Store) Authority(name, commonName string) (Pair, error) {
	return s.Ensure(name, func() (Pair, error) { return NewAuthority(commonName) })
}

// Issue returns the stored certificate, having ca sign it the first time.
func (s Store) Issue(name string, ca Pair, subject Subject) (Pair, error) {
	return s.Ensure(name, func() (Pair, error) { return ca.Issue(subject) })
}

func (s Store) load(name string) (Pair, error) {
	cert, err := os.ReadFile(s.CertPath(name))
	if err != nil {
		return Pair{}, err
	}
	key, err := os.ReadFile(s.KeyPath(name))
	return Pair{Cert: cert, Key: key}, err
}

// Token returns the secret kept in a file, making it the first time.
func Token(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err == nil && len(raw) > 0 {
		return string(raw), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	token := NewToken()
	return token, host.WriteFiles([]host.File{{Path: path, Content: []byte(token), Mode: 0o600}})
}
