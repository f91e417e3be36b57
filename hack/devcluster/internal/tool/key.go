package tool

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Sources is everything that decides what a built tool is.
type Sources struct {
	// Version is the pinned version, for people.
	Version string
	// Files are the contents that pin the build: go.mod and go.sum, or source files.
	Files [][]byte
	// Platform is GOOS/GOARCH.
	Platform string
}

// Key names one build of a tool: the same sources give the same key, and any
// changed byte of them another one, so a stale binary is never picked up.
func Key(t Tool, s Sources) string {
	parts := [][]byte{[]byte(t.Package), []byte(t.LDFlags(s.Version)), []byte(s.Platform)}
	digest := digest(append(parts, s.Files...))
	if s.Version == "" {
		return t.Name + "-" + digest
	}
	return t.Name + "-" + s.Version + "-" + digest
}

// SetKey names a complete set of tools.
func SetKey(keys []string) string {
	parts := make([][]byte, 0, len(keys))
	for _, key := range keys {
		parts = append(parts, []byte(key))
	}
	return digest(parts)
}

// digest hashes parts with their lengths, so moving a byte from one part to the
// next changes the result.
func digest(parts [][]byte) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d\n", len(part))
		h.Write(part)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// RequiredVersion finds the version a go.mod requires of a module.
func RequiredVersion(gomod []byte, module string) (string, error) {
	for line := range strings.Lines(string(gomod)) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(fields) >= 2 && fields[0] == module && strings.HasPrefix(fields[1], "v") {
			return fields[1], nil
		}
	}
	return "", fmt.Errorf("go.mod does not require %s; run `go get -tool` in that tool module", module)
}
