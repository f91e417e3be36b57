package staff

import (
	"context"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/web"
)

// Drill is how the latest drill of the chain of duty stands, as somebody sees it.
type Drill struct {
	State          string     `json:"state"` // Never, UnderWay, Acknowledged (by somebody of everything it wants) or Expired
	Number         *string    `json:"number,omitempty"`
	BegunAt        *time.Time `json:"begunAt,omitempty"`
	ExpiresAt      *time.Time `json:"expiresAt,omitempty"` // until then it takes answers
	AcknowledgedAt *time.Time `json:"acknowledgedAt,omitempty"`
	OnDuty         bool       `json:"onDuty"`   // the caller is on the duty list, with an address
	Answered       bool       `json:"answered"` // by the caller
	MayAnswer      bool       `json:"mayAnswer"`
	MayBegin       bool       `json:"mayBegin"`
	// Missing is what nobody has answered for; nil for who is not of the district's duty.
	Missing []DrillGap `json:"missing,omitempty"`
}

// DrillGap is a level, for School of one school, of which nobody has answered.
type DrillGap struct {
	Level    string `json:"level"`
	School   string `json:"school,omitempty"`
	SchoolZh string `json:"schoolZh,omitempty"`
	SchoolEn string `json:"schoolEn,omitempty"`
}

// Drill returns how the latest drill stands.
func (s *Service) Drill(ctx context.Context, who Identity) (Drill, error) {
	rows, err := store.Rows[Drill](ctx, s.Pool, "SELECT * FROM ek_casework.drill($1, $2)", who.Subject, who.Groups)
	if err != nil {
		return Drill{}, err
	}
	return rows[0], nil // it always has one
}

// BeginDrill begins a drill and returns its number.
func (s *Service) BeginDrill(ctx context.Context, who Identity) (string, error) {
	return store.One[string](ctx, s.Pool, "SELECT ek_casework.begin_drill($1, $2, $3)", who.Subject, who.Human, who.Groups)
}

// AcknowledgeDrill says that who is on duty and has heard the drill's call.
func (s *Service) AcknowledgeDrill(ctx context.Context, who Identity) error {
	return store.Exec(ctx, s.Pool, "SELECT ek_casework.acknowledge_drill($1, $2, $3)", who.Subject, who.Human, who.Groups)
}

func (s *Server) showDrill(w http.ResponseWriter, r *http.Request, who Identity) error {
	drill, err := s.Service.Drill(r.Context(), who)
	if err != nil {
		return err
	}
	return web.JSON(w, drill)
}

func (s *Server) beginDrill(w http.ResponseWriter, r *http.Request, who Identity) error {
	number, err := s.Service.BeginDrill(r.Context(), who)
	if err != nil {
		return err
	}
	return web.JSON(w, map[string]string{"number": number})
}

func (s *Server) acknowledgeDrill(w http.ResponseWriter, r *http.Request, who Identity) error {
	return done(w, s.Service.AcknowledgeDrill(r.Context(), who))
}

func (s *Server) drillPage(w http.ResponseWriter, r *http.Request, in session) error {
	drill, err := s.Service.Drill(r.Context(), in.Identity)
	if err != nil {
		return err
	}
	return render(w, http.StatusOK, "drill", view{in.Identity, in.CSRF, drill})
}

// onDrill does something about the drill and shows its page again.
func (s *Server) onDrill(do func(*http.Request, Identity) error) pageCall {
	return func(w http.ResponseWriter, r *http.Request, in session) error {
		if err := do(r, in.Identity); err != nil {
			return err
		}
		http.Redirect(w, r, "/drill", http.StatusSeeOther)
		return nil
	}
}
