package simulate

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// GatewayConfig is what a gateway knows of the districts it serves.
type GatewayConfig struct {
	Districts []GatewayDistrict `json:"districts"`
}

// GatewayDistrict is one customer of a gateway.
type GatewayDistrict struct {
	Code      string `json:"code"`
	Transport string `json:"transport"` // the district's name for this gateway
	Partner   string `json:"partner"`   // base address of casework's partner listener
	Send      string `json:"send"`      // verifies what the district sends
	Receive   string `json:"receive"`   // signs our receipts
}

// Notification is one notification, or one call of a drill, as docs/spec/partners.md lists their members.
type Notification struct {
	Notification string `json:"notification"`
	Obligation   string `json:"obligation,omitempty"`
	Drill        bool   `json:"drill,omitempty"`
	Level        string `json:"level"`
	Urgency      string `json:"urgency,omitempty"`
	District     string `json:"district"`
	Address      string `json:"address"`
}

// Received is a notification in the inbox of a device.
type Received struct {
	Seq int       `json:"seq"` // from 1
	At  time.Time `json:"at"`
	Notification
}

// GatewayStats is what happened at a gateway.
type GatewayStats struct {
	Received int `json:"received"`
	Resent   int `json:"resent"`  // came again with an id already seen
	Refused  int `json:"refused"` // signature or body wrong
	Receipts int `json:"receipts"`
	// TurnedAway calls found the gateway down.
	TurnedAway int `json:"turnedAway"`
}

// Gateway is a simulated SMS or voice gateway: every device acknowledges at once.
type Gateway struct {
	districts map[string]GatewayDistrict
	call      caller
	life      context.Context
	outage    outage
	ids       ids

	mu    sync.Mutex
	inbox []Received
	stats GatewayStats
}

// NewGateway makes a gateway whose receipts are sent with client until life ends.
func NewGateway(life context.Context, config GatewayConfig, client *http.Client) *Gateway {
	g := &Gateway{districts: map[string]GatewayDistrict{}, life: life, call: caller{client: client, wait: time.Second}}
	for _, d := range config.Districts {
		g.districts[d.Code] = d
	}
	return g
}

// Handler serves districts under /notify/{code} and the demo under /demo/.
func (g *Gateway) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /notify/{code}", g.notify)
	mux.HandleFunc("HEAD /notify/{code}", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /demo/inbox", g.serveInbox)
	mux.HandleFunc("GET /demo/stats", g.serveStats)
	mux.HandleFunc("POST /demo/down", g.outage.serveDown)
	return g.outage.around(mux)
}

func (g *Gateway) notify(w http.ResponseWriter, r *http.Request) {
	district, known := g.districts[r.PathValue("code")]
	if !known {
		http.NotFound(w, r)
		return
	}
	message, err := readSigned(r, district.Send)
	if err != nil {
		g.refuse(w, http.StatusUnauthorized, err)
		return
	}
	var n Notification
	if err := json.Unmarshal(message.Body, &n); err != nil || n.District != district.Code || n.Notification == "" {
		g.refuse(w, http.StatusBadRequest, err)
		return
	}
	if g.accept(message.ID, n) {
		go g.acknowledge(district, n)
	}
	writeJSON(w, http.StatusAccepted, map[string]string{"status": "accepted"})
}

func (g *Gateway) refuse(w http.ResponseWriter, status int, err error) {
	g.mu.Lock()
	g.stats.Refused++
	g.mu.Unlock()
	slog.Warn("refused a notification", "status", status, "error", err)
	w.WriteHeader(status)
}

// accept stores a notification unless it came before.
func (g *Gateway) accept(id string, n Notification) bool {
	fresh := g.ids.first(n.District + " " + id)
	g.mu.Lock()
	defer g.mu.Unlock()
	if !fresh {
		g.stats.Resent++
		return false
	}
	g.stats.Received++
	g.inbox = append(g.inbox, Received{Seq: len(g.inbox) + 1, At: time.Now().UTC(), Notification: n})
	return true
}

// acknowledge sends the receipt for a notification.
func (g *Gateway) acknowledge(d GatewayDistrict, n Notification) {
	receipt := map[string]any{"notification": n.Notification, "status": "delivered", "at": time.Now().UTC().Truncate(time.Second)}
	if err := g.call.deliver(g.life, d.Partner+"/partner/v1/transports/"+d.Transport+"/receipts", d.Receive, receipt); err != nil {
		slog.Error("a receipt was not taken", "district", d.Code, "error", err)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stats.Receipts++
}

// serveInbox handles GET /demo/inbox?after=N: what came after sequence number N.
func (g *Gateway) serveInbox(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.Atoi(r.URL.Query().Get("after")) // absent or nonsense: from the start
	g.mu.Lock()
	defer g.mu.Unlock()
	writeJSON(w, http.StatusOK, g.inbox[min(max(after, 0), len(g.inbox)):])
}

func (g *Gateway) serveStats(w http.ResponseWriter, _ *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	stats := g.stats
	stats.TurnedAway = g.outage.turnedAway()
	writeJSON(w, http.StatusOK, stats)
}
