// Package caseworktest gives tests a district that has been told who it is: a real
// database with directory, round, duty list and students.
package caseworktest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
	"github.com/evenkeel/evenkeel/internal/dataplane/exchange"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal/sealtest"
)

// Round is the round that New opens.
const Round = "autumn-2026-09-15"

// The secrets of the district's partners.
var (
	SendSecret    = []byte("send-secret-send-secret-send-secret")
	ReceiveSecret = []byte("recv-secret-recv-secret-recv-secret")
)

// District is a district of its own for one test.
type District struct {
	*pgtest.Database

	Keys     *seal.Keys
	Exchange *exchange.Service
}

// New makes a district with the default directory and an open round.
func New(t testing.TB, edits ...func(*contract.Directory)) *District {
	t.Helper()
	d := Empty(t)
	d.Sync(t, Request(Directory(edits...)))
	now := d.Now(t)
	d.Open(t, Control(Round, now.Add(-time.Hour), now.Add(time.Hour)))
	return d
}

// Empty makes a district that has not been told anything.
func Empty(t testing.TB) *District {
	t.Helper()
	db, keys := pgtest.New(t), sealtest.Keys(7)
	return &District{Database: db, Keys: keys, Exchange: &exchange.Service{
		Pool: db.Casework, District: pgtest.District, Sealer: keys, Log: slog.New(slog.DiscardHandler),
		Keys: func() exchange.Keys { return exchange.Keys{State: contract.KeysReady} },
	}}
}

// Directory is a district with two schools, all roles, two transports and two channels.
func Directory(edits ...func(*contract.Directory)) contract.Directory {
	d := contract.Directory{
		Version: contract.Version, Revision: 1, District: pgtest.District, Name: contract.Text{ZhCN: "丰台区", En: "Fengtai"},
		TimeZone: "Asia/Shanghai", CellFloor: 10, Areas: []contract.Area{{Code: "north"}},
		Schools: []contract.SchoolInfo{
			{Name: "no-1", Title: contract.Text{ZhCN: "第一中学", En: "No. 1"}, Area: "north", Stages: []string{"JuniorSecondary"}, Phone: "010-1"},
			{Name: "no-2", Title: contract.Text{ZhCN: "第二中学", En: "No. 2"}, Stages: []string{"JuniorSecondary", "SeniorSecondary"}},
		},
		Staff: []contract.StaffGroup{
			{Group: "no-1-duty", Role: contract.SchoolDuty, School: "no-1"}, {Group: "no-2-duty", Role: contract.SchoolDuty, School: "no-2"},
			{Group: "district-duty", Role: contract.DistrictDuty}, {Group: "city-duty", Role: contract.CityDuty},
			{Group: "registrars", Role: contract.Registrar}, {Group: "north-area", Role: contract.AreaCoordinator, Area: "north"},
			{Group: "no-1-class", Role: contract.ClassTeacher, School: "no-1"},
		},
		Transports: []contract.Transport{transport("sms", "https://sms.invalid"), transport("voice", "https://voice.invalid")},
		Channels:   []contract.Channel{channel("anding", "Psychiatric", "https://anding.invalid"), channel("centre", "Counselling", "https://centre.invalid")},
		HelpCard:   []contract.HelpLine{{Phone: "12356"}},
	}
	for _, edit := range edits {
		edit(&d)
	}
	return d
}

func transport(name, url string) contract.Transport {
	return contract.Transport{Name: name, URL: url, SendSecret: SendSecret, ReceiptSecret: ReceiveSecret}
}

func channel(name, class, url string) contract.Channel {
	return contract.Channel{
		Name: name, FacilityCode: "H-" + name, Class: class, URL: url, SendSecret: SendSecret, ReceiveSecret: ReceiveSecret,
		ValidFrom: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ValidUntil: time.Date(2126, 1, 1, 0, 0, 0, 0, time.UTC),
		WeeklyCapacity: 20, DutyPhone: "010-0000",
	}
}

// Meaning is PHQ-9 under the policy of the design.
func Meaning(round string) contract.Meaning {
	return contract.Meaning{
		Version: contract.Version, Round: round, Instruments: []contract.Instrument{instrumenttest.PHQ9()}, Policy: escalationtest.GradedIntervention(),
	}
}

// Control opens a round for both schools, with one session from opening to closing.
func Control(round string, opens, closes time.Time, edits ...func(*contract.Control)) contract.Control {
	digest, err := contract.DigestOf(Meaning(round))
	if err != nil {
		panic(err)
	}
	opens, closes = opens.UTC().Truncate(time.Second), closes.UTC().Truncate(time.Second)
	c := contract.Control{
		Version: contract.Version, Round: round, Revision: 1, MeaningDigest: digest, OpensAt: opens, ClosesAt: closes,
		Sessions: []contract.Session{{From: opens, To: closes}}, Hold: contract.HoldNone,
		Cohort: contract.Cohort{Schools: []string{"no-1", "no-2"}, Stages: []string{"JuniorSecondary", "SeniorSecondary"}},
	}
	for _, edit := range edits {
		edit(&c)
	}
	return c
}

// Request announces and brings documents.
func Request(documents ...any) contract.SyncRequest {
	r := contract.SyncRequest{Version: contract.Version, District: pgtest.District, DistrictUID: "uid-1"}
	for _, document := range documents {
		digest, err := contract.DigestOf(document)
		if err != nil {
			panic(err)
		}
		switch d := document.(type) {
		case contract.Directory:
			r.Directory, r.Documents.Directory = &contract.Revision{Revision: d.Revision, Digest: digest}, &d
		case contract.Meaning:
			desire(&r, d.Round).Meaning = digest
			r.Documents.Meanings = append(r.Documents.Meanings, d)
		case contract.Control:
			desire(&r, d.Round).Control = contract.Revision{Revision: d.Revision, Digest: digest}
			r.Documents.Controls = append(r.Documents.Controls, d)
		}
	}
	return r
}

func desire(r *contract.SyncRequest, round string) *contract.RoundDesired {
	for i := range r.Rounds {
		if r.Rounds[i].Round == round {
			return &r.Rounds[i]
		}
	}
	r.Rounds = append(r.Rounds, contract.RoundDesired{Round: round})
	return &r.Rounds[len(r.Rounds)-1]
}

// Sync applies a request and fails the test on any refusal.
func (d *District) Sync(t testing.TB, r contract.SyncRequest) contract.SyncResponse {
	t.Helper()
	response := d.TrySync(t, r)
	if len(response.Refusals) > 0 {
		t.Fatalf("refused: %+v", response.Refusals)
	}
	return response
}

// TrySync applies a request.
func (d *District) TrySync(t testing.TB, r contract.SyncRequest) contract.SyncResponse {
	t.Helper()
	response, err := d.Exchange.Sync(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// Open brings a control and its meaning.
func (d *District) Open(t testing.TB, c contract.Control) {
	t.Helper()
	d.Sync(t, Request(Meaning(c.Round), c))
}

// Now is the database's clock.
func (d *District) Now(t testing.TB) time.Time {
	t.Helper()
	return pgtest.One[time.Time](t, d.Database, "SELECT clock_timestamp()")
}

// Duty puts a person with an address on the given transports on the duty list.
func (d *District) Duty(t testing.TB, subject string, level contract.Level, school string, transports ...string) {
	t.Helper()
	person := pgtest.One[uuid.UUID](t, d.Database,
		"INSERT INTO ek.duty_person (subject, level, school) VALUES ($1, $2, $3) RETURNING id", subject, string(level), school)
	for _, name := range transports {
		d.Exec(t, "INSERT INTO ek.duty_address (person_id, transport, sealed) VALUES ($1, $2, $3)",
			person, name, d.Keys.SealSecret("DutyAddress", subject+"/"+name, []byte(subject+"@"+name)))
	}
}

// Student puts a student on the roster and returns the id.
func (d *District) Student(t testing.TB, school, name string) uuid.UUID {
	t.Helper()
	id := uuid.New()
	key, err := d.Keys.NewStudentKey(id)
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := seal.NewEnvelope(key.Public, seal.Roster)
	if err != nil {
		t.Fatal(err)
	}
	d.Exec(t, `INSERT INTO ek.student (id, school, stage, grade, class_label, seat, label, lookup, sealed_number, sealed_name, public_key, born, guardian_consent, consent_version)
		VALUES ($1, $2, 'JuniorSecondary', '7', '3', '17', '3 17 ' || $3, $4, $5, $6, $7, '2011-09-30', 'Given', '1')`,
		id, school, "张**", d.Keys.LookupHMAC("G"+id.String()), envelope.Seal(append([]byte("number/"), id[:]...), []byte("G"+id.String())),
		envelope.Seal(append([]byte("name/"), id[:]...), []byte(name)), key.Public)
	d.Exec(t, "INSERT INTO ek.student_key (student_id, wrapped) VALUES ($1, $2)", id, key.Wrapped)
	return id
}

// Answer stores a critical answer of a class with its obligation, as intake does,
// and returns the obligation's number.
func (d *District) Answer(t testing.TB, student uuid.UUID, class contract.Class) string {
	t.Helper()
	attempt := d.Attempt(t, student, "Draft")
	event := d.Event(t, attempt, class)
	return d.Raise(t, attempt, student, class, event)
}

// Attempt opens an attempt in a state and returns its id.
func (d *District) Attempt(t testing.TB, student uuid.UUID, state string) uuid.UUID {
	t.Helper()
	id := uuid.New()
	d.Exec(t, `INSERT INTO ek.attempt (id, student_id, round, code_hmac, state, age, needs_assent, opened_at, finalise_at)
		VALUES ($1, $2, $3, '\x00', $4, 13, false, clock_timestamp(), clock_timestamp() + interval '1 hour')`, id, student, Round, state)
	return id
}

// Event stores an answer event without any obligation and returns its id.
func (d *District) Event(t testing.TB, attempt uuid.UUID, class contract.Class) int64 {
	t.Helper()
	return insert[int64](t, d, `INSERT INTO ek.answer_event (attempt_id, form_key_hash, save_no, instrument, item, sealed, class, disposition)
		VALUES ($1, '\x00', 1, 'phq-9', 'q9', '\x00', $2, 'Accepted') RETURNING id`, attempt, class.Rank())
}

// Raise raises the obligation of an answer event and returns its number.
func (d *District) Raise(t testing.TB, attempt, student uuid.UUID, class contract.Class, event int64) string {
	t.Helper()
	id := insert[uuid.UUID](t, d, "SELECT ek.raise_obligation('Attempt', $1, $2, $3, $4, NULL, 'CriticalAnswer', $5::bigint::text, false)",
		attempt, student, Round, class.Rank(), event)
	return pgtest.One[string](t, d.Database, "SELECT number FROM ek.obligation WHERE id = $1", id)
}

// insert runs a writing statement that returns one value, as the owner.
func insert[T any](t testing.TB, d *District, sql string, args ...any) (value T) {
	t.Helper()
	err := postgres.InTx(t.Context(), d.Owner, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), sql, args...).Scan(&value)
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// Rewind makes an obligation older by shifting all of its instants, which is how
// tests let time pass.
func (d *District) Rewind(t testing.TB, number string, by time.Duration) {
	t.Helper()
	d.Exec(t, `UPDATE ek.obligation SET raised_at = raised_at - $2::interval, armed_at = armed_at - $2::interval,
		deadline_at = deadline_at - $2::interval, next_step_at = next_step_at - $2::interval WHERE number = $1`, number, by)
	d.Exec(t, `UPDATE ek.notification SET made_at = made_at - $2::interval, next_try_at = next_try_at - $2::interval
		WHERE obligation_id = (SELECT id FROM ek.obligation WHERE number = $1)`, number, by)
}

// Eventually waits, without a fixed pause of its own, until check is true.
func Eventually(t testing.TB, what string, check func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !check(ctx) {
		select {
		case <-ctx.Done():
			t.Fatalf("never came true: %s", what)
		case <-tick.C:
		}
	}
}
