package sync

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
)

const round = "autumn-2026-09-15"

func digestOf(t *testing.T, document any) contract.Digest {
	t.Helper()
	d, err := contract.DigestOf(document)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func meaning() contract.Meaning { return contract.Meaning{Version: 1, Round: round} }

func control(revision int64) contract.Control {
	opens := time.Date(2026, 9, 15, 0, 0, 0, 0, time.UTC)
	return contract.Control{
		Version: 1, Round: round, Revision: revision, OpensAt: opens, ClosesAt: opens.Add(time.Hour), Hold: contract.HoldNone,
		Sessions: []contract.Session{{From: opens, To: opens.Add(time.Hour)}},
	}
}

func directory(revision int64) contract.Directory {
	return contract.Directory{Version: 1, Revision: revision, District: "110106", CellFloor: 10}
}

func wanted() desired {
	m, c, d := meaning(), control(0), directory(0)
	return desired{code: "110106", uid: "u", directory: &d, rounds: map[string]board.RoundDocuments{round: {Meaning: &m, Control: &c}}}
}

// applied is the report of a district that has all of it, under these revisions.
func applied(t *testing.T, dir, ctl int64) contract.Report {
	t.Helper()
	return contract.Report{
		Keys:      contract.KeysReady,
		Directory: &contract.Revision{Revision: dir, Digest: digestOf(t, directory(dir))},
		Rounds: []contract.RoundView{{
			Round: contract.RefOf(round), State: contract.RoundScheduled, Meaning: digestOf(t, meaning()),
			Control: contract.Revision{Revision: ctl, Digest: digestOf(t, control(ctl))},
		}},
	}
}

func TestComposeSendsOnlyWhatIsLacking(t *testing.T) {
	tests := map[string]struct {
		desired func(*desired)
		report  contract.Report
		missing []contract.Missing

		directory int64 // revision announced
		control   int64
		sent      [3]int // directories, meanings, controls
	}{
		"a new district gets everything as revision 1": {
			report: contract.Report{Keys: contract.KeysReady}, directory: 1, control: 1, sent: [3]int{1, 1, 1},
		},
		"one that has everything gets nothing": {report: applied(t, 7, 3), directory: 7, control: 3},
		"a changed control is the next revision": {
			report: applied(t, 7, 3), directory: 7, control: 4, sent: [3]int{0, 0, 1},
			desired: func(d *desired) {
				c := control(0)
				c.Hold = contract.HoldNew
				d.rounds[round] = board.RoundDocuments{Meaning: d.rounds[round].Meaning, Control: &c}
			},
		},
		"a changed directory is the next revision": {
			report: applied(t, 7, 3), directory: 8, control: 3, sent: [3]int{1, 0, 0},
			desired: func(d *desired) { d.directory.CellFloor = 20 },
		},
		"no directory: keep the one you have": {
			report: applied(t, 7, 3), control: 3, desired: func(d *desired) { d.directory = nil },
		},
		"no documents: keep what you have": {
			report: applied(t, 7, 3), directory: 7, control: 3,
			desired: func(d *desired) { d.rounds[round] = board.RoundDocuments{} },
		},
		"a document it says it misses": {
			report: applied(t, 7, 3), directory: 7, control: 3, sent: [3]int{0, 1, 0},
			missing: []contract.Missing{{Kind: contract.KindMeaning, Round: contract.RefOf(round)}},
		},
		"a district without its keys is sent nothing": {
			report: contract.Report{Keys: contract.KeysMissing}, directory: 1, control: 1,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := wanted()
			if tt.desired != nil {
				tt.desired(&d)
			}
			req := compose(d, tt.report, tt.missing)
			if got := directoryRevision(req); got != tt.directory {
				t.Errorf("directory revision %d, want %d", got, tt.directory)
			}
			if len(req.Rounds) != 1 || req.Rounds[0].Control.Revision != tt.control {
				t.Errorf("rounds %+v, want control revision %d", req.Rounds, tt.control)
			}
			sent := [3]int{0, len(req.Documents.Meanings), len(req.Documents.Controls)}
			if req.Documents.Directory != nil {
				sent[0] = 1
			}
			if sent != tt.sent {
				t.Errorf("sent %v, want %v (directories, meanings, controls)", sent, tt.sent)
			}
		})
	}
}

func directoryRevision(req contract.SyncRequest) int64 {
	if req.Directory == nil {
		return 0
	}
	return req.Directory.Revision
}

// Whatever the operator announces with a document is what the document is: the
// district refuses anything else as DigestMismatch.
func TestAnnouncedRevisionsAreThoseOfTheDocuments(t *testing.T) {
	req := compose(wanted(), contract.Report{Keys: contract.KeysReady}, nil)
	if got := digestOf(t, *req.Documents.Directory); got != req.Directory.Digest {
		t.Error("the directory is not the one announced")
	}
	if got := digestOf(t, req.Documents.Controls[0]); got != req.Rounds[0].Control.Digest {
		t.Error("the control is not the one announced")
	}
	if got := digestOf(t, req.Documents.Meanings[0]); got != req.Rounds[0].Meaning {
		t.Error("the meaning is not the one announced")
	}
}

func TestComposeConverges(t *testing.T) {
	first := compose(wanted(), contract.Report{Keys: contract.KeysReady}, nil)
	report := contract.Report{Keys: contract.KeysReady, Directory: first.Directory, Rounds: []contract.RoundView{{
		Round: contract.RefOf(round), Meaning: first.Rounds[0].Meaning, Control: first.Rounds[0].Control,
	}}}
	second := compose(wanted(), report, nil)
	if !carriesNothing(second.Documents) {
		t.Errorf("a district that applied everything is sent %+v", second.Documents)
	}
	if diff := cmp.Diff(first.Rounds, second.Rounds); diff != "" {
		t.Errorf("revisions moved without a change:\n%s", diff)
	}
}
