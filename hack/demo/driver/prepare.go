package driver

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/hack/demo/internal/cohort"
	"github.com/evenkeel/evenkeel/hack/demo/internal/duty"
	"github.com/evenkeel/evenkeel/hack/demo/internal/stage"
	"github.com/evenkeel/evenkeel/hack/demo/internal/student"
)

// step is a named part of the preparation.
type step struct {
	title string
	do    func(context.Context) error
}

// Prepare brings everything up to the point where students can answer. It may be
// repeated.
func (d *Demo) Prepare(ctx context.Context) error {
	var images stage.Images
	c := d.Cluster
	return d.steps(ctx, []step{
		{"start the cluster and PostgreSQL", c.Up},
		{"connect", d.Connect},
		{"make a database with its roles for each district", c.MakeDatabases},
		{"build the images", func(ctx context.Context) (err error) { images, err = c.BuildImages(ctx); return err }},
		{"make namespaces and grant the districts theirs", c.MakeNamespaces},
		{"give the partners their addresses", d.makeServices},
		{"put secrets where the districts expect them", c.MakeSecrets},
		{"start issuer, gateways, hospital and ingress", func(ctx context.Context) error {
			return c.MakeSimulators(ctx, images.Simulators, d.Addresses)
		}},
		{"helm install charts/operator", func(ctx context.Context) error { return c.InstallOperator(ctx, images.Product) }},
		{"apply instrument, calendar, policy and campaigns", c.ApplyProvince},
		{"helm install charts/district, twice", d.installDistricts},
		{"wait for the districts' own processes", func(ctx context.Context) error {
			return c.WaitDistricts(ctx, v1alpha1.ConditionAuthorised, v1alpha1.ConditionProvisioned, v1alpha1.ConditionKeysReady, v1alpha1.ConditionReporting)
		}},
		{"import rosters and duty lists as the registrars", d.importPeople},
		{"people on duty sign in and answer a drill", d.drill},
		{"wait until the rounds are open", d.waitOpen},
		{"issue access codes", d.issueCodes},
	})
}

func (d *Demo) steps(ctx context.Context, steps []step) error {
	for _, s := range steps {
		if err := d.out.Step(s.title, func() error { return s.do(ctx) }); err != nil {
			return err
		}
	}
	return nil
}

// Connect reads what a cluster that is up holds; it starts nothing.
func (d *Demo) Connect(ctx context.Context) error {
	if err := d.Cluster.Connect(ctx); err != nil {
		return err
	}
	if err := d.readStudents(); err != nil {
		return err
	}
	var err error
	d.Log, err = student.OpenLog(d.Cluster.State.Path("run/acknowledged.jsonl"))
	return err
}

// Attach connects to a demo that was prepared before.
func (d *Demo) Attach(ctx context.Context) error {
	if err := d.Connect(ctx); err != nil {
		return err
	}
	return d.makeServices(ctx)
}

func (d *Demo) makeServices(ctx context.Context) error {
	var err error
	if d.Addresses, err = d.Cluster.MakeServices(ctx); err != nil {
		return err
	}
	d.casework = map[string]*duty.Casework{}
	for _, district := range stage.Districts {
		tokens := &duty.IssuerTokens{HTTP: d.web, Issuer: d.Addresses.Issuer, Client: district.Name}
		d.casework[district.Code] = &duty.Casework{
			HTTP: d.web, Base: d.Addresses.Front[district.Name] + ":8444", Tokens: tokens.Token,
			Patience: 3 * time.Minute, Retried: d.retried,
		}
	}
	return nil
}

func (d *Demo) installDistricts(ctx context.Context) error {
	for _, district := range stage.Districts {
		if err := d.Cluster.InstallDistrict(ctx, district, d.Addresses); err != nil {
			return err
		}
	}
	return nil
}

// importPeople does what each district's registrar does before a check-up.
func (d *Demo) importPeople(ctx context.Context) error {
	today, err := d.Cluster.Today()
	if err != nil {
		return err
	}
	for _, district := range stage.Districts {
		students := append(cohort.In(d.Cohort, district.Name), district.OpenStudents(today)...)
		var roster, list bytes.Buffer
		if err := cohort.WriteRoster(&roster, students); err != nil {
			return err
		}
		if err := district.Client().WriteDutyList(&list, stage.Transports); err != nil {
			return err
		}
		if err := d.importInto(ctx, district, roster.Bytes(), list.Bytes()); err != nil {
			return fmt.Errorf("%s: %w", district.Name, err)
		}
	}
	return nil
}

// importInto waits for the district to know its schools and transports, which come with
// the first exchange.
func (d *Demo) importInto(ctx context.Context, district stage.District, roster, list []byte) error {
	casework, registrar := d.casework[district.Code], district.Client().Registrar().Subject
	err := d.Cluster.Poll(ctx, 2*time.Minute, time.Second, func(ctx context.Context) (string, error) {
		return "", casework.ReplaceDuty(ctx, registrar, list)
	})
	if err != nil {
		return err
	}
	raw, err := casework.ImportRoster(ctx, registrar, roster)
	if err != nil {
		return err
	}
	var summary struct{ Rows, Imported, Updated int }
	if err := json.Unmarshal(raw, &summary); err != nil {
		return err
	}
	if summary.Rows == 0 || summary.Imported+summary.Updated != summary.Rows {
		return fmt.Errorf("the roster was not taken as a whole: %s", raw)
	}
	return nil
}

// waitOpen waits for both rounds. The gates need channels that were probed and a duty
// chain that answers.
func (d *Demo) waitOpen(ctx context.Context) error {
	if released, err := d.released(ctx); err != nil || released {
		return err
	}
	if err := d.waitChannels(ctx); err != nil {
		return err
	}
	if err := d.Cluster.WaitDistricts(ctx, v1alpha1.ConditionDutyChainReady, v1alpha1.ConditionReady); err != nil {
		return err
	}
	for _, campaign := range []string{stage.MainCampaign, stage.OpenCampaign} {
		if err := d.Cluster.WaitRounds(ctx, campaign, 5*time.Minute, v1alpha1.ConditionGatesPassed, v1alpha1.ConditionOpen); err != nil {
			return err
		}
	}
	return nil
}

func (d *Demo) waitChannels(ctx context.Context) error {
	return d.Cluster.Poll(ctx, 3*time.Minute, time.Second, func(ctx context.Context) (string, error) {
		var missing []string
		for _, district := range stage.Districts {
			var channel v1alpha1.ReferralChannel
			if err := d.Cluster.Kube.Get(ctx, client.ObjectKey{Namespace: district.Name, Name: stage.Channel}, &channel); err != nil {
				return "", err
			}
			missing = append(missing, stage.Unmet(district.Name+"/"+stage.Channel, channel.Status.Conditions, v1alpha1.ConditionUsable)...)
		}
		return strings.Join(missing, "; "), nil
	})
}

// issueCodes issues the codes of both rounds once: issuing again would void the first.
func (d *Demo) issueCodes(ctx context.Context) error {
	for _, district := range stage.Districts {
		for _, campaign := range []string{stage.MainCampaign, stage.OpenCampaign} {
			file := codesFile(district, campaign)
			known, err := d.Cluster.State.Read(file)
			if err != nil {
				return err
			}
			if known != nil {
				continue
			}
			round, err := d.Cluster.Round(ctx, district, campaign)
			if err != nil {
				return err
			}
			codes, err := d.casework[district.Code].IssueCodes(ctx, district.Client().Registrar().Subject, round.Name)
			if err != nil {
				return err
			}
			if err := d.Cluster.State.Write(file, codes); err != nil {
				return err
			}
		}
	}
	return nil
}

func codesFile(district stage.District, campaign string) string {
	return "run/codes-" + district.Name + "-" + campaign + ".csv"
}

// codes are the access codes of a district's round by school-roll number.
func (d *Demo) codes(district stage.District, campaign string) (map[string]string, error) {
	raw, err := d.Cluster.State.Read(codesFile(district, campaign))
	if err != nil {
		return nil, err
	}
	records, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil || len(records) == 0 {
		return nil, fmt.Errorf("the codes of %s cannot be read: %w", district.Name, err)
	}
	codes := map[string]string{}
	for _, record := range records[1:] {
		codes[record[0]] = record[len(record)-1]
	}
	return codes, nil
}
