package notify_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/caseworktest"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify/notifytest"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

// drill begins a drill, as casework would.
func (w *town) drill(t *testing.T) {
	t.Helper()
	w.Exec(t, "SELECT ek.begin_drill('casework')")
}

func (w *town) sendDrill(t *testing.T, transport string) int {
	t.Helper()
	n, err := w.sender.SendDrill(t.Context(), transport)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// addresses is whom a gateway was told to call.
func addresses(t *testing.T, gateway *notifytest.Partner) (out []string) {
	t.Helper()
	for _, r := range gateway.Received() {
		var m struct{ Address string }
		if err := json.Unmarshal(r.Body, &m); err != nil {
			t.Fatal(err)
		}
		out = append(out, m.Address)
	}
	slices.Sort(out)
	return out
}

func TestADrillCallsEverybodyOnDutyOnceOnEveryTransport(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.Duty(t, "wang", contract.City, "", "sms")
	w.Duty(t, "zhao", contract.School, "no-1", "voice")
	w.Duty(t, "off", contract.City, "", "sms", "voice")
	w.Exec(t, "UPDATE ek.duty_person SET active = false WHERE subject = 'off'")
	w.drill(t)
	for range 2 {
		w.sendDrill(t, "sms")
		w.sendDrill(t, "voice")
	}
	if got, want := addresses(t, w.sms), []string{"li@sms", "wang@sms"}; !slices.Equal(got, want) {
		t.Errorf("sms called %v, want %v", got, want)
	}
	if got, want := addresses(t, w.voice), []string{"li@voice", "zhao@voice"}; !slices.Equal(got, want) {
		t.Errorf("voice called %v, want %v", got, want)
	}
	if n := pgtest.One[int](t, w.Database, "SELECT count(*) FROM ek.obligation"); n != 0 {
		t.Errorf("a drill made %d obligations", n)
	}
}

func TestACallOfADrillSaysThatItIsOne(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.drill(t)
	w.sendDrill(t, "sms")
	var m map[string]any
	if err := json.Unmarshal(w.sms.Received()[0].Body, &m); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"notification": w.sms.Received()[0].ID, "drill": true, "level": "District", "district": pgtest.District, "address": "li@sms",
		"number": pgtest.One[string](t, w.Database, "SELECT number FROM ek.drill"), "text": notify.DrillText,
	}
	for member, value := range want {
		if m[member] != value {
			t.Errorf("%s = %v, want %v", member, m[member], value)
		}
	}
	if len(m) != len(want) {
		t.Errorf("the message holds more: %v", m)
	}
	if zh, en := strings.Index(notify.DrillText, "演练"), strings.Index(notify.DrillText, "drill"); zh < 0 || en < zh {
		t.Error("the text does not say 演练 first and drill beside it")
	}
}

func TestWhatIsRealIsSentBeforeADrill(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.drill(t)
	number := w.raise(t)
	if n := w.sendDrill(t, "sms"); n != 0 || len(w.sms.Received()) != 0 {
		t.Fatalf("%d calls of the drill were taken in hand while a notification was due", n)
	}
	w.send(t, "sms")
	if n := w.sendDrill(t, "sms"); n != 1 {
		t.Fatalf("%d calls of the drill once nothing real is due, want 1", n)
	}
	var first map[string]any
	_ = json.Unmarshal(w.sms.Received()[0].Body, &first)
	if first["obligation"] != number || len(w.sms.Received()) != 2 {
		t.Errorf("first came %v of %d", first, len(w.sms.Received()))
	}
	if n := w.sendDrill(t, "voice"); n != 0 {
		t.Error("the other gateway was called for the drill while its notification is due")
	}
}

// A gateway that hangs on the drill's call takes the real notification all the same.
func TestADrillThatHangsHoldsUpNothingReal(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	calling := make(chan struct{}, 1)
	release := make(chan struct{})
	told := make(chan string, 10)
	gateway := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m map[string]any
		_ = json.NewDecoder(r.Body).Decode(&m)
		if m["drill"] == true {
			calling <- struct{}{}
			<-release
			return
		}
		told <- m["obligation"].(string)
	}))
	defer gateway.Close()
	defer close(release)
	w.Exec(t, "UPDATE ek.transport SET url = $1 WHERE name = 'sms'", gateway.URL)
	w.sender.Client = gateway.Client()
	w.drill(t)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = w.sender.DrillFleet().Run(ctx) })
	running.Go(func() { _ = w.sender.Fleet().Run(ctx) })
	defer running.Wait()
	defer stop()
	<-calling
	number := w.raise(t)
	if got := <-told; got != number {
		t.Errorf("told of %s, want %s", got, number)
	}
}

func TestTwoReplicasDoNotCallTwiceInADrill(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, subject := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		w.Duty(t, subject, contract.District, "", "sms")
	}
	w.drill(t)
	other := w.newSender(t)
	var running sync.WaitGroup
	for _, sender := range []*notify.Sender{w.sender, other, w.sender, other} {
		running.Go(func() {
			for {
				if n, err := sender.SendDrill(t.Context(), "sms"); n == 0 || err != nil {
					return
				}
			}
		})
	}
	running.Wait()
	if got := addresses(t, w.sms); len(got) != 9 || len(slices.Compact(got)) != 9 {
		t.Errorf("called %v", got)
	}
}

func TestACallOfADrillIsTriedAgainUntilTheDrillIsOver(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.sms.Answer(http.StatusServiceUnavailable)
	w.drill(t)
	w.sendDrill(t, "sms")
	if n := w.sendDrill(t, "sms"); n != 0 {
		t.Error("tried again without a pause")
	}
	if got := pgtest.One[string](t, w.Database, "SELECT last_fault FROM ek.drill_call WHERE transport = 'sms'"); got != "Status503" {
		t.Errorf("fault %q", got)
	}
	w.sms.Answer(http.StatusOK)
	w.Exec(t, "UPDATE ek.drill_call SET next_try_at = next_try_at - interval '10 minutes'")
	w.sendDrill(t, "sms")
	id := pgtest.One[uuid.UUID](t, w.Database, "SELECT id FROM ek.drill_call WHERE transport = 'sms'")
	if got := w.sms.Received(); len(got) != 1 || got[0].ID != id.String() {
		t.Errorf("received %v, want the same id", got)
	}
	w.Exec(t, "UPDATE ek.drill SET begun_at = begun_at - interval '13 hours', expires_at = expires_at - interval '13 hours'")
	if n := w.sendDrill(t, "voice"); n != 0 {
		t.Error("called for a drill that is over")
	}
}

func TestAReceiptOfADrillIsStoredAndAcknowledgesNothing(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.drill(t)
	w.sendDrill(t, "sms")
	mux := http.NewServeMux()
	mux.Handle(notify.ReceiptPath, notify.Receipts(store.Secrets{Pool: w.Casework, Opener: w.Keys}, slog.New(slog.DiscardHandler)))
	server := httptest.NewServer(mux)
	defer server.Close()
	receipt := func(transport, id, status string) int {
		code, _ := notifytest.Send(t, t.Context(), server.Client(), server.URL+"/partner/v1/transports/"+transport+"/receipts", notifytest.Call{
			ID: id, Secret: caseworktest.ReceiveSecret, Body: map[string]any{"notification": w.sms.Received()[0].ID, "status": status, "at": time.Now()},
		})
		return code
	}
	if got := receipt("voice", "m0", "delivered"); got != 404 {
		t.Errorf("through another transport: %d", got)
	}
	if got := receipt("sms", "m1", "failed"); got != 200 {
		t.Errorf("failed: %d", got)
	}
	w.Exec(t, "UPDATE ek.drill_call SET next_try_at = next_try_at - interval '2 minutes' WHERE transport = 'sms'")
	if n := w.sendDrill(t, "sms"); n != 1 {
		t.Errorf("after a receipt that says failed %d calls, want one more", n)
	}
	if got := receipt("sms", "m2", "delivered"); got != 200 {
		t.Errorf("delivered: %d", got)
	}
	if got := receipt("sms", "m2", "delivered"); got != 409 {
		t.Errorf("the same message again: %d", got)
	}
	if !pgtest.One[bool](t, w.Database, "SELECT delivered_at IS NOT NULL FROM ek.drill_call WHERE transport = 'sms'") {
		t.Error("the receipt is not stored")
	}
	if pgtest.One[bool](t, w.Database, "SELECT EXISTS (SELECT FROM ek.drill_answer) OR (SELECT ended_at IS NOT NULL FROM ek.drill)") {
		t.Error("a receipt acknowledged the drill")
	}
}
