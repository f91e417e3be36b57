package driver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/evenkeel/evenkeel/hack/demo/internal/simulate"
	"github.com/evenkeel/evenkeel/hack/demo/internal/stage"
)

// comparePartners asks the partners what arrived: every signature was good, every
// referral came, and whoever was down was missed.
func (d *Demo) comparePartners(ctx context.Context, referrals int) error {
	var hospital simulate.HospitalStats
	if err := d.ask(ctx, d.Addresses.Hospital, &hospital); err != nil {
		return err
	}
	d.Facts.Equal("hospital", "referrals received", referrals, hospital.Received)
	d.Facts.Equal("hospital", "referrals attended", referrals, hospital.Attended)
	d.Facts.Equal("hospital", "messages refused", 0, hospital.Refused)
	for _, transport := range stage.Transports {
		var gateway simulate.GatewayStats
		if err := d.ask(ctx, d.Addresses.Gateways[transport], &gateway); err != nil {
			return err
		}
		d.Facts.Equal("gateway "+transport, "messages refused", 0, gateway.Refused)
		d.Facts.AtLeast("gateway "+transport, "notifications received", 1, gateway.Received)
		if d.Faults && transport == failingGateway {
			d.Facts.AtLeast("gateway "+transport, "calls that found nobody", 1, gateway.TurnedAway)
		}
	}
	if d.Faults {
		d.Facts.AtLeast("hospital", "calls that found nobody", 1, hospital.TurnedAway)
	}
	return nil
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
