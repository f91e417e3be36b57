package contract

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// KeySize is the size in bytes of every key of a district.
const KeySize = 32

// The keys of a district. KeyCode and KeyContent are intake's; the others never
// reach it, so that intake can store answers and names but read neither back.
const (
	KeyDistrict = "district.key" // wraps every student's own key; scorer and casework
	KeyLookup   = "lookup.key"   // HMAC of school-roll numbers; casework
	KeyCode     = "code.key"     // HMAC of access codes; intake and casework
	KeyContent  = "content.key"  // keyed digest of a save's content; intake
)

// IntakeKeys and SealKeys name the files of the two key Secrets.
var (
	IntakeKeys = []string{KeyCode, KeyContent}
	SealKeys   = []string{KeyCode, KeyDistrict, KeyLookup}
)

// KeyFingerprint recognises a key without revealing it.
func KeyFingerprint(name string, key []byte) (Digest, error) {
	if len(key) != KeySize {
		return "", fmt.Errorf("%s holds %d bytes; a key is %d random bytes", name, len(key), KeySize)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("evenkeel key fingerprint v1 " + name))
	return Digest(hex.EncodeToString(mac.Sum(nil))), nil
}

// KeysDigest is the one digest that stands for all keys of a district, given the
// fingerprint of each by name.
func KeysDigest(fingerprints map[string]Digest) Digest {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(fingerprints)) {
		fmt.Fprintf(h, "%s %s\n", name, fingerprints[name])
	}
	return Digest(hex.EncodeToString(h.Sum(nil)))
}
