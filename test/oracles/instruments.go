package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

// shipped are the instruments of a directory, as the API server would keep them.
func shipped(ctx context.Context, dir string) ([]v1alpha1.InstrumentSpec, error) {
	set, findings, err := manifest.Load(ctx, manifest.Input{Paths: []string{dir}, Recursive: true})
	if err := errors.Join(err, manifest.Err(findings)); err != nil {
		return nil, err
	}
	var out []v1alpha1.InstrumentSpec
	for _, in := range set.Instruments {
		out = append(out, in.Value.Spec)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no Instrument in %s", dir)
	}
	return out, nil
}

func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty", "--abbrev=12").Output()
	if err != nil {
		return "unknown"
	}
	return "`" + strings.TrimSpace(string(out)) + "`"
}
