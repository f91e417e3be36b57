package seal

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// Keys are the keys a process holds.
type Keys struct {
	byName map[string][]byte
	wrap   cipher.AEAD // of students' private keys; nil without district.key
	secret cipher.AEAD // of channels' and transports' secrets; nil without district.key
}

// KeysError says that keys are missing or are not those of this database. The data
// plane then serves nothing but the exchange, and never makes keys anew.
type KeysError struct {
	State contract.KeysState // KeysMissing or KeysMismatch
	Names []string
}

func (e *KeysError) Error() string {
	names := strings.Join(e.Names, ", ")
	if e.State == contract.KeysMissing {
		return "keys: " + names + " missing or not 32 bytes; restore the Secret from the custodian's copy"
	}
	return "keys: " + names + " not the keys this database was initialised with; restore the Secret from the custodian's copy"
}

// LoadKeys reads the named keys from a directory of mounted files.
func LoadKeys(dir string, names []string) (*Keys, error) {
	keys := map[string][]byte{}
	var missing []string
	for _, name := range names {
		key, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		if len(key) != contract.KeySize {
			missing = append(missing, name)
		}
		keys[name] = key
	}
	if missing != nil {
		return nil, &KeysError{State: contract.KeysMissing, Names: missing}
	}
	return NewKeys(keys)
}

// NewKeys makes Keys of key material by name.
func NewKeys(byName map[string][]byte) (*Keys, error) {
	for name, key := range byName {
		if len(key) != contract.KeySize {
			return nil, &KeysError{State: contract.KeysMissing, Names: []string{name}}
		}
	}
	k := &Keys{byName: maps.Clone(byName)}
	district, ok := byName[contract.KeyDistrict]
	if !ok {
		return k, nil
	}
	var err error
	if k.wrap, err = derived(district, "evenkeel wrap student key v1"); err != nil {
		return nil, err
	}
	if k.secret, err = derived(district, "evenkeel secret v1"); err != nil {
		return nil, err
	}
	return k, nil
}

func derived(key []byte, purpose string) (cipher.AEAD, error) {
	sub, err := hkdf.Expand(sha256.New, key, purpose, contract.KeySize)
	if err != nil {
		return nil, err
	}
	return newAEAD(sub)
}

// Fingerprints recognises the keys without revealing them.
func (k *Keys) Fingerprints() map[string]contract.Digest {
	out := map[string]contract.Digest{}
	for name, key := range k.byName {
		digest, err := contract.KeyFingerprint(name, key)
		if err != nil {
			panic(err) // sizes were checked when the keys were made
		}
		out[name] = digest
	}
	return out
}

// Recorded compares a fingerprint with the database's, recording the first.
type Recorded func(ctx context.Context, name string, digest contract.Digest) (bool, error)

// Check compares all keys with the database's record and returns a KeysError when
// any differs.
func (k *Keys) Check(ctx context.Context, recorded Recorded) error {
	fingerprints := k.Fingerprints()
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(fingerprints)) {
		same, err := recorded(ctx, name, fingerprints[name])
		if err != nil {
			return err
		}
		if !same {
			wrong = append(wrong, name)
		}
	}
	if wrong != nil {
		return &KeysError{State: contract.KeysMismatch, Names: wrong}
	}
	return nil
}

// CodeHMAC is what the database knows of an access code.
func (k *Keys) CodeHMAC(c Code) []byte {
	return k.hmac(contract.KeyCode, []byte("access code v1"), []byte(c))
}

// LookupHMAC is what a school-roll number is found by.
func (k *Keys) LookupHMAC(number string) []byte {
	return k.hmac(contract.KeyLookup, []byte("school-roll number v1"), []byte(number))
}

// ContentDigest recognises the content of a save of one form without revealing it:
// under a key, since so small a content could be guessed from a plain digest.
func (k *Keys) ContentDigest(formKeyHash, content []byte) []byte {
	return k.hmac(contract.KeyContent, []byte("save content v1"), formKeyHash, content)
}

func (k *Keys) hmac(name string, parts ...[]byte) []byte {
	key, ok := k.byName[name]
	if !ok {
		panic("seal: this process does not hold " + name)
	}
	h := hmac.New(sha256.New, key)
	h.Write(join(parts...))
	return h.Sum(nil)
}

// join puts parts together so that no two lists of parts give the same bytes.
func join(parts ...[]byte) []byte {
	var out []byte
	for _, part := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(part)))
		out = append(out, part...)
	}
	return out
}
