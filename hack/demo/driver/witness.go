package driver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/evenkeel/evenkeel/hack/demo/internal/simulate"
	"github.com/evenkeel/evenkeel/hack/demo/internal/stage"
)

// witness is what was seen at the end of the play and is forgotten when pods are
// replaced: it is kept in the state folder.
type witness struct {
	Hospital simulate.HospitalStats           `json:"hospital"`
	Gateways map[string]simulate.GatewayStats `json:"gateways"`
	Restarts map[string]int                   `json:"restarts"` // by component that was killed
	// Crashed: the database server began anew while students answered.
	Crashed bool `json:"crashed"`
}

const witnessFile = "run/witness.json"

// victims are the districts of the processes that are killed.
var victims = map[string]stage.District{
	"intake": stage.Districts[0], "scorer": stage.Districts[1], "casework": stage.Districts[0],
}

// bearWitness writes down what partners, pods and the database say at the end of the play.
func (d *Demo) bearWitness(ctx context.Context) error {
	w := witness{Gateways: map[string]simulate.GatewayStats{}, Restarts: map[string]int{}}
	if err := d.ask(ctx, d.Addresses.Hospital, &w.Hospital); err != nil {
		return err
	}
	for _, transport := range stage.Transports {
		var gateway simulate.GatewayStats
		if err := d.ask(ctx, d.Addresses.Gateways[transport], &gateway); err != nil {
			return err
		}
		w.Gateways[transport] = gateway
	}
	for component, district := range victims {
		n, err := d.restarts(ctx, district, component)
		if err != nil {
			return err
		}
		w.Restarts[component] = n
	}
	started, err := d.databaseStarted(ctx)
	if err != nil {
		return err
	}
	w.Crashed = d.databaseWas != "" && started != d.databaseWas
	raw, err := json.MarshalIndent(w, "", "  ")
	if err != nil {
		return err
	}
	return d.Cluster.State.Write(witnessFile, raw)
}

// databaseStarted is when the database server was started.
func (d *Demo) databaseStarted(ctx context.Context) (string, error) {
	pool, err := d.Cluster.Auditor(ctx, stage.Districts[0])
	if err != nil {
		return "", err
	}
	defer pool.Close()
	var started string
	err = pool.QueryRow(ctx, "SELECT pg_postmaster_start_time()::text").Scan(&started)
	return started, err
}

// compareWitness: every signature was good, every referral came, whoever was down was
// missed, and what was to be killed was killed.
func (d *Demo) compareWitness(referrals int) error {
	raw, err := d.Cluster.State.Read(witnessFile)
	if err != nil {
		return err
	}
	if raw == nil {
		return errors.New("the play did not come to its end; run `demo play` first")
	}
	var w witness
	if err := json.Unmarshal(raw, &w); err != nil {
		return err
	}
	d.Facts.Equal("hospital", "referrals received", referrals, w.Hospital.Received)
	d.Facts.Equal("hospital", "referrals attended", referrals, w.Hospital.Attended)
	d.Facts.Equal("hospital", "messages refused", 0, w.Hospital.Refused)
	for _, transport := range stage.Transports {
		d.Facts.Equal("gateway "+transport, "messages refused", 0, w.Gateways[transport].Refused)
		if d.whole() {
			d.Facts.AtLeast("gateway "+transport, "notifications received", 1, w.Gateways[transport].Received)
		}
	}
	if d.Faults && d.whole() { // a few students are done before anything has failed
		d.compareFaults(w)
	}
	return nil
}

func (d *Demo) compareFaults(w witness) {
	d.Facts.AtLeast("hospital", "calls that found nobody", 1, w.Hospital.TurnedAway)
	d.Facts.AtLeast("gateway "+failingGateway, "calls that found nobody", 1, w.Gateways[failingGateway].TurnedAway)
	for _, component := range []string{"intake", "scorer", "casework"} {
		d.Facts.AtLeast(victims[component].Name, component+" killed and started again", 1, w.Restarts[component])
	}
	if d.crashesPostgres() {
		d.Facts.Equal("both", "PostgreSQL crashed and recovered", true, w.Crashed)
	}
}

func (d *Demo) ask(ctx context.Context, address string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/demo/stats", nil)
	if err != nil {
		return err
	}
	response, err := d.web.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", address, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}
