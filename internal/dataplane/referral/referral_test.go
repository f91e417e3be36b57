package referral_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/caseworktest"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify/notifytest"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/referral"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// clinic is a district with a hospital and one child in the severest tier.
type clinic struct {
	*caseworktest.District

	hospital   *notifytest.Partner
	deliverer  *referral.Deliverer
	obligation string
	number     string
}

func newClinic(t *testing.T, edits ...func(*contract.Directory)) *clinic {
	t.Helper()
	c := &clinic{hospital: notifytest.New(t, caseworktest.SendSecret)}
	c.District = caseworktest.New(t, append(edits, func(d *contract.Directory) {
		for i := range d.Channels {
			d.Channels[i].URL = c.hospital.URL + "/refer"
		}
	})...)
	c.deliverer = &referral.Deliverer{
		Pool: c.Casework, District: pgtest.District, Client: notifytest.Client(t, c.hospital), Log: slog.New(slog.DiscardHandler),
		Secrets: store.Secrets{Pool: c.Casework, Opener: c.Keys},
	}
	c.obligation = c.Answer(t, c.Student(t, "no-1", "张小明"), contract.Immediate)
	c.number = pgtest.One[string](t, c.Database, "SELECT number FROM ek.referral")
	return c
}

func (c *clinic) release(t *testing.T, human bool, group, channel string) error {
	t.Helper()
	return store.Exec(t.Context(), c.Casework, "SELECT ek_casework.release_referral('li', $1, $2, $3, $4)", human, []string{group}, c.number, channel)
}

func (c *clinic) contact(t *testing.T) {
	t.Helper()
	for _, sql := range []string{
		"SELECT ek_casework.own('li', true, '{district-duty}', $1)",
		"SELECT ek_casework.contact('li', true, '{district-duty}', $1, 'Reached', NULL)",
	} {
		if err := store.Exec(t.Context(), c.Casework, sql, c.obligation); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *clinic) state(t *testing.T) string {
	t.Helper()
	return pgtest.One[string](t, c.Database, "SELECT state FROM ek.referral")
}

func (c *clinic) deliver(t *testing.T) {
	t.Helper()
	if _, err := c.deliverer.DeliverDue(t.Context(), "anding"); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyAPersonInScopeReleasesAndOnlyAfterAContact(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	refused := func(name string, err error, code fault.Code, field string) {
		t.Helper()
		if f := fault.Of(err); f.Code != code || f.Field != field || f.Remedy == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("before the contact", c.release(t, true, "district-duty", ""), fault.Conflict, "number")
	c.contact(t)
	refused("a service account", c.release(t, false, "district-duty", ""), fault.Forbidden, "subject")
	refused("school duty", c.release(t, true, "no-1-duty", ""), fault.Forbidden, "groups")
	refused("another class", c.release(t, true, "district-duty", "centre"), fault.Invalid, "channel")
	c.deliver(t)
	if c.state(t) != "Drafted" || len(c.hospital.Received()) != 0 {
		t.Fatal("something was sent without a release")
	}
	if err := c.release(t, true, "district-duty", ""); err != nil {
		t.Fatal(err)
	}
	if err := c.release(t, true, "district-duty", ""); err != nil {
		t.Errorf("the same person asking again: %v", err)
	}
	if n := pgtest.One[int](t, c.Database, "SELECT count(*) FROM ek.referral_event WHERE kind = 'Released'"); n != 1 {
		t.Errorf("released %d times", n)
	}
	refused("to another channel", c.release(t, true, "district-duty", "centre"), fault.Conflict, "number")
}

func TestNoChannelThatIsValidToday(t *testing.T) {
	t.Parallel()
	c := newClinic(t, func(d *contract.Directory) { d.Channels[0].ValidUntil = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC) })
	c.contact(t)
	if f := fault.Of(c.release(t, true, "district-duty", "")); f.Code != fault.Invalid || f.Field != "channel" || !strings.Contains(f.Fault, "Psychiatric") {
		t.Errorf("expired agreement: %v", f)
	}
}

func TestDeliveryIsTriedUntilTheHospitalTakesIt(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.contact(t)
	if err := c.release(t, true, "district-duty", "anding"); err != nil {
		t.Fatal(err)
	}
	c.hospital.Answer(http.StatusBadGateway)
	c.deliver(t)
	if got := pgtest.One[string](t, c.Database, "SELECT last_fault FROM ek.referral"); got != "Status502" || c.state(t) != "Released" {
		t.Errorf("fault %s, state %s", got, c.state(t))
	}
	c.hospital.Answer(http.StatusOK)
	c.Exec(t, "UPDATE ek.referral SET next_try_at = clock_timestamp()")
	c.deliver(t)
	c.deliver(t)
	got := c.hospital.Received()
	if len(got) != 1 || c.state(t) != "Delivered" {
		t.Fatalf("%d messages, state %s", len(got), c.state(t))
	}
	if id := pgtest.One[string](t, c.Database, "SELECT id::text FROM ek.referral"); got[0].ID != id {
		t.Error("the message id is not the referral's")
	}
	body := string(got[0].Body)
	if !json.Valid(got[0].Body) || !strings.Contains(body, c.number) || strings.Contains(body, "张") || strings.Contains(body, c.obligation) {
		t.Errorf("body %s", body)
	}
}

func TestAHospitalsAnswers(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.contact(t)
	if err := c.release(t, true, "city-duty", ""); err != nil {
		t.Fatal(err)
	}
	c.deliver(t)
	mux := http.NewServeMux()
	mux.Handle(referral.AnswerPath, referral.Answers(c.deliverer.Secrets, slog.New(slog.DiscardHandler)))
	server := httptest.NewServer(mux)
	defer server.Close()
	said := func(status string) map[string]any {
		return map[string]any{"number": c.number, "status": status, "at": time.Now()}
	}
	signed := func(id, status string) notifytest.Call {
		return notifytest.Call{ID: id, Secret: caseworktest.ReceiveSecret, Body: said(status)}
	}
	stale := signed("m0", "accepted")
	stale.At = time.Now().Add(-time.Hour)
	steps := []struct {
		name, channel string
		call          notifytest.Call
		status        int
		field, state  string
	}{
		{"unsigned", "anding", notifytest.Call{Body: said("accepted")}, 401, "webhook-signature", "Delivered"},
		{"signed with the other direction's secret", "anding", notifytest.Call{ID: "m0", Secret: caseworktest.SendSecret, Body: said("accepted")}, 401, "webhook-signature", "Delivered"},
		{"stale", "anding", stale, 401, "webhook-timestamp", "Delivered"},
		{"another channel's", "centre", signed("m0", "accepted"), 404, "number", "Delivered"},
		{"unknown status", "anding", signed("m0", "cured"), 400, "status", "Delivered"},
		{"with a diagnosis", "anding", notifytest.Call{ID: "m0", Secret: caseworktest.ReceiveSecret, Body: map[string]any{"number": c.number, "status": "accepted", "diagnosis": "F32"}}, 400, "body", "Delivered"},
		{"accepted", "anding", signed("m1", "accepted"), 200, "", "Accepted"},
		{"replayed", "anding", signed("m1", "accepted"), 409, "webhook-id", "Accepted"},
		{"replayed with another body", "anding", signed("m1", "closed"), 409, "webhook-id", "Accepted"},
		{"attended, skipping a step", "anding", signed("m2", "attended"), 200, "", "Attended"},
		{"backwards", "anding", signed("m3", "scheduled"), 409, "status", "Attended"},
		{"declined after the visit", "anding", signed("m4", "declined"), 409, "status", "Attended"},
		{"closed", "anding", signed("m3", "closed"), 200, "", "Closed"},
	}
	for _, s := range steps {
		status, field := notifytest.Send(t, t.Context(), server.Client(), server.URL+"/partner/v1/channels/"+s.channel+"/referrals", s.call)
		if status != s.status || field != s.field || c.state(t) != s.state {
			t.Errorf("%s: %d %q, state %s; want %d %q %s", s.name, status, field, c.state(t), s.status, s.field, s.state)
		}
	}
	if got := pgtest.One[string](t, c.Database, `SELECT o.state || ' ' || (k.closed_at IS NULL) FROM ek.obligation o JOIN ek."case" k ON k.id = o.case_id`); got != "Contacted true" {
		t.Errorf("the hospital's answers changed obligation or case: %s", got)
	}
}

func TestADeclinedReferralGoesBackToAPerson(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.contact(t)
	if err := c.release(t, true, "city-duty", ""); err != nil {
		t.Fatal(err)
	}
	c.deliver(t)
	secrets := c.deliverer.Secrets
	mux := http.NewServeMux()
	mux.Handle(referral.AnswerPath, referral.Answers(secrets, slog.New(slog.DiscardHandler)))
	server := httptest.NewServer(mux)
	defer server.Close()
	status, _ := notifytest.Send(t, t.Context(), server.Client(), server.URL+"/partner/v1/channels/anding/referrals",
		notifytest.Call{ID: "m1", Secret: caseworktest.ReceiveSecret, Body: map[string]any{"number": c.number, "status": "declined"}})
	if status != 200 || c.state(t) != "Declined" {
		t.Fatalf("%d, state %s", status, c.state(t))
	}
	list, err := store.Rows[struct{ Kind string }](t.Context(), c.Casework, "SELECT kind FROM ek_casework.follow_ups('li', '{city-duty}', 10)")
	if err != nil || len(list) != 1 || list[0].Kind != "ReferralDeclined" {
		t.Errorf("follow-ups %v, %v", list, err)
	}
	for _, channel := range []string{"", "anding"} {
		if f := fault.Of(c.release(t, true, "city-duty", channel)); f.Code != fault.Conflict || f.Field != "channel" {
			t.Errorf("released again to %q: %v", channel, f)
		}
	}
	c.Exec(t, "UPDATE ek.channel SET class = 'Psychiatric' WHERE name = 'centre'")
	if err := c.release(t, true, "city-duty", "centre"); err != nil || c.state(t) != "Released" {
		t.Errorf("released to another hospital: %v, %s", err, c.state(t))
	}
}
