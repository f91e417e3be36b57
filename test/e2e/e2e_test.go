//go:build e2e

package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/hack/demo/driver"
)

// TestScreenTwoDistricts plays the demo, asserts every figure, and goes on with the same
// cluster.
func TestScreenTwoDistricts(t *testing.T) {
	demo := newDemo(t, fresh(t))
	part(t, "it is set up", demo.Prepare)
	part(t, "students answer, people answer them, things fail", demo.Play)
	part(t, "the rounds end and their figures are published", demo.Finish)
	t.Run("every figure", func(t *testing.T) {
		for _, fact := range demo.Table() {
			t.Run(strings.ReplaceAll(fact.Where+" "+fact.Name, "/", "|"), func(t *testing.T) {
				if !fact.OK {
					t.Errorf("expected %s, found %s", fact.Want, fact.Got)
				}
			})
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	t.Run("afterwards", func(t *testing.T) { afterwards(t, demo) })
}

// configure reads the environment: EVENKEEL_E2E_STUDENTS limits the demo for a quick try.
func configure(t *testing.T) driver.Config {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	config := driver.Config{Workers: 32, Faults: true}
	config.Root, config.StateDir, config.PodCIDR = root, driver.StateDir(), "10.244.0.0/16"
	if limit := os.Getenv("EVENKEEL_E2E_STUDENTS"); limit != "" {
		if config.Students, err = strconv.Atoi(limit); err != nil {
			t.Fatalf("EVENKEEL_E2E_STUDENTS: %v", err)
		}
		config.Faults = false // a few students are done before the partners are back
	}
	return config
}

// fresh takes down what an earlier demo left, unless EVENKEEL_E2E_REUSE is set: a round
// is played once.
func fresh(t *testing.T) driver.Config {
	config := configure(t)
	if os.Getenv("EVENKEEL_E2E_REUSE") != "" {
		return config
	}
	if err := driver.Down(t.Context(), config, driver.Plain(os.Stderr)); err != nil {
		t.Fatal(err)
	}
	return config
}

func newDemo(t *testing.T, config driver.Config) *driver.Demo {
	demo, err := driver.New(config, driver.Plain(os.Stderr))
	if err != nil {
		t.Fatal(err)
	}
	return demo
}

// part runs a part of the demo as a subtest; without it there is no sense in going on.
func part(t *testing.T, name string, do func(context.Context) error) {
	t.Helper()
	ok := t.Run(name, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Minute)
		defer cancel()
		if err := do(ctx); err != nil {
			t.Fatal(err)
		}
	})
	if !ok {
		t.FailNow()
	}
}
