package board_test

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
)

const namespace = "fengtai"

var noon = time.Date(2026, 9, 15, 12, 0, 0, 0, time.UTC)

func good(at time.Time) board.Reading {
	return board.Reading{At: at, OK: true, Report: contract.Report{AtUnix: at.Unix(), Keys: contract.KeysReady, AuditHead: "a"}}
}

func TestPutRoundNudgesOnlyOnNews(t *testing.T) {
	b := board.New()
	docs := func() board.RoundDocuments {
		return board.RoundDocuments{Control: &contract.Control{Round: "autumn-2026-09-15", Hold: contract.HoldNone}}
	}
	b.PutRound(namespace, "autumn-2026-09-15", docs())
	b.PutRound(namespace, "autumn-2026-09-15", docs())
	b.PutRound(namespace, "empty", board.RoundDocuments{})
	b.ForgetRound(namespace, "never-there")
	b.ForgetRound(namespace, "empty")
	if got := len(b.Nudges()); got != 3 {
		t.Errorf("%d nudges, want 3: a new round, another new round, a forgotten one", got)
	}
	if rounds := b.Rounds(namespace); len(rounds) != 1 {
		t.Errorf("rounds on the board: %v, want the one", rounds)
	}
}

func TestReadingWakesOnlyOnNews(t *testing.T) {
	b := board.New()
	events := b.Subscribe()
	step := func(name string, r board.Reading, wake bool) {
		t.Helper()
		b.PutReading(namespace, r)
		if got := len(events) > 0; got != wake {
			t.Errorf("%s: woke is %v, want %v", name, got, wake)
		}
		for len(events) > 0 {
			if e := <-events; e.Object.GetNamespace() != namespace {
				t.Errorf("%s: event about %q", name, e.Object.GetNamespace())
			}
		}
	}
	step("the first report", good(noon), true)
	later := good(noon.Add(time.Minute))
	later.Report.AuditHead = "b"
	step("time and audit head moved on", later, false)
	changed := later
	changed.Report.Obligations = true
	step("an obligation opened", changed, true)
	step("unreachable", board.Reading{At: noon.Add(2 * time.Minute), Fault: "Unreachable"}, true)
	step("still unreachable", board.Reading{At: noon.Add(3 * time.Minute), Fault: "Unreachable"}, false)

	if latest, _ := b.Reading(namespace); latest.OK || latest.Fault != "Unreachable" {
		t.Errorf("latest reading is %+v, want the failure", latest)
	}
	if last, ok := b.LastGood(namespace); !ok || !last.Report.Obligations {
		t.Errorf("last good reading is %+v, %v; want the report before the failure", last, ok)
	}
}

func TestEventsThatDoNotFitAreSentLater(t *testing.T) {
	b := board.New()
	events := b.Subscribe()
	r := good(noon)
	for i := range cap(events) + 1 {
		r.Report.SchemaVersion = int64(i)
		b.PutReading(namespace, r)
	}
	b.PutReading("kaizhou", good(noon))
	for len(events) > 0 {
		<-events
	}
	b.PutReading(namespace, r) // no news, but events are owed
	seen := map[string]bool{}
	for len(events) > 0 {
		seen[(<-events).Object.GetNamespace()] = true
	}
	if !seen[namespace] || !seen["kaizhou"] {
		t.Errorf("after the buffer emptied the board sent %v, want both districts", seen)
	}
}

func TestForgetDistrictKeepsRounds(t *testing.T) {
	b := board.New()
	b.PutRound(namespace, "autumn-2026-09-15", board.RoundDocuments{})
	b.PutReading(namespace, good(noon))
	b.ForgetDistrict(namespace)
	if _, ok := b.Reading(namespace); ok {
		t.Error("a forgotten district still has a reading")
	}
	if len(b.Rounds(namespace)) != 1 {
		t.Error("forgetting a district lost a round whose object still exists")
	}
}

func TestSubscribeToWakesOnlyForItsPart(t *testing.T) {
	b := board.New()
	events := b.SubscribeTo(func(r board.Reading) any { return r.Report.Obligations })
	r := good(noon)
	b.PutReading(namespace, r)
	r.Report.SchemaVersion = 7
	b.PutReading(namespace, r)
	r.Report.Obligations = true
	b.PutReading(namespace, r)
	if len(events) != 2 {
		t.Errorf("%d events, want 2: the first reading and the obligation", len(events))
	}
}
