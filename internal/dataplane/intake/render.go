package intake

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
)

//go:embed page
var pageFiles embed.FS

var (
	pageTemplate = template.Must(template.ParseFS(pageFiles, "page/page.html"))
	pageStyle    = template.CSS(mustRead("page/style.css"))
	pageScript   = template.JS(mustRead("page/script.js"))
)

func mustRead(name string) string {
	content, err := pageFiles.ReadFile(name)
	if err != nil {
		panic(err) // embedded at build time
	}
	return string(content)
}

// view is what a page is made of.
type view struct {
	Kind    string
	Title   contract.Text
	Error   *bilingual
	Notice  contract.Text
	HasForm bool
	Form    *formView

	schoolName string

	// filled by render
	Nonce  string
	Style  template.CSS
	Script template.JS
	Help   HelpCard
	School HelpSchool
}

type bilingual struct{ Zh, En string }

func textOf(err error) *bilingual {
	e := fault.Of(err)
	en := e.Fault
	if e.Remedy != "" {
		en += ": " + e.Remedy
	}
	return &bilingual{Zh: chinese(err), En: en}
}

// formView is a form as its page shows it. Of the answers it knows which items have
// one, and nothing else.
type formView struct {
	Label       string
	NeedsAssent bool
	Left        int
	Instruments []instrumentView
}

type instrumentView struct {
	Code        string
	Title, Stem contract.Text
	Items       []itemView
}

type itemView struct {
	shownItem
	Saved bool
}

func newFormView(f Form) *formView {
	left := map[string]bool{}
	for _, ref := range f.Remaining() {
		left[ref.key()] = true
	}
	v := &formView{Label: f.Label, NeedsAssent: f.NeedsAssent, Left: len(left)}
	for _, in := range shown(f.Instruments) {
		iv := instrumentView{Code: in.Code, Title: in.Title, Stem: in.Stem}
		for _, item := range in.Items {
			iv.Items = append(iv.Items, itemView{item, !left[ItemRef{in.Code, item.Code}.key()]})
		}
		v.Instruments = append(v.Instruments, iv)
	}
	return v
}

// render writes a page. It is made whole before the first byte leaves.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, v view) error {
	v.Help = s.service.library.helpCard(r.Context(), s.service.now())
	v.School = v.Help.School(v.schoolName)
	v.Nonce, v.Style, v.Script = newNonce(), pageStyle, pageScript
	var out bytes.Buffer
	if err := pageTemplate.ExecuteTemplate(&out, "page", v); err != nil {
		return fmt.Errorf("rendering page %s: %w", v.Kind, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", "zh-CN, en")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+v.Nonce+"'; script-src 'nonce-"+v.Nonce+
		"'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // the connection may be gone; there is nobody to tell
	return nil
}

func newNonce() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	return base64.RawURLEncoding.EncodeToString(raw)
}
