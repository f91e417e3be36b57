package driver

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/hack/demo/internal/progress"
	"github.com/evenkeel/evenkeel/hack/demo/internal/stage"
	"github.com/evenkeel/evenkeel/hack/demo/internal/student"
)

// What tests do on a demo that was played.

// Names that tests need.
const (
	MainCampaign    = stage.MainCampaign
	OpenCampaign    = stage.OpenCampaign
	SystemNamespace = stage.SystemNamespace
)

// district finds a district by its name.
func district(name string) (stage.District, error) {
	i := slices.IndexFunc(stage.Districts, func(d stage.District) bool { return d.Name == name })
	if i < 0 {
		return stage.District{}, fmt.Errorf("the demo has no district %s", name)
	}
	return stage.Districts[i], nil
}

// Reinstall installs a district's chart again.
func (d *Demo) Reinstall(ctx context.Context, name string) error {
	found, err := district(name)
	if err != nil {
		return err
	}
	return d.Cluster.InstallDistrict(ctx, found, d.Addresses)
}

// Knock opens the form of the n-th student of the round that stays open, once.
func (d *Demo) Knock(ctx context.Context, name string, n int) error {
	_, _, err := d.knock(ctx, name, n)
	return err
}

func (d *Demo) knock(ctx context.Context, name string, n int) (*student.Client, student.Form, error) {
	found, err := district(name)
	if err != nil {
		return nil, student.Form{}, err
	}
	today, err := d.Cluster.Today()
	if err != nil {
		return nil, student.Form{}, err
	}
	codes, err := d.codes(found, stage.OpenCampaign)
	if err != nil {
		return nil, student.Form{}, err
	}
	ip, err := d.Cluster.ServiceIP(ctx, name, name+"-intake")
	if err != nil {
		return nil, student.Form{}, err
	}
	// As long as a student would try: a pod that is being replaced may swallow a call.
	client := &student.Client{HTTP: student.NewHTTP(1), Base: "http://" + ip + ":8080", Patience: 30 * time.Second, Retried: d.retried}
	who := found.OpenStudents(today)[n]
	form, err := client.Open(ctx, codes[who.Number], who.School.Name)
	return client, form, err
}

// AskToTalk has the n-th student of the open round ask for someone to come.
func (d *Demo) AskToTalk(ctx context.Context, name string, n int) error {
	client, form, err := d.knock(ctx, name, n)
	if err != nil {
		return err
	}
	if err := client.Begin(ctx, form.FormKey); err != nil {
		return err
	}
	_, err = client.Talk(ctx, form.FormKey)
	return err
}

// CloseAll has the district's duty contact every child with an open obligation and
// close it. It returns how many there were.
func (d *Demo) CloseAll(ctx context.Context, name string) (int, error) {
	found, err := district(name)
	if err != nil {
		return 0, err
	}
	casework, who := d.casework[found.Code], name+"-duty-1"
	open, err := casework.Obligations(ctx, who)
	if err != nil {
		return 0, err
	}
	for _, o := range open {
		if err := casework.Own(ctx, who, o.Number); err != nil {
			return 0, err
		}
		if err := casework.Contact(ctx, who, o.Number, "Reached"); err != nil {
			return 0, err
		}
		if err := casework.Close(ctx, who, o.Number, "Talked with the child."); err != nil {
			return 0, err
		}
	}
	return len(open), nil
}

// Plain reports progress as plain lines, for tests.
func Plain(w io.Writer) *progress.Output { return progress.New(w) }

// StateDir is where the demo keeps its secrets and logs unless told otherwise.
func StateDir() string { return stage.DefaultDir() }
