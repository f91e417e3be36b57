package loss

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/test/district"
)

func enter(t *testing.T, d *district.District) *visit {
	t.Helper()
	crowd := newCrowd(d, d.IntakeURL(), 1)
	t.Cleanup(crowd.client.HTTP.CloseIdleConnections)
	s, err := crowd.next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{crowd: crowd, student: s}
	if v.formKey, err = v.client.Enter(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return v
}

func once(t *testing.T, c *district.Client, name string, body any) district.Reply {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := c.Once(t.Context(), name, raw)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// danger is one way in which a critical answer can come at a bad moment. before is
// done in peace; then sent goes out while something is killed.
type danger struct {
	before func(*testing.T, *district.District, *visit)
	save   int
	sent   []district.Item
	bad    []district.Item
	want   int
	after  func(*testing.T, *district.District)
	worst  int // of all critical answers of the form
}

func q9(value int) []district.Item {
	return []district.Item{{Instrument: questionnaire, Item: critical, Value: value}}
}

func saveFirst(answers []district.Item) func(*testing.T, *district.District, *visit) {
	return func(t *testing.T, _ *district.District, v *visit) {
		t.Helper()
		if err := v.send(t.Context(), 1, answers, nil, http.StatusCreated); err != nil {
			t.Fatal(err)
		}
	}
}

// setRound changes the round as a control of the operator would.
func setRound(t *testing.T, d *district.District, sql string) {
	t.Helper()
	if _, err := d.Owner.Exec(t.Context(), "UPDATE ek.round SET "+sql); err != nil {
		t.Fatal(err)
	}
}

func dangers() map[string]danger {
	change := func(sql string) func(*testing.T, *district.District, *visit) {
		return func(t *testing.T, d *district.District, _ *visit) { setRound(t, d, sql) }
	}
	undo := func(sql string) func(*testing.T, *district.District) {
		return func(t *testing.T, d *district.District) { setRound(t, d, sql) }
	}
	return map[string]danger{
		"in time":         {save: 1, sent: q9(2), want: http.StatusCreated, worst: 2},
		"changed 2 to 0":  {before: saveFirst(q9(2)), save: 2, sent: q9(0), want: http.StatusCreated, worst: 2},
		"changed 1 to 3":  {before: saveFirst(q9(1)), save: 2, sent: q9(3), want: http.StatusCreated, worst: 3},
		"number used":     {before: saveFirst(q9(0)), save: 1, sent: q9(3), want: http.StatusConflict, worst: 3},
		"beside bad item": {save: 1, sent: q9(1), bad: []district.Item{{Instrument: questionnaire, Item: "q99", Value: 1}}, want: http.StatusUnprocessableEntity, worst: 1},
		"after closing": {
			before: change("closes_at = clock_timestamp() - interval '1 second'"), save: 1, sent: q9(2), want: http.StatusGone,
			after: undo("closes_at = clock_timestamp() + interval '1 day'"), worst: 2,
		},
		"on hold": {before: change("hold = 'HoldAndDrain'"), save: 1, sent: q9(3), want: http.StatusConflict, after: undo("hold = 'None'"), worst: 3},
		"after submitting": {
			before: func(t *testing.T, _ *district.District, v *visit) {
				if err := v.acknowledged(t.Context(), "submit", v.ledger.addSubmitted); err != nil {
					t.Fatal(err)
				}
			}, save: 1, sent: q9(2), want: http.StatusGone, worst: 2,
		},
		"with another form key": {
			before: func(t *testing.T, _ *district.District, v *visit) {
				saveFirst(q9(0))(t, nil, v)
				key, err := v.client.Enter(t.Context(), v.student)
				if err != nil {
					t.Fatal(err)
				}
				v.formKey = key
			}, save: 1, sent: q9(2), want: http.StatusCreated, worst: 2,
		},
	}
}

// A critical answer stands with its obligation however it comes and whatever is
// killed while it is on its way.
func TestADangerSignalStandsAcrossAKill(t *testing.T) {
	d := start(t, district.Options{})
	run(t, d, d.Intake())
	killed := map[string]victim{}
	for _, v := range newChaos(d, d.Intake()).victims() {
		killed[v.name] = v
	}
	for name, danger := range dangers() {
		for _, who := range []string{"intake", "postgres"} {
			t.Run(name+", "+who+" killed", func(t *testing.T) { danger.play(t, d, killed[who]) })
		}
	}
}

func (g danger) play(t *testing.T, d *district.District, victim victim) {
	v := enter(t, d)
	if g.before != nil {
		g.before(t, d, v)
	}
	answered := make(chan error, 1)
	go func() { answered <- v.send(t.Context(), g.save, g.sent, g.bad, g.want) }()
	time.Sleep(rand.N(6 * time.Millisecond)) // before, during or after the commit
	if err := victim.kill(); err != nil {
		t.Fatal(err)
	}
	if err := victim.back(); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	if g.after != nil {
		g.after(t, d)
	}
	var obligations, events int
	var rank int16
	err := d.Owner.QueryRow(t.Context(), `SELECT count(*), min(tier_rank), (SELECT count(*) FROM ek.answer_event e
			JOIN ek.attempt a ON a.id = e.attempt_id WHERE a.student_id = $1 AND e.form_key_hash = $2 AND e.save_no = $3)
		FROM ek.obligation WHERE student_id = $1`, v.student.ID, hashOf(v.formKey), g.save).Scan(&obligations, &rank, &events)
	if err != nil || obligations != 1 || rank != floor(g.worst) {
		t.Errorf("%d obligations of rank %d, want one of rank %d; error %v", obligations, rank, floor(g.worst), err)
	}
	want := len(g.sent)
	if g.want == http.StatusConflict && g.before != nil && g.save == 1 && events == 2 {
		want = 2 // the number's first content is there too
	}
	if events != want {
		t.Errorf("%d events are stored for the save, want %d", events, want)
	}
	if found, err := conserved(t.Context(), d); err != nil || len(found) > 0 {
		t.Errorf("%v, error %v", found, err)
	}
}

func hashOf(formKey string) []byte {
	h := saved{formKey: formKey}.hash()
	return h[:]
}
