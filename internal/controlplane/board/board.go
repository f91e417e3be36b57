// Package board holds, in memory, what the controllers want each district to
// have and what each district last said. It is where reconcilers and the
// exchange meet (design note 0002); nothing in it outlives the process.
package board

import (
	"maps"
	"reflect"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
)

// RoundDocuments are the documents a round should have in its district. A nil
// document means: keep what you have. Put documents are read-only from then on;
// their Revision is left 0, the syncer chooses it.
type RoundDocuments struct {
	Meaning *contract.Meaning
	Control *contract.Control
}

// Reading is one attempt to hear from a district.
type Reading struct {
	At       time.Time // the operator's clock, when the answer came or the attempt failed
	Report   contract.Report
	Refusals []contract.Refusal
	Fault    string // why there is no report: "", or the reason Unreachable or ReportRefused
	OK       bool   // Report and Refusals are there
	// Coverage is what the district last said of its school year, however old; nil: nothing yet. The board sets it, and
	// takes it out of Report.
	Coverage *Coverage
}

const (
	// FreshFor is how long a report speaks for a district that has fallen silent: a
	// rollout of casework is no outage.
	FreshFor = time.Minute
	// FirstTurn is how long after the exchange began conditions about a district stay
	// as they were while nothing was heard: by then every district was called.
	FirstTurn = 2 * time.Minute

	subscriberBuffer = 1024
	nudgeBuffer      = 1024
)

type place struct {
	rounds   map[string]RoundDocuments
	latest   *Reading
	lastGood *Reading
	coverage *Coverage // the last that came in full
	askAnew  bool      // the district spoke of another
}

type subscriber struct {
	events chan event.GenericEvent
	view   func(Reading) any
	seen   map[string]any  // the view of the latest reading, by namespace
	owed   map[string]bool // namespaces whose event found the buffer full
}

// Board is safe for concurrent use.
type Board struct {
	mu          sync.Mutex
	places      map[string]*place
	subscribers []*subscriber
	nudges      chan string
	began       time.Time
}

// New returns an empty board.
func New() *Board {
	return &Board{places: map[string]*place{}, nudges: make(chan string, nudgeBuffer)}
}

// Begin notes that the exchange begins: an operator that has waited to lead knows
// as little of the districts as one that has just started.
func (b *Board) Begin(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.began = now
}

// FirstTurnOver reports whether every district has been called at least once.
func (b *Board) FirstTurnOver(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.began.IsZero() && now.Sub(b.began) >= FirstTurn
}

// PutRound says which documents a round should have, and asks for a sync if that
// is news. The entry matters even without documents: a round that is not on the
// board keeps its district from being synced.
func (b *Board) PutRound(namespace, round string, docs RoundDocuments) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.place(namespace)
	old, known := p.rounds[round]
	if known && reflect.DeepEqual(old, docs) {
		return
	}
	p.rounds[round] = docs
	b.nudge(namespace)
}

// ForgetRound removes a round whose object is gone; its district then holds it.
func (b *Board) ForgetRound(namespace, round string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, known := b.places[namespace]
	if !known {
		return
	}
	if _, known = p.rounds[round]; known {
		delete(p.rounds, round)
		b.nudge(namespace)
	}
}

// Rounds returns the rounds of a district by name.
func (b *Board) Rounds(namespace string) map[string]RoundDocuments {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, known := b.places[namespace]
	if !known {
		return map[string]RoundDocuments{}
	}
	return maps.Clone(p.rounds)
}

// PutReading records what a district said, or that it said nothing, and wakes
// the subscribers if anything a reconciler looks at has changed.
func (b *Board) PutReading(namespace string, r Reading) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.place(namespace)
	p.keep(&r)
	p.latest = &r
	if r.OK {
		p.lastGood = &r
	}
	for _, s := range b.subscribers {
		s.look(namespace, r)
		s.settle()
	}
}

// Reading returns the latest attempt to hear from a district.
func (b *Board) Reading(namespace string) (Reading, bool) {
	return b.read(namespace, func(p *place) *Reading { return p.latest })
}

// LastGood returns the latest attempt that brought a report, however old.
func (b *Board) LastGood(namespace string) (Reading, bool) {
	return b.read(namespace, func(p *place) *Reading { return p.lastGood })
}

// ForgetDistrict removes the readings of a district that is gone. Rounds have
// objects of their own and are forgotten with them.
func (b *Board) ForgetDistrict(namespace string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, known := b.places[namespace]
	if !known {
		return
	}
	p.latest, p.lastGood, p.coverage, p.askAnew = nil, nil, nil, false
	for _, s := range b.subscribers {
		delete(s.seen, namespace)
	}
	if len(p.rounds) == 0 {
		delete(b.places, namespace)
	}
}

// Subscribe returns a channel of events, each about a District of which only
// namespace and name are set. A controller maps it to its own kinds.
func (b *Board) Subscribe() <-chan event.GenericEvent {
	return b.SubscribeTo(wholeReading)
}

// SubscribeTo is Subscribe for a controller that looks at a part of a reading:
// it is woken only when that part changes.
func (b *Board) SubscribeTo(view func(Reading) any) <-chan event.GenericEvent {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &subscriber{
		events: make(chan event.GenericEvent, subscriberBuffer), view: view,
		seen: map[string]any{}, owed: map[string]bool{},
	}
	b.subscribers = append(b.subscribers, s)
	return s.events
}

// Nudge asks for a sync of a district soon, because its directory has changed.
func (b *Board) Nudge(namespace string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.nudge(namespace)
}

// Nudges returns the namespaces to be synced soon; the one reader is the syncer.
func (b *Board) Nudges() <-chan string { return b.nudges }

func (b *Board) place(namespace string) *place {
	p, known := b.places[namespace]
	if !known {
		p = &place{rounds: map[string]RoundDocuments{}}
		b.places[namespace] = p
	}
	return p
}

func (b *Board) read(namespace string, choose func(*place) *Reading) (Reading, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, known := b.places[namespace]
	if !known || choose(p) == nil {
		return Reading{}, false
	}
	return *choose(p), true
}

// nudge never blocks: a lost nudge only waits for the regular sync.
func (b *Board) nudge(namespace string) {
	select {
	case b.nudges <- namespace:
	default:
	}
}

func (s *subscriber) look(namespace string, r Reading) {
	now := s.view(r)
	if before, known := s.seen[namespace]; known && reflect.DeepEqual(before, now) {
		return
	}
	s.seen[namespace] = now
	s.owed[namespace] = true
}

// settle sends the events that are owed. What does not fit now is sent with a
// later reading, so that a slow controller never holds up the exchange.
func (s *subscriber) settle() {
	for namespace := range s.owed {
		select {
		case s.events <- event.GenericEvent{Object: districtStub(namespace)}:
			delete(s.owed, namespace)
		default:
			return
		}
	}
}

func districtStub(namespace string) *v1alpha1.District {
	return &v1alpha1.District{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: namespace}}
}

// wholeReading leaves out what changes all the time and no reconciler waits for.
func wholeReading(r Reading) any {
	r.At, r.Report.AtUnix, r.Report.AuditHead, r.Coverage = time.Time{}, 0, "", nil
	return r
}
