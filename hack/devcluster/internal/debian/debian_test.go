package debian

import (
	"slices"
	"testing"
)

func TestMissingFrom(t *testing.T) {
	dpkg := "runc installed\nsocat config-files\nnftables not-installed\n"
	got := missingFrom(dpkg, []string{"conntrack", "runc", "socat", "nftables"})
	if want := []string{"conntrack", "socat", "nftables"}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}
