package student

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
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
	ctx, cancel := context.WithTimeout(ctx, c.Patience)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		status, answer, err := c.once(ctx, name, raw)
		switch {
		case err == nil && status == want:
			return decode(answer, into)
		case err == nil && !again(name, status):
			return &Refused{Call: name, Status: status, Fault: problem(answer)}
		}
		c.Retried.Add(reason(name, status, err))
		if !pause(ctx, wait/2+rand.N(wait)) {
			return fmt.Errorf("%s was not answered within %s (last: %d %s %w)", name, c.Patience, status, problem(answer), errOr(err, ctx.Err()))
		}
	}
}

func (c *Client) once(ctx context.Context, name string, raw []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Base+"/api/v1/"+name, bytes.NewReader(raw))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("content-type", "application/json")
	response, err := c.HTTP.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	// An answer that breaks off is no answer: the call is repeated.
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, answer, err
}

// again reports whether a status may be another one later. A round that is on hold
// refuses to open forms until the hold is over.
func again(name string, status int) bool {
	return status >= 500 || status == http.StatusTooManyRequests || (name == "open" && (status == http.StatusConflict || status == http.StatusLocked))
}

func reason(name string, status int, err error) string {
	if err != nil {
		return name + ": no answer"
	}
	return fmt.Sprintf("%s: %d", name, status)
}

func decode(raw []byte, into any) error {
	if into == nil {
		return nil
	}
	return json.Unmarshal(raw, into)
}

// problem is the readable part of an RFC 9457 document.
func problem(raw []byte) string {
	var p struct{ Field, Fault, Remedy string }
	if json.Unmarshal(raw, &p) != nil {
		return ""
	}
	return p.Field + ": " + p.Fault
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
