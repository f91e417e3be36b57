// Command manager is the operator of a province: it watches what is declared,
// provisions districts and keeps the exchange with them.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	_ "time/tzdata" // the image has no zone files

	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/evenkeel/evenkeel/controllers"
	"github.com/evenkeel/evenkeel/internal/version"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "version" {
		fmt.Println(version.Line("manager"))
		return
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	s, err := parse(args, os.Getenv)
	if err != nil {
		return err
	}
	s.setLogger()
	spareMemory(os.Getenv)
	mgr, err := newManager(s)
	if err != nil {
		return err
	}
	err = controllers.Setup(mgr, controllers.Options{
		Workloads: s.workloads, CellFloor: int32(s.cellFloor), Coverage: s.coverage, Busy: s.busy, Quiet: s.quiet, Clock: clock.RealClock{},
		Metrics: metrics.Registry,
	})
	if err != nil {
		return err
	}
	ctrl.Log.Info("Starting", "version", version.String(), "image", s.workloads.Image)
	return mgr.Start(ctrl.SetupSignalHandler())
}

// spareMemory has the heap grow by a third of what is alive between two collections, not by all of it: an operator is at
// rest nearly always, and what it holds then is paid for all the time. The environment has the last word.
func spareMemory(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(33)
	}
}

func newManager(s settings) (ctrl.Manager, error) {
	config, err := ctrl.GetConfig()
	if err != nil {
		return nil, fmt.Errorf("finding the API server: %w", err)
	}
	config.QPS, config.Burst = float32(s.qps), 2*s.qps
	scheme, err := controllers.Scheme()
	if err != nil {
		return nil, err
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        scheme,
		Cache:                         controllers.Cache(),
		Client:                        client.Options{Cache: &client.CacheOptions{DisableFor: controllers.Uncached()}},
		Metrics:                       metricsserver.Options{BindAddress: s.metricsAddr},
		HealthProbeBindAddress:        s.healthAddr,
		LeaderElection:                s.leaderElect,
		LeaderElectionID:              "manager.screening.evenkeel.dev",
		LeaderElectionNamespace:       s.workloads.OperatorNamespace,
		LeaderElectionReleaseOnCancel: true,
	})
	if err != nil {
		return nil, err
	}
	for _, add := range []func(string, healthz.Checker) error{mgr.AddHealthzCheck, mgr.AddReadyzCheck} {
		if err := add("ping", healthz.Ping); err != nil {
			return nil, err
		}
	}
	return mgr, nil
}
