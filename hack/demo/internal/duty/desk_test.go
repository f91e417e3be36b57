package duty

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/hack/demo/internal/repeat"
	"github.com/evenkeel/evenkeel/hack/demo/internal/student"
)

// numberWhere finds an obligation number that the people treat in a certain way.
func numberWhere(is func(uint32) bool) string {
	for i := 0; ; i++ {
		if number := fmt.Sprintf("N%d", i); is(hash(number)) {
			return number
		}
	}
}

// casework is a fake: it keeps what happened to each obligation, and fails every
// fourth call as if it were being restarted.
type casework struct {
	mu    sync.Mutex
	calls int
	done  map[string][]string
	open  []Obligation
	refs  []Referral
}

func (c *casework) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls++; c.calls%4 == 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	subject := strings.TrimPrefix(r.Header.Get("authorization"), "Bearer token-")
	parts := strings.Split(r.URL.Path, "/")
	switch {
	case r.Method == http.MethodGet && len(parts) == 5:
		_ = json.NewEncoder(w).Encode(Obligation{Number: parts[4], School: "no-1", Label: "child of " + parts[4]})
	case r.Method == http.MethodGet && parts[3] == "obligations":
		_ = json.NewEncoder(w).Encode(map[string]any{"obligations": c.open})
	case r.Method == http.MethodGet:
		_ = json.NewEncoder(w).Encode(c.refs)
	case parts[3] == "drill":
		c.done["drill"] = append(c.done["drill"], subject+" "+parts[4])
	case parts[3] == "referrals":
		c.refs = slices.DeleteFunc(c.refs, func(x Referral) bool { return x.Number == parts[4] })
		c.done[parts[4]] = append(c.done[parts[4]], "released")
	default:
		var body struct{ Outcome string }
		_ = json.NewDecoder(r.Body).Decode(&body)
		c.done[parts[4]] = append(c.done[parts[4]], strings.TrimSpace(subject+" "+parts[5]+" "+body.Outcome))
	}
}

func startDesk(t *testing.T, notices []Notice, open []Obligation) (*Desk, *casework) {
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var after int
		_, _ = fmt.Sscan(r.URL.Query().Get("after"), &after)
		_ = json.NewEncoder(w).Encode(notices[after:])
	}))
	t.Cleanup(gateway.Close)
	fake := &casework{done: map[string][]string{}, open: open, refs: []Referral{{Number: "R1", Releasable: true}, {Number: "R2"}}}
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	client := Client{Name: "fengtai", Schools: []string{"no-1"}}
	desk := &Desk{
		Gateways: []string{gateway.URL}, Simulated: gateway.Client(), People: map[string][]Person{"110106": client.OnDuty()},
		Casework: map[string]*Casework{"110106": {
			HTTP: server.Client(), Base: server.URL, Patience: 10 * time.Second, Retried: &student.Counter{},
			Tokens: func(_ context.Context, subject string) (string, error) { return "token-" + subject, nil },
		}},
		Note: t.Logf,
	}
	desk.Open()
	return desk, fake
}

func (c *casework) of(number string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.done[number])
}

func TestPeopleAnswerWhatTheyAreNotifiedOf(t *testing.T) {
	plain := numberWhere(func(h uint32) bool { return h%ignoreOneIn != 0 && h%notReachedOneIn != 1 })
	missed := numberWhere(func(h uint32) bool { return h%ignoreOneIn != 0 && h%notReachedOneIn == 1 })
	ignored := numberWhere(func(h uint32) bool { return h%ignoreOneIn == 0 && h%notReachedOneIn != 1 })
	to := func(seq int, number, level, urgency, address string) Notice {
		return Notice{Seq: seq, Obligation: number, Level: level, Urgency: urgency, District: "110106", Address: address}
	}
	desk, fake := startDesk(t, []Notice{
		to(1, plain, District, "Urgent", "13800000001"),
		to(2, plain, District, "Urgent", "13800000002"),
		to(3, missed, City, "Immediate", "13900000002"),
		to(4, ignored, District, "Urgent", "13800000001"),
		to(5, ignored, City, "Urgent", "13900000001"),
	}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- desk.Run(ctx) }()
	deadline := time.Now().Add(20 * time.Second)
	for tally := desk.Tally(); tally.Contacted < 3 || tally.Released < 1; tally = desk.Tally() {
		if time.Now().After(deadline) {
			t.Fatalf("still %+v", tally)
		}
		repeat.Pause(ctx, 10*time.Millisecond)
	}
	for len(fake.of(plain)) < 3 || len(fake.of(missed)) < 4 || len(fake.of(ignored)) < 3 {
		if time.Now().After(deadline) {
			t.Fatal("not everything was closed")
		}
		repeat.Pause(ctx, 10*time.Millisecond)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string][]string{
		plain:   {"fengtai-duty-1 own", "fengtai-duty-1 contact Reached", "fengtai-duty-1 close"},
		missed:  {"city-duty-2 own", "city-duty-2 contact NotReached", "city-duty-2 contact Reached", "city-duty-2 close"},
		ignored: {"city-duty-1 own", "city-duty-1 contact Reached", "city-duty-1 close"},
		"R1":    {"released"},
		"R2":    nil,
	} {
		if got := fake.of(number); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", number, got, want)
		}
	}
	if err := desk.Stands(t.Context(), "110106", "no-1", "child of "+plain); err != nil {
		t.Errorf("the child was called already: %v", err)
	}
	if tally := desk.Tally(); tally.ByCity != 1 || tally.NotReached != 1 {
		t.Errorf("%+v", tally)
	}
}

func TestPeopleAcknowledgeADrillAndTakeItForNothingElse(t *testing.T) {
	to := func(seq int, level, address string) Notice {
		return Notice{Seq: seq, Drill: true, Level: level, District: "110106", Address: address}
	}
	desk, fake := startDesk(t, []Notice{to(1, District, "13800000001"), to(2, City, "13900000002"), to(3, School, "13700000099")}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- desk.Run(ctx) }()
	for deadline := time.Now().Add(20 * time.Second); desk.Tally().Drilled < 2; repeat.Pause(ctx, 10*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still %+v", desk.Tally())
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	got := fake.of("drill")
	slices.Sort(got)
	if want := []string{"city-duty-2 acknowledge", "fengtai-duty-1 acknowledge"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if tally := desk.Tally(); tally.Contacted != 0 {
		t.Errorf("%+v", tally)
	}
}

func TestObligationStandsForTheChildAlone(t *testing.T) {
	desk, _ := startDesk(t, nil, []Obligation{{Number: "N", School: "no-1", Label: "7-1 05 王**"}})
	if err := desk.Stands(t.Context(), "110106", "no-1", "7-1 05 王**"); err != nil {
		t.Error(err)
	}
	if err := desk.Stands(t.Context(), "110106", "no-1", "7-1 06 李**"); err == nil {
		t.Error("it stands for another child too")
	}
}

// The summary of a demo lists repeated calls: by what was answered, not by obligation.
func TestRepeatedCallsAreCountedByWhatWasAnswered(t *testing.T) {
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls%2 == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	c := &Casework{HTTP: server.Client(), Base: server.URL, Patience: 10 * time.Second, Retried: &student.Counter{},
		Tokens: func(context.Context, string) (string, error) { return "token", nil }}
	for _, number := range []string{"N1", "N2"} {
		if err := c.act(t.Context(), "li", "/api/v1/obligations/"+number+"/own", nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.Retried.String(); got != "casework: 503 2" {
		t.Errorf("repeated calls: %s", got)
	}
}
