package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/worker"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify/outbox"
)

const (
	// drillsInFlight bounds the calls of a drill to one gateway at a time, per replica: a
	// gateway's own lines stay free for what is real.
	drillsInFlight = 4
	// maxDrillWait bounds the pause between two tries of a call of a drill.
	maxDrillWait = 10 * time.Minute
)

// DrillText is what a gateway shows to whoever it calls in a drill.
const DrillText = "【演练】这是值班演练，没有学生需要联系。请登录工作清单，打开“演练”，点击“我在岗”。 " +
	"[Drill] This is a drill of the chain of duty; no student is concerned. Sign in to the worklist, open \"Drill\" and press \"I am on duty\"."

// DrillMessage is all that a gateway is told in a drill.
type DrillMessage struct {
	Notification uuid.UUID `json:"notification"`
	Drill        bool      `json:"drill"`  // always true
	Number       string    `json:"number"` // of the drill
	Level        string    `json:"level"`
	District     string    `json:"district"`
	Address      string    `json:"address"`
	Text         string    `json:"text"`
}

// DrillFleet is the workers that call people in drills: a loop per active transport, beside those of
// Fleet, so that a gateway that hangs on a drill holds up nothing real.
func (s *Sender) DrillFleet() worker.Fleet {
	return s.drills().Fleet("transports of drills", "drill", s.WakeDrills, s.Log)
}

// SendDrill takes the due calls of a drill over one transport in hand, tries each once and
// returns how many there were: none while a notification is due there.
func (s *Sender) SendDrill(ctx context.Context, transport string) (int, error) {
	return s.drills().HandOn(ctx, transport)
}

func (s *Sender) drills() *outbox.Outbox[drillCall] {
	return &outbox.Outbox[drillCall]{
		Pool:     s.Pool,
		Partners: activeTransports,
		Claim:    "SELECT * FROM ek_casework.claim_drill_calls($1, $2, $3)",
		Accepted: "SELECT ek_casework.drill_call_accepted($1)",
		Failed:   "SELECT ek_casework.drill_call_failed($1, $2, $3)",
		InFlight: drillsInFlight, Lease: lease, MaxWait: maxDrillWait, Word: faultWord,
		Prepare: func(ctx context.Context, transport string) (func(context.Context, drillCall) error, error) {
			g, err := s.gateway(ctx, transport)
			return func(ctx context.Context, c drillCall) error { return s.callForDrill(ctx, g, c) }, err
		},
	}
}

// drillCall is one call of a drill in hand.
type drillCall struct {
	ID      uuid.UUID
	Number  string
	Level   string
	Subject string
	Sealed  []byte
	Tries   int
}

func (c drillCall) Key() uuid.UUID { return c.ID }
func (c drillCall) Attempts() int  { return c.Tries }

func (s *Sender) callForDrill(ctx context.Context, g gateway, c drillCall) error {
	address, err := s.address(g, c.Subject, c.Sealed)
	if err != nil {
		return err
	}
	body, err := json.Marshal(DrillMessage{
		Notification: c.ID, Drill: true, Number: c.Number, Level: c.Level, District: s.District, Address: address, Text: DrillText,
	})
	if err != nil {
		return fmt.Errorf("encoding a call of a drill: %w", err)
	}
	return s.post(ctx, g, c.ID, body)
}
