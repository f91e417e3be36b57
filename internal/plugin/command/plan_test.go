package command

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
	"github.com/evenkeel/evenkeel/internal/plugin/plan"
)

var update = flag.Bool("update", false, "write the golden files anew")

const samples = "../../../config/samples"

// The samples' autumn check-up, before it is due: the plan is the one that will be made.
func TestPlanOffline(t *testing.T) {
	stdout, _, err := world{}.run(t, "plan", "-f", samples, "--at", "2026-09-01T08:00:00+08:00")
	if err != nil {
		t.Fatal(err)
	}
	goldenText(t, "plan.txt", stdout)
}

func goldenText(t *testing.T, name, got string) {
	t.Helper()
	golden := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("plan (-want +got); look at it, then go test -update:\n%s", diff)
	}
}

// The sample of a campaign that says all there is to say: gates, exceptions and a make-up round.
func TestPlanOfTheFullSample(t *testing.T) {
	stdout, _, err := world{}.run(t, "plan", "spring-check-up", "-f", samples, "-f", filepath.Join(samples, "full"), "--at", "2027-02-22T08:00:00+08:00")
	if err != nil {
		t.Fatal(err)
	}
	goldenText(t, "plan-full.txt", stdout)
}

// A make-up round stays in the school year of its regular round, which begins when the operator is told that it does.
func TestPlanInAnotherSchoolYear(t *testing.T) {
	args := []string{"spring-check-up", "-f", samples, "-f", filepath.Join(samples, "full"), "--at", "2027-02-22T08:00:00+08:00", "--school-year-begins"}
	stdout, _, err := world{}.run(t, append(append([]string{"plan"}, args...), "03-25")...)
	if err != nil || !strings.Contains(stdout, "MakeUpNextSchoolYear") || strings.Contains(stdout, "spring-check-up-20270301-makeup") {
		t.Errorf("%v\n%s", err, stdout)
	}
	if _, _, err := (world{}).run(t, append(append([]string{"plan"}, args...), "spring")...); err == nil || !strings.Contains(err.Error(), `--school-year-begins: "spring" is not a day of every year`) {
		t.Errorf("got %v", err)
	}
}

// Two waves, schools on days on which somebody is there, a hospital that two districts
// share, and a school without a counsellor.
func TestPlanOfWavesAndCapacity(t *testing.T) {
	stdout, _, err := world{}.run(t, "plan", "spring-check-up", "-f", samples, "-f", filepath.Join("testdata", "rollout.yaml"),
		"--at", "2026-10-01T00:00:00+08:00", "-o", "wide")
	if err != nil {
		t.Fatal(err)
	}
	goldenText(t, "plan-rollout.txt", stdout)
}

// An extra run, make-up rounds, a district's own hours and days, gates, and exceptions from them
// with what becomes of each.
func TestPlanOfGatesAndMakeUp(t *testing.T) {
	args := []string{"plan", "winter-check-up", "-f", samples, "-f", filepath.Join("testdata", "gates.yaml"), "--at", "2026-11-22T12:00:00+08:00"}
	for name, output := range map[string]string{"plan-gates.txt": "wide", "plan-gates.json": "json"} {
		stdout, _, err := world{}.run(t, append(args, "-o", output)...)
		if err != nil {
			t.Fatal(err)
		}
		goldenText(t, name, stdout)
	}
	stdout, _, err := world{}.run(t, append(args, "-o", "ical")...)
	if err != nil || strings.Count(stdout, "winter-check-up make-up Stage1 (") != 2 || strings.Count(stdout, "BEGIN:VEVENT") != 8 {
		t.Errorf("want an event for each of three phases and the make-up round in two districts, %v:\n%s", err, stdout)
	}
}

// A round that is extended is no row of its own, and what the operator is about to write of it
// is a change.
func TestPlanOfAnExtendedRound(t *testing.T) {
	w := midStage1(t, func(r *v1alpha1.ScreeningRound) { r.Spec.ExtendSchoolDays = ptr.To[int32](3) })
	for name, args := range map[string]string{"plan-extended.txt": "plan autumn-check-up", "plan-extended-diff.txt": "plan autumn-check-up --diff"} {
		stdout, _, err := w.run(t, strings.Fields(args)...)
		if err != nil {
			t.Fatal(err)
		}
		goldenText(t, name, stdout)
	}
}

// The phases follow one another in school days, without the National Day week and with
// its make-up days, and the JSON says the same as the table.
func TestPlanJSON(t *testing.T) {
	stdout, _, err := world{}.run(t, "plan", "autumn-check-up", "-f", samples, "--at", "2026-09-15T08:00:00+08:00", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	var report plan.Report
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatal(err)
	}
	if report.Preview || report.Slot != "2026-09-15" || len(report.Rounds) != 1 || report.Rounds[0].Sessions != 15 {
		t.Fatalf("report %+v", report)
	}
	previous := ""
	for _, p := range report.Rounds[0].Phases {
		if p.From <= previous || p.To < p.From {
			t.Errorf("phase %+v does not follow %s", p, previous)
		}
		previous = p.To
	}
	if len(report.Changes) != 1 || report.Changes[0].Change != "New" {
		t.Errorf("changes %+v", report.Changes)
	}
}

// An edited campaign is planned against the cluster: the round that has not opened moves,
// the district without one gets it, and the round of a run that was dropped is given up.
func TestPlanDiff(t *testing.T) {
	set, _, err := manifest.Load(t.Context(), manifest.Input{Paths: []string{samples}})
	if err != nil {
		t.Fatal(err)
	}
	campaign, calendar := set.Campaigns[0].Value, set.Calendars[0].Value
	campaign.CreationTimestamp = metav1.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	w := world{objects: []client.Object{&campaign, &calendar}}
	for _, name := range []string{"fengtai", "kaizhou"} {
		w.objects = append(w.objects, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"screening.evenkeel.dev/pilot": "true"}}})
	}
	old := func(name string, slot v1alpha1.Civil, day int) *v1alpha1.ScreeningRound {
		from := metav1.Date(2026, 10, day, 1, 0, 0, 0, time.UTC)
		return &v1alpha1.ScreeningRound{
			ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: name, Labels: map[string]string{v1alpha1.LabelCampaign: campaign.Name}},
			Spec:       v1alpha1.ScreeningRoundSpec{Slot: slot, Sessions: []v1alpha1.SessionWindow{{From: from, To: metav1.NewTime(from.Add(time.Hour))}}},
		}
	}
	w.objects = append(w.objects, old("autumn-check-up-20260915", "2026-09-15", 20), old("autumn-check-up-20260914", "2026-09-14", 12))
	stdout, _, err := w.run(t, "plan", "-f", samples, "--diff", "--at", "2026-09-15T12:00:00+08:00")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Moved   fengtai   autumn-check-up-20260915  2026-10-20 09:00 to 2026-10-20 10:00  2026-10-12 09:00 to 2026-10-30 16:30",
		"New     kaizhou   autumn-check-up-20260915  -                                     2026-10-12 09:00 to 2026-10-30 16:30",
		"Gone    fengtai   autumn-check-up-20260914  2026-10-12 09:00 to 2026-10-12 10:00  -",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the diff lacks %q:\n%s", want, stdout)
		}
	}
}

// Two campaigns of a file ask the same schools on the same days: as in the cluster the one that
// comes second is blocked, also when only that one is asked for.
func TestPlanOfCampaignsThatMeet(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(samples, "screeningcampaign.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	second := filepath.Join(t.TempDir(), "second.yaml")
	changed := strings.NewReplacer("name: autumn-check-up", "name: a-second", "15 9 *", "17 9 *").Replace(string(text))
	if err := os.WriteFile(second, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"plan"}, {"plan", "a-second"}} {
		stdout, _, err := world{}.run(t, append(args, "-f", second, "-f", samples, "--at", "2026-09-01T08:00:00+08:00")...)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Campaign a-second will run on 2026-09-17", "  No round: SchoolsClaimed (1 district).", "fengtai  SchoolsClaimed by autumn-check-up"} {
			if !strings.Contains(stdout, want) {
				t.Errorf("%v lacks %q:\n%s", args, want, stdout)
			}
		}
		if open := strings.Contains(stdout, "fengtai (autumn-check-up-20260915)"); open != (len(args) == 1) {
			t.Errorf("%v:\n%s", args, stdout)
		}
	}
}

// A district with days of its own in the calendar has other dates than the days skipped by all
// explain; it is told which.
func TestPlanTellsADistrictsOwnDays(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(samples, "academiccalendar.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	calendar := filepath.Join(t.TempDir(), "calendar.yaml")
	own := "  exceptions:\n  - {name: sports, district: fengtai, makeUpDays: [\"2026-10-17\"], closures: [{name: flood, from: \"2026-10-12\", to: \"2026-10-13\"}, {name: thaw, from: \"2027-03-01\", to: \"2027-03-01\"}]}\n"
	if err := os.WriteFile(calendar, append(text, own...), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"plan", "-f", calendar, "--at", "2026-09-01T08:00:00+08:00", "-o", "wide"}
	for _, file := range []string{"screeningcampaign.yaml", "namespace.yaml", "district.yaml"} {
		args = append(args, "-f", filepath.Join(samples, file))
	}
	stdout, _, err := world{}.run(t, args...)
	for _, want := range []string{
		"  Stage1        2026-10-14 Wed  2026-11-02 Mon\n",
		"  fengtai by the calendar has no school from 2026-10-12 Mon to 2026-10-13 Tue (flood).\n  fengtai by the calendar has school on 2026-10-17 Sat (sports).\n",
	} {
		if err != nil || !strings.Contains(stdout, want) {
			t.Errorf("%v, lacks %q:\n%s", err, want, stdout)
		}
	}
	if strings.Contains(stdout, "thaw") {
		t.Errorf("days after the round are told:\n%s", stdout)
	}
}

// What has no rounds says why, and an exception until a day that does not exist is not in force.
func TestPlanSaysWhatThereIsNot(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(samples, "screeningcampaign.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	exception := "  gateExceptions:\n  - {name: e, gate: DutyDrill, district: fengtai, grantedBy: 区教委, until: \"2026-11-31\"}\n"
	for name, tc := range map[string]struct{ old, new, at, want string }{
		"nobody is selected": {`pilot: "true"`, `pilot: "maybe"`, "2026-09-01", "will run on 2026-09-15, next on 2027-09-15, Asia/Shanghai\n  No round: spec.districtSelector selects no Namespace.\n"},
		"the run was missed": {"cron: \"0 8 15 9 *\"", `startDate: "2026-09-15"`, "2026-11-20", "was to run on 2026-09-15, Asia/Shanghai\n  No round: DeadlineMissed.\n"},
		"it is suspended":    {"  suspend: false\n", "  suspend: true\n", "2026-09-01", "Campaign autumn-check-up is suspended and makes no new rounds, Asia/Shanghai\n"},
		"no such day":        {"  suspend: false\n", "  suspend: false\n" + exception, "2026-09-01", "区教委      2026-11-31  NotADate"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "c.yaml"), []byte(strings.Replace(string(text), tc.old, tc.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"plan", "-f", dir, "--at", tc.at + "T08:00:00+08:00"}
			for _, file := range []string{"academiccalendar.yaml", "namespace.yaml", "district.yaml"} {
				args = append(args, "-f", filepath.Join(samples, file))
			}
			stdout, _, err := world{}.run(t, args...)
			if err != nil || !strings.Contains(stdout, tc.want) {
				t.Errorf("%v, lacks %q:\n%s", err, tc.want, stdout)
			}
		})
	}
}

func TestPlanICal(t *testing.T) {
	stdout, _, err := world{}.run(t, "plan", "-f", samples, "--at", "2026-09-01T08:00:00+08:00", "-o", "ical")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(stdout, "BEGIN:VEVENT"); got != 6 {
		t.Errorf("%d events, want one for each of 6 phases:\n%s", got, stdout)
	}
}

func TestPlanNamesTheFault(t *testing.T) {
	tests := map[string]struct {
		args []string
		want string
	}{
		"unknown campaign": {[]string{"nowhere", "-f", samples}, `there is no campaign "nowhere"`},
		"no calendar":      {[]string{"-f", filepath.Join(samples, "screeningcampaign.yaml")}, "there is no AcademicCalendar beijing-2026-2027"},
		"no policy": {[]string{
			"spring-check-up", "-f", filepath.Join("testdata", "rollout.yaml"), "-f", filepath.Join(samples, "academiccalendar.yaml"), "--at", "2026-10-12T00:00:00+08:00",
		}, "EscalationPolicy graded-intervention cannot be planned with: it is not there"},
		"odd time":       {[]string{"-f", samples, "--at", "tomorrow"}, "write one such as"},
		"unknown output": {[]string{"-o", "xml"}, "write one of table, wide, json, ical"},
		"empty cluster":  {nil, "there is no campaign to plan"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := world{}.run(t, append([]string{"plan"}, tc.args...)...)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// Of a round that is in the cluster the operator tells what declared objects do not; what they do
// is judged by them as they are now, not by a status from before an edit.
func TestPlanOfGatesOfARoundThatExists(t *testing.T) {
	w := sampled(t, func(c *v1alpha1.ScreeningCampaign) { c.Spec.Schedule.ExtraDates = []v1alpha1.Civil{"2026-11-16"} })
	set, _, err := manifest.Load(t.Context(), manifest.Input{Paths: []string{filepath.Join(samples, "schools.yaml")}})
	if err != nil {
		t.Fatal(err)
	}
	shut := func(kind, reason string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: metav1.ConditionFalse, Reason: reason, Message: "as the operator says"}
	}
	for _, school := range set.Schools {
		school.Value.Spec.Training.CompletedOn = ""
		school.Value.Status.Conditions = []metav1.Condition{shut("ScreeningReady", "NoPsychTeacher")}
		w.objects = append(w.objects, &school.Value)
	}
	w.objects = append(w.objects, &v1alpha1.ScreeningRound{
		ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: "autumn-check-up-20261116", Labels: map[string]string{v1alpha1.LabelCampaign: "autumn-check-up"}},
		Spec:       v1alpha1.ScreeningRoundSpec{Campaign: v1alpha1.CampaignReference{Name: "autumn-check-up", UID: "1f0c"}, Slot: "2026-11-16"},
		Status: v1alpha1.ScreeningRoundStatus{Conditions: []metav1.Condition{
			shut(v1alpha1.ConditionSchoolsTrained, v1alpha1.ReasonTrainingMissing), shut(v1alpha1.ConditionDutyChainReachable, v1alpha1.ReasonDutyChainNotReady),
		}},
	})
	stdout, _, err := w.run(t, "plan", "autumn-check-up")
	if err != nil {
		t.Fatal(err)
	}
	_, gates, _ := strings.Cut(stdout, "  LACKING ")
	declared, said, found := strings.Cut(gates, "  SHUT NOW ")
	if !found || !strings.Contains(said, "DutyChainReachable") || strings.Contains(said, "SchoolsTrained") {
		t.Errorf("want what declared objects do not tell, of the operator:\n%s", stdout)
	}
	if !strings.Contains(declared, "lotus-pond (no day), stone-bridge (no day)") || strings.Contains(declared, "NoPsychTeacher") {
		t.Errorf("want training that lacks by School objects, and no staff of an old status:\n%s", stdout)
	}
}
