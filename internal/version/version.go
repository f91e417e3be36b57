// Package version tells which build of Evenkeel is running.
package version

import (
	"fmt"
	"runtime"
)

// version is set by the linker: -X github.com/evenkeel/evenkeel/internal/version.version=v0.1.0.
var version = "dev"

// String is the version by itself, such as v0.1.0.
func String() string { return version }

// Line is what a program prints about itself, such as "manager v0.1.0 (go1.26.0 linux/amd64)".
func Line(program string) string {
	return fmt.Sprintf("%s %s (%s %s/%s)", program, version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
