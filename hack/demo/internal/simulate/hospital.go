package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/hack/demo/internal/repeat"
)

// HospitalConfig is what a hospital knows of the districts it has agreements with.
type HospitalConfig struct {
	Facility  string             `json:"facility"`
	Districts []HospitalDistrict `json:"districts"`
}

// HospitalDistrict is one agreement.
type HospitalDistrict struct {
	Code    string `json:"code"`
	Channel string `json:"channel"` // the district's name for this hospital
	Partner string `json:"partner"` // base address of casework's partner listener
	Send    string `json:"send"`    // verifies what the district sends
	Receive string `json:"receive"` // signs our answers
}

// Referral is what the hospital holds about one referral.
type Referral struct {
	District string `json:"district"`
	Number   string `json:"number"`
	Priority string `json:"priority"`
	Status   string `json:"status"` // received, accepted, scheduled, attended
}

// HospitalStats is what happened at a hospital.
type HospitalStats struct {
	Received int `json:"received"`
	Resent   int `json:"resent"`
	Refused  int `json:"refused"`
	Attended int `json:"attended"`
	// TurnedAway calls found the hospital down.
	TurnedAway int `json:"turnedAway"`
}

// course is what the hospital reports, in order.
var course = []string{"accepted", "scheduled", "attended"}

// Hospital is a simulated hospital that accepts every referral it can verify.
type Hospital struct {
	facility  string
	districts map[string]HospitalDistrict
	call      caller
	life      context.Context
	step      time.Duration
	outage    outage
	ids       ids

	mu        sync.Mutex
	referrals []*Referral
	stats     HospitalStats
}

// NewHospital makes a hospital that lets step pass between its reports.
func NewHospital(life context.Context, config HospitalConfig, client *http.Client, step time.Duration) *Hospital {
	h := &Hospital{
		facility: config.Facility, districts: map[string]HospitalDistrict{},
		call: caller{client: client, wait: time.Second}, life: life, step: step,
	}
	for _, d := range config.Districts {
		h.districts[d.Code] = d
	}
	return h
}

// Handler serves districts under /referrals/{code} and the demo under /demo/.
func (h *Hospital) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /referrals/{code}", h.receive)
	mux.HandleFunc("HEAD /referrals/{code}", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /demo/referrals", h.serveReferrals)
	mux.HandleFunc("GET /demo/stats", h.serveStats)
	mux.HandleFunc("POST /demo/down", h.outage.serveDown)
	return h.outage.around(mux)
}

func (h *Hospital) receive(w http.ResponseWriter, r *http.Request) {
	district, known := h.districts[r.PathValue("code")]
	if !known {
		http.NotFound(w, r)
		return
	}
	message, err := readSigned(r, district.Send)
	if err != nil {
		h.refuse(w, http.StatusUnauthorized, err)
		return
	}
	referral, err := h.read(message.Body)
	if err != nil {
		h.refuse(w, http.StatusUnprocessableEntity, err)
		return
	}
	referral.District = district.Code
	if h.accept(message.ID, referral) {
		go h.treat(district, referral)
	}
	w.WriteHeader(http.StatusCreated)
}

// bundle is the part of the FHIR document that the hospital reads.
type bundle struct {
	ResourceType string `json:"resourceType"`
	Identifier   struct {
		Value string `json:"value"`
	} `json:"identifier"`
	Entry []struct {
		Resource struct {
			ResourceType string `json:"resourceType"`
			Priority     string `json:"priority"`
			Performer    []struct {
				Identifier struct {
					Value string `json:"value"`
				} `json:"identifier"`
			} `json:"performer"`
		} `json:"resource"`
	} `json:"entry"`
}

// read takes the number and priority from a Bundle with one ServiceRequest and one
// Task. Any other resource is refused: it might say who the child is.
func (h *Hospital) read(body []byte) (*Referral, error) {
	var b bundle
	if err := json.Unmarshal(body, &b); err != nil {
		return nil, err
	}
	if b.ResourceType != "Bundle" || b.Identifier.Value == "" || len(b.Entry) != 2 {
		return nil, errors.New("not a Bundle with a number and two entries")
	}
	request, task := b.Entry[0].Resource, b.Entry[1].Resource
	if request.ResourceType != "ServiceRequest" || task.ResourceType != "Task" {
		return nil, fmt.Errorf("holds %s and %s instead of ServiceRequest and Task", request.ResourceType, task.ResourceType)
	}
	if len(request.Performer) != 1 || request.Performer[0].Identifier.Value != h.facility {
		return nil, errors.New("is for another facility")
	}
	return &Referral{Number: b.Identifier.Value, Priority: request.Priority, Status: "received"}, nil
}

func (h *Hospital) refuse(w http.ResponseWriter, status int, err error) {
	h.mu.Lock()
	h.stats.Refused++
	h.mu.Unlock()
	slog.Warn("refused a referral", "status", status, "error", err)
	w.WriteHeader(status)
}

func (h *Hospital) accept(id string, referral *Referral) bool {
	fresh := h.ids.first(referral.District + " " + id)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !fresh {
		h.stats.Resent++
		return false
	}
	h.stats.Received++
	h.referrals = append(h.referrals, referral)
	return true
}

// treat reports the course of a referral, one signed message after the other.
func (h *Hospital) treat(d HospitalDistrict, referral *Referral) {
	url := d.Partner + "/partner/v1/channels/" + d.Channel + "/referrals"
	for _, status := range course {
		if !repeat.Pause(h.life, h.step) {
			return
		}
		answer := map[string]any{"number": referral.Number, "status": status, "at": time.Now().UTC().Truncate(time.Second)}
		if err := h.call.deliver(h.life, url, d.Receive, answer); err != nil {
			slog.Error("an answer was not taken", "district", d.Code, "status", status, "error", err)
			return
		}
		h.note(referral, status)
	}
}

func (h *Hospital) note(referral *Referral, status string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	referral.Status = status
	if status == course[len(course)-1] {
		h.stats.Attended++
	}
}

func (h *Hospital) serveReferrals(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]Referral, 0, len(h.referrals))
	for _, referral := range h.referrals {
		list = append(list, *referral)
	}
	writeJSON(w, http.StatusOK, list)
}

func (h *Hospital) serveStats(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	stats := h.stats
	stats.TurnedAway = h.outage.turnedAway()
	writeJSON(w, http.StatusOK, stats)
}
