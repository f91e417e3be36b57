package simulate

import (
	"html/template"
	"net/http"
	"net/url"
)

var loginPage = template.Must(template.New("login").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Demo sign-in</title>
<style>body{font:16px/1.5 system-ui;max-width:32rem;margin:2rem auto;padding:0 1rem}button{display:block;width:100%;min-height:48px;margin:.5rem 0;text-align:left}</style>
</head><body><h1>演示登录 Demo sign-in</h1>
<p>Nobody here is real. Choose who you are.</p>
<form method="post" action="/authorize?{{.Query}}">
{{range .Users}}<button name="user" value="{{.Subject}}">{{.Name}}<br><small>{{range .Groups}}{{.}} {{end}}</small></button>
{{end}}</form></body></html>
`))

// writeLogin lists the people who can sign in, each a button.
func writeLogin(w http.ResponseWriter, users []IssuerUser, q url.Values) {
	w.Header().Set("content-type", "text/html; charset=utf-8")
	w.Header().Set("cache-control", "no-store")
	data := struct {
		Query template.URL // the query as it came, which url.Values.Encode has escaped
		Users []IssuerUser
	}{template.URL(q.Encode()), users}
	_ = loginPage.Execute(w, data) // the browser may be gone; there is nobody to tell
}
