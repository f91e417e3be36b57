// Package instruments holds the instruments that ship with Evenkeel, so that tools know
// them without a cluster. Those under a licence of their own, in folders of their own,
// are not among them.
package instruments

import "embed"

// Files are the manifests, one instrument in each.
//
//go:embed *.yaml
var Files embed.FS
