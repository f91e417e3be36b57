package intake_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/html"

	"github.com/evenkeel/evenkeel/internal/dataplane/intake"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

// page is a page as a browser without JavaScript gets it.
type page struct {
	h      *harness
	client *http.Client
	status int
	header http.Header
	raw    string
}

func (h *harness) visit(client *http.Client, method, path string, values url.Values) page {
	h.Helper()
	request, err := http.NewRequestWithContext(h.Context(), method, h.server.URL+path, strings.NewReader(values.Encode()))
	if err != nil {
		h.Fatal(err)
	}
	request.Header.Set("Accept", "text/html,application/xhtml+xml")
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := client.Do(request)
	if err != nil {
		h.Fatal(err)
	}
	defer response.Body.Close()
	var raw strings.Builder
	if _, err := io.Copy(&raw, response.Body); err != nil {
		h.Fatal(err)
	}
	return page{h, client, response.StatusCode, response.Header, raw.String()}
}

// enter goes through code and confirmation to the questions.
func (h *harness) enter(s pgtest.Student) page {
	h.Helper()
	client := h.browser()
	confirm := h.visit(client, "POST", "/enter", url.Values{"code": {s.Code.Display()}, "school": {pgtest.School}})
	if !strings.Contains(confirm.raw, "Is this you?") {
		h.Fatalf("after the code: %d %s", confirm.status, confirm.raw)
	}
	return h.visit(client, "POST", "/begin", url.Values{"confirm": {"yes"}, "assent": {"yes"}})
}

func TestTheWholeWayWithoutJavaScript(t *testing.T) {
	h := newHarness(t)
	s := h.db.AddStudent(t, pgtest.StudentWith{})
	questions := h.enter(s)
	if n := strings.Count(questions.raw, "<fieldset"); n != 9 {
		t.Fatalf("%d items, want 9: %s", n, questions.raw)
	}
	saved := h.visit(questions.client, "POST", "/form", url.Values{"a:phq-9:q1": {"0"}, "a:phq-9:q9": {"2"}})
	if !strings.Contains(saved.raw, "7 left") {
		t.Errorf("the page does not say that 7 items are left")
	}
	talk := h.visit(questions.client, "POST", "/talk", url.Values{"a:phq-9:q2": {"1"}})
	if talk.status != http.StatusCreated || !strings.Contains(talk.raw, "someone will come") {
		t.Errorf("talk: %d %s", talk.status, talk.raw)
	}
	done := h.visit(questions.client, "POST", "/submit", url.Values{"a:phq-9:q3": {"1"}})
	if !strings.Contains(done.raw, "The form is submitted") || !strings.Contains(done.raw, "12356") {
		t.Errorf("end page: %d %s", done.status, done.raw)
	}
	f := form{h: h, student: s}
	if got, want := f.obligations(), "Attempt 0 Raised, Request 1 Raised"; got != want || f.events() != 4 {
		t.Errorf("obligations %q, want %q; %d events, want 4", got, want, f.events())
	}
	h.expectCovered()
}

func TestDecliningByPage(t *testing.T) {
	h := newHarness(t)
	s := h.db.AddStudent(t, pgtest.StudentWith{})
	client := h.browser()
	h.visit(client, "POST", "/enter", url.Values{"code": {string(s.Code)}})
	declined := h.visit(client, "POST", "/decline", nil)
	if !strings.Contains(declined.raw, "You chose not to take part") {
		t.Errorf("%d %s", declined.status, declined.raw)
	}
	if again := h.visit(client, "POST", "/enter", url.Values{"code": {string(s.Code)}}); again.status != http.StatusConflict ||
		!strings.Contains(again.raw, "你已选择不参加") {
		t.Errorf("the code again: %d", again.status)
	}
}

func TestAWrongCodeIsExplainedOnThePage(t *testing.T) {
	h := newHarness(t)
	p := h.visit(h.browser(), "POST", "/enter", url.Values{"code": {"ABC"}, "school": {pgtest.School}})
	if p.status != http.StatusUnprocessableEntity || !strings.Contains(p.raw, `role="alert"`) || !strings.Contains(p.raw, "验证码不完整") {
		t.Errorf("%d %s", p.status, p.raw)
	}
}

var varying = regexp.MustCompile(`nonce(=")?-?[A-Za-z0-9_-]{22}|李\* [0-9a-f]{4}`)

func TestThePageIsTheSameWhateverWasAnswered(t *testing.T) {
	h := newHarness(t)
	var first string
	for _, value := range []string{"0", "1", "2", "3"} {
		questions := h.enter(h.db.AddStudent(t, pgtest.StudentWith{}))
		saved := h.visit(questions.client, "POST", "/form", url.Values{"a:phq-9:q9": {value}})
		end := h.visit(questions.client, "POST", "/submit", url.Values{"a:phq-9:q9": {value}})
		pages := varying.ReplaceAllString(saved.raw+end.raw, "")
		if first == "" {
			first = pages
		}
		if pages != first || len(pages) < 1000 {
			t.Errorf("the pages after answering %s differ", value)
		}
	}
}

// Rules that every page keeps.
func TestEveryPageIsAccessibleAndOffersHelp(t *testing.T) {
	h := newHarness(t)
	client := h.browser()
	s := h.db.AddStudent(t, pgtest.StudentWith{})
	pages := map[string]page{
		"entry":           h.visit(client, "GET", "/", nil),
		"entry of school": h.visit(client, "GET", "/s/"+pgtest.School, nil),
		"wrong code":      h.visit(client, "POST", "/enter", url.Values{"code": {"ABC"}}),
		"confirm":         h.visit(client, "POST", "/enter", url.Values{"code": {string(s.Code)}}),
		"questions":       h.visit(client, "POST", "/begin", url.Values{"confirm": {"yes"}, "assent": {"yes"}}),
		"talk":            h.visit(client, "POST", "/talk", nil),
		"end":             h.visit(client, "POST", "/submit", nil),
		"no such page":    h.visit(client, "GET", "/nothing", nil),
		"no form":         h.visit(h.browser(), "GET", "/form", nil),
	}
	for name, p := range pages {
		t.Run(name, func(t *testing.T) {
			checkPage(t, p)
			if len(p.raw) > 30<<10 {
				t.Errorf("%d bytes, want under 30 KiB", len(p.raw))
			}
		})
	}
	if p := pages["entry of school"]; !strings.Contains(p.raw, "丰台一中") || !strings.Contains(p.raw, "tel:010-1000") {
		t.Error("the school's own telephone is not on its page")
	}
	if p := pages["questions"]; strings.Index(p.raw, "Who will see your answers") > strings.Index(p.raw, "<fieldset") {
		t.Error("who will see the answers is not told before the first item")
	}
}

func checkPage(t *testing.T, p page) {
	t.Helper()
	for _, want := range []string{`<html lang="zh-CN">`, "tel:12356", "想现在和人聊聊", `name="viewport"`, `<main id="main">`} {
		if !strings.Contains(p.raw, want) {
			t.Errorf("lacks %s", want)
		}
	}
	csp := p.header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("Content-Security-Policy = %q", csp)
	}
	root, err := html.Parse(strings.NewReader(p.raw))
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]bool{}
	walk(root, func(n *html.Node) {
		if n.Data == "label" {
			labels[attribute(n, "for")] = true
		}
	})
	walk(root, func(n *html.Node) { checkElement(t, n, labels) })
}

func checkElement(t *testing.T, n *html.Node, labels map[string]bool) {
	t.Helper()
	switch n.Data {
	case "input":
		kind := attribute(n, "type")
		if kind != "hidden" && !labels[attribute(n, "id")] && n.Parent.Data != "label" {
			t.Errorf("input %q has no label", attribute(n, "name"))
		}
		if attribute(n, "checked") != "" {
			t.Errorf("input %q is preselected", attribute(n, "name"))
		}
	case "fieldset":
		if first := firstElement(n); first == nil || first.Data != "legend" {
			t.Error("a fieldset does not begin with a legend")
		}
	case "script", "style":
		if attribute(n, "nonce") == "" || attribute(n, "src") != "" {
			t.Errorf("a %s without nonce or from elsewhere", n.Data)
		}
	}
	for _, a := range n.Attr {
		if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
			t.Errorf("attribute %s does not work under the policy", a.Key)
		}
	}
}

func walk(n *html.Node, visit func(*html.Node)) {
	if n.Type == html.ElementNode {
		visit(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, visit)
	}
}

func firstElement(n *html.Node) *html.Node {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode {
			return c
		}
	}
	return nil
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func TestTheCookieIsKeptFromScriptsAndOtherSites(t *testing.T) {
	h := newHarness(t)
	s := h.db.AddStudent(t, pgtest.StudentWith{})
	request, err := http.NewRequestWithContext(t.Context(), "POST", h.server.URL+"/enter", strings.NewReader("code="+string(s.Code)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("X-Forwarded-Proto", "https")
	response, err := h.server.Client().Transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	cookie := response.Header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "Secure", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie lacks %s: %s", want, strings.SplitN(cookie, ";", 2)[1])
		}
	}
}

func TestFiguresDoNotTellWhoAskedToTalk(t *testing.T) {
	h := newHarness(t)
	figures := func(act string) string {
		t.Helper()
		registry := prometheus.NewRegistry()
		h.server.Config.Handler = intake.NewServer(intake.New(h.db.Intake, pgtest.Keys()), slog.New(slog.DiscardHandler), registry)
		p := h.enter(h.db.AddStudent(t, pgtest.StudentWith{}))
		p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		h.visit(p.client, "POST", act, nil)
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		var series []string
		for _, m := range families[0].GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			series = append(series, strings.Join(labels, " "))
		}
		return strings.Join(series, ", ")
	}
	talk := figures("/talk")
	for _, act := range []string{"/submit", "/decline"} {
		if got := figures(act); got != talk {
			t.Errorf("figures after %s: %s; after /talk: %s", act, got, talk)
		}
	}
}
