package main

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/test/bench/about"
)

// facts are what a reader needs to judge the figures.
type facts struct {
	Date, Commit, Script  string
	Cores                 int
	CPU, Kernel, Go       string
	Loaders               int
	Flags                 []string
	LoadBefore, LoadAfter string // of the machine, over 1, 5 and 15 minutes
	Nice                  string
}

// run is one province.
type run struct {
	Schools, Districts int
	Required           bool
	Tuned              bool               // etcd and kube-apiserver had GOGC=400
	Seconds            float64            // from the first create to the last write
	DeclaredSeconds    float64            // until the loader's last create
	SchoolsSeconds     float64            // until the last status of a school
	DistrictsSeconds   float64            // until the last write to what a district is provisioned with, its status too
	Writes             map[string]int     // by who and what: "operator schools/status"
	Failed             map[string]int     // those answered with an error, by who, what and code
	Processors         map[string]float64 // seconds, by process
	Reconciliations    map[string]int     // by controller
	PeakMB             float64            // of the manager, resident, until everything was settled
	RestPeakMB         float64            // and until the end of the rest
	RestSeconds        float64
	RestWrites         map[string]int
	RestartPeakMB      float64 // of another manager started on what is there
	RestartWrites      map[string]int
	Bare               *bareRun // nil: not asked for
}

// bareRun is the same content written without an operator.
type bareRun struct {
	Seconds    float64
	Writes     int
	Processors map[string]float64
}

type result struct {
	Facts facts
	Runs  []run
}

func readFacts(p plan) facts {
	return facts{
		Date: time.Now().Format(time.DateOnly), Commit: about.Commit(), Script: "go run ./test/bench/scale",
		Cores: runtime.NumCPU(), CPU: about.CPU(), Kernel: about.Kernel(), Go: runtime.Version(),
		Loaders: p.loaders, Flags: p.flags, LoadBefore: about.Load(), Nice: about.Output("nice"),
	}
}

func count(writes []write) map[string]int {
	out := map[string]int{}
	for _, w := range writes {
		out[w.by()+" "+w.what()]++
	}
	return out
}

// account splits a run by the API server's own record of it.
func (r *run) account(writes []write) {
	if len(writes) == 0 {
		return
	}
	began := writes[0].Received
	for _, w := range writes {
		if w.Received.Before(began) {
			began = w.Received
		}
	}
	latest := func(which func(write) bool) float64 {
		var last time.Time
		for _, w := range writes {
			if w.Answered.After(last) && which(w) {
				last = w.Answered
			}
		}
		return max(0, last.Sub(began).Seconds())
	}
	apart := []string{"schools/status", "screeningrounds", "screeningrounds/status", "screeningcampaigns/status", "events"}
	r.Seconds = latest(func(write) bool { return true })
	r.DeclaredSeconds = latest(func(w write) bool { return w.by() == "client" })
	r.SchoolsSeconds = latest(func(w write) bool { return w.what() == "schools/status" })
	r.DistrictsSeconds = latest(func(w write) bool { return w.by() == "operator" && !slices.Contains(apart, w.what()) })
	r.Writes, r.Failed = count(writes), map[string]int{}
	for _, w := range writes {
		if w.Response.Code >= 400 {
			r.Failed[fmt.Sprintf("%s %s %s %d", w.by(), w.Verb, w.what(), w.Response.Code)]++
		}
	}
}

// exponent is the slope of the time over the schools, both as logarithms, by least squares.
func exponent(runs []run) float64 {
	var n, x, y, xx, xy float64
	for _, r := range runs {
		a, b := math.Log(float64(r.Schools)), math.Log(r.Seconds)
		n, x, y, xx, xy = n+1, x+a, y+b, xx+a*a, xy+a*b
	}
	return (n*xy - x*y) / (n*xx - x*x)
}

func (r run) String() string {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

func (r result) write(dir string) error { return about.Write(dir, "scale", r.page(), r) }
