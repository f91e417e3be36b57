package loss

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/test/district"
)

const dutyPerson = "li.na"

// desk is a person on duty who owns, contacts and closes obligations while casework
// is killed, and notes what casework said was done.
type desk struct {
	base, token string
	http        *http.Client
	stop        context.CancelFunc
	working     sync.WaitGroup
	err         error

	done  map[string]map[string]int // deed -> number -> acknowledgements
	tries map[string]map[string]int
}

func openDesk(t *testing.T, d *district.District) *desk {
	t.Helper()
	token, err := d.Partners.Token(dutyPerson, district.DutyGroup)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	k := &desk{
		base: d.StaffURL() + "/api/v1/obligations", token: token, http: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}, stop: stop,
		done: map[string]map[string]int{"own": {}, "contact": {}, "close": {}}, tries: map[string]map[string]int{"own": {}, "contact": {}, "close": {}},
	}
	k.working.Go(func() { k.err = k.work(ctx) })
	return k
}

// leave lets the person finish what is in hand.
func (k *desk) leave() error {
	k.stop()
	k.working.Wait()
	k.http.CloseIdleConnections()
	return k.err
}

func (k *desk) work(ctx context.Context) error {
	for wait(ctx, 150*time.Millisecond) {
		numbers, err := k.list(ctx)
		if err != nil {
			continue // casework is down just now
		}
		for _, number := range numbers[:min(5, len(numbers))] {
			if err := k.care(context.WithoutCancel(ctx), number); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k *desk) list(ctx context.Context) (raised []string, err error) {
	status, body, err := k.call(ctx, http.MethodGet, "", nil)
	if err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("the worklist was answered with %d %w", status, err)
	}
	var list struct {
		Obligations []struct{ Number, State string }
	}
	err = json.Unmarshal(body, &list)
	for _, o := range list.Obligations {
		if o.State == "Raised" || o.State == "Notified" {
			raised = append(raised, o.Number)
		}
	}
	return raised, err
}

// care does what a person does about one obligation. A worse answer may raise it
// again in between, which casework then says.
func (k *desk) care(ctx context.Context, number string) error {
	deeds := []struct {
		name string
		body map[string]string
	}{{"own", nil}, {"contact", map[string]string{"outcome": "Reached"}}, {"close", map[string]string{"reason": "is in care"}}}
	for _, deed := range deeds[:2+rand.N(2)] {
		status, err := k.insist(ctx, deed.name, number, deed.body)
		switch {
		case err != nil:
			return err
		case status == http.StatusConflict:
			return nil
		case status/100 != 2:
			return fmt.Errorf("%s was answered with %d", deed.name, status)
		}
		k.done[deed.name][number]++
	}
	return nil
}

// insist repeats a call until it is answered.
func (k *desk) insist(ctx context.Context, deed, number string, body any) (int, error) {
	for range 1000 {
		k.tries[deed][number]++
		status, _, err := k.call(ctx, http.MethodPost, "/"+number+"/"+deed, body)
		if err == nil && status < 500 {
			return status, nil
		}
		wait(ctx, 30*time.Millisecond)
	}
	return 0, fmt.Errorf("%s was never answered", deed)
}

func (k *desk) call(ctx context.Context, method, path string, body any) (int, []byte, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, k.base+path, bytes.NewReader(raw))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("authorization", "Bearer "+k.token)
	request.Header.Set("content-type", "application/json")
	request.GetBody = nil
	response, err := k.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, content, err
}

// lostDeeds compares what was acknowledged with the events and states that are stored.
func (k *desk) lostDeeds(ctx context.Context, d *district.District) (wrong []string, err error) {
	rows, err := d.Owner.Query(ctx, `SELECT o.number, o.state, o.next_step_at IS NOT NULL, (SELECT count(*) FROM ek.obligation_event e WHERE e.obligation_id = o.id AND e.kind = 'Owned'),
			(SELECT count(*) FROM ek.obligation_event e WHERE e.obligation_id = o.id AND e.kind = 'Contact'),
			(SELECT count(*) FROM ek.obligation_event e WHERE e.obligation_id = o.id AND e.kind = 'Closed'),
			EXISTS (SELECT FROM ek.obligation_event e WHERE e.obligation_id = o.id AND e.kind = 'Escalated')
		FROM ek.obligation o`)
	if err != nil {
		return nil, err
	}
	var number, state string
	var running, escalated bool
	var owned, contacted, closed int
	_, err = pgx.ForEachRow(rows, []any{&number, &state, &running, &owned, &contacted, &closed, &escalated}, func() error {
		for deed, stored := range map[string]int{"own": owned, "contact": contacted, "close": closed} {
			if stored < k.done[deed][number] || stored > k.tries[deed][number] || (deed != "contact" && !escalated && stored > 1) {
				wrong = append(wrong, fmt.Sprintf("%s of %s: acknowledged %d times, sent %d times, stored %d times", deed, number, k.done[deed][number], k.tries[deed][number], stored))
			}
		}
		reached := k.done["contact"][number] > 0 && !escalated
		if reached && (running || (state != "Contacted" && state != "Closed")) {
			wrong = append(wrong, fmt.Sprintf("obligation %s was contacted and is %s, chain running %v", number, state, running))
		}
		return nil
	})
	return wrong, err
}
