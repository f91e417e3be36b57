package webhook

import (
	"encoding/base64"
	"errors"
	"strings"
)

// MinKeyBytes is the least length of a signing key (Standard Webhooks, 192 bits).
const MinKeyBytes = 24

const secretPrefix = "whsec_"

// Key returns the signing key that a configured secret stands for: what follows
// "whsec_" is base64, anything else is the key itself.
func Key(secret []byte) ([]byte, error) {
	key := secret
	if rest, ok := strings.CutPrefix(strings.TrimSpace(string(secret)), secretPrefix); ok {
		decoded, err := base64.StdEncoding.DecodeString(rest)
		if err != nil {
			return nil, errors.New("the secret begins with whsec_ and does not go on in base64; write whsec_ and base64, or random bytes")
		}
		key = decoded
	}
	if len(key) < MinKeyBytes {
		return nil, errors.New("the secret is shorter than 24 bytes; write 32 random bytes")
	}
	return key, nil
}
