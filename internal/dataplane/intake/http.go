package intake

import (
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
)

// maxBody bounds what a student's page may send: a form of 300 items takes 20 KiB.
const maxBody = 64 << 10

// Server is intake over HTTP: pages and the JSON API.
type Server struct {
	service *Service
	log     *slog.Logger
	seconds *prometheus.HistogramVec
	handler http.Handler
}

// route is one line of the listener's table.
type route struct {
	method, path string
	contentType  string // of the body; empty: no body
	handle       func(http.ResponseWriter, *http.Request) error
	page         bool   // errors are answered with a page
	figure       string // under which it is counted
}

// The figures requests are counted under. Asking to talk, declining and submitting
// share one, and success is one status there, since their pages differ in theirs: how
// many ask for someone is nobody's to watch on a dashboard.
const (
	figurePage   = "page"
	figureOpen   = "open"
	figureSave   = "save"
	figureFinish = "finish"
)

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

// NewServer returns the handler of the students' listener.
func NewServer(service *Service, log *slog.Logger, registry prometheus.Registerer) *Server {
	s := &Server{service: service, log: log, seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "evenkeel_intake_request_seconds",
		Help:    "Time to answer a request, by kind and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5},
	}, []string{"kind", "status"})}
	registry.MustRegister(s.seconds)
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fault.Write(w, fault.New(fault.Forbidden, "Origin", "is another site", "use this site's own pages"))
	}))
	s.handler = sameOrigin.Handler(s.mux())
	return s
}

func (s *Server) routes() []route {
	return []route{
		{"GET", "/{$}", "", s.pageEntry, true, figurePage},
		{"GET", "/s/{school}", "", s.pageEntry, true, figurePage},
		{"POST", "/enter", formType, s.pageEnter, true, figureOpen},
		{"POST", "/begin", formType, s.pageBegin, true, figureOpen},
		{"GET", "/form", "", s.pageForm, true, figurePage},
		{"POST", "/form", formType, s.pageSave, true, figureSave},
		{"POST", "/submit", formType, s.pageSubmit, true, figureFinish},
		{"POST", "/talk", formType, s.pageTalk, true, figureFinish},
		{"POST", "/decline", formType, s.pageDecline, true, figureFinish},

		{"POST", "/api/v1/open", jsonType, s.apiOpen, false, figureOpen},
		{"POST", "/api/v1/begin", jsonType, s.apiBegin, false, figureOpen},
		{"POST", "/api/v1/answers", jsonType, s.apiAnswers, false, figureSave},
		{"POST", "/api/v1/submit", jsonType, s.apiSubmit, false, figureFinish},
		{"POST", "/api/v1/talk", jsonType, s.apiTalk, false, figureFinish},
		{"POST", "/api/v1/decline", jsonType, s.apiDecline, false, figureFinish},
	}
}

func (s *Server) mux() *http.ServeMux {
	mux := http.NewServeMux()
	allowed := map[string][]string{}
	for _, r := range s.routes() {
		mux.Handle(r.method+" "+r.path, s.serve(r))
		allowed[r.path] = append(allowed[r.path], r.method)
	}
	for path, methods := range allowed {
		mux.Handle(path, s.serve(route{path: path, figure: figurePage, page: !strings.HasPrefix(path, "/api/"),
			handle: func(w http.ResponseWriter, _ *http.Request) error {
				w.Header().Set("Allow", strings.Join(methods, ", "))
				return fault.New(fault.NotAllowed, "method", "is not allowed here", "use "+strings.Join(methods, " or "))
			}}))
	}
	mux.Handle("/", s.serve(route{path: "other", figure: figurePage, page: true, handle: func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.NotFound, "path", "there is no such page", "start at /")
	}}))
	return mux
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// serve checks what is the same for every route, calls it, and answers its error.
func (s *Server) serve(route route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		commonHeaders(recorder.Header())
		err := checkBody(r, route.contentType)
		if err == nil {
			r.Body = http.MaxBytesReader(recorder, r.Body, maxBody)
			err = route.handle(recorder, r)
		}
		if err != nil {
			s.fail(recorder, r, route, tooLarge(err))
		}
		s.seconds.WithLabelValues(route.figure, figureStatus(route.figure, recorder.status)).Observe(time.Since(began).Seconds())
	})
}

func figureStatus(figure string, status int) string {
	if figure == figureFinish && status < http.StatusBadRequest {
		status = http.StatusOK
	}
	return strconv.Itoa(status)
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, route route, err error) {
	e := fault.Of(err)
	if e.Code == fault.Internal || e.Code == fault.Unavailable {
		s.log.ErrorContext(r.Context(), "request failed", "route", route.path, "cause", e.Cause)
	}
	var partial *partialError
	switch {
	case route.page && wantsPage(r):
		s.pageError(w, r, err)
	case errors.As(err, &partial):
		fault.WriteWith(w, err, partial.members())
	default:
		fault.Write(w, err)
	}
}

func wantsPage(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

func checkBody(r *http.Request, want string) error {
	if want == "" {
		return nil
	}
	got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || got != want {
		return fault.New(fault.WrongType, "Content-Type", "is not "+want, "send the body as "+want)
	}
	if r.ContentLength > maxBody {
		return errTooLarge
	}
	return nil
}

var errTooLarge = fault.New(fault.TooLarge, "body", "is larger than 64 KiB", "send fewer answers at a time")

func tooLarge(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return errTooLarge
	}
	return err
}

func commonHeaders(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
}

// statusRecorder remembers the status for the figures.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}
