package roster_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/caseworktest"
	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/roster"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const columns = "number,name,school,grade,class,seat,birthDate,stage,guardianConsent,consentVersion\n"

var registrar = roster.Actor{Subject: "zhao", Groups: []string{"registrars"}}

type office struct {
	*caseworktest.District
	*roster.Service
}

func newOffice(t *testing.T, edits ...func(*contract.Directory)) *office {
	t.Helper()
	d := caseworktest.New(t, edits...)
	return &office{District: d, Service: &roster.Service{Pool: d.Casework, Keys: d.Keys}}
}

func (o *office) load(t *testing.T, rows ...string) roster.Summary {
	t.Helper()
	summary, err := o.Import(t.Context(), registrar, strings.NewReader(columns+strings.Join(rows, "\n")), o.Now(t))
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

// name opens a student's sealed name as casework does.
func (o *office) name(t *testing.T, number string) string {
	t.Helper()
	const where = " FROM ek.student s JOIN ek.student_key k ON k.student_id = s.id WHERE lookup = $1"
	lookup := o.District.Keys.LookupHMAC(number)
	id := pgtest.One[uuid.UUID](t, o.Database, "SELECT s.id"+where, lookup)
	opener, err := o.District.Keys.Opener(id, pgtest.One[[]byte](t, o.Database, "SELECT wrapped"+where, lookup))
	if err != nil {
		t.Fatal(err)
	}
	name, err := opener.Open(seal.Roster, roster.NameContext(id), pgtest.One[[]byte](t, o.Database, "SELECT sealed_name"+where, lookup))
	if err != nil {
		t.Fatal(err)
	}
	return string(name)
}

func TestValidRowsAreKeptAndBadOnesNamed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	got := o.load(t,
		"G1,张小明,no-1,7,3,17,2011-09-30,JuniorSecondary,Given,1",
		"G2,李四,no-9,7,3,18,2011-09-30,JuniorSecondary,Given,1",
		"G3,王五,no-1,10,1,2,2009-01-01,SeniorSecondary,Given,1",
		"G4,赵六,no-2,10,1,2,2009-01-01,SeniorSecondary,,",
		"G1,张小明,no-1,7,3,17,2011-09-30,JuniorSecondary,Given,1")
	if got.Rows != 5 || got.Imported != 2 || got.Rejected != 3 || got.WithoutConsent != 1 {
		t.Errorf("%+v", got)
	}
	text, _ := json.Marshal(got)
	for _, want := range []string{`"row":3,"column":"school"`, `"row":4,"column":"stage"`, `"row":6,"column":"number"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s does not say %s", text, want)
		}
	}
	for _, secret := range []string{"李四", "王五", "张小明", "G2", "G3", "no-9"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the answer repeats %s", secret)
		}
	}
	if label := pgtest.One[string](t, o.Database, "SELECT label FROM ek.student WHERE lookup = $1", o.District.Keys.LookupHMAC("G1")); label != "3 · 17 · 张**" {
		t.Errorf("label %q", label)
	}
	if got := pgtest.One[string](t, o.Database, "SELECT guardian_consent FROM ek.student WHERE lookup = $1", o.District.Keys.LookupHMAC("G4")); got != "Missing" {
		t.Errorf("consent %s", got)
	}
	if log := o.ServerLog(); strings.Contains(log, "张小明") || strings.Contains(log, "G1,") {
		t.Error("the server's log holds a name or a number")
	}
}

func TestImportingAgainUpdatesInPlace(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.load(t, "G1,张小明,no-1,7,3,17,2011-09-30,JuniorSecondary,,")
	const id = "SELECT id::text || encode(public_key, 'hex') || (SELECT encode(wrapped, 'hex') FROM ek.student_key) FROM ek.student"
	before := pgtest.One[string](t, o.Database, id)
	got := o.load(t, "G1,张晓明,no-2,8,1,2,2011-09-30,SeniorSecondary,Given,2")
	if got.Imported != 0 || got.Updated != 1 {
		t.Errorf("%+v", got)
	}
	if pgtest.One[string](t, o.Database, id) != before {
		t.Error("the student has another id or key")
	}
	if o.name(t, "G1") != "张晓明" {
		t.Errorf("name %s", o.name(t, "G1"))
	}
	if got := pgtest.One[string](t, o.Database, "SELECT school || guardian_consent FROM ek.student"); got != "no-2Given" {
		t.Error(got)
	}
}

func TestARosterWithoutTheSexTakesNothingBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	described := func() string {
		return pgtest.One[string](t, o.Database, "SELECT concat_ws(' ', sex, school_years) FROM ek.student")
	}
	const row = "G1,张小明,no-1,初一,3,17,2011-09-30,JuniorSecondary,Given,1"
	_, err := o.Import(t.Context(), registrar, strings.NewReader(strings.TrimSpace(columns)+",sex\n"+row+",女"), o.Now(t))
	if got := described(); err != nil || got != "Female 7" {
		t.Errorf("imported as %q, %v", got, err)
	}
	o.load(t, strings.Replace(row, "初一", "初二", 1))
	if got := described(); got != "Female 8" {
		t.Errorf("after a roster without the column %q", got)
	}
}

// While versions change, one that does not read grades may still import.
func TestAVersionThatDoesNotReadGradesTakesNothingBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.load(t, "G1,张小明,no-1,初一,3,17,2011-09-30,JuniorSecondary,Given,1")
	for _, step := range []struct{ grade, want string }{{"初一", "初一 7"}, {"初二", "初二 0"}} {
		o.Exec(t, `SELECT ek_casework.upsert_students('zhao', '{registrars}', ARRAY[id], ARRAY[school], ARRAY[stage], ARRAY[$1], ARRAY[class_label],
			ARRAY[seat], ARRAY[label], ARRAY[lookup], ARRAY[sealed_number], ARRAY[sealed_name], ARRAY[public_key], ARRAY[NULL::bytea], ARRAY[born],
			ARRAY[guardian_consent], ARRAY[consent_version]) FROM ek.student`, step.grade)
		if got := pgtest.One[string](t, o.Database, "SELECT concat_ws(' ', grade, school_years) FROM ek.student"); got != step.want {
			t.Errorf("%q, want %q", got, step.want)
		}
	}
}

func TestOnlyARegistrarImports(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(d *contract.Directory) {
		d.Staff = append(d.Staff, contract.StaffGroup{Group: "registrar-1", Role: contract.Registrar, School: "no-1"})
	})
	const row = "G1,张小明,no-2,7,3,17,2011-09-30,JuniorSecondary,Given,1"
	for _, group := range []string{"district-duty", "city-duty", "no-1-duty", "no-1-class", "north-area", "strangers"} {
		_, err := o.Import(t.Context(), roster.Actor{Subject: "x", Groups: []string{group}}, strings.NewReader(columns+row), o.Now(t))
		if fault.Of(err).Code != fault.Forbidden {
			t.Errorf("%s: %v", group, err)
		}
	}
	summary, err := o.Import(t.Context(), roster.Actor{Subject: "x", Groups: []string{"registrar-1"}}, strings.NewReader(columns+row), o.Now(t))
	if err != nil || summary.Rejected != 1 {
		t.Errorf("a school's registrar imported another school: %+v, %v", summary, err)
	}
}

func TestCodesAreReturnedOnceAndStoredAsHMAC(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.load(t, "G1,张小明,no-1,7,3,17,2011-09-30,JuniorSecondary,Given,1", "G2,李四,no-2,7,3,18,2011-09-30,JuniorSecondary,Given,1")
	first, err := o.IssueCodes(t.Context(), registrar, caseworktest.Round, "")
	if err != nil || len(first) != 2 || first[0].Number != "G1" || first[1].Number != "G2" {
		t.Fatalf("%+v, %v", first, err)
	}
	code, err := seal.ParseCode(first[0].Code)
	if err != nil {
		t.Fatal(err)
	}
	state := func(code seal.Code) string {
		return pgtest.One[string](t, o.Database, "SELECT state FROM ek.code WHERE hmac = $1", o.District.Keys.CodeHMAC(code))
	}
	if state(code) != "Active" {
		t.Errorf("code is %s", state(code))
	}
	var out bytes.Buffer
	if err := roster.WriteCodes(&out, first); err != nil || !strings.Contains(out.String(), "number,school,label,code\nG1,no-1,3 · 17 · 张**,"+first[0].Code) {
		t.Errorf("%s %v", &out, err)
	}
	again, err := o.IssueCodes(t.Context(), registrar, caseworktest.Round, "no-1")
	if err != nil || len(again) != 1 || state(code) != "Frozen" {
		t.Errorf("%+v, %v, the old code is %s", again, err, state(code))
	}
	if n := pgtest.One[int](t, o.Database, "SELECT count(*) FROM ek.audit_entry WHERE action = 'CodesIssued' AND actor = 'zhao'"); n != 2 {
		t.Errorf("%d audit entries", n)
	}
	for _, c := range []struct{ group, round, school, field string }{
		{"district-duty", caseworktest.Round, "", "groups"}, {"registrars", "spring", "", "round"}, {"registrars", caseworktest.Round, "no-9", "school"},
	} {
		_, err := o.IssueCodes(t.Context(), roster.Actor{Subject: "x", Groups: []string{c.group}}, c.round, c.school)
		if fault.Of(err).Field != c.field {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

const dutyColumns = "subject,level,school,transport,address\n"

func TestTheDutyListIsReplacedAsAWhole(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	replace := func(rows string) (int, []roster.Fault) {
		t.Helper()
		n, faults, err := o.ReplaceDuty(t.Context(), registrar, strings.NewReader(dutyColumns+rows))
		if err != nil {
			t.Fatal(err)
		}
		return n, faults
	}
	if n, faults := replace("li,District,,sms,13800000000\nli,District,,voice,13800000000\nwang,School,no-1,sms,13900000000\n"); n != 2 || faults != nil {
		t.Fatalf("%d people, %v", n, faults)
	}
	list := func() string {
		return pgtest.One[string](t, o.Database, `SELECT coalesce(string_agg(p.subject || '/' || a.transport, ' ' ORDER BY p.subject, a.transport), '')
			FROM ek.duty_person p JOIN ek.duty_address a ON a.person_id = p.id WHERE p.active`)
	}
	if list() != "li/sms li/voice wang/sms" {
		t.Error(list())
	}
	sealed := pgtest.One[[]byte](t, o.Database, "SELECT sealed FROM ek.duty_address a JOIN ek.duty_person p ON p.id = a.person_id WHERE p.subject = 'wang'")
	if address, err := o.District.Keys.OpenSecret(notify.AddressKind, notify.AddressName("wang", "sms"), sealed); err != nil || string(address) != "13900000000" {
		t.Errorf("address %s, %v", address, err)
	}
	_, faults := replace("li,District,,sms,1\nx,Province,,sms,1\ny,School,no-9,sms,1\nz,City,no-1,pigeon,\nli,District,,sms,2\n")
	var where []string
	for _, f := range faults {
		where = append(where, fmt.Sprint(f.Row, f.Column))
	}
	if got := strings.Join(where, " "); got != "3level 4school 5school 5transport 5address 6transport" {
		t.Errorf("faults %s", got)
	}
	if list() != "li/sms li/voice wang/sms" {
		t.Error("a faulty list replaced the good one")
	}
	if n, _ := replace("wang,School,no-1,voice,1\n"); n != 1 || list() != "wang/voice" {
		t.Errorf("%d people, %s", n, list())
	}
}

func TestADistrictIsImportedInSeconds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	rows := make([]string, 5533)
	for i := range rows {
		rows[i] = fmt.Sprintf("G%d,张小明,no-%d,7,%d,%d,2011-09-30,JuniorSecondary,Given,1", i, i%2+1, i%9, i%50)
	}
	start := time.Now()
	if got := o.load(t, rows...); got.Imported != len(rows) {
		t.Fatalf("%+v", got)
	}
	imported := time.Since(start)
	codes, err := o.IssueCodes(t.Context(), registrar, caseworktest.Round, "")
	if err != nil || len(codes) != len(rows) {
		t.Fatalf("%d codes, %v", len(codes), err)
	}
	t.Logf("import %s, codes %s", imported, time.Since(start)-imported)
}

// ofSchool is a registrar of one school.
var ofSchool = roster.Actor{Subject: "qian", Groups: []string{"registrar-1"}}

func withSchoolRegistrar(d *contract.Directory) {
	d.Staff = append(d.Staff, contract.StaffGroup{Group: "registrar-1", Role: contract.Registrar, School: "no-1"})
}

func TestASchoolsRegistrarReplacesTheDutyListOfTheSchoolAlone(t *testing.T) {
	t.Parallel()
	o := newOffice(t, withSchoolRegistrar)
	const whole = "li,District,,sms,1\nwang,School,no-1,sms,1\nzhou,School,no-2,sms,1\n"
	if _, _, err := o.ReplaceDuty(t.Context(), registrar, strings.NewReader(dutyColumns+whole)); err != nil {
		t.Fatal(err)
	}
	list := func() string {
		return pgtest.One[string](t, o.Database, `SELECT coalesce(string_agg(p.subject, ' ' ORDER BY p.subject), '')
			FROM ek.duty_person p JOIN ek.duty_address a ON a.person_id = p.id WHERE p.active`)
	}
	for _, row := range []string{"x,District,,sms,1\n", "x,School,no-2,sms,1\n"} {
		if _, _, err := o.ReplaceDuty(t.Context(), ofSchool, strings.NewReader(dutyColumns+row)); fault.Of(err).Code != fault.Forbidden {
			t.Errorf("%s: %v", row, err)
		}
	}
	n, _, err := o.ReplaceDuty(t.Context(), ofSchool, strings.NewReader(dutyColumns+"wu,School,no-1,sms,1\n"))
	if err != nil || n != 1 || list() != "li wu zhou" {
		t.Errorf("%d people, %v; on duty: %s", n, err, list())
	}
}

func TestASchoolsRegistrarCannotTakeAnotherSchoolsStudent(t *testing.T) {
	t.Parallel()
	o := newOffice(t, withSchoolRegistrar)
	o.load(t, "G1,张小明,no-2,7,3,17,2011-09-30,JuniorSecondary,Refused,")
	const claimed = columns + "G1,张小明,no-1,7,3,17,2011-09-30,JuniorSecondary,Given,1"
	if _, err := o.Import(t.Context(), ofSchool, strings.NewReader(claimed), o.Now(t)); fault.Of(err).Code != fault.Forbidden {
		t.Errorf("%v", err)
	}
	if got := pgtest.One[string](t, o.Database, "SELECT school || ' ' || guardian_consent FROM ek.student"); got != "no-2 Refused" {
		t.Errorf("the student is %s", got)
	}
	if summary, err := o.Import(t.Context(), registrar, strings.NewReader(claimed), o.Now(t)); err != nil || summary.Updated != 1 {
		t.Errorf("the district's registrar: %+v, %v", summary, err)
	}
}
