package staff_test

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/caseworktest"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/staff"
	"github.com/evenkeel/evenkeel/internal/dataplane/staff/stafftest"
)

// onDuty puts a person on duty for every level. The policy calls District and City; School is added to it.
func onDuty(t *testing.T, d *desk) {
	t.Helper()
	d.Exec(t, "INSERT INTO ek.round_step (round, tier_rank, step, level, after_deadline) VALUES ($1, 1, 9, 'School', '1 hour')", caseworktest.Round)
	d.Duty(t, "zhao", contract.School, "no-1", "sms")
	d.Duty(t, "qian", contract.School, "no-2", "sms")
	d.Duty(t, "li", contract.District, "", "sms", "voice")
	d.Duty(t, "wang", contract.City, "", "voice")
}

func (d *desk) drill(t *testing.T, subject, group string) staff.Drill {
	t.Helper()
	got := d.call(t, subject, group, "GET", "/api/v1/drill", nil)
	var drill staff.Drill
	if err := json.Unmarshal([]byte(got.body), &drill); err != nil || got.status != 200 {
		t.Fatalf("%d %s, %v", got.status, got.body, err)
	}
	return drill
}

// missing is what the district's duty sees as missing.
func (d *desk) missing(t *testing.T) []string {
	t.Helper()
	out := []string{}
	for _, gap := range d.drill(t, "li", "district-duty").Missing {
		out = append(out, strings.TrimSpace(gap.Level+" "+gap.School))
	}
	return out
}

func (d *desk) begin(t *testing.T) {
	t.Helper()
	if got := d.call(t, "reg", "registrars", "POST", "/api/v1/drill", nil); got.status != 200 {
		t.Fatalf("begin: %d %s", got.status, got.body)
	}
}

func (d *desk) acknowledge(t *testing.T, subject, group string) answer {
	t.Helper()
	return d.call(t, subject, group, "POST", "/api/v1/drill/acknowledge", nil)
}

func TestADrillIsAcknowledgedByEveryLevelAndSchool(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	onDuty(t, d)
	if got := d.drill(t, "li", "district-duty"); got.State != "Never" || !got.MayBegin || got.MayAnswer {
		t.Errorf("before any drill %+v", got)
	}
	d.begin(t)
	want := []string{"City", "District", "School no-1", "School no-2"}
	for _, who := range []struct{ subject, group, answers string }{
		{"zhao", "no-1-duty", "School no-1"}, {"wang", "city-duty", "City"}, {"li", "district-duty", "District"}, {"qian", "no-2-duty", "School no-2"},
	} {
		if got := d.missing(t); !slices.Equal(got, want) {
			t.Errorf("missing %v, want %v", got, want)
		}
		before := d.drill(t, who.subject, who.group)
		if before.State != "UnderWay" || !before.MayAnswer || before.Answered {
			t.Errorf("%s sees %+v", who.subject, before)
		}
		if got := d.acknowledge(t, who.subject, who.group); got.status != 200 {
			t.Fatalf("%s: %d %s", who.subject, got.status, got.body)
		}
		want = slices.DeleteFunc(want, func(w string) bool { return w == who.answers })
	}
	got := d.drill(t, "qian", "no-2-duty")
	if got.State != "Acknowledged" || got.AcknowledgedAt == nil || !got.Answered || got.MayAnswer || got.Missing != nil {
		t.Errorf("afterwards %+v", got)
	}
	last := pgtest.One[bool](t, d.Database, "SELECT d.acknowledged_at >= max(a.at) FROM ek.drill d JOIN ek.drill_answer a ON a.drill_id = d.id GROUP BY d.id")
	if !last {
		t.Error("acknowledged before the last of them answered")
	}
	if n := pgtest.One[int](t, d.Database, "SELECT count(*) FROM ek.audit_entry WHERE action = 'DrillAcknowledged'"); n != 4 {
		t.Errorf("%d acknowledgements audited, want 4", n)
	}
}

func TestWhoDoesNotAcknowledgeADrill(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	onDuty(t, d)
	if got := d.acknowledge(t, "li", "district-duty"); got.status != 409 || got.field() != "drill" {
		t.Errorf("without a drill: %d %s", got.status, got.body)
	}
	d.begin(t)
	d.Duty(t, "sun", contract.City, "", "sms")
	d.Exec(t, "UPDATE ek.duty_person SET active = false WHERE subject = 'sun'")
	d.Exec(t, "INSERT INTO ek.duty_person (subject, level) VALUES ('zhou', 'City')")
	d.Exec(t, "INSERT INTO ek.staff_group (group_name, role, school) VALUES ('one-school', 'DistrictDuty', 'no-1')")
	machine := d.issuer.Token(t, map[string]any{"sub": "wang", "groups": []string{"city-duty"}})
	tests := map[string]struct {
		got   answer
		field string
	}{
		"somebody off duty":                    {d.acknowledge(t, "sun", "city-duty"), "subject"},
		"on duty without an address":           {d.acknowledge(t, "zhou", "city-duty"), "subject"},
		"not on the duty list":                 {d.acknowledge(t, "wu", "city-duty"), "subject"},
		"without the group that may act there": {d.acknowledge(t, "wang", "no-1-duty"), "groups"},
		"another school's":                     {d.acknowledge(t, "zhao", "no-2-duty"), "groups"},
		"the district's, acting in one school": {d.acknowledge(t, "li", "one-school"), "groups"},
		"without a duty role":                  {d.acknowledge(t, "li", "registrars"), "groups"},
		"a service account":                    {d.send(t, machine, "POST", "/api/v1/drill/acknowledge", nil), "subject"},
	}
	for name, tt := range tests {
		if tt.got.status != 403 || tt.got.field() != tt.field {
			t.Errorf("%s: %d %s", name, tt.got.status, tt.got.body)
		}
	}
	if n := pgtest.One[int](t, d.Database, "SELECT count(*) FROM ek.drill_answer"); n != 0 {
		t.Errorf("%d answers stored", n)
	}
	if got := d.drill(t, "wang", "no-1-duty"); got.MayAnswer || !got.OnDuty || got.Missing != nil || got.MayBegin {
		t.Errorf("a duty person in the wrong group sees %+v", got)
	}
}

func TestAcknowledgingTwiceIsOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	onDuty(t, d)
	d.begin(t)
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			if got := d.acknowledge(t, "li", "district-duty"); got.status != 200 {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	running.Wait()
	if n := pgtest.One[int](t, d.Database, "SELECT count(*) FROM ek.drill_answer"); n != 1 {
		t.Errorf("%d answers", n)
	}
	if n := pgtest.One[int](t, d.Database, "SELECT count(*) FROM ek.audit_entry WHERE action = 'DrillAcknowledged'"); n != 1 {
		t.Errorf("%d audit entries", n)
	}
	if n := pgtest.One[int](t, d.Database, `SELECT count(*) FROM ek.drill_call c JOIN ek.duty_person p ON p.id = c.person_id
		WHERE p.subject = 'li' AND c.next_try_at IS NOT NULL`); n != 0 {
		t.Errorf("%d more calls to somebody who has answered", n)
	}
}

// The last two answer at once: one of them ends the drill.
func TestTheLastTwoAnswersEndTheDrill(t *testing.T) {
	t.Parallel()
	for range 5 {
		d := newDesk(t)
		d.Duty(t, "li", contract.District, "", "sms")
		d.Duty(t, "wang", contract.City, "", "sms")
		d.begin(t)
		var running sync.WaitGroup
		running.Go(func() { d.acknowledge(t, "li", "district-duty") })
		running.Go(func() { d.acknowledge(t, "wang", "city-duty") })
		running.Wait()
		if got := d.drill(t, "li", "district-duty"); got.State != "Acknowledged" {
			t.Errorf("%+v", got)
		}
	}
}

func TestWhoBeginsADrill(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Exec(t, "INSERT INTO ek.staff_group (group_name, role, school) VALUES ('no-1-registrars', 'Registrar', 'no-1')")
	begin := func(group string) answer { return d.call(t, "li", group, "POST", "/api/v1/drill", nil) }
	if got := begin("district-duty"); got.status != 409 || got.field() != "duty" {
		t.Errorf("with nobody on duty: %d %s", got.status, got.body)
	}
	onDuty(t, d)
	for _, group := range []string{"no-1-duty", "city-duty", "no-1-registrars", "north-area", "no-1-class", "strangers"} {
		if got := begin(group); got.status != 403 {
			t.Errorf("%s: %d %s", group, got.status, got.body)
		}
	}
	machine := d.issuer.Token(t, map[string]any{"sub": "robot", "groups": []string{"registrars"}})
	if got := d.send(t, machine, "POST", "/api/v1/drill", nil); got.status != 403 {
		t.Errorf("a service account: %d %s", got.status, got.body)
	}
	if got := begin("district-duty"); got.status != 200 || !strings.Contains(got.body, d.value(t, "SELECT number FROM ek.drill")) {
		t.Errorf("the district's duty: %d %s", got.status, got.body)
	}
	if got := begin("registrars"); got.status != 409 || got.field() != "drill" {
		t.Errorf("a second at once: %d %s", got.status, got.body)
	}
	d.Exec(t, "UPDATE ek.drill SET begun_at = begun_at - interval '13 hours', expires_at = expires_at - interval '13 hours'")
	if got := begin("registrars"); got.status != 200 {
		t.Errorf("after the first is over: %d %s", got.status, got.body)
	}
}

func (d *desk) value(t *testing.T, sql string) string {
	t.Helper()
	return pgtest.One[string](t, d.Database, sql)
}

func TestADrillThatIsAcknowledgedStillTakesAnswersUntilItExpires(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Duty(t, "li", contract.District, "", "sms")
	d.Duty(t, "zhang", contract.District, "", "sms")
	d.Duty(t, "wang", contract.City, "", "sms")
	d.begin(t)
	d.acknowledge(t, "li", "district-duty")
	d.acknowledge(t, "wang", "city-duty")
	at := d.value(t, "SELECT acknowledged_at::text FROM ek.drill")
	if got := d.acknowledge(t, "zhang", "district-duty"); got.status != 200 {
		t.Errorf("the second of the district: %d %s", got.status, got.body)
	}
	if again := d.value(t, "SELECT acknowledged_at::text FROM ek.drill"); again != at {
		t.Errorf("the instant moved from %s to %s", at, again)
	}
	d.Duty(t, "sun", contract.City, "", "sms")
	d.Exec(t, "UPDATE ek.drill SET expires_at = clock_timestamp()")
	if got := d.acknowledge(t, "sun", "city-duty"); got.status != 409 {
		t.Errorf("after it expired: %d %s", got.status, got.body)
	}
}

func TestDrillPage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	onDuty(t, d)
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Transport: d.server.Client().Transport, Jar: jar}
	get := func() answer {
		request, _ := http.NewRequestWithContext(t.Context(), "GET", d.server.URL+"/drill", http.NoBody)
		return do(t, browser, request)
	}
	post := func(path string, form url.Values) answer {
		request, _ := http.NewRequestWithContext(t.Context(), "POST", d.server.URL+path, strings.NewReader(form.Encode()))
		request.Header.Set("content-type", "application/x-www-form-urlencoded")
		request.Header.Set("origin", d.server.URL)
		return do(t, browser, request)
	}
	d.issuer.SignsIn(stafftest.Person("li", "district-duty"))
	page := get()
	if page.status != 200 || !strings.Contains(page.body, "还没有演练过") || strings.Contains(page.body, "我在岗") {
		t.Fatalf("%d %s", page.status, page.body)
	}
	token := url.Values{"csrf": {csrfField.FindStringSubmatch(page.body)[1]}}
	if got := post("/drill/begin", url.Values{}); got.status != 403 || d.value(t, "SELECT count(*)::text FROM ek.drill") != "0" {
		t.Errorf("without the form's token: %d", got.status)
	}
	begun := post("/drill/begin", token)
	for _, shown := range []string{"进行中", "我在岗", "I am on duty", "尚无人确认", "第一中学", "市级", d.value(t, "SELECT number FROM ek.drill")} {
		if !strings.Contains(begun.body, shown) {
			t.Errorf("the page of a drill under way lacks %q: %d %s", shown, begun.status, begun.body)
		}
	}
	if strings.Contains(begun.body, "/drill/begin") {
		t.Error("it offers to begin another")
	}
	answered := post("/drill/acknowledge", token)
	if answered.status != 200 || !strings.Contains(answered.body, "您已确认在岗") || strings.Contains(answered.body, "/drill/acknowledge") || strings.Contains(answered.body, "区县") {
		t.Errorf("%d %s", answered.status, answered.body)
	}
	d.Exec(t, "UPDATE ek.drill SET begun_at = begun_at - interval '13 hours', expires_at = expires_at - interval '13 hours'")
	if over := get(); !strings.Contains(over.body, "未全部确认") || !strings.Contains(over.body, "第一中学") || !strings.Contains(over.body, "/drill/begin") {
		t.Errorf("a drill whose time is up: %s", over.body)
	}
}
