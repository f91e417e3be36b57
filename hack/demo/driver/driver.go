// Package driver plays the main job from beginning to end and compares what is stored
// with what must be there. cmd hack/demo and test/e2e call it.
package driver

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/evenkeel/evenkeel/hack/demo/internal/cohort"
	"github.com/evenkeel/evenkeel/hack/demo/internal/duty"
	"github.com/evenkeel/evenkeel/hack/demo/internal/facts"
	"github.com/evenkeel/evenkeel/hack/demo/internal/progress"
	"github.com/evenkeel/evenkeel/hack/demo/internal/stage"
	"github.com/evenkeel/evenkeel/hack/demo/internal/student"
)

// Config is what a user may choose.
type Config struct {
	stage.Options
	// Students limits how many rows are played; 0: all 5,533.
	Students int
	// Workers is how many students answer at the same time.
	Workers int
	// Faults: processes are killed, partners fail, the database crashes.
	Faults bool
	// JSON is a file to write the facts to.
	JSON string
}

// Demo is one demo under way.
type Demo struct {
	Config
	Cluster   *stage.Cluster
	Addresses stage.Addresses
	Cohort    []cohort.Student
	Log       *student.Log
	Facts     facts.Table

	out      *progress.Output
	web      *http.Client // trusts the demo's authority
	casework map[string]*duty.Casework
	retried  *student.Counter
	desk     *duty.Desk
	// databaseWas is when the database server had been started before the play.
	databaseWas string
}

// New prepares a demo; nothing is started.
func New(config Config, out *progress.Output) (*Demo, error) {
	cluster, err := stage.New(config.Options, out)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy, transport.MaxIdleConnsPerHost = nil, 32
	transport.TLSClientConfig = &tls.Config{RootCAs: cluster.CA.Pool()}
	return &Demo{
		Config: config, Cluster: cluster, out: out, retried: &student.Counter{},
		web: &http.Client{Transport: transport, Timeout: time.Minute},
	}, nil
}

// Run does everything: set up, play, end the rounds, compare.
func (d *Demo) Run(ctx context.Context) error {
	for _, part := range []func(context.Context) error{d.Prepare, d.Play, d.Finish} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return d.Verdict()
}

// Verdict prints the table, writes the facts, and is an error when one does not hold.
func (d *Demo) Verdict() error {
	d.Facts.Write(os.Stdout)
	if d.JSON != "" {
		raw, err := json.MarshalIndent(d.Facts, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(d.JSON, append(raw, '\n'), 0o644); err != nil {
			return err
		}
	}
	if wrong := d.Facts.Wrong(); len(wrong) > 0 {
		return fmt.Errorf("%d of %d facts do not hold, the first: %s %s: expected %s, found %s",
			len(wrong), len(d.Facts), wrong[0].Where, wrong[0].Name, wrong[0].Want, wrong[0].Got)
	}
	d.out.Note("all %d facts hold", len(d.Facts))
	return nil
}

// readStudents makes the students of the main campaign.
func (d *Demo) readStudents() error {
	file, err := os.Open(filepath.Join(d.Root, "test", "data", "nhanes-2017-2018-dpq.csv"))
	if err != nil {
		return err
	}
	defer file.Close()
	rows, err := cohort.ReadRows(file)
	if err != nil {
		return err
	}
	today, err := d.Cluster.Today()
	if err != nil {
		return err
	}
	d.Cohort = cohort.Make(rows, stage.PlayedSchools(), d.Students, today)
	return nil
}

// expected are the figures of a district, worked out from the file alone.
func (d *Demo) expected(district string) cohort.Figures {
	return cohort.Expect(cohort.AnswersOf(cohort.In(d.Cohort, district)))
}

// whole reports whether all rows of the file are played.
func (d *Demo) whole() bool { return len(d.Cohort) == cohort.Known.Invited }
