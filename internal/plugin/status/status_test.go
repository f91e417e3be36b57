package status

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

var update = flag.Bool("update", false, "write the golden files anew")

// It is noon in Beijing on a day of screening.
var clock = clocktesting.NewFakePassiveClock(time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC))

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); look at it, then go test -update:\n%s", name, diff)
	}
}

func TestGolden(t *testing.T) {
	tests := map[string]struct {
		objects Objects
		style   Style
	}{
		"province.txt":        {province(), Style{}},
		"province-colour.txt": {province(), Style{Colour: true}},
		"healthy.txt":         {healthy(), Style{}},
		"partial.txt":         {Objects{Districts: healthy().Districts, Unread: []Unread{{"instruments", "you may not list instruments here"}}}, Style{}},
		"nothing.txt":         {Objects{}, Style{}},
		"fresh.txt":           {fresh(), Style{}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			Compute(tc.objects, clock.Now()).Write(&out, tc.style)
			golden(t, name, out.String())
		})
	}
}

func TestGoldenJSON(t *testing.T) {
	text, err := json.MarshalIndent(Compute(province(), clock.Now()), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "province.json", string(text)+"\n")
}

// Colours never change the layout.
func TestColourOnlyPaints(t *testing.T) {
	var plain, painted bytes.Buffer
	report := Compute(province(), clock.Now())
	report.Write(&plain, Style{})
	report.Write(&painted, Style{Colour: true})
	text := painted.String()
	for _, code := range []string{"\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"} {
		text = strings.ReplaceAll(text, code, "")
	}
	if diff := cmp.Diff(plain.String(), text); diff != "" {
		t.Errorf("-plain +painted without colours:\n%s", diff)
	}
}

func TestHealthOfTheWhole(t *testing.T) {
	with := func(change func(*Objects)) Objects {
		objects := healthy()
		change(&objects)
		return objects
	}
	tests := map[string]struct {
		objects Objects
		want    Health
	}{
		"nothing there":    {Objects{}, Neutral},
		"all well":         {healthy(), Healthy},
		"no report at all": {fresh(), Working},
		"signals uncovered": {with(func(o *Objects) {
			o.Districts[0].Status.Conditions = set(o.Districts[0].Status.Conditions, v1alpha1.ConditionSignalsCovered, "False", v1alpha1.ReasonUncovered)
		}), Attention},
		"report missing is never good": {with(func(o *Objects) {
			o.Districts[0].Status.Conditions = set(o.Districts[0].Status.Conditions, v1alpha1.ConditionSignalsCovered, "Unknown", v1alpha1.ReasonNoReport)
		}), Working},
		"policy stalled": {with(func(o *Objects) {
			o.Policies[0].Status.Conditions = set(o.Policies[0].Status.Conditions, v1alpha1.ConditionStalled, "True", v1alpha1.ReasonInvalid)
		}), Attention},
		"channel expired": {with(func(o *Objects) {
			o.Channels[0].Status.Conditions = set(o.Channels[0].Status.Conditions, v1alpha1.ConditionUsable, "False", v1alpha1.ReasonAgreementExpired)
		}), Attention},
		"round held": {with(func(o *Objects) {
			o.Rounds[0].Status.Conditions = set(o.Rounds[0].Status.Conditions, v1alpha1.ConditionOpen, "False", v1alpha1.ReasonHeld)
		}), Working},
		"gates of a closed round do not matter": {with(func(o *Objects) {
			o.Rounds[0].Status.Conditions = set(o.Rounds[0].Status.Conditions, v1alpha1.ConditionOpen, "False", v1alpha1.ReasonClosed)
			o.Rounds[0].Status.Conditions = set(o.Rounds[0].Status.Conditions, v1alpha1.ConditionGatesPassed, "False", v1alpha1.ReasonChannelNotUsable)
		}), Healthy},
		"an advisory gate holds nobody up": {with(func(o *Objects) {
			o.Rounds[0].Status.Conditions = set(o.Rounds[0].Status.Conditions, v1alpha1.ConditionGatesPassed, "True", v1alpha1.ReasonAdvisoryNotMet)
			o.Rounds[0].Status.Conditions = set(o.Rounds[0].Status.Conditions, v1alpha1.ConditionPublicityHeld, "False", v1alpha1.ReasonAdvisoryNotMet, "no publicity: west")
		}), Healthy},
		"a school year with time left": {with(func(o *Objects) {
			o.Districts[0].Status.Conditions = set(o.Districts[0].Status.Conditions, v1alpha1.ConditionAnnualScreeningMet, "False", v1alpha1.ReasonInProgress)
		}), Healthy},
		"a school year with little time left": {with(func(o *Objects) {
			o.Districts[0].Status.Conditions = set(o.Districts[0].Status.Conditions, v1alpha1.ConditionAnnualScreeningMet, "False", v1alpha1.ReasonDueSoon)
		}), Working},
		"a campaign whose schools are overdue": {with(func(o *Objects) {
			o.Campaigns[0].Status.Conditions = set(o.Campaigns[0].Status.Conditions, v1alpha1.ConditionAnnualScreeningMet, "False", v1alpha1.ReasonOverdue)
		}), Attention},
		"a round that cannot be extended": {with(func(o *Objects) {
			o.Rounds[0].Status.Conditions = set(o.Rounds[0].Status.Conditions, v1alpha1.ConditionExtended, "False", v1alpha1.ReasonCalendarEnds)
		}), Working},
		"an inspection that waits for its seed": {with(func(o *Objects) {
			o.Inspections = []v1alpha1.Inspection{{ObjectMeta: named("fengtai", "a"), Status: v1alpha1.InspectionStatus{
				Conditions: set(applied(), v1alpha1.ConditionDrawn, "False", v1alpha1.ReasonWaitingForSeed),
			}}}
		}), Healthy},
		"an inspection that cannot be drawn": {with(func(o *Objects) {
			o.Inspections = []v1alpha1.Inspection{{ObjectMeta: named("fengtai", "a"), Status: v1alpha1.InspectionStatus{
				Conditions: set(applied(), v1alpha1.ConditionDrawn, "False", v1alpha1.ReasonSeedBeforeList),
			}}}
		}), Attention},
		"district being deleted": {with(func(o *Objects) {
			now := metav1.NewTime(clock.Now())
			o.Districts[0].DeletionTimestamp = &now
		}), Working},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Compute(tc.objects, clock.Now()).Health; got != tc.want {
				t.Errorf("health is %q, want %q", got, tc.want)
			}
		})
	}
}

// The order of what the API server returns does not show.
func TestOrderIsTheReports(t *testing.T) {
	objects := province()
	want := Compute(objects, clock.Now()).Districts
	objects.Districts[0], objects.Districts[1] = objects.Districts[1], objects.Districts[0]
	if diff := cmp.Diff(want, Compute(objects, clock.Now()).Districts); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
