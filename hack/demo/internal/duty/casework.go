package duty

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/evenkeel/evenkeel/hack/demo/internal/repeat"
	"github.com/evenkeel/evenkeel/hack/demo/internal/student"
)

// Tokens gives the ID token of a person.
type Tokens func(ctx context.Context, subject string) (string, error)

// Casework calls one district's casework as a person. A call that is not answered, or
// with 5xx, is repeated: casework is killed in the demo.
type Casework struct {
	HTTP     *http.Client
	Base     string
	Tokens   Tokens
	Patience time.Duration
	Retried  *student.Counter
}

// Refused is an answer that repeating does not change.
type Refused struct {
	Call   string
	Status int
	Body   string
}

func (e *Refused) Error() string { return fmt.Sprintf("%s: %d %s", e.Call, e.Status, e.Body) }

// Obligation is a line of the worklist.
type Obligation struct {
	Number string `json:"number"`
	School string `json:"school"`
	Label  string `json:"label"`
	Tier   string `json:"tier"`
	State  string `json:"state"`
}

// Referral is a line of the list of referrals.
type Referral struct {
	Number     string `json:"number"`
	Obligation string `json:"obligation"`
	State      string `json:"state"`
	Releasable bool   `json:"releasable"`
}

// Obligations are the open obligations in somebody's scope.
func (c *Casework) Obligations(ctx context.Context, subject string) ([]Obligation, error) {
	raw, err := c.call(ctx, subject, http.MethodGet, "/api/v1/obligations", "", nil)
	if err != nil {
		return nil, err
	}
	return list[Obligation](raw, "obligations")
}

// Record is one obligation with what a person needs to reach the child.
func (c *Casework) Record(ctx context.Context, subject, number string) (Obligation, error) {
	var o Obligation
	raw, err := c.call(ctx, subject, http.MethodGet, "/api/v1/obligations/"+url.PathEscape(number), "", nil)
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal(raw, &o)
}

// Referrals are the referrals in somebody's scope.
func (c *Casework) Referrals(ctx context.Context, subject string) ([]Referral, error) {
	raw, err := c.call(ctx, subject, http.MethodGet, "/api/v1/referrals", "", nil)
	if err != nil {
		return nil, err
	}
	return list[Referral](raw, "referrals")
}

// Own takes an obligation.
func (c *Casework) Own(ctx context.Context, subject, number string) error {
	return c.act(ctx, subject, "/api/v1/obligations/"+url.PathEscape(number)+"/own", struct{}{})
}

// Contact records a contact: Reached or NotReached.
func (c *Casework) Contact(ctx context.Context, subject, number, outcome string) error {
	return c.act(ctx, subject, "/api/v1/obligations/"+url.PathEscape(number)+"/contact", map[string]string{"outcome": outcome})
}

// Close closes a contacted obligation.
func (c *Casework) Close(ctx context.Context, subject, number, reason string) error {
	return c.act(ctx, subject, "/api/v1/obligations/"+url.PathEscape(number)+"/close", map[string]string{"reason": reason})
}

// Release releases a drafted referral.
func (c *Casework) Release(ctx context.Context, subject, number string) error {
	return c.act(ctx, subject, "/api/v1/referrals/"+url.PathEscape(number)+"/release", struct{}{})
}

// BeginDrill begins a drill of the chain of duty by hand; one that is under way will do.
func (c *Casework) BeginDrill(ctx context.Context, subject string) error {
	err := c.act(ctx, subject, "/api/v1/drill", struct{}{})
	var refused *Refused
	if errors.As(err, &refused) && refused.Status == http.StatusConflict {
		return nil
	}
	return err
}

// AcknowledgeDrill says that somebody is on duty.
func (c *Casework) AcknowledgeDrill(ctx context.Context, subject string) error {
	return c.act(ctx, subject, "/api/v1/drill/acknowledge", struct{}{})
}

// ImportRoster imports students.
func (c *Casework) ImportRoster(ctx context.Context, subject string, roster []byte) ([]byte, error) {
	return c.call(ctx, subject, http.MethodPost, "/api/v1/roster", "text/csv", roster)
}

// ReplaceDuty replaces the duty list.
func (c *Casework) ReplaceDuty(ctx context.Context, subject string, list []byte) error {
	_, err := c.call(ctx, subject, http.MethodPut, "/api/v1/duty", "text/csv", list)
	return err
}

// IssueCodes issues access codes for a round, as CSV number,school,label,code.
func (c *Casework) IssueCodes(ctx context.Context, subject, round string) ([]byte, error) {
	body, err := json.Marshal(map[string]string{"round": round})
	if err != nil {
		return nil, err
	}
	return c.call(ctx, subject, http.MethodPost, "/api/v1/codes", "application/json", body)
}

func (c *Casework) act(ctx context.Context, subject, path string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	_, err = c.call(ctx, subject, http.MethodPost, path, "application/json", raw)
	return err
}

// call repeats a call until it is answered for good.
func (c *Casework) call(ctx context.Context, subject, method, path, kind string, body []byte) ([]byte, error) {
	repeater := repeat.Repeater{HTTP: c.HTTP, Patience: c.Patience, First: 100 * time.Millisecond, Retried: c.Retried}
	request := func(ctx context.Context) (*http.Request, error) {
		return c.request(ctx, subject, method, path, kind, body)
	}
	reply, err := repeater.Do(ctx, "casework", request, func(r repeat.Reply) bool {
		return r.Status < 500 && r.Status != http.StatusTooManyRequests
	})
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if reply.Status/100 != 2 {
		return nil, &Refused{Call: method + " " + path, Status: reply.Status, Body: string(reply.Body[:min(len(reply.Body), 500)])}
	}
	return reply.Body, nil
}

func (c *Casework) request(ctx context.Context, subject, method, path, kind string, body []byte) (*http.Request, error) {
	token, err := c.Tokens(ctx, subject)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, c.Base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("authorization", "Bearer "+token)
	request.Header.Set("accept", "application/json, text/csv")
	if kind != "" {
		request.Header.Set("content-type", kind)
	}
	return request, nil
}

// list reads a JSON array, alone or as a member of an object.
func list[T any](raw []byte, member string) ([]T, error) {
	var alone []T
	if json.Unmarshal(raw, &alone) == nil {
		return alone, nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, err
	}
	var inside []T
	return inside, json.Unmarshal(object[member], &inside)
}
