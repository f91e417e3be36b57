package intake

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
)

const cookieName = "evenkeel_form"

// formRequest is in the body of every call on an open form. The page's own script
// leaves formKey out: it cannot read the cookie that carries it.
type formRequest struct {
	FormKey FormKey `json:"formKey"`
}

type beginRequest struct {
	formRequest
	Confirm bool `json:"confirm"`
	Assent  bool `json:"assent"`
}

// answersRequest keeps raw whatever may be wrong without making the rest unreadable.
type answersRequest struct {
	formRequest
	Save    json.RawMessage   `json:"save"`
	Answers []json.RawMessage `json:"answers"`
}

func (f *formRequest) key() *FormKey { return &f.FormKey }

func readForm(r *http.Request, into interface{ key() *FormKey }) error {
	if err := readJSON(r, into); err != nil {
		return err
	}
	if *into.key() == "" {
		*into.key() = keyOf(r)
	}
	if *into.key() == "" {
		return errNoForm
	}
	return nil
}

func keyOf(r *http.Request) FormKey {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	return FormKey(cookie.Value)
}

func readJSON(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	if err := decoder.Decode(into); err != nil {
		return unreadable(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return unreadable(err)
	}
	return nil
}

// unreadable names the member of the wrong type, never what was in it.
func unreadable(err error) error {
	var wrongType *json.UnmarshalTypeError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return err
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return fault.New(fault.Invalid, wrongType.Field, "is of the wrong type", "send a "+wrongType.Type.Kind().String())
	}
	return fault.New(fault.BadRequest, "body", "is not one JSON object", "send one JSON object")
}

func writeJSON(w http.ResponseWriter, status int, body any) error {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the connection may be gone; there is nobody to tell
	return nil
}

func (s *Server) apiOpen(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Code   string `json:"code"`
		School string `json:"school"`
	}
	if err := readJSON(r, &body); err != nil {
		return err
	}
	key, form, err := s.service.Open(r.Context(), body.Code, body.School)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{
		"formKey":     key,
		"label":       form.Label,
		"school":      form.School,
		"needsAssent": form.NeedsAssent,
		"begun":       form.Begun,
		"instruments": shown(form.Instruments),
		"remaining":   form.Remaining(),
	})
}

func (s *Server) apiBegin(w http.ResponseWriter, r *http.Request) error {
	var body beginRequest
	if err := readForm(r, &body); err != nil {
		return err
	}
	if err := s.service.Begin(r.Context(), body.FormKey, body.Confirm, body.Assent); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]bool{"begun": true})
}

func (s *Server) apiAnswers(w http.ResponseWriter, r *http.Request) error {
	var body answersRequest
	if err := readForm(r, &body); err != nil {
		return err
	}
	var number int64
	if json.Unmarshal(body.Save, &number) != nil {
		number = 0 // no number at all: stored, then refused
	}
	saved, err := s.service.Save(r.Context(), body.FormKey, Save{Number: number, Answers: body.Answers})
	if err != nil {
		return partial(err, saved)
	}
	return writeJSON(w, http.StatusCreated, map[string]any{"receipt": saved.Receipt, "remaining": saved.Remaining})
}

// partialError is a refused save, with what was stored of it.
type partialError struct {
	error
	saved Saved
}

func partial(err error, saved Saved) error {
	if saved.Receipt == uuid.Nil {
		return err
	}
	return &partialError{err, saved}
}

func (e *partialError) Unwrap() error { return e.error }

func (e *partialError) members() map[string]any {
	faults := []map[string]string{}
	for _, f := range e.saved.Faults {
		faults = append(faults, map[string]string{"field": f.Field, "fault": f.Fault, "remedy": f.Remedy})
	}
	return map[string]any{"receipt": e.saved.Receipt, "stored": e.saved.Stored, "remaining": e.saved.Remaining, "faults": faults}
}

func (s *Server) apiSubmit(w http.ResponseWriter, r *http.Request) error {
	return s.apiReceipt(w, r, s.service.Submit)
}

func (s *Server) apiTalk(w http.ResponseWriter, r *http.Request) error {
	return s.apiReceipt(w, r, s.service.Talk)
}

func (s *Server) apiDecline(w http.ResponseWriter, r *http.Request) error {
	return s.apiReceipt(w, r, s.service.Decline)
}

func (s *Server) apiReceipt(w http.ResponseWriter, r *http.Request, act func(context.Context, FormKey) (uuid.UUID, error)) error {
	var body formRequest
	if err := readForm(r, &body); err != nil {
		return err
	}
	receipt, err := act(r.Context(), body.FormKey)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, map[string]any{"receipt": receipt})
}
