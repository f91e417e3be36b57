package loss

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/evenkeel/evenkeel/test/district"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(cleaning{m}) }

type cleaning struct{ m *testing.M }

func (c cleaning) Run() int {
	defer district.RemoveBuild()
	return c.m.Run()
}

const shortRun = 12

func kills(t *testing.T) int {
	value := os.Getenv("EVENKEEL_LOSS_KILLS")
	if value == "" {
		return shortRun
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		t.Fatalf("EVENKEEL_LOSS_KILLS is %q; write how many kills to make", value)
	}
	return n
}

func start(t *testing.T, o district.Options) *district.District {
	t.Helper()
	d, err := district.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func run(t *testing.T, d *district.District, processes ...*district.Process) {
	t.Helper()
	if err := d.Run(t.Context(), processes...); err != nil {
		t.Fatal(err)
	}
}

func TestNothingAcknowledgedIsLostOrDoubled(t *testing.T) {
	d := start(t, district.Options{})
	run(t, d, d.Intake(), d.Scorer(), d.Clerk())
	students := newCrowd(d, d.IntakeURL(), 8)
	students.pause = 2 * time.Millisecond
	students.start(t.Context())
	watch, duty := watchConservation(t, d), openDesk(t, d)

	storm := newChaos(d, d.Intake(), d.Scorer(), d.Clerk())
	if err := storm.run(t.Context(), kills(t)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(students.finish(), duty.leave()); err != nil {
		t.Fatal(err)
	}
	watch()
	d.Reconnect()
	endLeases(t, d)
	settle(t, d)
	t.Logf("killed %v, ended by themselves %v; %d saves, %d submissions and %d requests acknowledged, %d calls repeated; %d obligations contacted",
		storm.kills, storm.ended, len(students.ledger.saves), len(students.ledger.submitted), len(students.ledger.talks), students.ledger.repeated, len(duty.done["contact"]))
	if w, err := read(t.Context(), d, students.ledger); err == nil {
		after, before := w.unheard()
		t.Logf("of the repeated saves %d were interrupted after the commit, %d before", after, before)
	}
	for name, line := range storm.last {
		t.Logf("%s ended by itself: %s", name, line)
	}
	report(t, d, students.ledger)
	if wrong, err := duty.lostDeeds(t.Context(), d); err != nil || len(wrong) > 0 {
		t.Errorf("what duty staff were told: %q, error %v", wrong, err)
	}
	if students.ledger.repeated == 0 {
		t.Error("no call was ever repeated: the kills met no traffic")
	}
}

func report(t *testing.T, d *district.District, l *ledger) {
	t.Helper()
	wrong, err := judge(t.Context(), d, l)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range wrong {
		t.Error(line)
	}
}

// watchConservation asks all the time whether what must always be empty is; the
// returned function stops it.
func watchConservation(t *testing.T, d *district.District) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	asked := 0
	watching.Go(func() {
		for wait(ctx, 100*time.Millisecond) {
			found, err := conserved(ctx, d)
			if err != nil {
				continue // the database is down just now
			}
			if asked++; len(found) > 0 {
				t.Errorf("while running: %s", strings.Join(found, ", "))
			}
		}
	})
	return func() {
		cancel()
		watching.Wait()
		if asked == 0 {
			t.Error("the database never answered")
		}
	}
}

// endLeases lets the time pass for which a killed casework holds what it had in hand.
func endLeases(t *testing.T, d *district.District) {
	t.Helper()
	if _, err := d.Owner.Exec(t.Context(), "UPDATE ek.notification SET next_try_at = least(next_try_at, clock_timestamp())"); err != nil {
		t.Fatal(err)
	}
}

// settle waits until everything that follows from the answers has followed.
func settle(t *testing.T, d *district.District) {
	t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	var last string
	for time.Now().Before(deadline) {
		if last = unsettled(t.Context(), d); last == "" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("never settled: %s\nscorer: %s\ncasework: %s", last, d.Scorer().Log(), d.Clerk().Log())
}

func unsettled(ctx context.Context, d *district.District) string {
	var scored, chained bool
	var untold []string
	err := d.Owner.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM ek.attempt WHERE state <> 'Draft' AND (scored_at IS NULL OR recheck OR failed)),
		(SELECT count(*) FROM ek.audit_entry) = (SELECT head_seq FROM ek.audit_chain),
		ARRAY(SELECT number FROM ek.obligation WHERE state IN ('Raised', 'Notified', 'Owned'))`).Scan(&scored, &chained, &untold)
	switch {
	case err != nil:
		return err.Error()
	case !scored:
		return "not everything is scored"
	case !chained:
		return "not every audit entry is chained"
	}
	arrived := d.Partners.FirstArrivals()
	for _, number := range untold {
		if _, there := arrived[number]; !there {
			return "obligation " + number + " never reached a gateway"
		}
	}
	return ""
}
