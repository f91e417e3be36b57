package district

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// Client is a student's device: it repeats a call with the same bytes until it is
// answered for good.
type Client struct {
	HTTP *http.Client
	Base string
}

// NewClient is for so many calls at a time.
func NewClient(base string, concurrent int) *Client {
	transport := &http.Transport{MaxIdleConnsPerHost: concurrent, IdleConnTimeout: 30 * time.Second}
	return &Client{HTTP: &http.Client{Transport: transport, Timeout: 15 * time.Second}, Base: base}
}

// Item is one answer.
type Item struct {
	Instrument string `json:"instrument"`
	Item       string `json:"item"`
	Value      int    `json:"value"`
}

// Save is one save of a form.
type Save struct {
	FormKey string `json:"formKey"`
	Save    int    `json:"save"`
	Answers []Item `json:"answers"`
}

// Reply is how a call was answered.
type Reply struct {
	Status  int
	Receipt uuid.UUID `json:"receipt"`
	FormKey string    `json:"formKey"`
	Body    []byte    `json:"-"`
	Tries   int       `json:"-"`
	Began   time.Time `json:"-"` // the last try
}

// Acknowledged reports whether intake said that it has stored what was sent, be it
// with 201 or beside a refusal.
func (r Reply) Acknowledged() bool { return r.Receipt != uuid.Nil }

// Call makes a call of the API and repeats it while the answer is not final.
func (c *Client) Call(ctx context.Context, name string, body any) (Reply, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return Reply{}, err
	}
	for tries := 1; ; tries++ {
		began := time.Now()
		reply, err := c.Once(ctx, name, raw)
		reply.Tries, reply.Began = tries, began
		if err == nil && reply.Status < 500 && reply.Status != http.StatusTooManyRequests {
			return reply, nil
		}
		select {
		case <-ctx.Done():
			return reply, fmt.Errorf("%s was not answered: %d %w", name, reply.Status, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Once makes a call once.
func (c *Client) Once(ctx context.Context, name string, raw []byte) (Reply, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Base+"/api/v1/"+name, bytes.NewReader(raw))
	if err != nil {
		return Reply{}, err
	}
	request.Header.Set("content-type", "application/json")
	request.GetBody = nil // the client decides what is repeated, not its transport
	response, err := c.HTTP.Do(request)
	if err != nil {
		return Reply{}, err
	}
	defer response.Body.Close()
	reply := Reply{Status: response.StatusCode}
	// An answer that breaks off is no answer.
	if reply.Body, err = io.ReadAll(response.Body); err != nil {
		return Reply{}, err
	}
	if reply.Status < 500 {
		err = json.Unmarshal(reply.Body, &reply)
		reply.Status = response.StatusCode // a problem document has a member of that name
	}
	return reply, err
}

// Enter opens the form of a code and begins it.
func (c *Client) Enter(ctx context.Context, s Student) (formKey string, err error) {
	opened, err := c.Call(ctx, "open", map[string]string{"code": string(s.Code), "school": School})
	if err != nil {
		return "", err
	}
	if opened.Status != http.StatusOK {
		return "", fmt.Errorf("open: %d %s", opened.Status, opened.Body)
	}
	begun, err := c.Call(ctx, "begin", map[string]any{"formKey": opened.FormKey, "confirm": true, "assent": true})
	if err == nil && begun.Status != http.StatusOK {
		err = fmt.Errorf("begin: %d %s", begun.Status, begun.Body)
	}
	return opened.FormKey, err
}
