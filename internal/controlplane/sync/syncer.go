// Package sync is the operator's end of the one call between operator and
// district. A leader-elected runnable calls each district's casework in turn,
// sends what it lacks and puts what it says on the board.
package sync

import (
	"context"
	"math/rand/v2"
	gosync "sync"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// Syncer calls the districts. It implements manager.Runnable and
// manager.LeaderElectionRunnable.
type Syncer struct {
	Client  client.Client // cached
	Secrets client.Reader // uncached: Secrets are read by name
	Board   *board.Board
	Clock   clock.WithTicker

	// CellFloor is the province's; a district's own may be larger.
	CellFloor int32
	// Coverage is the province's rule; a district's own may be stricter. Zero: coverage is not asked for.
	Coverage coverage.Rule
	// Busy is the interval while a round is under way, Quiet otherwise. Zero means 5 s and 15 s.
	Busy, Quiet time.Duration
	// Dial connects to a district; nil means the network.
	Dial DialFunc

	mu       gosync.Mutex
	memories map[string]memory // by namespace
}

const (
	defaultBusy  = 5 * time.Second
	defaultQuiet = 15 * time.Second
	census       = 5 * time.Second // how often the list of districts is compared with the loops
)

// NeedLeaderElection is true: one operator talks to a district at a time.
func (*Syncer) NeedLeaderElection() bool { return true }

// Start runs one loop per district until the context ends.
func (s *Syncer) Start(ctx context.Context) error {
	s.Board.Begin(s.Clock.Now())
	loops := map[string]*loop{}
	var running gosync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tick := s.Clock.NewTicker(census)
	defer tick.Stop()
	for {
		s.adopt(ctx, loops, &running)
		select {
		case <-ctx.Done():
			return nil
		case namespace := <-s.Board.Nudges():
			if l, known := loops[namespace]; known {
				l.poke()
			}
		case <-tick.C():
		}
	}
}

// loop is the calling of one district; only one call is under way at a time.
type loop struct {
	cancel context.CancelFunc
	pokes  chan struct{}
}

func (l *loop) poke() {
	select {
	case l.pokes <- struct{}{}:
	default: // one is waiting already
	}
}

// adopt starts a loop for every new district and stops those of districts gone.
func (s *Syncer) adopt(ctx context.Context, loops map[string]*loop, running *gosync.WaitGroup) {
	var districts v1alpha1.DistrictList
	if err := s.Client.List(ctx, &districts); err != nil {
		log.FromContext(ctx).Error(err, "Listing districts to call")
		return
	}
	there := map[string]bool{}
	for _, d := range districts.Items {
		if d.Name != d.Namespace || there[d.Namespace] {
			continue
		}
		there[d.Namespace] = true
		if _, known := loops[d.Namespace]; !known {
			own, cancel := context.WithCancel(ctx)
			l := &loop{cancel: cancel, pokes: make(chan struct{}, 1)}
			loops[d.Namespace] = l
			running.Go(func() { s.run(own, d.Namespace, l.pokes) })
		}
	}
	for namespace, l := range loops {
		if !there[namespace] {
			l.cancel()
			delete(loops, namespace)
			s.forget(namespace)
		}
	}
}

func (s *Syncer) run(ctx context.Context, namespace string, pokes <-chan struct{}) {
	wait := rand.N(time.Second)
	for {
		timer := s.Clock.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-pokes:
			timer.Stop()
		case <-timer.C():
		}
		wait = jitter(s.SyncOnce(ctx, namespace))
	}
}

// SyncOnce calls one district and returns after how long to call it again.
func (s *Syncer) SyncOnce(ctx context.Context, namespace string) time.Duration {
	ctx = log.IntoContext(ctx, log.FromContext(ctx).WithValues("district", namespace))
	last, _ := s.Board.Reading(namespace)
	reading, called := s.read(ctx, namespace)
	if !called || ctx.Err() != nil {
		return s.interval(namespace)
	}
	if reading.Fault != last.Fault || reading.OK != last.OK {
		log.FromContext(ctx).Info("A district's answer changed", "fault", reading.Fault, "was", last.Fault)
	}
	s.Board.PutReading(namespace, reading)
	return s.interval(namespace)
}

// read returns false when it is not yet time to call: the district is not
// provisioned, or a controller has yet to say what one of its rounds should have.
func (s *Syncer) read(ctx context.Context, namespace string) (board.Reading, bool) {
	o, err := s.gather(ctx, namespace)
	if err != nil && ctx.Err() == nil {
		log.FromContext(ctx).Error(err, "Gathering what to send to a district")
		return board.Reading{At: s.Clock.Now(), Fault: v1alpha1.ReasonUnreachable}, true
	}
	if err != nil || o == nil {
		return board.Reading{}, false
	}
	response, err := s.converse(ctx, *o)
	reading := board.Reading{At: s.Clock.Now(), Fault: faultOf(err)}
	if err != nil {
		if !neverReached(err) {
			s.forget(namespace)
		}
		log.FromContext(ctx).V(1).Info("A district did not answer as it should", "error", err.Error())
		return reading, true
	}
	reading.Report, reading.Refusals, reading.OK = response.Report, response.Refusals, true
	return reading, true
}

// converse tells the district what it should have. When nothing is known of it,
// as after a restart of the operator, it is asked first what it has; a document
// that it misses is sent at once.
func (s *Syncer) converse(ctx context.Context, o observed) (contract.SyncResponse, error) {
	known := o.known
	if known == nil {
		first, err := s.call(ctx, o, keepEverything(o.desired))
		if err != nil {
			return first, err
		}
		known = &first.Report
	}
	response, err := s.call(ctx, o, compose(o.desired, *known, nil))
	if err != nil || len(response.Missing) == 0 {
		return response, err
	}
	again := compose(o.desired, response.Report, response.Missing)
	if carriesNothing(again.Documents) {
		return response, nil
	}
	return s.call(ctx, o, again)
}

func (s *Syncer) interval(namespace string) time.Duration {
	busy, quiet := s.Busy, s.Quiet
	if busy == 0 {
		busy = defaultBusy
	}
	if quiet == 0 {
		quiet = defaultQuiet
	}
	last, _ := s.Board.LastGood(namespace)
	for _, r := range last.Report.Rounds {
		if r.State != contract.RoundScheduled && r.State != contract.RoundReleased {
			return busy
		}
	}
	return quiet
}

// jitter spreads the calls over the interval's last fifth and a fifth beyond.
func jitter(d time.Duration) time.Duration {
	return d - d/5 + rand.N(2*d/5+1)
}
