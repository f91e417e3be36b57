// Command scale measures how the operator brings a province from nothing to rest: an empty real kube-apiserver with
// the definitions, admission policies and rights that config/ ships, the manager as a process of its own with the
// rights of its service account, and a loader that declares districts, schools and one campaign over all of them.
// Beside each run a bare client writes the same objects and the same statuses to an API server without an operator.
// It writes docs/bench/scale.md and .json and asserts nothing: figures of a shared machine are for people to read.
//
//	KUBEBUILDER_ASSETS=$(cd hack/devcluster && go run . assets) go run ./test/bench/scale      # about 12 minutes
//	... go run ./test/bench/scale -schools 1000 -required 0 -tuned 0 -rest 5s -out ""
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/evenkeel/evenkeel/test/bench/about"
)

// plan is what is measured.
type plan struct {
	schools  sizes // one run each, without regard to capacity
	required int   // schools of a further run with rollout.capacity Required; 0: none
	tuned    int   // schools of a further run beside an API server that collects less garbage; 0: none
	loaders  int
	bare     bool
	rest     time.Duration
	patience time.Duration
	manager  string   // a binary that is there; "": built
	flags    []string // of the manager, besides those it cannot do without
	out      string
}

// schoolsPerDistrict is a province's: 20,000 schools in 150 districts.
const schoolsPerDistrict = 20_000.0 / 150

func main() {
	p := plan{schools: sizes{1000, 5000, 20_000}}
	flag.Var(&p.schools, "schools", "schools of each run, separated by commas; about 133 to a district")
	flag.IntVar(&p.required, "required", 20_000, "schools of a last run whose campaign must fit what counsellors and hospitals take; 0: none")
	flag.IntVar(&p.tuned, "tuned", 20_000, "schools of a run with GOGC=400 for etcd and kube-apiserver; 0: none")
	flag.IntVar(&p.loaders, "loaders", 8, "districts declared at the same time")
	flag.BoolVar(&p.bare, "bare", true, "write the same with a bare client afterwards")
	flag.DurationVar(&p.rest, "rest", 30*time.Second, "how long writes are counted after everything is settled")
	flag.DurationVar(&p.patience, "patience", 10*time.Minute, "how long to wait for everything to be settled")
	flag.StringVar(&p.manager, "manager", "", "the manager's binary; empty: built from the tree")
	flag.StringVar(&p.out, "out", "docs/bench", "directory of the results; empty: none are kept")
	flag.Parse()
	p.flags = flag.Args()
	ctrl.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := p.measure(ctx); err != nil {
		log.Fatal(err) //nolint:gocritic // nothing but the signal handler is left to stop
	}
}

func (p plan) check() error {
	switch {
	case os.Getenv("KUBEBUILDER_ASSETS") == "":
		return errors.New("KUBEBUILDER_ASSETS is not set: set it to what (cd hack/devcluster && go run . assets) prints")
	case p.loaders < 1:
		return errors.New("-loaders must be at least 1")
	case p.required < 0 || p.tuned < 0 || slices.Min(p.schools) < 1:
		return errors.New("-schools must be at least 1, and -required and -tuned at least 0")
	}
	return nil
}

func (p plan) measure(ctx context.Context) error {
	if err := p.check(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "evenkeel-scale-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if p.manager == "" {
		if p.manager, err = build(ctx, dir); err != nil {
			return err
		}
	}
	r := result{Facts: readFacts(p)}
	for _, n := range p.schools {
		if err := p.add(ctx, &r, newProvince(n, false), dir); err != nil {
			return err
		}
	}
	if p.required > 0 {
		if err := p.add(ctx, &r, newProvince(p.required, true), dir); err != nil {
			return err
		}
	}
	if p.tuned > 0 {
		declared := newProvince(p.tuned, false)
		declared.tuned = true
		if err := p.add(ctx, &r, declared, dir); err != nil {
			return err
		}
	}
	r.Facts.LoadAfter = about.Load()
	return r.write(p.out)
}

func (p plan) add(ctx context.Context, r *result, declared province, dir string) error {
	one, err := p.run(ctx, declared, dir)
	if err != nil {
		return fmt.Errorf("with %d schools: %w", declared.schools, err)
	}
	log.Print(one)
	r.Runs = append(r.Runs, one)
	return nil
}

// sizes are numbers of schools, as a flag.
type sizes []int

func (s *sizes) String() string { return fmt.Sprint(*s) }

// Set reads numbers separated by commas.
func (s *sizes) Set(text string) error {
	*s = nil
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return fmt.Errorf("%q is no number of schools: write such as 1000,5000", part)
		}
		*s = append(*s, n)
	}
	slices.SortFunc(*s, cmp.Compare[int])
	return nil
}
