package main

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestExponent(t *testing.T) {
	of := func(time func(n float64) float64) (runs []run) {
		for _, n := range []int{1000, 5000, 20_000} {
			runs = append(runs, run{Schools: n, Seconds: time(float64(n))})
		}
		return runs
	}
	tests := map[string]struct {
		time func(float64) float64
		want float64
	}{
		"linear":    {func(n float64) float64 { return n / 400 }, 1},
		"quadratic": {func(n float64) float64 { return n * n / 1e6 }, 2},
		"constant":  {func(float64) float64 { return 7 }, 0},
	}
	for name, tt := range tests {
		if got := exponent(of(tt.time)); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: %f, want %f", name, got, tt.want)
		}
	}
}

func TestParseStat(t *testing.T) {
	name, pid, parent, seconds := parseStat("41 (a) name) S 7 41 41 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 1 0 1 1 1\n")
	if name != "a) name" || pid != 41 || parent != 7 || seconds != 2 {
		t.Errorf("%q, process %d of %d, %.2f s", name, pid, parent, seconds)
	}
	if name, _, _, _ := parseStat("cut (of"); name != "" {
		t.Errorf("a line that is cut off has the name %q", name)
	}
}

// A line that is still being written is read once it is whole.
func TestJournalReadsWholeLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	line := `{"verb":"patch","user":{"username":"` + operatorUser + `"},"objectRef":{"resource":"schools","subresource":"status"},` +
		`"responseStatus":{"code":200},"requestReceivedTimestamp":"2026-11-22T04:00:00.000000Z","stageTimestamp":"2026-11-22T04:00:02.500000Z"}` + "\n"
	add := func(text string) {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = f.WriteString(text)
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	add(line)
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range []string{line + line[:40], line[40:]} {
		add(part)
		if n, err := j.read(); n != 1 || err != nil {
			t.Errorf("part %d: %d writes, %v", i, n, err)
		}
	}
	var r run
	r.account(j.writes)
	if r.Seconds != 2.5 || r.Writes["operator schools/status"] != 2 || len(r.Failed) != 0 {
		t.Errorf("%+v", r)
	}
	if got := j.writes[0].Answered.Sub(j.writes[0].Received); got != 2500*time.Millisecond {
		t.Errorf("answered after %s", got)
	}
}

func TestSchoolsAreSpreadEvenly(t *testing.T) {
	for _, n := range []int{1, 266, 1000, 5000, 20_000} {
		p, sum := newProvince(n, false), 0
		for i := range p.districts {
			sum += p.schoolsOf(i)
			if d := p.schoolsOf(i) - p.schoolsOf(0); d < -1 || d > 1 {
				t.Errorf("%d schools: district %d has %d", n, i, p.schoolsOf(i))
			}
		}
		if sum != n {
			t.Errorf("%d schools became %d", n, sum)
		}
	}
}
