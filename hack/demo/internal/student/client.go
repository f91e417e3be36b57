package student

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/hack/demo/internal/repeat"
)

// Client calls one district's intake. It repeats a call with the same bytes until it
// is answered: that is what the idempotency of saves is for.
type Client struct {
	HTTP *http.Client
	Base string // such as http://10.96.3.4:8080
	// Patience bounds how long one call is repeated.
	Patience time.Duration
	// Retried counts repeated calls, by reason.
	Retried *Counter
}

// NewHTTP is a client for many students at once; it follows no redirect.
func NewHTTP(concurrent int) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.MaxIdleConnsPerHost = concurrent
	transport.MaxIdleConns = 0
	return &http.Client{Transport: transport, Timeout: 15 * time.Second}
}

// Answer is one answer in a save.
type Answer struct {
	Instrument string `json:"instrument"`
	Item       string `json:"item"`
	Value      int    `json:"value"`
}

// Form is what opening returns, as far as the demo reads it.
type Form struct {
	FormKey string `json:"formKey"`
	Label   string `json:"label"`
}

// Receipt acknowledges a save or a submission.
type Receipt struct {
	Receipt string `json:"receipt"`
}

// Refused is an answer that repeating does not change.
type Refused struct {
	Call   string
	Status int
	Fault  string
}

func (e *Refused) Error() string { return fmt.Sprintf("%s: %d %s", e.Call, e.Status, e.Fault) }

// Open opens or resumes the form of a code.
func (c *Client) Open(ctx context.Context, code, school string) (Form, error) {
	var form Form
	err := c.call(ctx, "open", map[string]string{"code": code, "school": school}, http.StatusOK, &form)
	return form, err
}

// Begin confirms "is this you?" and gives assent.
func (c *Client) Begin(ctx context.Context, formKey string) error {
	return c.call(ctx, "begin", map[string]any{"formKey": formKey, "confirm": true, "assent": true}, http.StatusOK, nil)
}

// Save sends answers under a save number.
func (c *Client) Save(ctx context.Context, formKey string, save int, answers []Answer) (Receipt, error) {
	var receipt Receipt
	body := map[string]any{"formKey": formKey, "save": save, "answers": answers}
	err := c.call(ctx, "answers", body, http.StatusCreated, &receipt)
	return receipt, err
}

// Submit ends the form; blanks stay blank.
func (c *Client) Submit(ctx context.Context, formKey string) (Receipt, error) {
	var receipt Receipt
	err := c.call(ctx, "submit", map[string]string{"formKey": formKey}, http.StatusCreated, &receipt)
	return receipt, err
}

// Talk asks for someone to come.
func (c *Client) Talk(ctx context.Context, formKey string) (Receipt, error) {
	var receipt Receipt
	err := c.call(ctx, "talk", map[string]string{"formKey": formKey}, http.StatusCreated, &receipt)
	return receipt, err
}

// call repeats a call until it is answered for good.
func (c *Client) call(ctx context.Context, name string, body any, want int, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	repeater := repeat.Repeater{HTTP: c.HTTP, Patience: c.Patience, First: 50 * time.Millisecond, Retried: c.Retried}
	reply, err := repeater.Do(ctx, name, repeat.JSON(http.MethodPost, c.Base+"/api/v1/"+name, raw), func(r repeat.Reply) bool {
		return r.Status == want || !again(name, r.Status)
	})
	switch {
	case err != nil:
		return fmt.Errorf("%w (%s)", err, problem(reply.Body))
	case reply.Status != want:
		return &Refused{Call: name, Status: reply.Status, Fault: problem(reply.Body)}
	case into == nil:
		return nil
	}
	return json.Unmarshal(reply.Body, into)
}

// again reports whether a status may be another one later. A round that is on hold
// refuses to open forms until the hold is over.
func again(name string, status int) bool {
	return status >= 500 || status == http.StatusTooManyRequests || (name == "open" && (status == http.StatusConflict || status == http.StatusLocked))
}

// problem is the readable part of an RFC 9457 document.
func problem(raw []byte) string {
	var p struct{ Field, Fault, Remedy string }
	if json.Unmarshal(raw, &p) != nil {
		return ""
	}
	return p.Field + ": " + p.Fault
}
