// Package draw draws schools for a random spot check (随机抽查) so that anybody can do it again. It is pure.
package draw

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Occasion is what a draw is for. The draw follows from it and the list of schools.
type Occasion struct {
	Seed       string // as it was published
	District   string // code, such as 110106
	Inspection string // name of the object
}

// Place is a school in the order of the draw.
type Place struct {
	School string
	Digest string // 64 hexadecimal digits
}

// Compute returns the first n places; all of them when there are no more. The names of schools are distinct.
//
// A school's digest is the SHA-256 of seed, district, inspection and school with a line feed between each two and
// none at the end; the places are in ascending order of the digests. With sha256sum:
//
//	printf '%s\n%s\n%s\n%s' "$SEED" "$DISTRICT" "$INSPECTION" "$SCHOOL" | sha256sum
func Compute(o Occasion, schools []string, n int) []Place {
	prefix := strings.Join([]string{o.Seed, o.District, o.Inspection, ""}, "\n")
	order := make([]ranked, 0, len(schools))
	for _, school := range schools {
		order = append(order, ranked{school, sha256.Sum256([]byte(prefix + school))})
	}
	slices.SortFunc(order, func(a, b ranked) int {
		return cmp.Or(bytes.Compare(a.digest[:], b.digest[:]), strings.Compare(a.school, b.school))
	})
	places := make([]Place, 0, min(max(n, 0), len(order)))
	for _, r := range order[:cap(places)] {
		places = append(places, Place{School: r.school, Digest: hex.EncodeToString(r.digest[:])})
	}
	return places
}

type ranked struct {
	school string
	digest [sha256.Size]byte
}

// Names are the schools of places, in their order.
func Names(places []Place) []string {
	names := make([]string, 0, len(places))
	for _, p := range places {
		names = append(names, p.School)
	}
	return names
}
