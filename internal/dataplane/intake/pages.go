package intake

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
)

var (
	titleEntry = contract.Text{ZhCN: "心理健康问卷", En: "Check-up questionnaire"}
	titleWho   = contract.Text{ZhCN: "开始之前", En: "Before you begin"}
	titleForm  = titleEntry
	titleDone  = contract.Text{ZhCN: "谢谢你", En: "Thank you"}
	titleTalk  = contract.Text{ZhCN: "有人会来", En: "Someone will come"}
	titleError = contract.Text{ZhCN: "请稍等", En: "One moment"}
)

// notices are the end page's sentence, by the state of the form. They do not depend
// on any answer.
var notices = map[string]contract.Text{
	"Submitted": {ZhCN: "问卷已提交。", En: "The form is submitted."},
	"Finalised": {ZhCN: "这次答题时间已结束，你的回答已保存。", En: "This session is over; your answers are kept."},
	"Declined":  {ZhCN: "你选择了不参加，没有关系。", En: "You chose not to take part, and that is all right."},
}

func (s *Server) pageEntry(w http.ResponseWriter, r *http.Request) error {
	// Whoever comes to this page is not taken for the student before.
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, Secure: overTLS(r), SameSite: http.SameSiteStrictMode})
	return s.render(w, r, http.StatusOK, view{Kind: "entry", Title: titleEntry, schoolName: r.PathValue("school")})
}

func (s *Server) pageEnter(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return unreadable(tooLarge(err))
	}
	school := r.PostForm.Get("school")
	key, _, err := s.service.Open(r.Context(), r.PostForm.Get("code"), school)
	if err != nil {
		if fault.Of(err).Code == fault.Internal || !wantsPage(r) {
			return err
		}
		return s.render(w, r, fault.Of(err).Code.Status(),
			view{Kind: "entry", Title: titleEntry, schoolName: school, Error: textOf(err)})
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: string(key), Path: "/", HttpOnly: true, Secure: overTLS(r), SameSite: http.SameSiteStrictMode})
	return seeOther(w, r, "/form")
}

func overTLS(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}

func seeOther(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// pageForm shows where the student stands: "is this you?", the questions, or the end.
func (s *Server) pageForm(w http.ResponseWriter, r *http.Request) error {
	form, err := s.service.Look(r.Context(), keyOf(r))
	if err != nil {
		return err
	}
	v := view{HasForm: true, schoolName: form.School, Form: newFormView(form)}
	switch {
	case form.State != "Draft":
		v.Kind, v.Title, v.Notice = "done", titleDone, notices[form.State]
	case !form.Begun:
		v.Kind, v.Title = "confirm", titleWho
	default:
		v.Kind, v.Title = "form", titleForm
	}
	return s.render(w, r, http.StatusOK, v)
}

func (s *Server) pageBegin(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return unreadable(tooLarge(err))
	}
	err := s.service.Begin(r.Context(), keyOf(r), r.PostForm.Get("confirm") == "yes", r.PostForm.Get("assent") == "yes")
	if err != nil {
		return err
	}
	return seeOther(w, r, "/form")
}

func (s *Server) pageSave(w http.ResponseWriter, r *http.Request) error {
	if err := s.savePosted(r); err != nil {
		return err
	}
	return seeOther(w, r, "/form")
}

func (s *Server) pageSubmit(w http.ResponseWriter, r *http.Request) error {
	if err := s.savePosted(r); err != nil && !finished(err) {
		return err
	}
	if _, err := s.service.Submit(r.Context(), keyOf(r)); err != nil && !finished(err) {
		return err
	}
	return seeOther(w, r, "/form")
}

// finished says that the form is over, which its own page explains better.
func finished(err error) bool { return errors.Is(err, formRefusals["Finished"].fault) }

// pageTalk keeps the answers that came along, and asks for someone whatever became
// of them.
func (s *Server) pageTalk(w http.ResponseWriter, r *http.Request) error {
	saveErr := s.savePosted(r)
	if _, err := s.service.Talk(r.Context(), keyOf(r)); err != nil {
		return errors.Join(err, saveErr)
	}
	v := view{Kind: "talk", Title: titleTalk, HasForm: true}
	if form, err := s.service.Look(r.Context(), keyOf(r)); err == nil {
		v.schoolName = form.School
	}
	return s.render(w, r, http.StatusCreated, v)
}

func (s *Server) pageDecline(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.service.Decline(r.Context(), keyOf(r)); err != nil && !finished(err) {
		return err
	}
	return seeOther(w, r, "/form")
}

// savePosted saves the answers of a posted page. Each posting is a save of its own: a
// person who goes back and changes an answer means it.
func (s *Server) savePosted(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return unreadable(tooLarge(err))
	}
	var answers []json.RawMessage
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		parts := strings.SplitN(name, ":", 3)
		if len(parts) == 3 && parts[0] == "a" {
			answers = append(answers, posted(parts[1], parts[2], r.PostForm.Get(name)))
		}
	}
	if answers == nil {
		return nil
	}
	_, err := s.service.Save(r.Context(), keyOf(r), Save{Number: 1 + rand.Int64N(math.MaxInt32), Answers: answers})
	return err
}

// posted puts an answer of a page into the form of the API; what is not a number
// stays a string there, and is refused by itself.
func posted(instrument, item, value string) json.RawMessage {
	a := map[string]any{"instrument": instrument, "item": item, "value": value}
	if n, err := strconv.Atoi(value); err == nil {
		a["value"] = n
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return json.RawMessage("null") // strings and numbers always marshal
	}
	return raw
}

// pageError answers an error with a page that says the same in two languages.
func (s *Server) pageError(w http.ResponseWriter, r *http.Request, err error) {
	v := view{Kind: "error", Title: titleError, HasForm: keyOf(r) != "", Error: textOf(err)}
	if s.render(w, r, fault.Of(err).Code.Status(), v) != nil {
		fault.Write(w, err)
	}
}
