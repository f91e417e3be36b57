package district

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
	"github.com/evenkeel/evenkeel/internal/dataplane/exchange"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
)

// Round and School are the one round and the one school of the district.
const (
	Round      = "autumn-check-up-20260915"
	School     = "fengtai-no-1"
	registrars = "registrars"
	// DutyGroup is the group of the district's duty staff.
	DutyGroup = "district-duty"
)

var transports = []string{"sms", "voice"}

// describe applies directory, meaning and control as the operator's sync does, and
// fills the duty list.
func (d *District) describe(ctx context.Context) error {
	request, err := d.request(time.Now())
	if err != nil {
		return err
	}
	service := &exchange.Service{
		Pool: d.Casework, District: Code, Sealer: d.Keys(), Log: slog.New(slog.DiscardHandler),
		Keys: func() exchange.Keys { return exchange.Keys{State: contract.KeysReady} },
	}
	response, err := service.Sync(ctx, request)
	if err != nil {
		return err
	}
	if len(response.Refusals)+len(response.Missing) > 0 {
		return fmt.Errorf("the district refused its documents: %+v, missing %+v", response.Refusals, response.Missing)
	}
	return d.fillDutyList(ctx)
}

func (d *District) request(now time.Time) (contract.SyncRequest, error) {
	directory, meaning := d.directory(), Meaning()
	control := contract.Control{
		Version: contract.Version, Round: Round, Revision: 1, Hold: contract.HoldNone,
		OpensAt: now.Add(-time.Hour).UTC().Truncate(time.Second), ClosesAt: now.Add(24 * time.Hour).UTC().Truncate(time.Second),
		Cohort: contract.Cohort{Schools: []string{School}, Stages: []string{"SeniorSecondary"}},
	}
	control.Sessions = []contract.Session{{From: control.OpensAt, To: control.ClosesAt}}
	var err error
	if control.MeaningDigest, err = contract.DigestOf(meaning); err != nil {
		return contract.SyncRequest{}, err
	}
	ofControl, err := contract.DigestOf(control)
	if err != nil {
		return contract.SyncRequest{}, err
	}
	ofDirectory, err := contract.DigestOf(directory)
	return contract.SyncRequest{
		Version: contract.Version, District: Code, DistrictUID: "uid-1",
		Directory: &contract.Revision{Revision: 1, Digest: ofDirectory},
		Rounds:    []contract.RoundDesired{{Round: Round, Meaning: control.MeaningDigest, Control: contract.Revision{Revision: 1, Digest: ofControl}}},
		Documents: contract.Documents{Directory: &directory, Meanings: []contract.Meaning{meaning}, Controls: []contract.Control{control}},
	}, err
}

// Meaning is PHQ-9 under the policy of the design.
func Meaning() contract.Meaning {
	return contract.Meaning{
		Version: contract.Version, Round: Round,
		Instruments: []contract.Instrument{instrumenttest.PHQ9()}, Policy: escalationtest.GradedIntervention(),
	}
}

func (d *District) directory() contract.Directory {
	directory := contract.Directory{
		Version: contract.Version, Revision: 1, District: Code, Name: contract.Text{ZhCN: "丰台区", En: "Fengtai"},
		TimeZone: "Asia/Shanghai", CellFloor: 10,
		Schools: []contract.SchoolInfo{{Name: School, Title: contract.Text{ZhCN: "丰台一中", En: "Fengtai No. 1"}, Stages: []string{"SeniorSecondary"}}},
		Staff:   []contract.StaffGroup{{Group: registrars, Role: contract.Registrar}, {Group: DutyGroup, Role: contract.DistrictDuty}},
		Channels: []contract.Channel{{
			Name: "anding", FacilityCode: "H-110106-01", Class: "Psychiatric", URL: d.Partners.URL + "/partner/anding", WeeklyCapacity: 20,
			ValidFrom: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ValidUntil: time.Date(2126, 1, 1, 0, 0, 0, 0, time.UTC),
			SendSecret: []byte(sendSecret), ReceiveSecret: []byte(backSecret), DutyPhone: "010-0000",
		}},
		HelpCard: []contract.HelpLine{{Label: contract.Text{ZhCN: "全国心理援助热线", En: "National helpline"}, Phone: "12356"}},
		Coverage: &contract.CoverageRule{YearBegins: "09-01", TargetPercent: 95},
	}
	for _, name := range transports {
		directory.Transports = append(directory.Transports, contract.Transport{
			Name: name, URL: d.Partners.URL + "/partner/" + name, SendSecret: []byte(sendSecret), ReceiptSecret: []byte(backSecret),
		})
	}
	return directory
}

// fillDutyList puts one person per level on duty, reachable over both transports.
func (d *District) fillDutyList(ctx context.Context) error {
	var subjects, levels, schools, names []string
	var sealed [][]byte
	for _, level := range []contract.Level{contract.School, contract.District, contract.City} {
		for _, transport := range transports {
			subject, school := "duty-"+string(level), ""
			if level == contract.School {
				school = School
			}
			subjects, levels, schools, names = append(subjects, subject), append(levels, string(level)), append(schools, school), append(names, transport)
			sealed = append(sealed, d.Keys().SealSecret(notify.AddressKind, notify.AddressName(subject, transport), []byte("13800000000")))
		}
	}
	var people int
	return postgres.Call(ctx, d.Casework, "SELECT ek_casework.replace_duty('registrar', $1, $2, $3, $4, $5, $6)",
		[]any{[]string{registrars}, subjects, levels, schools, names, sealed}, &people)
}
