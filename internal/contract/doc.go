// Package contract holds the typed documents that the control plane and a
// district's data plane exchange, and nothing else: no I/O, no Kubernetes, no
// database.
//
// Down go three kinds of document, each addressed by its digest:
//
//   - Meaning: what a round's answers mean (instruments and policy). Immutable
//     from the round's opening instant on.
//   - Control: when a round is open, for whom, and whether it is on hold.
//   - Directory: schools, areas, duty levels, channels and the help card.
//
// Up comes a Report made of integers, booleans, closed enums and fixed-length
// digests only, already suppressed; CheckReport refuses anything else.
//
// Nothing in this package may carry a student, a name or an answer.
package contract

// Version is the version of the documents this build writes. A data plane
// accepts Version and PreviousVersion, so that operator and district can be
// upgraded in either order.
const (
	Version         = 1
	PreviousVersion = 1
)

// Supported reports whether a peer's document version can be read by this build.
func Supported(version int) bool {
	return version == Version || version == PreviousVersion
}
