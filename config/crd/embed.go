// Package crd holds the custom resource definitions for programs that check manifests
// without a cluster.
package crd

import "embed"

// Bases holds the generated definitions, bases/<group>_<plural>.yaml.
//
//go:embed bases/*.yaml
var Bases embed.FS
