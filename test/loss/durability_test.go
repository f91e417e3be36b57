package loss

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/test/district"
)

// anyCommitWillDo takes the product's own guard away, in the control's database only.
const anyCommitWillDo = "CREATE OR REPLACE FUNCTION ek.require_durable() RETURNS void LANGUAGE plpgsql AS $$ BEGIN END $$"

// quiet keeps PostgreSQL from writing its log for reasons of its own, so that what is
// on disk is what a commit put there.
var quiet = []string{"wal_writer_delay=10s", "wal_buffers=64MB", "bgwriter_lru_maxpages=0", "autovacuum=off", "checkpoint_timeout=1h"}

// maxControlKills bounds how often a control that must lose tries to.
const maxControlKills = 8

// In one and the same district, under the same kills: commits that wait for the disk
// lose nothing, commits that do not lose what was acknowledged.
func TestControlCommitsThatAreNotOnDiskAreLost(t *testing.T) {
	d := start(t, district.Options{Settings: quiet, Prepare: []string{anyCommitWillDo}})
	proxy := startRewriter(t, d.Postgres.Dir())
	d.Intake().Env["EVENKEEL_DB_HOST"] = proxy.dir
	run(t, d, d.Intake())

	if lost, acknowledged := killUnderLoad(t, d); lost > 0 || acknowledged == 0 {
		t.Fatalf("synchronous_commit = on: %d of %d acknowledged saves lost", lost, acknowledged)
	}
	proxy.turn(true)
	lost, acknowledged := 0, 0
	for kill := 0; kill < maxControlKills && lost == 0; kill++ {
		l, a := killUnderLoad(t, d)
		lost, acknowledged = lost+l, acknowledged+a
	}
	t.Logf("synchronous_commit = off: %d of %d acknowledged saves lost", lost, acknowledged)
	if lost == 0 || proxy.rewrites.Load() == 0 {
		t.Errorf("the control lost %d with %d statements rewritten: the loss test proves nothing", lost, proxy.rewrites.Load())
	}
}

// killUnderLoad ends PostgreSQL while students answer, and says how many of their
// acknowledged saves are gone.
func killUnderLoad(t *testing.T, d *district.District) (lost, acknowledged int) {
	t.Helper()
	students := newCrowd(d, d.IntakeURL(), 8)
	students.tolerant = true // a student whose form was lost is told that there is none
	students.start(t.Context())
	waitFor(t, func() bool { return students.ledger.len() > 100 })
	stopLogWriter(t, d)
	before := students.ledger.len()
	waitFor(t, func() bool { return students.ledger.len() > before+100 })
	if err := d.KillPostgres(); err != nil {
		t.Fatal(err)
	}
	if err := d.StartPostgres(); err != nil {
		t.Fatal(err)
	}
	if err := students.finish(); err != nil {
		t.Fatal(err)
	}
	return missing(t, d, students.ledger), len(students.ledger.saves)
}

// stopLogWriter halts the process that would write commits to disk in its own time;
// those that wait for the disk write by themselves.
func stopLogWriter(t *testing.T, d *district.District) {
	t.Helper()
	for _, pid := range d.Postgres.Children() {
		title, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && bytes.Contains(title, []byte("walwriter")) {
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("PostgreSQL has no log writer")
}

// missing counts acknowledged saves of which nothing is stored, whatever the receipt.
func missing(t *testing.T, d *district.District, l *ledger) (lost int) {
	t.Helper()
	rows, err := d.Owner.Query(t.Context(), "SELECT form_key_hash, save_no FROM ek.save")
	if err != nil {
		t.Fatal(err)
	}
	type key struct {
		hash   [32]byte
		number int
	}
	stored, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (k key, err error) {
		var hash []byte
		err = r.Scan(&hash, &k.number)
		k.hash = [32]byte(hash)
		return k, err
	})
	if err != nil {
		t.Fatal(err)
	}
	there := map[key]bool{}
	for _, k := range stored {
		there[k] = true
	}
	for _, s := range l.saves {
		if !there[key{s.hash(), s.number}] {
			lost++
		}
	}
	return lost
}

// The same rewriting with the product as it is: nothing is acknowledged at all.
func TestCommitsThatAreNotOnDiskAreRefused(t *testing.T) {
	d := start(t, district.Options{})
	proxy := startRewriter(t, d.Postgres.Dir())
	d.Intake().Env["EVENKEEL_DB_HOST"] = proxy.dir
	run(t, d, d.Intake())
	v := enter(t, d)
	proxy.turn(true)

	for _, call := range []struct {
		name string
		body any
	}{
		{"answers", district.Save{FormKey: v.formKey, Save: 1, Answers: []district.Item{{Instrument: questionnaire, Item: critical, Value: 2}}}},
		{"talk", map[string]string{"formKey": v.formKey}},
		{"submit", map[string]string{"formKey": v.formKey}},
		{"open", map[string]string{"code": string(v.student.Code)}},
	} {
		reply := once(t, v.client, call.name, call.body)
		if reply.Status < 500 || reply.Acknowledged() {
			t.Errorf("%s was answered with %d: %s", call.name, reply.Status, reply.Body)
		}
	}
	if proxy.rewrites.Load() == 0 {
		t.Error("nothing was rewritten")
	}
	var rows int
	if err := d.Owner.QueryRow(t.Context(), "SELECT count(*) FROM ek.save").Scan(&rows); err != nil || rows > 0 {
		t.Errorf("%d saves are stored, error %v", rows, err)
	}
}

func waitFor(t *testing.T, check func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !check(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never came true")
		}
	}
}
