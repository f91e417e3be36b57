package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Digest is the lower-case hexadecimal SHA-256 of a document's canonical JSON:
// always 64 characters.
type Digest string

// DigestOf returns the digest of a document. Documents are structs without maps, and
// their floats are finite, so encoding/json is canonical for them: same value, same bytes.
func DigestOf(document any) (Digest, error) {
	raw, err := json.Marshal(document)
	if err != nil {
		return "", fmt.Errorf("encoding a %T to take its digest: %w", document, err)
	}
	sum := sha256.Sum256(raw)
	return Digest(hex.EncodeToString(sum[:])), nil
}

// Valid reports whether d has the fixed form of a digest.
func (d Digest) Valid() bool {
	return len(d) == sha256.Size*2 && isLowerHex(string(d))
}

// Ref stands for an object's name in a Report: the first 16 hexadecimal
// characters of the SHA-256 of the name. The operator, which knows the names,
// recognises it; free text cannot travel in it.
type Ref string

const refLength = 16

// RefOf returns the reference that stands for name.
func RefOf(name string) Ref {
	sum := sha256.Sum256([]byte(name))
	return Ref(hex.EncodeToString(sum[:])[:refLength])
}

// Valid reports whether r has the fixed form of a reference.
func (r Ref) Valid() bool {
	return len(r) == refLength && isLowerHex(string(r))
}

func isLowerHex(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
