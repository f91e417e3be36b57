package validate_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
	"github.com/evenkeel/evenkeel/internal/plugin/validate"
)

// It is noon in Beijing.
var today = time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)

const config = "../../../config/"

// shipped are the files of a first campaign.
var shipped = []string{
	"instruments/phq-9.yaml", "samples/academiccalendar.yaml", "samples/escalationpolicy.yaml", "samples/screeningcampaign.yaml",
	"samples/namespace.yaml", "samples/district.yaml", "samples/schools.yaml", "samples/referralchannel.yaml",
}

// change replaces a text in a file of the set, or adds one at its end when old is empty.
type change struct{ file, old, new string }

// check validates the shipped files, changed, without those left out.
func check(t *testing.T, without []string, changes ...change) validate.Report {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for _, file := range shipped {
		text, err := os.ReadFile(config + file)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.Base(file))
		if err := os.WriteFile(path, []byte(changed(t, file, string(text), changes)), 0o600); err != nil {
			t.Fatal(err)
		}
		if !contains(without, file) {
			paths = append(paths, path)
		}
	}
	set, reading, err := manifest.Load(t.Context(), manifest.Input{Paths: paths})
	if err != nil {
		t.Fatal(err)
	}
	return validate.Compute(set, reading, today)
}

func changed(t *testing.T, file, text string, changes []change) string {
	t.Helper()
	for _, c := range changes {
		switch {
		case !strings.HasSuffix(file, c.file):
		case c.old == "":
			text += c.new
		case !strings.Contains(text, c.old):
			t.Fatalf("%s has no %q any more", file, c.old)
		default:
			text = strings.Replace(text, c.old, c.new, 1)
		}
	}
	return text
}

func contains(without []string, file string) bool {
	for _, one := range without {
		if strings.HasSuffix(file, one) {
			return true
		}
	}
	return false
}

// told writes findings without their place: severity object field: message.
func told(r validate.Report) (out []string) {
	for _, f := range r.Findings {
		if f.Field == draftAt {
			continue // the shipped instrument is a draft; TestDraft looks at that
		}
		out = append(out, string(f.Severity)+" "+f.Subject()+" "+f.Field+": "+f.Message)
	}
	return out
}

const draftAt = "spec.template.spec.stage1.instruments[0]"

func TestFindings(t *testing.T) {
	const (
		policy    = "EscalationPolicy/graded-intervention"
		campaign  = "ScreeningCampaign/autumn-check-up"
		used      = "used by ScreeningCampaign/autumn-check-up: "
		elsewhere = " is not in this set; it has to be in the cluster already, or add its file"
	)
	tests := map[string]struct {
		without []string
		changes []change
		want    []string
	}{
		"as shipped": {},
		"an instrument that does not compile": {
			changes: []change{{"phq-9.yaml", "code: q2", "code: q1"}},
			want:    []string{"error Instrument/phq-9-v1 spec.items[1]: Duplicate value: {\"code\":\"q1\"}"},
		},
		"a rule that does not compile": {
			changes: []change{{"escalationpolicy.yaml", ".total >= 10", ".total >= ten"}},
			want:    []string{"error " + policy + " spec.rules[1].when: does not compile: undeclared reference to 'ten' (line 1, column 26)"},
		},
		"rules out of order": {
			changes: []change{{"escalationpolicy.yaml", `>= 15", tier: High`, `>= 15", tier: Low`}},
			want:    []string{"error " + policy + ` spec.rules[1].tier: "Moderate" is severer than the tier of a rule before it; order rules in falling severity`},
		},
		"a scale that the campaign's instruments do not have": {
			changes: []change{{"escalationpolicy.yaml", ".total >= 10", ".sum >= 10"}},
			want:    []string{"error " + policy + " spec.rules[1].when: " + used + `instrument "phq-9" has no scale "sum"; write one of its scales (line 1, column 1)`},
		},
		"a band that no rule catches": {
			changes: []change{{"escalationpolicy.yaml", ".total >= 5", ".total >= 7"}},
			want:    []string{"error " + policy + " spec.rules: " + used + "band uncaught: no rule matches scores['phq-9'].total 5..6 (Mild); add a rule for it"},
		},
		"a day that does not exist": {
			changes: []change{{"academiccalendar.yaml", "2027-04-05", "2027-04-31"}},
			want:    []string{`error AcademicCalendar/beijing-2026-2027 spec.closures[3].to: "2027-04-31" is not a date; write YYYY-MM-DD, such as 2026-09-01`},
		},
		"another time zone than the calendar's": {
			changes: []change{{"screeningcampaign.yaml", "Asia/Shanghai", "Asia/Urumqi"}},
			want:    []string{"error " + campaign + ` spec.timeZone: is "Asia/Urumqi", the calendar's is "Asia/Shanghai"; write the calendar's`},
		},
		"nothing but the campaign": {
			without: []string{"phq-9.yaml", "academiccalendar.yaml", "escalationpolicy.yaml", "namespace.yaml", "district.yaml", "schools.yaml", "referralchannel.yaml"},
			want: []string{
				"warning " + campaign + " spec.calendarRef.name: AcademicCalendar beijing-2026-2027" + elsewhere,
				"warning " + campaign + " spec.template.spec.escalationPolicyRef.name: EscalationPolicy graded-intervention" + elsewhere,
			},
		},
		"no district for the schools": {
			without: []string{"district.yaml", "namespace.yaml"},
			want:    []string{"warning School/fengtai/lotus-pond metadata.namespace: District fengtai" + elsewhere},
		},
		"a refused policy is told of once": {
			changes: []change{{"escalationpolicy.yaml", "referralRelease: Human", "referralRelease: Machine"}},
			want:    []string{"error " + policy + ` spec.referralRelease: Unsupported value: "Machine": supported values: "Human"`},
		},
		"no namespace that the campaign selects": {
			changes: []change{{"namespace.yaml", `pilot: "true"`, `pilot: "no"`}},
			want:    []string{"warning " + campaign + " spec.districtSelector: selects no Namespace of this set; write labels that the namespaces of the districts carry"},
		},
		"another district's grant": {
			changes: []change{{"namespace.yaml", `district: "110106"`, `district: "110107"`}},
			want: []string{`warning Namespace/fengtai metadata.labels: screening.evenkeel.dev/district is "110107" and the District's code is "110106": ` +
				`it would not be authorised; write the code that the province granted`},
		},
		"a district of another name than its namespace": {
			changes: []change{{"district.yaml", "name: fengtai", "name: west"}},
			want: []string{
				"error District/fengtai/west metadata.name: a District has the name of its namespace: set metadata.name to fengtai",
				"warning School/fengtai/lotus-pond metadata.namespace: District fengtai" + elsewhere,
			},
		},
		"no channel for a tier that refers": {
			changes: []change{{"referralchannel.yaml", "class: Psychiatric", "class: Psychological"}},
			want: []string{"warning District/fengtai/fengtai : no ReferralChannel of class Psychiatric is in this set, and tier Severe of EscalationPolicy " +
				"graded-intervention drafts referrals to one; no round of ScreeningCampaign autumn-check-up opens without it"},
		},
		"a school, an area and a tier that there are not": {
			changes: []change{
				{"district.yaml", "school: lotus-pond", "school: lotus"},
				{"district.yaml", "tier: High", "tier: Higher"},
				{"schools.yaml", "area: east", "area: north"},
			},
			want: []string{
				"warning District/fengtai/fengtai spec.staff[4].school: School lotus" + elsewhere,
				`warning District/fengtai/fengtai spec.stricterDeadlines[0].tier: no tier "Higher"; write the name of a tier of the policy`,
				`warning School/fengtai/lotus-pond spec.area: District fengtai lists no area "north"; write the code of one of its areas`,
			},
		},
		"a deadline that is longer": {
			changes: []change{{"district.yaml", "respondWithinMinutes: 240", "respondWithinMinutes: 500"}},
			want: []string{"warning District/fengtai/fengtai spec.stricterDeadlines[0].respondWithinMinutes: " +
				`is 500, longer than the policy's 480 for tier "High", which holds; write no more than that`},
		},
		"the districts of a set without namespaces": {
			without: []string{"namespace.yaml"},
			changes: []change{{"district.yaml", "respondWithinMinutes: 240", "respondWithinMinutes: 500"}},
			want: []string{"warning District/fengtai/fengtai spec.stricterDeadlines[0].respondWithinMinutes: " +
				`is 500, longer than the policy's 480 for tier "High", which holds; write no more than that`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			report := check(t, tt.without, tt.changes...)
			if diff := cmp.Diff(tt.want, told(report)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// exceptions gives the campaign an exception of each kind.
func exceptions(text string) change {
	return change{"screeningcampaign.yaml", "  suspend: false\n", "  suspend: false\n  gateExceptions:\n" + text}
}

// What gates, narrowing and inspections name is there, exists, and has not ended.
func TestGatesAndInspections(t *testing.T) {
	const (
		campaign  = "ScreeningCampaign/autumn-check-up"
		district  = "District/fengtai/fengtai"
		elsewhere = " is not in this set; it has to be in the cluster already, or add its file"
		training  = "  - {name: late, gate: Training, district: fengtai, schools: [lotus-pond], grantedBy: 市教委德育处, until: \"2026-11-22\"}\n"
	)
	narrow := func(district string) change {
		return change{"district.yaml", "  cellFloor:", district + "  cellFloor:"}
	}
	found := func(text string) change {
		return change{"schools.yaml", "", "---\napiVersion: screening.evenkeel.dev/v1alpha1\nkind: Inspection\nmetadata: {name: check, namespace: fengtai}\nspec:\n" +
			"  schools: 1\n  seedSource: the next draw\n" + text}
	}
	tests := map[string]struct {
		without []string
		changes []change
		want    []string
	}{
		"an exception on its last day": {changes: []change{exceptions(training)}},
		"an exception that has ended": {
			changes: []change{exceptions(strings.Replace(training, "11-22", "11-21", 1))},
			want: []string{"warning " + campaign + " spec.gateExceptions[0].until: the exception ended with 2026-11-21 and lets nothing pass any more; " +
				"write a later day, or take it out"},
		},
		"a day that does not exist": {
			changes: []change{exceptions(strings.Replace(training, "2026-11-22", "2027-02-30", 1))},
			want:    []string{"error " + campaign + ` spec.gateExceptions[0].until: "2027-02-30" is not a date; write YYYY-MM-DD, such as 2026-09-01`},
		},
		"a school, an area and a district that there are not": {
			changes: []change{exceptions(strings.Replace(training, "lotus-pond", "lotus", 1) +
				"  - {name: b, gate: ExpertGroup, district: fengtai, areas: [north], grantedBy: x, until: \"2027-01-01\"}\n" +
				"  - {name: c, gate: DutyDrill, district: kaizhou, grantedBy: x, until: \"2027-01-01\"}\n")},
			want: []string{
				"warning " + campaign + " spec.gateExceptions[0].schools[0]: School lotus" + elsewhere,
				"warning " + campaign + ` spec.gateExceptions[1].areas[0]: District fengtai lists no area "north"; write the code of one of its areas`,
				"warning " + campaign + " spec.gateExceptions[2].district: District kaizhou" + elsewhere,
			},
		},
		"a district that the campaign does not select": {
			changes: []change{
				exceptions(training),
				{"namespace.yaml", "", "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: kaizhou, labels: {screening.evenkeel.dev/pilot: \"true\"}}\n"},
				{"namespace.yaml", "pilot: \"true\"      #", "pilot: \"no\"      #"},
			},
			want: []string{"warning " + campaign + " spec.gateExceptions[0].district: the campaign does not select District fengtai; write one that it does"},
		},
		"waves of districts that the campaign does not select": {
			changes: []change{{"screeningcampaign.yaml", "  suspend: false\n", "  suspend: false\n  rollout: {pilot: [fengtai], order: [kaizhou]}\n"}},
			want:    []string{"warning " + campaign + " spec.rollout.order[0]: the campaign selects no District kaizhou in this set; write the namespace of one that it does"},
		},
		"days of a district and of a school that there are not": {
			changes: []change{{"academiccalendar.yaml", "  makeUpDays:\n", "  exceptions:\n" +
				"  - {name: a, district: fengtai, school: lotus-pond, makeUpDays: [\"2026-10-11\"]}\n" +
				"  - {name: b, district: fengtai, school: lotus, makeUpDays: [\"2026-10-11\"]}\n" +
				"  - {name: c, district: kaizhou, makeUpDays: [\"2026-10-11\"]}\n  makeUpDays:\n"}},
			want: []string{
				"warning AcademicCalendar/beijing-2026-2027 spec.exceptions[1].school: School lotus" + elsewhere,
				"warning AcademicCalendar/beijing-2026-2027 spec.exceptions[2].district: District kaizhou" + elsewhere,
			},
		},
		"an extra date that does not exist": {
			changes: []change{{"screeningcampaign.yaml", "    missedRunPolicy: RunOnce\n", "    missedRunPolicy: RunOnce\n    extraDates: [\"2026-11-31\"]\n"}},
			want:    []string{"error " + campaign + ` spec.schedule.extraDates[0]: "2026-11-31" is not a date; write YYYY-MM-DD, such as 2026-09-01`},
		},
		"narrowing with hours of its own": {changes: []change{narrow("  narrowing: {session: {from: \"08:00\", to: \"09:30\"}}\n")}},
		"narrowing without common hours": {
			changes: []change{narrow("  narrowing: {session: {from: \"07:00\", to: \"09:00\"}}\n")},
			want: []string{"warning " + district + " spec.narrowing.session: 07:00 to 09:00 has no time in common with Stage1 of ScreeningCampaign autumn-check-up, " +
				"09:00 to 16:30: the district would be blocked; write hours within those"},
		},
		"days without sessions that do not exist": {
			changes: []change{narrow("  narrowing: {withoutSessions: [{name: tests, from: \"2026-11-30\", to: \"2026-11-31\"}]}\n")},
			want:    []string{"error " + district + ` spec.narrowing.withoutSessions[0].to: "2026-11-31" is not a date; write YYYY-MM-DD, such as 2026-09-01`},
		},
		"evidence on days that do not exist": {
			changes: []change{{"schools.yaml", "completedOn: \"2026-09-10\"", "completedOn: \"2026-09-31\""}, {"schools.yaml", "2027-08-31", "2027-06-31"}},
			want: []string{
				"error School/fengtai/lotus-pond spec.training.completedOn: \"2026-09-31\" is not a date; write YYYY-MM-DD, such as 2026-09-01",
				"error School/fengtai/willow-lane spec.staffing.provider.validUntil: \"2027-06-31\" is not a date; write YYYY-MM-DD, such as 2026-09-01",
			},
		},
		"an agreement without an end": {
			changes: []change{{"referralchannel.yaml", "2027-08-31", "2027-06-31"}},
			want:    []string{`error ReferralChannel/fengtai/city-hospital spec.agreement.validUntil: "2027-06-31" is not a date; write YYYY-MM-DD, such as 2026-09-01`},
		},
		"an inspection":           {changes: []change{found("  areas: [east]\n")}},
		"an inspection elsewhere": {changes: []change{found("  areas: [north]\n")}, want: []string{`warning Inspection/fengtai/check spec.areas[0]: District fengtai lists no area "north"; write the code of one of its areas`}},
		"findings": {
			changes: []change{found("  findings:\n  - {school: lotus, item: Training, result: NotMet, foundOn: \"2026-11-01\", rectifyBy: \"2026-11-31\"}\n")},
			want: []string{
				"warning Inspection/fengtai/check spec.findings: there are findings and no seed: the schools have not been drawn; write spec.seed first",
				`error Inspection/fengtai/check spec.findings[0].rectifyBy: "2026-11-31" is not a date; write YYYY-MM-DD, such as 2026-09-01`,
				"warning Inspection/fengtai/check spec.findings[0].school: School lotus" + elsewhere,
			},
		},
		"an inspection of no district": {
			without: []string{"district.yaml", "namespace.yaml"}, changes: []change{found("")},
			want: []string{"warning School/fengtai/lotus-pond metadata.namespace: District fengtai" + elsewhere, "warning Inspection/fengtai/check metadata.namespace: District fengtai" + elsewhere},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, told(check(t, tt.without, tt.changes...))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// No round opens with an interview; who validates is told so before a gate tells it.
func TestInterview(t *testing.T) {
	report := check(t, nil, change{"phq-9.yaml", "administration: SelfReport", "administration: Interview"})
	for _, f := range report.Findings {
		if f.Field == draftAt && f.Severity == manifest.Warning && strings.Contains(f.Message, "is an interview, held by a trained adult") {
			return
		}
	}
	t.Errorf("found %+v", report.Findings)
}

func TestDraft(t *testing.T) {
	report := check(t, nil)
	want := "no round opens with it: phq-9 version 1 is a draft; have it reviewed and set spec.review.state to Approved"
	if report.Errors != 0 || report.Warnings != 1 || report.Findings[0].Field != draftAt || report.Findings[0].Message != want {
		t.Errorf("%+v", report)
	}
	f := report.Findings[0]
	if filepath.Base(f.File) != "screeningcampaign.yaml" || f.Line != 30 {
		t.Errorf("at %s:%d, want line 30 of screeningcampaign.yaml", f.File, f.Line)
	}
}

func TestTwoInstrumentsOfOneVersion(t *testing.T) {
	text, err := os.ReadFile(config + shipped[0])
	if err != nil {
		t.Fatal(err)
	}
	again := "\n---\n" + strings.Replace(string(text), "name: phq-9-v1", "name: again", 1)
	report := check(t, nil, change{"phq-9.yaml", "", again})
	want := []string{"warning Instrument/again spec.version: Instrument phq-9-v1 has code phq-9 and version 1 too, and rounds take the one made first; write another version"}
	if diff := cmp.Diff(want, told(report)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whatever the repository ships is valid.
func TestShipped(t *testing.T) {
	set, reading, err := manifest.Load(t.Context(), manifest.Input{Paths: []string{config + "instruments", config + "samples"}, Recursive: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range validate.Compute(set, reading, today).Findings {
		if f.Severity == manifest.Error {
			t.Error(f)
		}
	}
}

func TestWrite(t *testing.T) {
	report := validate.Report{
		Objects: 3, Others: 1, Errors: 1, Warnings: 1,
		Findings: []manifest.Finding{
			{Severity: manifest.Error, File: "a.yaml", Line: 7, Kind: "School", Namespace: "fengtai", Name: "a", Field: "spec.area", Message: "is\nwrong"},
			{Severity: manifest.Warning, File: "-", Line: 12, Message: "m"},
		},
	}
	var out bytes.Buffer
	report.Write(&out, false)
	want := `  SEVERITY  WHERE     OBJECT            FIELD      MESSAGE
  error     a.yaml:7  School/fengtai/a  spec.area  is wrong
  warning   -:12      -                 -          m

3 objects: 1 error, 1 warning; 1 object of other groups not checked
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	out.Reset()
	report.Write(&out, true)
	if !strings.Contains(out.String(), "\x1b[31merror\x1b[0m") {
		t.Errorf("no colour in %q", out.String())
	}
}
