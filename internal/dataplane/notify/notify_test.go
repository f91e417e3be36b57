package notify_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/caseworktest"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/worker"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify/notifytest"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// town is a district with two gateways and one duty person in the district.
type town struct {
	*caseworktest.District

	sms, voice *notifytest.Partner
	sender     *notify.Sender
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{sms: notifytest.New(t, caseworktest.SendSecret), voice: notifytest.New(t, caseworktest.SendSecret)}
	w.District = caseworktest.New(t, func(d *contract.Directory) {
		d.Transports[0].URL, d.Transports[1].URL = w.sms.URL+"/send", w.voice.URL+"/send"
	})
	w.Duty(t, "li", contract.District, "", "sms", "voice")
	w.sender = w.newSender(t)
	return w
}

func (w *town) newSender(t *testing.T) *notify.Sender {
	return &notify.Sender{
		Pool: w.Casework, District: pgtest.District, Client: notifytest.Client(t, w.sms, w.voice), Wake: worker.NewSignal(),
		Secrets: store.Secrets{Pool: w.Casework, Opener: w.Keys}, Log: slog.New(slog.DiscardHandler),
	}
}

// raise raises an Urgent obligation (led by the district) and takes its first step.
func (w *town) raise(t *testing.T) string {
	t.Helper()
	number := w.Answer(t, w.Student(t, "no-1", "张小明"), contract.Urgent)
	if n, err := store.One[int](t.Context(), w.Casework, "SELECT ek_casework.advance_due(10)"); err != nil || n != 1 {
		t.Fatalf("took %d steps, %v", n, err)
	}
	return number
}

func (w *town) send(t *testing.T, transport string) int {
	t.Helper()
	n, err := w.sender.SendDue(t.Context(), transport)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAGatewayIsToldANumberAndAnAddressAndNoChild(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	number := w.raise(t)
	w.send(t, "sms")
	got := w.sms.Received()
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	var m map[string]any
	if err := json.Unmarshal(got[0].Body, &m); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"notification": got[0].ID, "obligation": number, "level": "District", "urgency": "Urgent", "district": pgtest.District, "address": "li@sms"}
	for member, value := range want {
		if m[member] != value {
			t.Errorf("%s = %v, want %v", member, m[member], value)
		}
	}
	if len(m) != len(want) || strings.Contains(string(got[0].Body), "张") {
		t.Errorf("the message holds more: %s", got[0].Body)
	}
	if w.send(t, "sms") != 0 {
		t.Error("an accepted notification was sent again")
	}
}

func TestAGatewayThatIsDownIsTriedAgainAndDelaysNobody(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.voice.Hang()
	w.raise(t)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = w.sender.Fleet().Run(ctx) })
	defer running.Wait()
	defer stop()
	caseworktest.Eventually(t, "sms is told while voice hangs", func(context.Context) bool { return len(w.sms.Received()) == 1 })
	if len(w.voice.Received()) != 0 {
		t.Error("a gateway that hangs took something")
	}
}

func TestARefusedNotificationComesAgainWithTheSameID(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.sms.Answer(http.StatusServiceUnavailable)
	number := w.raise(t)
	w.send(t, "sms")
	if got := pgtest.One[string](t, w.Database, "SELECT last_fault FROM ek.notification WHERE transport = 'sms'"); got != "Status503" {
		t.Errorf("fault %q", got)
	}
	if w.send(t, "sms") != 0 {
		t.Error("tried again without a pause")
	}
	w.sms.Answer(http.StatusOK)
	w.Rewind(t, number, time.Minute)
	w.send(t, "sms")
	id := pgtest.One[uuid.UUID](t, w.Database, "SELECT id FROM ek.notification WHERE transport = 'sms'")
	if got := w.sms.Received(); len(got) != 1 || got[0].ID != id.String() {
		t.Errorf("received %v", got)
	}
}

func TestTwoReplicasDoNotNotifyTwice(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for range 12 {
		w.raise(t)
	}
	other := w.newSender(t)
	var running sync.WaitGroup
	for _, sender := range []*notify.Sender{w.sender, other, w.sender, other} {
		running.Go(func() {
			for {
				if n, err := sender.SendDue(t.Context(), "sms"); n == 0 || err != nil {
					return
				}
			}
		})
	}
	running.Wait()
	ids := map[string]bool{}
	for _, m := range w.sms.Received() {
		ids[m.ID] = true
	}
	if len(ids) != 12 || len(w.sms.Received()) != 12 {
		t.Errorf("%d messages about %d notifications, want 12", len(w.sms.Received()), len(ids))
	}
}

// While one replica is taking a notification in hand another neither takes it nor waits.
func TestAClaimUnderWayIsPassedOver(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.raise(t)
	claim, err := w.Casework.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = claim.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := claim.Exec(t.Context(), "SELECT ek_casework.claim_notifications('sms', 10, '30 seconds')"); err != nil {
		t.Fatal(err)
	}
	if n := w.send(t, "sms"); n != 0 || len(w.sms.Received()) != 0 {
		t.Errorf("another replica took %d", n)
	}
}

func TestNothingIsSentAboutAChildWhoHasBeenReached(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	number := w.raise(t)
	w.Exec(t, "UPDATE ek.obligation SET state = 'Contacted', contacted_at = clock_timestamp(), next_step_at = NULL WHERE number = $1", number)
	if w.send(t, "sms") != 0 || len(w.sms.Received()) != 0 {
		t.Error("sent after the contact")
	}
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	number := w.raise(t)
	w.send(t, "sms")
	mux := http.NewServeMux()
	mux.Handle(notify.ReceiptPath, notify.Receipts(store.Secrets{Pool: w.Casework, Opener: w.Keys}, slog.New(slog.DiscardHandler)))
	server := httptest.NewServer(mux)
	defer server.Close()
	id := w.sms.Received()[0].ID
	body := map[string]any{"notification": id, "status": "delivered", "at": time.Now()}
	call := func(transport string, c notifytest.Call) (int, string) {
		t.Helper()
		return notifytest.Send(t, t.Context(), server.Client(), server.URL+"/partner/v1/transports/"+transport+"/receipts", c)
	}
	state := func() string {
		return pgtest.One[string](t, w.Database, "SELECT state FROM ek.obligation WHERE number = $1", number)
	}
	refused := []struct {
		name, transport string
		call            notifytest.Call
		status          int
		field           string
	}{
		{"unsigned", "sms", notifytest.Call{Body: body}, 401, "webhook-signature"},
		{"wrong secret", "sms", notifytest.Call{ID: "a", Secret: caseworktest.SendSecret, Body: body}, 401, "webhook-signature"},
		{"unknown gateway", "pigeon", notifytest.Call{ID: "a", Secret: caseworktest.ReceiveSecret, Body: body}, 401, "webhook-signature"},
		{"stale", "sms", notifytest.Call{ID: "a", Secret: caseworktest.ReceiveSecret, At: time.Now().Add(-6 * time.Minute), Body: body}, 401, "webhook-timestamp"},
		{"from tomorrow", "sms", notifytest.Call{ID: "a", Secret: caseworktest.ReceiveSecret, At: time.Now().Add(6 * time.Minute), Body: body}, 401, "webhook-timestamp"},
		{"another gateway's", "voice", notifytest.Call{ID: "a", Secret: caseworktest.ReceiveSecret, Body: body}, 404, "notification"},
		{"unknown status", "sms", notifytest.Call{ID: "a", Secret: caseworktest.ReceiveSecret, Body: map[string]any{"notification": id, "status": "read"}}, 400, "status"},
		{"unknown member", "sms", notifytest.Call{ID: "a", Secret: caseworktest.ReceiveSecret, Body: map[string]any{"notification": id, "student": "x"}}, 400, "body"},
		{"oversized", "sms", notifytest.Call{ID: "a", Secret: caseworktest.ReceiveSecret, Body: []byte(strings.Repeat("a", 17<<10))}, 413, "body"},
	}
	for _, r := range refused {
		if status, field := call(r.transport, r.call); status != r.status || field != r.field {
			t.Errorf("%s: %d %s, want %d %s", r.name, status, field, r.status, r.field)
		}
	}
	if got := state(); got != "Raised" {
		t.Fatalf("after refused receipts the obligation is %s", got)
	}
	good := notifytest.Call{ID: "a", Secret: caseworktest.ReceiveSecret, Body: body}
	if status, _ := call("sms", good); status != 200 || state() != "Notified" {
		t.Errorf("a good receipt: %d, obligation %s", status, state())
	}
	if status, field := call("sms", good); status != 409 || field != "webhook-id" {
		t.Errorf("the same message again: %d %s", status, field)
	}
	if got := pgtest.One[string](t, w.Database, "SELECT outcome FROM ek.obligation_event WHERE kind = 'Notified'"); got != "li" {
		t.Errorf("told %q, want the named person", got)
	}
}

func TestAFailedReceiptSendsAgain(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	number := w.raise(t)
	w.send(t, "sms")
	id := w.sms.Received()[0].ID
	w.Exec(t, "SELECT ek_casework.store_receipt('sms', 'm1', '\\x00', $1, false)", id)
	w.Rewind(t, number, time.Minute)
	if w.send(t, "sms") != 1 {
		t.Error("a notification the gateway could not deliver was not sent again")
	}
}

func TestProbesSayWhoAnswers(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	reach := func(name string) string {
		return pgtest.One[string](t, w.Database, "SELECT reach FROM ek.transport WHERE name = $1", name)
	}
	probe := func() {
		t.Helper()
		if err := notify.ProbeDue(t.Context(), w.Casework, w.sender.Client, 0); err != nil {
			t.Fatal(err)
		}
	}
	w.sms.Answer(http.StatusMethodNotAllowed)
	w.voice.Answer(http.StatusServiceUnavailable)
	probe()
	if reach("sms") != "Reachable" || reach("voice") != "Unknown" {
		t.Errorf("after one probe: sms %s, voice %s", reach("sms"), reach("voice"))
	}
	probe()
	if reach("voice") != "Unreachable" {
		t.Errorf("after two failures voice is %s", reach("voice"))
	}
	w.voice.Answer(http.StatusOK)
	probe()
	if reach("voice") != "Reachable" {
		t.Errorf("voice answers and is %s", reach("voice"))
	}
	if report, err := w.Exchange.Report(t.Context()); err != nil || len(report.Transports) != 2 || report.Transports[0].Reach != contract.Reachable {
		t.Errorf("report %+v, %v", report.Transports, err)
	}
}

func TestAReceiptOfBeforeTheEscalationTellsNobodyOfIt(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	number := w.raise(t)
	w.send(t, "sms")
	w.Exec(t, "UPDATE ek.obligation SET arming = arming + 1, state = 'Raised' WHERE number = $1", number)
	w.Exec(t, "SELECT ek_casework.store_receipt('sms', 'm1', '\\x00', $1, true)", w.sms.Received()[0].ID)
	if got := pgtest.One[string](t, w.Database, "SELECT state FROM ek.obligation WHERE number = $1", number); got != "Raised" {
		t.Errorf("the obligation is %s", got)
	}
}
