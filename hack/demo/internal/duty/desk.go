package duty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/hack/demo/internal/repeat"
)

// How the people behave: obligations are counted by a hash of their number.
const (
	ignoreOneIn     = 12 // of those that lead with the district: nobody acts before the city is called
	notReachedOneIn = 7  // the first call does not reach the child
	tries           = 8  // simultaneous conversations per district
)

// Notice is a notification as a gateway shows it in its inbox.
type Notice struct {
	Seq        int    `json:"seq"`
	Obligation string `json:"obligation"`
	Drill      bool   `json:"drill"`
	Level      string `json:"level"`
	Urgency    string `json:"urgency"`
	District   string `json:"district"`
	Address    string `json:"address"`
}

// Desk is the duty staff of all districts at work.
type Desk struct {
	Gateways  []string             // base addresses
	Simulated *http.Client         // for the gateways
	Casework  map[string]*Casework // by district code
	People    map[string][]Person  // by district code
	// Note takes what is worth telling.
	Note func(format string, args ...any)

	mu       sync.Mutex
	taken    map[string]bool // district and number
	answered map[string]bool // district, school and label of children who were called
	tally    Tally
}

// Tally is what the people did.
type Tally struct {
	Notices    int `json:"notices"`
	Contacted  int `json:"contacted"`
	NotReached int `json:"notReached"`
	ByCity     int `json:"climbedToCity"` // ignored by the district until the city was called
	Released   int `json:"released"`
	Drilled    int `json:"drilled"` // calls of a drill that were acknowledged
}

// Tally so far.
func (d *Desk) Tally() Tally {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tally
}

// Open prepares the desk.
func (d *Desk) Open() { d.taken, d.answered = map[string]bool{}, map[string]bool{} }

// Run works until the context ends. Only what a person could not mend is an error.
func (d *Desk) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	work := make(chan func() error)
	for range tries * len(d.Casework) {
		group.Go(func() error { return worker(ctx, work) })
	}
	for _, gateway := range d.Gateways {
		group.Go(func() error { return d.watch(ctx, gateway, work) })
	}
	for code := range d.Casework {
		group.Go(func() error { return d.releaseAll(ctx, code) })
	}
	if err := group.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func worker(ctx context.Context, work <-chan func() error) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case do := <-work:
			if err := do(); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

// watch looks at one gateway's inbox and hands out what is new. A gateway that is
// down shows nothing; that is what the other one is for.
func (d *Desk) watch(ctx context.Context, gateway string, work chan<- func() error) error {
	seen := 0
	for repeat.Pause(ctx, 300*time.Millisecond) {
		notices, err := d.inbox(ctx, gateway, seen)
		if err != nil {
			continue
		}
		for _, n := range notices {
			seen = n.Seq
			do, mine := d.take(ctx, n)
			if !mine {
				continue
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case work <- do:
			}
		}
	}
	return ctx.Err()
}

func (d *Desk) inbox(ctx context.Context, gateway string, after int) ([]Notice, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/demo/inbox?after=%d", gateway, after), nil)
	if err != nil {
		return nil, err
	}
	response, err := d.Simulated.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var notices []Notice
	return notices, json.NewDecoder(response.Body).Decode(&notices)
}

// take decides whether the person who was notified acts, and claims the obligation.
func (d *Desk) take(ctx context.Context, n Notice) (func() error, bool) {
	person, known := d.person(n)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tally.Notices++
	key := n.District + " " + n.Obligation
	if !known || d.taken[key] {
		return nil, false
	}
	if n.Drill {
		return func() error { return d.acknowledge(ctx, n, person) }, true
	}
	ignored := n.Urgency == "Urgent" && hash(n.Obligation)%ignoreOneIn == 0
	if ignored && person.Level != City {
		return nil, false
	}
	d.taken[key] = true
	return func() error { return d.answer(ctx, n, person, ignored) }, true
}

// acknowledge answers a drill, also when it is called over the second gateway. A drill that is over when
// somebody comes to answer it refuses; that is no fault of theirs.
func (d *Desk) acknowledge(ctx context.Context, n Notice, p Person) error {
	if err := d.Casework[n.District].AcknowledgeDrill(ctx, p.Subject); err != nil {
		d.Note("a drill was not acknowledged: %v", err)
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tally.Drilled++
	return nil
}

func (d *Desk) person(n Notice) (Person, bool) {
	for _, p := range d.People[n.District] {
		if p.Address == n.Address && p.Level == n.Level {
			return p, true
		}
	}
	return Person{}, false
}

// answer is one conversation: find the child, own, contact (some only at the second
// try), close.
func (d *Desk) answer(ctx context.Context, n Notice, p Person, climbed bool) error {
	casework := d.Casework[n.District]
	if err := d.find(ctx, n, p); err != nil {
		return err
	}
	if err := casework.Own(ctx, p.Subject, n.Obligation); err != nil {
		return err
	}
	missed := hash(n.Obligation)%notReachedOneIn == 1
	if missed {
		if err := casework.Contact(ctx, p.Subject, n.Obligation, "NotReached"); err != nil {
			return err
		}
	}
	if err := casework.Contact(ctx, p.Subject, n.Obligation, "Reached"); err != nil {
		return err
	}
	d.count(missed, climbed)
	return casework.Close(ctx, p.Subject, n.Obligation, "Reached the child; the school goes on with care.")
}

// find reads the record of the obligation, to see whom to call.
func (d *Desk) find(ctx context.Context, n Notice, p Person) error {
	record, err := d.Casework[n.District].Record(ctx, p.Subject, n.Obligation)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answered[child(n.District, record.School, record.Label)] = true
	return nil
}

func child(district, school, label string) string { return district + "|" + school + "|" + label }

func (d *Desk) count(missed, climbed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tally.Contacted++
	if missed {
		d.tally.NotReached++
	}
	if climbed {
		d.tally.ByCity++
	}
}

// releaseAll releases the drafted referrals of a district as soon as the child was
// contacted. It looks with the eyes of the city, whose cases these are.
func (d *Desk) releaseAll(ctx context.Context, code string) error {
	casework := d.Casework[code]
	for repeat.Pause(ctx, time.Second) {
		referrals, err := casework.Referrals(ctx, "city-duty-1")
		if err != nil {
			d.Note("the list of referrals could not be read: %v", err)
			continue
		}
		for _, r := range referrals {
			if !r.Releasable {
				continue
			}
			if err := casework.Release(ctx, "city-duty-1", r.Number); err != nil {
				return err
			}
			d.mu.Lock()
			d.tally.Released++
			d.mu.Unlock()
		}
	}
	return ctx.Err()
}

// Stands checks that an obligation of the child with this label is in the worklist of
// the school's duty, or was there and has been answered already.
func (d *Desk) Stands(ctx context.Context, code, school, label string) error {
	if d.wasAnswered(code, school, label) {
		return nil
	}
	for _, p := range d.People[code] {
		if p.Level != School || p.School != school {
			continue
		}
		open, err := d.Casework[code].Obligations(ctx, p.Subject)
		if err != nil {
			return err
		}
		for _, o := range open {
			if o.School == school && o.Label == label {
				return nil
			}
		}
	}
	if d.wasAnswered(code, school, label) {
		return nil // between the two looks
	}
	return errors.New("no obligation stands for the student although item 9 was acknowledged")
}

func (d *Desk) wasAnswered(code, school, label string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.answered[child(code, school, label)]
}

func hash(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32()
}
