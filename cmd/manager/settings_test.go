package main

import (
	"fmt"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

func TestParse(t *testing.T) {
	pod := func(string) string { return "evenkeel-system" }
	tests := map[string]struct {
		args string
		want string // part of the error
	}{
		"the chart's":                {"--image=i --cell-floor=10 --log-level=info --image-pull-secret=a --image-pull-secret=b", ""},
		"resources":                  {"--image=i --resources=scorer=200m,256Mi", ""},
		"no image":                   {"", "--image is not set"},
		"a floor too low":            {"--image=i --cell-floor=3", "write 5 to 100"},
		"resources of nothing":       {"--image=i --resources=queue=1,1Gi", "write component=cpu,memory"},
		"resources without memory":   {"--image=i --resources=scorer=200m", "write component=cpu,memory"},
		"a word too many":            {"--image=i run", `"run" is not a flag`},
		"starved":                    {"--image=i --api-qps=0", "write 10 at least"},
		"coverage":                   {"--image=i --school-year-begins=08-15 --coverage-due=12-31 --coverage-target-percent=100", ""},
		"a day that most years lack": {"--image=i --school-year-begins=02-29", "write one such as 09-01"},
		"a date for a day":           {"--image=i --coverage-due=2027-05-31", "write one such as 09-01"},
		"due when the year ends":     {"--image=i --coverage-due=08-31", "write an earlier one"},
		"more than everybody":        {"--image=i --coverage-target-percent=101", "write 1 to 100"},
		"hammering":                  {"--image=i --sync-interval=1ms", "one second at least"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parse(strings.Fields(tt.args), pod)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestParseCoverage(t *testing.T) {
	pod := func(string) string { return "evenkeel-system" }
	for args, want := range map[string]string{
		"--image=i": "09-01 05-31 95",
		"--image=i --school-year-begins=08-15 --coverage-due=12-31 --coverage-target-percent=100": "08-15 12-31 100",
	} {
		s, err := parse(strings.Fields(args), pod)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(s.coverage.YearBegins, " ", s.coverage.DueBy, " ", s.coverage.TargetPercent); got != want {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
}

func TestParseResources(t *testing.T) {
	s, err := parse([]string{"--image=i", "--namespace=n", "--resources=scorer=200m,256Mi"}, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if got := s.workloads.Resources[workload.Scorer]; got.CPU.String() != "200m" || got.Memory.String() != "256Mi" {
		t.Errorf("the scorer asks for %s and %s", got.CPU.String(), got.Memory.String())
	}
}

func TestTheEnvironmentHasTheLastWordOnMemory(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	spareMemory(func(string) string { return "100" })
	if now := debug.SetGCPercent(100); now != 100 {
		t.Errorf("GOGC=100 became %d", now)
	}
	spareMemory(func(string) string { return "" })
	if now := debug.SetGCPercent(100); now >= 100 {
		t.Errorf("without GOGC it is %d", now)
	}
}
