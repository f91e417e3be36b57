package roster_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/caseworktest"
	"github.com/evenkeel/evenkeel/internal/dataplane/exchange"
	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/roster"
)

// annual gives a directory a school year that began long ago, and no-1 a registrar.
func annual(d *contract.Directory) {
	d.Coverage = &contract.CoverageRule{YearBegins: time.Now().AddDate(0, 0, -100).Format("01-02"), TargetPercent: 95}
	d.Staff = append(d.Staff, contract.StaffGroup{Group: "no-1-office", Role: contract.Registrar, School: "no-1"})
}

func (o *office) id(t *testing.T, number string) uuid.UUID {
	t.Helper()
	return pgtest.One[uuid.UUID](t, o.Database, "SELECT id FROM ek.student WHERE lookup = $1", o.District.Keys.LookupHMAC(number))
}

// pupils are in no-1 one each of: screened, not scored, declined, absent, refused by the
// guardian, and of a guardian who has said nothing; one more is absent in no-2.
func (o *office) pupils(t *testing.T) {
	t.Helper()
	o.load(t, "G1,张小明,no-1,7,3,11,2011-09-30,JuniorSecondary,Given,1", "G2,李小红,no-1,7,3,12,2011-09-30,JuniorSecondary,Given,1",
		"G3,王小刚,no-1,7,3,13,2011-09-30,JuniorSecondary,Given,1", "G4,赵小英,no-1,7,3,14,2011-09-30,JuniorSecondary,Given,1",
		"G5,孙小军,no-1,7,3,15,2011-09-30,JuniorSecondary,Refused,", "G6,周小兰,no-1,7,3,16,2011-09-30,JuniorSecondary,,",
		"G7,吴小虎,no-2,7,3,17,2011-09-30,JuniorSecondary,Given,1")
	for number, act := range map[string]pgtest.Act{"G1": pgtest.Scored, "G2": pgtest.Undetermined, "G3": pgtest.Declined} {
		o.AddAttempt(t, o.id(t, number), caseworktest.Round, act, time.Now().AddDate(0, 0, -3))
	}
}

func TestCodesOfAMakeUpRoundAreForThoseWhoWereNotScreened(t *testing.T) {
	t.Parallel()
	o := newOffice(t, annual)
	o.pupils(t)
	now := o.Now(t)
	since := now.AddDate(0, 0, -30).UTC().Truncate(time.Second)
	o.Open(t, caseworktest.Control("make-up", now.Add(time.Hour), now.Add(2*time.Hour), func(c *contract.Control) {
		c.Cohort.NotScreenedSince, c.Cohort.Schools = &since, []string{"no-1"}
	}))
	holders := func() string {
		t.Helper()
		issued, err := o.IssueCodes(t.Context(), registrar, "make-up", "")
		if err != nil {
			t.Fatal(err)
		}
		var numbers []string
		for _, c := range issued {
			numbers = append(numbers, c.Number)
		}
		return strings.Join(numbers, " ")
	}
	if got := holders(); got != "G2 G4 G6" {
		t.Errorf("codes for %s, want those who were absent, not scored, or whose guardian may still say yes", got)
	}
	// one who was absent moves to the school, one who was screened moves too, one is screened elsewhere
	o.load(t, "G7,吴小虎,no-1,7,3,17,2011-09-30,JuniorSecondary,Given,1")
	o.AddAttempt(t, o.id(t, "G4"), caseworktest.Round, pgtest.Scored, now)
	if got := holders(); got != "G2 G6 G7" {
		t.Errorf("codes for %s", got)
	}
}

func TestARegistrarSeesWhomTheSchoolHasStillToBring(t *testing.T) {
	t.Parallel()
	o := newOffice(t, annual)
	o.pupils(t)
	office := roster.Actor{Subject: "qian", Groups: []string{"no-1-office"}}
	if _, err := o.NotScreened(t.Context(), office, "no-1"); fault.Of(err).Code != fault.Conflict {
		t.Errorf("before the year was counted: %v", err)
	}
	if _, err := exchange.CountCoverage(t.Context(), o.Casework); err != nil {
		t.Fatal(err)
	}
	got, err := o.NotScreened(t.Context(), office, "no-1")
	if err != nil {
		t.Fatal(err)
	}
	want := []roster.Unscreened{
		{"7", "3", "12", "3 · 12 · 李**", "NotScreened"}, {"7", "3", "14", "3 · 14 · 赵**", "NotScreened"},
		{"7", "3", "16", "3 · 16 · 周**", "ConsentMissing"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := pgtest.One[int](t, o.Database, "SELECT count(*) FROM ek.audit_entry WHERE actor = 'qian' AND action = 'NotScreenedRead' AND object = 'school/no-1'"); n != 1 {
		t.Errorf("%d audit entries of one reading", n)
	}
	for name, tt := range map[string]struct {
		who    roster.Actor
		school string
		want   fault.Code
	}{
		"another school":       {office, "no-2", fault.NotFound},
		"a school that is not": {registrar, "no-9", fault.NotFound},
		"no school":            {registrar, "", fault.NotFound},
		"duty staff":           {roster.Actor{Subject: "li", Groups: []string{"no-1-duty", "district-duty"}}, "no-1", fault.Forbidden},
		"a class teacher":      {roster.Actor{Subject: "li", Groups: []string{"no-1-class"}}, "no-1", fault.Forbidden},
	} {
		if list, err := o.NotScreened(t.Context(), tt.who, tt.school); fault.Of(err).Code != tt.want || list != nil {
			t.Errorf("%s: %d rows, %v; want %v", name, len(list), err, tt.want)
		}
	}
}

// Who has left is asked no more and is nobody's to be screened; who comes back is again.
func TestStudentsWhoHaveLeft(t *testing.T) {
	t.Parallel()
	o := newOffice(t, annual)
	enrolled := func(rows ...string) roster.Summary {
		t.Helper()
		summary, err := o.Import(t.Context(), registrar, strings.NewReader(strings.TrimSpace(columns)+",enrolment\n"+strings.Join(rows, "\n")), o.Now(t))
		if err != nil {
			t.Fatal(err)
		}
		return summary
	}
	ledger := func() string {
		t.Helper()
		return pgtest.One[string](t, o.Database, "SELECT concat_ws(' ', count(*), (SELECT ek.invited(r) FROM ek.round r)) FROM ek.coverage_since('2000-01-01')")
	}
	const one, two = "G1,张小明,no-1,7,3,11,2011-09-30,JuniorSecondary,Given,1,", "G2,李小红,no-1,7,3,12,2011-09-30,JuniorSecondary,Given,1,"
	if got := enrolled(one+"在校", two); got.Imported != 2 || got.Left != 0 || ledger() != "2 2" {
		t.Errorf("two came: %+v, ledger and invited %s", got, ledger())
	}
	if got := enrolled(one+"毕业", two+"Enrolled"); got.Updated != 2 || got.Left != 1 || ledger() != "1 1" {
		t.Errorf("one left: %+v, ledger and invited %s", got, ledger())
	}
	graduate := "G3,王小虎,no-1,9,3,13,2009-09-30,JuniorSecondary,,,毕业"
	kept := "SELECT (SELECT count(*) FROM ek.student) || ' ' || (SELECT count(*) FROM ek.student_key)"
	if got := enrolled(graduate); got.Imported != 0 || got.Left != 1 || got.WithoutConsent != 0 || pgtest.One[string](t, o.Database, kept) != "2 2" {
		t.Errorf("one left who was never here: %+v, students and keys %s", got, pgtest.One[string](t, o.Database, kept))
	}
	if got := o.load(t, strings.TrimSuffix(one, ",")); got.Left != 0 || ledger() != "2 2" {
		t.Errorf("one came back: %+v, ledger and invited %s", got, ledger())
	}
	if got := enrolled(one + "maybe"); got.Rejected != 1 || got.Faults[0].Column != "enrolment" {
		t.Errorf("a word that is none: %+v", got)
	}
}
