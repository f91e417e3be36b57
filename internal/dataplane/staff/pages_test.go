package staff_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/staff/stafftest"
)

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func TestPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Transport: d.server.Client().Transport, Jar: jar}
	get := func(path string) answer {
		t.Helper()
		request, _ := http.NewRequestWithContext(t.Context(), "GET", d.server.URL+path, http.NoBody)
		return do(t, browser, request)
	}
	post := func(path, origin string, form url.Values) answer {
		t.Helper()
		request, _ := http.NewRequestWithContext(t.Context(), "POST", d.server.URL+path, strings.NewReader(form.Encode()))
		request.Header.Set("content-type", "application/x-www-form-urlencoded")
		request.Header.Set("origin", origin)
		return do(t, browser, request)
	}
	d.issuer.SignsIn(stafftest.Person("li", "district-duty"))
	page := get("/obligations/" + d.city) // signs in on the way, and comes back
	if page.status != 200 || !strings.Contains(page.body, "张小明") || !strings.Contains(page.body, "姓名 li") {
		t.Fatalf("%d %s", page.status, page.body)
	}
	worklist := get("/")
	if !strings.Contains(worklist.body, d.city) || !strings.Contains(worklist.body, "张**") || strings.Contains(worklist.body, "张小明") || !strings.Contains(worklist.body, "min left") {
		t.Errorf("worklist %s", worklist.body)
	}
	token := csrfField.FindStringSubmatch(page.body)[1]
	state := func() string {
		return pgtest.One[string](t, d.Database, "SELECT state FROM ek.obligation WHERE number = $1", d.city)
	}
	own := "/obligations/" + d.city + "/own"
	if got := post(own, d.server.URL, url.Values{}); got.status != 403 || state() != "Raised" {
		t.Errorf("without the form's token: %d, %s", got.status, state())
	}
	if got := post(own, "https://evil.invalid", url.Values{"csrf": {token}}); got.status != 403 || state() != "Raised" {
		t.Errorf("from another site: %d, %s", got.status, state())
	}
	steps := []struct {
		act   string
		form  url.Values
		state string
	}{
		{"/own", url.Values{}, "Owned"}, {"/contact", url.Values{"outcome": {"Reached"}, "arming": {"0"}}, "Contacted"},
		{"/close", url.Values{"reason": {"学校继续跟进"}}, "Closed"},
	}
	for _, s := range steps {
		s.form.Set("csrf", token)
		if got := post("/obligations/"+d.city+s.act, d.server.URL, s.form); got.status != 200 || state() != s.state {
			t.Errorf("%s: %d, %s", s.act, got.status, state())
		}
	}
	referral := pgtest.One[string](t, d.Database, "SELECT number FROM ek.referral")
	if got := get("/referrals"); !strings.Contains(got.body, "/referrals/"+referral+"/release") {
		t.Errorf("referrals %d %s", got.status, got.body)
	}
	if got := post("/referrals/"+referral+"/release", d.server.URL, url.Values{"csrf": {token}}); got.status != 200 || !strings.Contains(got.body, "anding") {
		t.Errorf("release %d %s", got.status, got.body)
	}
	for path, want := range map[string]int{"/follow-ups": 200, "/referrals/NONE": 404, "/obligations/NONE": 404, "/assets/style.css": 200} {
		if got := get(path); got.status != want {
			t.Errorf("%s: %d, want %d", path, got.status, want)
		}
	}
}

func TestPagesAreClosedToOtherSitesAndToStrangers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	plain := &http.Client{Transport: d.server.Client().Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	fetch := func(path string, cookie *http.Cookie) *http.Response {
		t.Helper()
		request, _ := http.NewRequestWithContext(t.Context(), "GET", d.server.URL+path, http.NoBody)
		if cookie != nil {
			request.AddCookie(cookie)
		}
		response, err := plain.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response
	}
	home := fetch("/", nil)
	if home.StatusCode != 303 || home.Header.Get("location") != "/auth/login?next=%2F" {
		t.Errorf("%d %s", home.StatusCode, home.Header.Get("location"))
	}
	for header, want := range map[string]string{"content-security-policy": "default-src 'none'", "cache-control": "no-store", "x-content-type-options": "nosniff"} {
		if !strings.Contains(home.Header.Get(header), want) {
			t.Errorf("%s: %q", header, home.Header.Get(header))
		}
	}
	if got := fetch("/", &http.Cookie{Name: "ek_session", Value: "AAAA"}); got.StatusCode != 303 {
		t.Errorf("a made-up session: %d", got.StatusCode)
	}
	if got := fetch("/auth/callback?state=x&code=y", nil); got.StatusCode != 400 {
		t.Errorf("a callback nobody began: %d", got.StatusCode)
	}
	begun := fetch("/auth/login?next=https://evil.invalid/", nil)
	flow := begun.Cookies()[0]
	if !flow.HttpOnly || flow.SameSite != http.SameSiteLaxMode {
		t.Errorf("cookie %+v", flow)
	}
	if got := fetch("/", &http.Cookie{Name: "ek_session", Value: flow.Value}); got.StatusCode != 303 {
		t.Errorf("a cookie under another name: %d", got.StatusCode)
	}
	d.issuer.SignsIn(stafftest.Person("li", "strangers"))
	back := redirectOf(t, plain, begun.Header.Get("location"))
	landed := fetch(strings.TrimPrefix(back, d.server.URL), flow)
	if landed.StatusCode != 303 || landed.Header.Get("location") != "/" {
		t.Errorf("after signing in: %d %s, want the home page", landed.StatusCode, landed.Header.Get("location"))
	}
	for _, c := range landed.Cookies() {
		if c.Name == "ek_session" {
			if got := fetch("/", c); got.StatusCode != 403 {
				t.Errorf("a stranger's worklist: %d", got.StatusCode)
			}
		}
	}
}

func redirectOf(t *testing.T, client *http.Client, address string) string {
	t.Helper()
	request, _ := http.NewRequestWithContext(t.Context(), "GET", address, http.NoBody)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.Header.Get("location")
}
