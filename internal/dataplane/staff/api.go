package staff

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/web"
	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
	"github.com/evenkeel/evenkeel/internal/dataplane/roster"
)

const (
	maxJSON = 4 << 10
	maxDuty = 4 << 20
	// uploadTime replaces the listener's bound for a roster over a slow line.
	uploadTime = 5 * time.Minute
)

type apiCall func(w http.ResponseWriter, r *http.Request, who Identity) error

func (s *Server) routeAPI(mux *http.ServeMux) {
	for pattern, call := range map[string]apiCall{
		"GET /api/v1/obligations":                   s.listObligations,
		"GET /api/v1/obligations/{number}":          s.showObligation,
		"POST /api/v1/obligations/{number}/own":     s.own,
		"POST /api/v1/obligations/{number}/contact": s.contact,
		"POST /api/v1/obligations/{number}/close":   s.close,
		"GET /api/v1/referrals":                     s.listReferrals,
		"POST /api/v1/referrals/{number}/release":   s.release,
		"GET /api/v1/follow-ups":                    s.listFollowUps,
		"GET /api/v1/score-differences":             s.listScoreDifferences,
		"POST /api/v1/roster":                       s.importRoster,
		"POST /api/v1/codes":                        s.issueCodes,
		"GET /api/v1/schools/{school}/not-screened": s.listNotScreened,
		"PUT /api/v1/duty":                          s.replaceDuty,
		"GET /api/v1/drill":                         s.showDrill,
		"POST /api/v1/drill":                        s.beginDrill,
		"POST /api/v1/drill/acknowledge":            s.acknowledgeDrill,
	} {
		mux.HandleFunc(pattern, s.handle(s.withToken(call)))
	}
}

// withToken lets in who has a bearer ID token. Cookies do not count here: the API
// needs no defence against forged forms because no browser sends its token by itself.
func (s *Server) withToken(call apiCall) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		token, ok := strings.CutPrefix(r.Header.Get("authorization"), "Bearer ")
		if !ok {
			w.Header().Set("www-authenticate", "Bearer")
			return fault.New(fault.Unauthorised, "authorization", "there is no bearer token", "send the identity provider's ID token as a bearer token")
		}
		who, err := s.Provider.Verify(r.Context(), token, "")
		if err != nil {
			return refuseToken(w, err)
		}
		return call(w, r, who)
	}
}

func refuseToken(w http.ResponseWriter, err error) error {
	if errors.Is(err, errProvider) {
		return fault.New(fault.Unavailable, "", "the identity provider does not answer", "try again in a moment").Because(err)
	}
	w.Header().Set("www-authenticate", `Bearer error="invalid_token"`)
	return fault.New(fault.Unauthorised, "authorization", "the token is not valid here", "sign in again; the token must be an ID token for this client").Because(err)
}

func (s *Server) listObligations(w http.ResponseWriter, r *http.Request, who Identity) error {
	list, err := s.Service.Worklist(r.Context(), who)
	if err != nil {
		return err
	}
	return web.JSON(w, map[string]any{"obligations": emptyIfNil(list)})
}

func (s *Server) showObligation(w http.ResponseWriter, r *http.Request, who Identity) error {
	record, err := s.Service.Record(r.Context(), who, r.PathValue("number"))
	if err != nil {
		return err
	}
	return web.JSON(w, record)
}

func (s *Server) own(w http.ResponseWriter, r *http.Request, who Identity) error {
	return done(w, s.Service.Own(r.Context(), who, r.PathValue("number")))
}

func (s *Server) contact(w http.ResponseWriter, r *http.Request, who Identity) error {
	var body struct {
		Outcome string `json:"outcome"`
		Arming  *int   `json:"arming"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	return done(w, s.Service.Contact(r.Context(), who, r.PathValue("number"), body.Outcome, body.Arming))
}

func (s *Server) close(w http.ResponseWriter, r *http.Request, who Identity) error {
	var body struct {
		Reason string `json:"reason"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	return done(w, s.Service.Close(r.Context(), who, r.PathValue("number"), body.Reason))
}

func (s *Server) listReferrals(w http.ResponseWriter, r *http.Request, who Identity) error {
	list, err := s.Service.Referrals(r.Context(), who, "")
	if err != nil {
		return err
	}
	return web.JSON(w, map[string]any{"referrals": emptyIfNil(list)})
}

func (s *Server) release(w http.ResponseWriter, r *http.Request, who Identity) error {
	var body struct {
		Channel string `json:"channel"`
	}
	if r.ContentLength != 0 {
		if err := readJSON(w, r, &body); err != nil {
			return err
		}
	}
	channel, err := s.Service.Release(r.Context(), who, r.PathValue("number"), body.Channel)
	if err != nil {
		return err
	}
	return web.JSON(w, map[string]string{"channel": channel})
}

func (s *Server) listFollowUps(w http.ResponseWriter, r *http.Request, who Identity) error {
	list, err := s.Service.FollowUps(r.Context(), who)
	if err != nil {
		return err
	}
	return web.JSON(w, map[string]any{"followUps": emptyIfNil(list)})
}

func (s *Server) listScoreDifferences(w http.ResponseWriter, r *http.Request, who Identity) error {
	list, err := s.Service.ScoreDifferences(r.Context(), who)
	if err != nil {
		return err
	}
	return web.JSON(w, map[string]any{"scoreDifferences": emptyIfNil(list)})
}

func (s *Server) importRoster(w http.ResponseWriter, r *http.Request, who Identity) error {
	if err := requireType(r, "text/csv"); err != nil {
		return err
	}
	extend(w)
	summary, err := s.Roster.Import(r.Context(), actor(who), http.MaxBytesReader(w, r.Body, roster.MaxBytes), time.Now())
	if err != nil {
		return badFile(err)
	}
	return web.JSON(w, summary)
}

func (s *Server) issueCodes(w http.ResponseWriter, r *http.Request, who Identity) error {
	var body struct {
		Round  string `json:"round"`
		School string `json:"school"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	extend(w)
	codes, err := s.Roster.IssueCodes(r.Context(), actor(who), body.Round, body.School)
	if err != nil {
		return err
	}
	w.Header().Set("content-type", "text/csv; charset=utf-8")
	w.Header().Set("content-disposition", `attachment; filename="codes.csv"`)
	_ = roster.WriteCodes(w, codes) // the client may be gone; issuing again makes new ones
	return nil
}

func (s *Server) listNotScreened(w http.ResponseWriter, r *http.Request, who Identity) error {
	list, err := s.Roster.NotScreened(r.Context(), actor(who), r.PathValue("school"))
	if err != nil {
		return err
	}
	return web.JSON(w, map[string]any{"notScreened": emptyIfNil(list)})
}

func (s *Server) replaceDuty(w http.ResponseWriter, r *http.Request, who Identity) error {
	if err := requireType(r, "text/csv"); err != nil {
		return err
	}
	// Read before the transaction begins: a slow line must not hold a lock.
	file, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDuty))
	if err != nil {
		return badFile(err)
	}
	people, faults, err := s.Roster.ReplaceDuty(r.Context(), actor(who), bytes.NewReader(file))
	if err != nil {
		return badFile(err)
	}
	if len(faults) > 0 {
		refused := fault.New(fault.Invalid, "body", "the duty list has faults and was not used", "cure the rows listed in faults and send the whole list again")
		fault.WriteWith(w, refused, map[string]any{"faults": faults})
		return nil
	}
	return web.JSON(w, map[string]int{"people": people})
}

func actor(who Identity) roster.Actor { return roster.Actor{Subject: who.Subject, Groups: who.Groups} }

func done(w http.ResponseWriter, err error) error {
	if err != nil {
		return err
	}
	return web.JSON(w, map[string]bool{"stored": true})
}

func emptyIfNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	if err := requireType(r, "application/json"); err != nil {
		return err
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxJSON))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return badFile(err)
	}
	return nil
}

func requireType(r *http.Request, want string) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("content-type")); err != nil || kind != want {
		return fault.New(fault.WrongType, "content-type", "is not "+want, "send the body as "+want)
	}
	return nil
}

// badFile turns what went wrong with a body into a fault that does not repeat it.
func badFile(err error) error {
	var tooLarge *http.MaxBytesError
	var header *roster.HeaderError
	var known *fault.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.As(err, &tooLarge):
		return fault.New(fault.TooLarge, "body", "is too large", "split it; what was stored before stays")
	case errors.As(err, &header):
		return fault.New(fault.Invalid, header.Column, header.Fault, header.Remedy)
	}
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &syntax) || errors.As(err, &mismatch) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		strings.HasPrefix(err.Error(), "json: unknown field") {
		return fault.New(fault.BadRequest, "body", "cannot be read", "send the members that docs/spec/processes.md lists")
	}
	return err
}

func extend(w http.ResponseWriter) {
	control := http.NewResponseController(w)
	until := time.Now().Add(uploadTime)
	_ = control.SetReadDeadline(until) // a recorder in a test has no deadlines
	_ = control.SetWriteDeadline(until)
}
