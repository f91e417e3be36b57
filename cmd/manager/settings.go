package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/config"

	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// settings are the manager's flags.
type settings struct {
	workloads   workload.Settings
	cellFloor   int
	coverage    coverage.Rule
	busy, quiet time.Duration
	leaderElect bool
	metricsAddr string
	healthAddr  string
	level       slog.Level
	qps         int
}

// parse reads flags; the namespace may come from the environment, where the pod's
// own is known.
func parse(args []string, getenv func(string) string) (settings, error) {
	s := settings{workloads: workload.Settings{Resources: workload.DefaultResources()}, coverage: coverage.DefaultRule()}
	f := flag.NewFlagSet("manager", flag.ContinueOnError)
	config.RegisterFlags(f)
	f.StringVar(&s.workloads.Image, "image", "", "image of the data plane, pinned by digest in production (required)")
	f.Func("image-pull-secret", "name of a Secret in the districts' namespaces for pulling the image; may be repeated", func(name string) error {
		s.workloads.ImagePullSecrets = append(s.workloads.ImagePullSecrets, name)
		return nil
	})
	f.IntVar(&s.cellFloor, "cell-floor", 10, "the province's smallest count that is published; a larger one of a district applies there")
	f.Func("school-year-begins", "month and day on which school years begin (default 09-01)", setDay(&s.coverage.YearBegins))
	f.Func("coverage-due", "last month and day of a school year by which every school is to have screened its students; a sooner one of a district applies there (default 05-31)",
		setDay(&s.coverage.DueBy))
	f.IntVar(&s.coverage.TargetPercent, "coverage-target-percent", s.coverage.TargetPercent,
		"how many of a hundred students of a school are to be screened in a school year; a larger share of a district applies there")
	f.StringVar(&s.workloads.OperatorNamespace, "namespace", getenv("POD_NAMESPACE"), "namespace of the operator")
	f.BoolVar(&s.leaderElect, "leader-elect", true, "wait to be elected before working")
	f.StringVar(&s.metricsAddr, "metrics-addr", ":8080", "address of /metrics; 0 for none")
	f.StringVar(&s.healthAddr, "health-addr", ":8081", "address of /healthz and /readyz; 0 for none")
	f.DurationVar(&s.busy, "sync-interval", 5*time.Second, "between two calls of a district with a round under way")
	f.DurationVar(&s.quiet, "quiet-sync-interval", 15*time.Second, "between two calls of any other district")
	f.IntVar(&s.qps, "api-qps", 1000, "requests a second to the API server at most; a province that is made at once has tens of thousands")
	f.TextVar(&s.level, "log-level", slog.LevelInfo, "debug, info, warn or error")
	f.Func("resources", "what a component asks for, such as scorer=200m,256Mi; may be repeated", s.setResources)
	if err := f.Parse(args); err != nil {
		return s, err
	}
	return s, s.check(f.Args())
}

func (s *settings) setResources(value string) error {
	name, amounts, named := strings.Cut(value, "=")
	cpu, memory, both := strings.Cut(amounts, ",")
	component := workload.Component(name)
	if _, known := s.workloads.Resources[component]; !known || !named || !both {
		return errors.New("write component=cpu,memory with a component of migrate, intake, scorer, casework")
	}
	c, err := resource.ParseQuantity(cpu)
	if err != nil {
		return fmt.Errorf("cpu: %w", err)
	}
	m, err := resource.ParseQuantity(memory)
	if err != nil {
		return fmt.Errorf("memory: %w", err)
	}
	s.workloads.Resources[component] = workload.Allocation{CPU: c, Memory: m}
	return nil
}

func setDay(into *coverage.DayOfYear) func(string) error {
	return func(value string) (err error) {
		*into, err = coverage.ParseDayOfYear(value)
		return err
	}
}

func (s *settings) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q is not a flag: flags begin with --", rest[0])
	case s.workloads.Image == "":
		return errors.New("--image is not set: write the image of the data plane")
	case s.workloads.OperatorNamespace == "":
		return errors.New("--namespace is not set: write the operator's namespace, or set POD_NAMESPACE")
	case s.cellFloor < 5 || s.cellFloor > 100:
		return fmt.Errorf("--cell-floor is %d: write 5 to 100", s.cellFloor)
	case s.qps < 10:
		return fmt.Errorf("--api-qps is %d: write 10 at least", s.qps)
	case s.busy < time.Second || s.quiet < time.Second:
		return errors.New("--sync-interval and --quiet-sync-interval are one second at least")
	}
	if err := s.coverage.Check(); err != nil {
		return fmt.Errorf("--school-year-begins, --coverage-due, --coverage-target-percent: %w", err)
	}
	return nil
}

// setLogger makes everything write JSON lines to standard error, client-go too.
func (s *settings) setLogger() {
	handler := slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: s.level})
	ctrl.SetLogger(logr.FromSlogHandler(handler))
	klog.SetSlogLogger(slog.New(handler))
}
