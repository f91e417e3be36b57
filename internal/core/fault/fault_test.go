package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/core/fault"
)

func TestPathsFindsEveryFaultThroughWrapping(t *testing.T) {
	t.Parallel()
	var list fault.List
	list.Addf("a", "is %d", 1)
	list.AddIf(false, "b", "never")
	list.AddIf(true, "c", "is wrong")
	err := errors.Join(fmt.Errorf("policy: %w", list.Err()), errors.New("something else"))
	if diff := cmp.Diff([]string{"a", "c"}, fault.Paths(err)); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	if got := list.Err().Error(); got != "a: is 1\nc: is wrong" {
		t.Errorf("error = %q", got)
	}
}

func TestNoFaultIsNoError(t *testing.T) {
	t.Parallel()
	var list fault.List
	if list.Err() != nil || fault.Paths(nil) != nil {
		t.Error("an empty list is an error")
	}
}
