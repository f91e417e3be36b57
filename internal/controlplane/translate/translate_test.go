package translate_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// shipped reads an object that the repository ships.
func shipped[T any](t *testing.T, path string) T {
	t.Helper()
	return decoded[T](t, filepath.Join("../../../config", path))
}

// decoded reads one object of a file and takes no field that it does not have.
func decoded[T any](t *testing.T, path string) T {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var obj T
	if err := yaml.UnmarshalStrict(raw, &obj); err != nil {
		t.Fatal(err)
	}
	return obj
}

func golden(t *testing.T, name string, got any) {
	t.Helper()
	raw, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, append(raw, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(raw)+"\n"); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// The fixture says all that an Instrument can say; defaults that the API server would
// fill in are left out of it.
func TestInstrumentIsTheDocumentThatIsScored(t *testing.T) {
	in := decoded[v1alpha1.Instrument](t, "testdata/everything.yaml")
	got, err := translate.Instrument(in.Spec)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "everything", got)
	if _, err := translate.Compile(in.Spec); err != nil {
		t.Error(err)
	}
}

func TestInstrumentNamesTheFieldAtFault(t *testing.T) {
	tests := map[string]struct {
		edit func(*v1alpha1.InstrumentSpec)
		want string
	}{
		"an option set that is not there": {func(s *v1alpha1.InstrumentSpec) { s.Items[2].OptionSet = "nowhere" }, "items[2].optionSet"},
		"a band that is no number":        {func(s *v1alpha1.InstrumentSpec) { s.Scales[1].Bands[0].To.Text = "1,5" }, "scales[1].bands[0].to"},
		"a multiplier of nothing":         {func(s *v1alpha1.InstrumentSpec) { s.Scales[0].Multiply.Text = "0.0" }, "scales[0].multiply"},
		"a multiplier that is no number":  {func(s *v1alpha1.InstrumentSpec) { s.Scales[0].Multiply.Text = "5/4" }, "scales[0].multiply"},
		"a norm that is no number":        {func(s *v1alpha1.InstrumentSpec) { s.Scales[4].Norms[0].Rows[1].Standard.Text = "" }, "scales[4].norms[0].rows[1].standard"},
		"a threshold that is no number":   {func(s *v1alpha1.InstrumentSpec) { s.Quality[1].Threshold.Text = "1e3" }, "quality[1].threshold"},
		"what only compiling finds":       {func(s *v1alpha1.InstrumentSpec) { s.Scales[0].Reverse[0] = "c" }, "scales[0].reverse[0]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := decoded[v1alpha1.Instrument](t, "testdata/everything.yaml")
			tt.edit(&in.Spec)
			_, err := translate.Compile(in.Spec)
			if diff := cmp.Diff([]string{tt.want}, fault.Paths(err)); diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestUsable(t *testing.T) {
	approved := func(edits ...func(*v1alpha1.InstrumentSpec)) func(*v1alpha1.InstrumentSpec) {
		return func(s *v1alpha1.InstrumentSpec) {
			s.Review = v1alpha1.Review{State: v1alpha1.ReviewApproved, By: []string{"Board"}}
			confirm(s)
			for _, edit := range edits {
				edit(s)
			}
		}
	}
	state := func(i int, state string) func(*v1alpha1.InstrumentSpec) {
		return func(s *v1alpha1.InstrumentSpec) { s.Languages[i].State = state }
	}
	unworded := func(s *v1alpha1.InstrumentSpec) { s.Items[8].Text.ZhCN = "" }
	tests := map[string]struct {
		edit func(*v1alpha1.InstrumentSpec)
		want string
		says string
	}{
		"a draft":                 {func(*v1alpha1.InstrumentSpec) {}, v1alpha1.ReasonDraft, "spec.review.state"},
		"approved":                {approved(), v1alpha1.ReasonApproved, "may be used"},
		"retired":                 {approved(func(s *v1alpha1.InstrumentSpec) { s.Review.State = v1alpha1.ReviewRetired }), v1alpha1.ReasonRetired, "retired"},
		"an item unworded":        {approved(unworded), v1alpha1.ReasonTextMissing, "items[8].text.zhCN"},
		"in a language not shown": {approved(unworded, state(0, v1alpha1.LanguageUnconfirmed)), v1alpha1.ReasonApproved, ""},
		"no language confirmed": {
			approved(state(0, v1alpha1.LanguageUnconfirmed), state(1, v1alpha1.LanguageLicenseeSupplies)), v1alpha1.ReasonTextMissing, "languages",
		},
		"no stem": {approved(func(s *v1alpha1.InstrumentSpec) { s.Stem = v1alpha1.Text{} }), v1alpha1.ReasonTextMissing, "stem.en"},
		"an option unworded": {
			approved(func(s *v1alpha1.InstrumentSpec) { s.OptionSets[0].Options[1].Text.En = "" }), v1alpha1.ReasonTextMissing, "optionSets[0].options[1].text.en",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := shipped[v1alpha1.Instrument](t, "instruments/phq-9.yaml")
			complete(&in.Spec)
			tt.edit(&in.Spec)
			got, message, err := translate.Usable(in.Spec)
			if err != nil || got != tt.want || !strings.Contains(message, tt.says) {
				t.Errorf("got %s %q %v, want %s that says %q", got, message, err, tt.want, tt.says)
			}
		})
	}
}

// Districts get the wording of confirmed languages and no other.
func TestOnlyConfirmedWordingIsSent(t *testing.T) {
	in := shipped[v1alpha1.Instrument](t, "instruments/phq-9.yaml")
	complete(&in.Spec)
	confirm(&in.Spec)
	in.Spec.Languages[0].State = v1alpha1.LanguageUnconfirmed
	got, err := translate.Instrument(in.Spec)
	if err != nil {
		t.Fatal(err)
	}
	texts := []contract.Text{got.Title, got.Stem}
	for _, item := range got.Items {
		texts = append(texts, item.Text)
		for _, option := range item.Options {
			texts = append(texts, option.Text)
		}
	}
	for i, text := range texts {
		if text.ZhCN != "" || text.En == "" {
			t.Errorf("text %d is %+v: zh-CN is not confirmed, en is", i, text)
		}
	}
}

// complete gives every item words, whatever the shipped draft leaves to its reviewers.
func complete(s *v1alpha1.InstrumentSpec) {
	for i := range s.Items {
		s.Items[i].Text = v1alpha1.Text{ZhCN: "Words", En: "Words"}
	}
}

// confirm is a reviewer who found every language as published.
func confirm(s *v1alpha1.InstrumentSpec) {
	for i := range s.Languages {
		s.Languages[i].State = v1alpha1.LanguageConfirmed
	}
}

func TestPick(t *testing.T) {
	at := func(name string, minute int) v1alpha1.Instrument {
		in := v1alpha1.Instrument{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(time.Unix(int64(minute)*60, 0))}}
		in.Spec.Code, in.Spec.Version = "phq-9", "1"
		return in
	}
	key := v1alpha1.InstrumentKey{Code: "phq-9", Version: "1"}
	tests := map[string]struct {
		all  []v1alpha1.Instrument
		want string
	}{
		"none":              {},
		"the oldest":        {[]v1alpha1.Instrument{at("young", 2), at("old", 1)}, "old"},
		"by name when even": {[]v1alpha1.Instrument{at("b", 1), at("a", 1)}, "a"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, found := translate.Pick(tt.all, key)
			if got.Name != tt.want || found != (tt.want != "") {
				t.Errorf("picked %q, %v, want %q", got.Name, found, tt.want)
			}
		})
	}
}

func TestPolicyIsTheDocumentThatDecides(t *testing.T) {
	policy := shipped[v1alpha1.EscalationPolicy](t, "samples/escalationpolicy.yaml")
	policy.Spec.ReferralRelease = "Human" // the schema's default
	if diff := cmp.Diff(escalationtest.GradedIntervention(), translate.Policy(policy.Name, policy.Spec)); diff != "" {
		t.Errorf("the shipped policy and the one in core differ (-core +shipped):\n%s", diff)
	}
	steps := policy.Spec.Tiers[0].OnOverdue
	steps[0], steps[1] = steps[1], steps[0]
	if diff := cmp.Diff(escalationtest.GradedIntervention(), translate.Policy(policy.Name, policy.Spec)); diff != "" {
		t.Errorf("steps written out of order are not put in order of time:\n%s", diff)
	}
}

func testRound() v1alpha1.ScreeningRound {
	instant := func(text string) metav1.Time {
		parsed, err := time.Parse(time.RFC3339, text)
		if err != nil {
			panic(err)
		}
		return metav1.NewTime(parsed)
	}
	return v1alpha1.ScreeningRound{
		ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: "autumn-20260915"},
		Spec: v1alpha1.ScreeningRoundSpec{
			Slot: "2026-09-15",
			Sessions: []v1alpha1.SessionWindow{
				{From: instant("2026-09-17T09:00:00+08:00"), To: instant("2026-09-17T16:30:00+08:00")},
				{From: instant("2026-09-18T09:00:00+08:00"), To: instant("2026-09-18T16:30:00+08:00")},
			},
			Cohort: v1alpha1.Cohort{Stages: []v1alpha1.Stage{v1alpha1.StageSeniorSecondary, v1alpha1.StageJuniorSecondary}},
		},
	}
}

func TestControl(t *testing.T) {
	endAt := func(text string) *metav1.Time {
		parsed, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return ptr.To(metav1.NewTime(parsed))
	}
	tests := map[string]*metav1.Time{
		"control":                nil,
		"control-end-in-session": endAt("2026-09-18T12:00:00+08:00"),
		"control-end-between":    endAt("2026-09-17T20:00:00+08:00"),
		"control-end-in-past":    endAt("2026-09-01T00:00:00+08:00"),
		"control-end-later":      endAt("2026-12-01T00:00:00+08:00"),
	}
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			round := testRound()
			round.Spec.EndAt = end
			golden(t, name, translate.Control(round, "abc", []string{"stone-bridge", "lotus-pond"}, contract.HoldNew))
		})
	}
}

func TestMeaning(t *testing.T) {
	policy := escalationtest.GradedIntervention()
	got := translate.Meaning("autumn-20260915", []contract.Instrument{instrumenttest.PHQ9()}, policy)
	if got.Version != contract.Version || got.Round != "autumn-20260915" || len(got.Instruments) != 1 || got.Policy.Name != policy.Name {
		t.Errorf("got %+v", got)
	}
}

func TestHold(t *testing.T) {
	order := []contract.Hold{contract.HoldNone, contract.HoldNew, contract.HoldAndDrain}
	for i, a := range order {
		for j, b := range order {
			if got := translate.Hold(a, b); got != order[max(i, j)] {
				t.Errorf("Hold(%s, %s) = %s, want %s", a, b, got, order[max(i, j)])
			}
		}
	}
	modes := map[v1alpha1.SuspendMode]contract.Hold{
		"": contract.HoldNone, v1alpha1.SuspendNone: contract.HoldNone,
		v1alpha1.SuspendHold: contract.HoldNew, v1alpha1.SuspendHoldAndDrain: contract.HoldAndDrain,
	}
	for mode, want := range modes {
		if got := translate.HoldOf(mode); got != want {
			t.Errorf("HoldOf(%q) = %s, want %s", mode, got, want)
		}
	}
}

func TestSuspension(t *testing.T) {
	for name, c := range map[string]struct {
		spec v1alpha1.ScreeningCampaignSpec
		want v1alpha1.SuspendMode
	}{
		"nothing said":           {v1alpha1.ScreeningCampaignSpec{}, v1alpha1.SuspendNone},
		"not, whatever the mode": {v1alpha1.ScreeningCampaignSpec{Suspend: new(false), WhenSuspended: v1alpha1.SuspendHoldAndDrain}, v1alpha1.SuspendNone},
		"without a mode":         {v1alpha1.ScreeningCampaignSpec{Suspend: new(true)}, v1alpha1.SuspendHold},
		"with one":               {v1alpha1.ScreeningCampaignSpec{Suspend: new(true), WhenSuspended: v1alpha1.SuspendHoldAndDrain}, v1alpha1.SuspendHoldAndDrain},
	} {
		if got := translate.Suspension(c.spec); got != c.want {
			t.Errorf("%s: Suspension is %q, want %q", name, got, c.want)
		}
	}
}

func TestCalendar(t *testing.T) {
	cal := shipped[v1alpha1.AcademicCalendar](t, "samples/academiccalendar.yaml")
	if _, err := translate.CompileCalendar(cal.Spec); err != nil {
		t.Errorf("the shipped calendar does not compile: %v", err)
	}
	cal.Spec.Terms[0].To = "2027-02-30"
	cal.Spec.MakeUpDays[1] = "2026-09-31"
	_, err := translate.CompileCalendar(cal.Spec)
	if diff := cmp.Diff([]string{"terms[0].to", "makeUpDays[1]"}, fault.Paths(err)); diff != "" {
		t.Errorf("dates that do not exist (-want +got):\n%s", diff)
	}
}

func TestCampaignToRound(t *testing.T) {
	campaign := shipped[v1alpha1.ScreeningCampaign](t, "samples/screeningcampaign.yaml")
	campaign.UID = types.UID("1f0c")
	cal, err := translate.CompileCalendar(shipped[v1alpha1.AcademicCalendar](t, "samples/academiccalendar.yaml").Spec)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := translate.Campaign(campaign.Name, campaign.Spec)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 9, 15, 1, 0, 0, 0, time.UTC)
	plan, err := rollout.Plan(spec, cal, []rollout.DistrictView{{Name: "fengtai", Authorised: true}}, rollout.Observed{}, now)
	if err != nil || len(plan.Rounds) != 1 {
		t.Fatalf("planned %+v, %v", plan, err)
	}
	golden(t, "round", translate.RoundSpec(plan.Rounds[0], campaign))
}

func TestObservedRoundIgnoresPeoplesWords(t *testing.T) {
	round := testRound()
	round.Spec.EndAt = ptr.To(round.Spec.Sessions[0].From)
	got, err := translate.ObservedRound(round, true)
	if err != nil {
		t.Fatal(err)
	}
	want := rollout.ObservedRound{
		District: "fengtai", Slot: calendar.Date{Year: 2026, Month: 9, Day: 15}, Opened: true,
		OpensAt: round.Spec.Sessions[0].From.UTC(), ClosesAt: round.Spec.Sessions[1].To.UTC(),
		Sessions: []contract.Session{
			{From: round.Spec.Sessions[0].From.UTC(), To: round.Spec.Sessions[0].To.UTC()},
			{From: round.Spec.Sessions[1].From.UTC(), To: round.Spec.Sessions[1].To.UTC()},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestScheduled(t *testing.T) {
	tests := map[string]struct {
		schedule v1alpha1.Schedule
		slot     v1alpha1.Civil
		want     bool
	}{
		"the start date":        {v1alpha1.Schedule{StartDate: "2026-09-15"}, "2026-09-15", true},
		"another start date":    {v1alpha1.Schedule{StartDate: "2026-09-16"}, "2026-09-15", false},
		"a run of the cron":     {v1alpha1.Schedule{Cron: "0 8 15 9 *"}, "2026-09-15", true},
		"a run years ago":       {v1alpha1.Schedule{Cron: "0 8 15 9 *"}, "2019-09-15", true},
		"a run at midnight":     {v1alpha1.Schedule{Cron: "0 0 15 9 *"}, "2026-09-15", true},
		"no run of the cron":    {v1alpha1.Schedule{Cron: "0 8 20 9 *"}, "2026-09-15", false},
		"a cron that is broken": {v1alpha1.Schedule{Cron: "0 8 99 9 *"}, "2026-09-15", true},
		"a slot that is no day": {v1alpha1.Schedule{Cron: "0 8 15 9 *"}, "2026-02-31", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := translate.Scheduled(tt.schedule, tt.slot); got != tt.want {
				t.Errorf("Scheduled = %v, want %v", got, tt.want)
			}
		})
	}
}

// Sessions of single schools are told for those of the cohort, by name, and the closing
// cuts them like the others.
func TestControlOfSchoolsWithTheirOwnSessions(t *testing.T) {
	round := testRound()
	round.Spec.Schools = []v1alpha1.SchoolWindows{
		{Name: "stone-bridge", Sessions: round.Spec.Sessions[1:]}, {Name: "lotus-pond", Sessions: round.Spec.Sessions}, {Name: "elsewhere", Sessions: round.Spec.Sessions},
	}
	round.Spec.EndAt = ptr.To(metav1.NewTime(round.Spec.Sessions[1].From.Add(time.Hour)))
	got := translate.Control(round, "abc", []string{"stone-bridge", "lotus-pond"}, contract.HoldNone)
	if got.Overrides[0].School != "lotus-pond" || got.Overrides[1].School != "stone-bridge" || len(got.Overrides) != 2 {
		t.Fatalf("overrides %+v", got.Overrides)
	}
	if diff := cmp.Diff(got.Sessions, got.Overrides[0].Sessions); diff != "" {
		t.Errorf("(-default +own):\n%s", diff)
	}
	if last := got.Overrides[1].Sessions[0]; !last.To.Equal(round.Spec.EndAt.Time) {
		t.Errorf("ends %s", last.To)
	}
}

func TestRates(t *testing.T) {
	policy := shipped[v1alpha1.EscalationPolicy](t, "samples/escalationpolicy.yaml").Spec
	rate := func(tier string, n int32) v1alpha1.ExpectedRate {
		return v1alpha1.ExpectedRate{Tier: tier, PerThousand: &n}
	}
	tiers, declared, err := translate.Rates(v1alpha1.Capacity{Expected: []v1alpha1.ExpectedRate{
		rate("Low", 4), rate("Moderate", 3), rate("High", 2), rate("Severe", 1),
	}}, policy)
	if err != nil || !cmp.Equal(declared, []int64{1, 2, 3, 4}) || tiers[0] != (rollout.Tier{Name: "Severe", Class: "Psychiatric"}) || tiers[1].Class != "" {
		t.Errorf("tiers %v, rates %v, %v", tiers, declared, err)
	}
	if _, declared, err = translate.Rates(v1alpha1.Capacity{}, policy); declared != nil || err != nil {
		t.Errorf("undeclared rates are %v, %v", declared, err)
	}
	_, _, err = translate.Rates(v1alpha1.Capacity{Expected: []v1alpha1.ExpectedRate{rate("Severe", 1), rate("Sever", 2)}}, policy)
	want := []string{"rollout.capacity.expected[1].tier", "rollout.capacity.expected", "rollout.capacity.expected", "rollout.capacity.expected"}
	if diff := cmp.Diff(want, fault.Paths(err)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}
