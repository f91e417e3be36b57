// Package sealtest provides key material to tests.
package sealtest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

// Material returns all four keys of a district, always the same for one seed.
func Material(seed byte) map[string][]byte {
	out := map[string][]byte{}
	for i, name := range []string{contract.KeyDistrict, contract.KeyLookup, contract.KeyCode, contract.KeyContent} {
		out[name] = bytes.Repeat([]byte{seed, byte(i)}, contract.KeySize/2)
	}
	return out
}

// Keys returns all four keys of a district, always the same for one seed.
func Keys(seed byte) *seal.Keys {
	keys, err := seal.NewKeys(Material(seed))
	if err != nil {
		panic(err)
	}
	return keys
}

// Write puts key files into a directory, as a mounted Secret would.
func Write(t testing.TB, dir string, seed byte, names ...string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), Material(seed)[name], 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
