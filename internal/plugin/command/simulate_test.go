package command

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/plugin/simulate"
)

const samplesDir = "../../../config/samples"

// survey are the flags that read the real answers of test/data.
var survey = []string{
	"simulate", "--policy", policyFile, "-i", "phq-9", "-f", "../../../test/data/nhanes-2017-2018-dpq.csv",
	"--map", "q1..q9=DPQ010..DPQ090", "--missing", "7=Refused,9=DontKnow",
}

// The figures are those of test/data/README.md, from files that are not ours to the end
// of the command line.
func TestSimulateSurvey(t *testing.T) {
	out, stderr, err := world{}.run(t, append(survey, "--gate", "phq-9:q1+q2 >= 3", "-o", "json")...)
	if err != nil {
		t.Fatal(err, stderr)
	}
	var report simulate.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	tiers := map[string]int{}
	for _, tier := range report.Outcome.Tiers {
		tiers[tier.Tier] = tier.Students
	}
	if diff := cmp.Diff(map[string]int{"Severe": 56, "High": 229, "Moderate": 250, "Low": 791, "None": 3767}, tiers); diff != "" {
		t.Errorf("tiers (-want +got):\n%s", diff)
	}
	if got := report.Outcome.Obligations; report.Students != 5093 || report.Empty != 440 || got != (simulate.Obligations{Students: 285, ByAnswer: 192, ByDecision: 93}) {
		t.Errorf("%d students, %d empty rows, obligations %+v", report.Students, report.Empty, got)
	}
	lost := map[string]int{}
	for _, gate := range report.Gating.Gates {
		lost[gate.Gate] = gate.Lost.Answers
	}
	if report.Gating.Critical.Answers != 191 || lost["phq-9:total >= 10 (Moderate)"] != 64 || lost["phq-9:q1+q2 >= 3"] != 82 {
		t.Errorf("of %d critical answers are lost %v, want 64 and 82 of 191", report.Gating.Critical.Answers, lost)
	}
	if report.Outcome.Work != nil {
		t.Error("work per week without --weeks and --capacity")
	}
}

func TestSimulatePrints(t *testing.T) {
	tests := map[string]struct {
		args []string
		out  []string
	}{
		"work and people": {
			args: []string{"--capacity", samplesDir, "--students", "20000"},
			out: []string{
				"A week, with 20000 students answering in 3 weeks", "Psychiatric       73.3  40 (over)            5.5",
				"School            0.0      1035.4     700.3  2 + 1 part-time  578.6",
			},
		},
		"weeks alone": {args: []string{"--weeks", "2"}, out: []string{"A week, with 5093 students answering in 2 weeks", "Psychiatric       28.0  not known"}},
		"a changed rule": {
			args: []string{"--set", "moderate = scores['phq-9'].total >= 12"},
			out:  []string{"143 students move to another tier, 285 obligations instead of 285", "Moderate  Low       143"},
		},
		"another policy": {args: []string{"--with", policyFile}, out: []string{"With graded-intervention of " + policyFile + ": 0 students move"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out, stderr, err := world{}.run(t, append(survey, tt.args...)...)
			if err != nil {
				t.Fatal(err, stderr)
			}
			for _, want := range tt.out {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
		})
	}
}

func TestSimulateRefuses(t *testing.T) {
	tests := map[string]struct {
		args []string
		err  string
	}{
		"no policy":              {args: []string{"--policy", ""}, err: "give the manifest of an EscalationPolicy with --policy"},
		"a policy that fails":    {args: []string{"--policy", broken(t)}, err: "does not compile"},
		"no policy in the file":  {args: []string{"--policy", samplesDir + "/district.yaml"}, err: "holds 0 EscalationPolicies"},
		"an unknown rule":        {args: []string{"--set", "mid=true"}, err: "its rules are severe-or-moderately-severe, moderate, mild"},
		"no pair":                {args: []string{"--set", "mild"}, err: "write RULE=EXPRESSION"},
		"a rule with a hole":     {args: []string{"--set", "mild=scores['phq-9'].total >= 7"}, err: "with --set: policy \"graded-intervention\": rules: band uncaught"},
		"an unknown gate":        {args: []string{"--gate", "phq-9:sum >= 3"}, err: `no scale and no item "sum"`},
		"students without weeks": {args: []string{"--students", "10"}, err: "give --weeks, or a campaign with --capacity"},
		"no campaign":            {args: []string{"--capacity", samplesDir + "/district.yaml"}, err: "give --weeks"},
		"negative weeks":         {args: []string{"--weeks", "-1"}, err: "--weeks -1 is below 0"},
		"negative students":      {args: []string{"--students", "-1"}, err: "--students -1 is below 0"},
		"unknown output":         {args: []string{"-o", "csv"}, err: "write one of table, json"},
		"no such table":          {args: []string{"-f", "nowhere.csv"}, err: "nowhere.csv"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := world{}.run(t, append(survey, tt.args...)...)
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

// A row that cannot be read is listed by place, never by what is in it, and the others count.
func TestSimulateRejects(t *testing.T) {
	path := t.TempDir() + "/answers.csv"
	header := "q1,q2,q3,q4,q5,q6,q7,q8,q9\n"
	if err := os.WriteFile(path, []byte(header+"0,0,0,0,0,0,0,0,0\n0,0,0,8888,0,0,0,0,3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, stderr, err := world{}.run(t, "simulate", "--policy", policyFile, "-i", "phq-9", "-f", path)
	if !errors.Is(err, ErrIncomplete) || ExitCode(err) != 3 {
		t.Errorf("error %v, want ErrIncomplete", err)
	}
	if !strings.Contains(out, "1 student; 1 row rejected") || !strings.Contains(stderr, `row 3, column "q4"`) || strings.Contains(out+stderr, "8888") {
		t.Errorf("printed %q and %q", out, stderr)
	}
}

// A district's own floors hold in it: here every urgent answer is Severe.
// A table that counts from 1, or has no rows, is no ground for a policy.
func TestSimulateSuspects(t *testing.T) {
	header := "q1,q2,q3,q4,q5,q6,q7,q8,q9\n"
	for name, tt := range map[string]struct {
		rows string
		want error
	}{
		"counts from 1": {"1,1,1,1,1,1,1,1,1\n4,1,2,1,1,1,1,1,1\n", ErrSuspicious},
		"no rows":       {"", ErrNoRows},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir() + "/answers.csv"
			if err := os.WriteFile(path, []byte(header+tt.rows), 0o600); err != nil {
				t.Fatal(err)
			}
			_, stderr, err := world{}.run(t, "simulate", "--policy", policyFile, "-i", "phq-9", "-f", path)
			if !errors.Is(err, tt.want) || strings.Contains(stderr, "SUSPICION") != errors.Is(tt.want, ErrSuspicious) {
				t.Errorf("error %v, want %v; stderr: %s", err, tt.want, stderr)
			}
		})
	}
}

func TestSimulateInADistrict(t *testing.T) {
	text, err := os.ReadFile(samplesDir + "/district.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/district.yaml"
	floors := "  stricterFloors: {urgent: Severe}\n  cellFloor: 10\n"
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "  cellFloor: 10\n", floors, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, stderr, err := world{}.run(t, append(survey, "--capacity", path, "--weeks", "2")...)
	if err != nil || !strings.Contains(out, "Severe    City           192") {
		t.Errorf("%v, %q, %q", err, stderr, out)
	}
}

func TestSimulateLeavesOutAnEndedAgreement(t *testing.T) {
	text, err := os.ReadFile(samplesDir + "/referralchannel.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/channel.yaml"
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "2027-08-31", "2026-11-20", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, stderr, err := world{}.run(t, append(survey, "--capacity", path, "--weeks", "2")...)
	if err != nil || !strings.Contains(stderr, "its agreement holds from 2026-09-01 to 2026-11-20") || !strings.Contains(out, "0 (over)") {
		t.Errorf("%v, %q, %q", err, stderr, out)
	}
}
