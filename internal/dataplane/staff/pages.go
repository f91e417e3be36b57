package staff

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/web"
	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
)

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"remaining": remaining, "zh": func(word string) string { return words[word] },
	"clock": func(t time.Time) string { return t.In(beijing).Format("01-02 15:04") },
}).ParseFS(files, "pages/*.html"))

// beijing is where the people on the pages' other side are; the district's own zone
// differs from it nowhere in China.
var beijing = time.FixedZone("CST", 8*60*60)

// words are the Chinese of the closed sets that pages show.
var words = map[string]string{
	"Raised": "待处理", "Notified": "已通知", "Owned": "已认领", "Contacted": "已联系", "Closed": "已结束",
	"Immediate": "立即", "Urgent": "紧急", "stat": "立即", "urgent": "紧急",
	"Drafted": "草稿", "Released": "已发出", "Delivered": "已送达", "Accepted": "已接收", "Scheduled": "已预约", "Attended": "已就诊", "Declined": "被退回",
	"CriticalAnswer": "危险作答", "Decision": "分级结果", "Request": "主动求助",
	"UnderWay": "进行中", "Acknowledged": "已全部确认", "Expired": "未全部确认", "School": "学校", "District": "区县", "City": "市级",
	"Tier": "分级跟进", "Review": "作答复核", "Undetermined": "需复测", "ScoringFailed": "计分失败", "ScoresDiffer": "计分不一致", "ReferralDeclined": "转介被退回",
}

// remaining says how long is left, in both languages.
func remaining(seconds int64) string {
	minutes := (max(seconds, -seconds) + 59) / 60
	if seconds < 0 {
		return fmt.Sprintf("已超时 %d 分 · %d min overdue", minutes, minutes)
	}
	return fmt.Sprintf("还剩 %d 分 · %d min left", minutes, minutes)
}

func assets() http.Handler {
	sub, err := fs.Sub(files, "pages/assets")
	if err != nil {
		panic(err) // embedded at build time
	}
	return http.FileServerFS(sub)
}

// view is what every page is given.
type view struct {
	Who  Identity
	CSRF string
	Data any
}

func render(w http.ResponseWriter, status int, name string, data any) error {
	var page bytes.Buffer
	if err := templates.ExecuteTemplate(&page, name, data); err != nil {
		return fmt.Errorf("rendering %s: %w", name, err)
	}
	w.Header().Set("content-type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // the browser may be gone
	return nil
}

// page serves a page; an error becomes a page too.
func (s *Server) page(fn func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := fn(w, r)
		if err == nil {
			return
		}
		web.LogOurs(s.Log, r, err)
		f := fault.Of(err)
		if err := render(w, f.Code.Status(), "fault", f); err != nil {
			fault.Write(w, f)
		}
	}
}

type pageCall func(w http.ResponseWriter, r *http.Request, in session) error

func (s *Server) routePages(mux *http.ServeMux) {
	get := func(pattern string, call pageCall) { mux.HandleFunc("GET "+pattern, s.page(s.signedIn(call))) }
	get("/{$}", s.worklistPage)
	get("/obligations/{number}", s.obligationPage)
	get("/referrals", s.referralsPage)
	get("/referrals/{number}", s.referralsPage)
	get("/follow-ups", s.followUpsPage)
	get("/drill", s.drillPage)

	forged := http.NewCrossOriginProtection()
	post := func(pattern string, call pageCall) {
		mux.Handle("POST "+pattern, forged.Handler(s.page(s.signedIn(s.genuine(call)))))
	}
	post("/obligations/{number}/own", s.act(func(r *http.Request, who Identity) error {
		return s.Service.Own(r.Context(), who, r.PathValue("number"))
	}))
	post("/obligations/{number}/contact", s.act(s.contactForm))
	post("/obligations/{number}/close", s.act(func(r *http.Request, who Identity) error {
		return s.Service.Close(r.Context(), who, r.PathValue("number"), r.PostFormValue("reason"))
	}))
	post("/referrals/{number}/release", s.act(func(r *http.Request, who Identity) error {
		_, err := s.Service.Release(r.Context(), who, r.PathValue("number"), r.PostFormValue("channel"))
		return err
	}))
	post("/drill/begin", s.onDrill(func(r *http.Request, who Identity) error {
		_, err := s.Service.BeginDrill(r.Context(), who)
		return err
	}))
	post("/drill/acknowledge", s.onDrill(func(r *http.Request, who Identity) error {
		return s.Service.AcknowledgeDrill(r.Context(), who)
	}))
}

// signedIn sends whoever is not signed in to do so, and back.
func (s *Server) signedIn(call pageCall) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if in, ok := s.Cookies.session(r); ok {
			return call(w, r, in)
		}
		next := "/"
		if r.Method == http.MethodGet {
			next = r.URL.RequestURI()
		}
		http.Redirect(w, r, "/auth/login?next="+url.QueryEscape(next), http.StatusSeeOther)
		return nil
	}
}

// genuine lets a form pass that carries the session's own token.
func (s *Server) genuine(call pageCall) pageCall {
	return func(w http.ResponseWriter, r *http.Request, in session) error {
		r.Body = http.MaxBytesReader(w, r.Body, maxJSON)
		if subtle.ConstantTimeCompare([]byte(r.PostFormValue("csrf")), []byte(in.CSRF)) != 1 {
			return fault.New(fault.Forbidden, "csrf", "this form is not from your worklist", "open the page again and repeat")
		}
		return call(w, r, in)
	}
}

// act does something and shows the page it was done from.
func (s *Server) act(do func(*http.Request, Identity) error) pageCall {
	return func(w http.ResponseWriter, r *http.Request, in session) error {
		if err := do(r, in.Identity); err != nil {
			return err
		}
		section := "obligations"
		if r.Pattern == "POST /referrals/{number}/release" {
			section = "referrals"
		}
		http.Redirect(w, r, "/"+section+"/"+url.PathEscape(r.PathValue("number")), http.StatusSeeOther)
		return nil
	}
}

func (s *Server) contactForm(r *http.Request, who Identity) error {
	arming, err := strconv.Atoi(r.PostFormValue("arming"))
	if err != nil {
		return fault.New(fault.Invalid, "arming", "is missing", "open the page again and repeat")
	}
	return s.Service.Contact(r.Context(), who, r.PathValue("number"), r.PostFormValue("outcome"), &arming)
}

func (s *Server) worklistPage(w http.ResponseWriter, r *http.Request, in session) error {
	list, err := s.Service.Worklist(r.Context(), in.Identity)
	if err != nil {
		return err
	}
	return render(w, http.StatusOK, "worklist", view{in.Identity, in.CSRF, list})
}

func (s *Server) obligationPage(w http.ResponseWriter, r *http.Request, in session) error {
	record, err := s.Service.Record(r.Context(), in.Identity, r.PathValue("number"))
	if err != nil {
		return err
	}
	return render(w, http.StatusOK, "obligation", view{in.Identity, in.CSRF, record})
}

func (s *Server) referralsPage(w http.ResponseWriter, r *http.Request, in session) error {
	list, err := s.Service.Referrals(r.Context(), in.Identity, r.PathValue("number"))
	if err != nil {
		return err
	}
	if len(list) == 0 && r.PathValue("number") != "" {
		return fault.New(fault.NotFound, "number", "there is no such referral in your scope", "check the number")
	}
	return render(w, http.StatusOK, "referrals", view{in.Identity, in.CSRF, list})
}

func (s *Server) followUpsPage(w http.ResponseWriter, r *http.Request, in session) error {
	list, err := s.Service.FollowUps(r.Context(), in.Identity)
	if err != nil {
		return err
	}
	return render(w, http.StatusOK, "follow-ups", view{in.Identity, in.CSRF, list})
}
