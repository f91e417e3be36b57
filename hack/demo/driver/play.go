package driver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/hack/demo/internal/chaos"
	"github.com/evenkeel/evenkeel/hack/demo/internal/cohort"
	"github.com/evenkeel/evenkeel/hack/demo/internal/duty"
	"github.com/evenkeel/evenkeel/hack/demo/internal/facts"
	"github.com/evenkeel/evenkeel/hack/demo/internal/stage"
	"github.com/evenkeel/evenkeel/hack/demo/internal/student"
)

// Play lets students answer and people on duty work, while things fail, until every
// obligation is closed and every referral attended.
func (d *Demo) Play(ctx context.Context) error {
	if released, err := d.released(ctx); err != nil || released {
		return err
	}
	var err error
	if d.databaseWas, err = d.databaseStarted(ctx); err != nil {
		return err
	}
	err = d.atWork(ctx, func(ctx context.Context) error {
		if err := d.out.Step(fmt.Sprintf("%d students answer while things fail", d.participants()), func() error { return d.answerAll(ctx) }); err != nil {
			return err
		}
		return d.out.Step("wait until every obligation and referral is dealt with", func() error { return d.settle(ctx) })
	})
	if err != nil {
		return err
	}
	return d.bearWitness(ctx)
}

// atWork has the people on duty work beside what is done, until that has ended.
func (d *Demo) atWork(ctx context.Context, do func(context.Context) error) error {
	d.openDesk()
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	staff := make(chan error, 1)
	go func() {
		err := d.desk.Run(working)
		staff <- err
		stop(err) // without people on duty there is nothing to wait for
	}()
	if err := do(working); err != nil {
		return errors.Join(err, context.Cause(working))
	}
	stop(nil)
	return <-staff
}

func (d *Demo) openDesk() {
	d.desk = &duty.Desk{
		Simulated: d.web, Casework: d.casework, People: map[string][]duty.Person{}, Note: d.out.Warn,
	}
	for _, transport := range stage.Transports {
		d.desk.Gateways = append(d.desk.Gateways, d.Addresses.Gateways[transport])
	}
	for _, district := range stage.Districts {
		d.desk.People[district.Code] = district.Client().OnDuty()
	}
	d.desk.Open()
}

// participants is how many students take part.
func (d *Demo) participants() int {
	n := 0
	for _, s := range d.Cohort {
		if s.Manner.TakesPart {
			n++
		}
	}
	return n
}

// answerAll plays the students and, beside them, the faults.
func (d *Demo) answerAll(ctx context.Context) error {
	play, err := d.newPlay(ctx)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	done := make(chan struct{})
	group.Go(func() error {
		defer close(done)
		return play.Run(ctx, d.Cohort)
	})
	if d.Faults {
		share := func() float64 { return float64(play.Finished.Load()) / float64(d.participants()) }
		group.Go(func() error { return chaos.Run(ctx, d.faults(), share, d.out.Warn) })
	}
	group.Go(func() error { d.report(ctx, play, done); return nil })
	err = group.Wait()
	d.out.Note("repeated calls: %s", d.retried)
	return err
}

func (d *Demo) newPlay(ctx context.Context) (*student.Play, error) {
	play := &student.Play{
		Clients: map[string]*student.Client{}, Codes: map[string]string{}, Log: d.Log, Workers: d.Workers,
	}
	codeOf := map[string]string{}
	web := student.NewHTTP(d.Workers)
	for _, district := range stage.Districts {
		ip, err := d.Cluster.ServiceIP(ctx, district.Name, district.Name+"-intake")
		if err != nil {
			return nil, err
		}
		play.Clients[district.Name] = &student.Client{HTTP: web, Base: "http://" + ip + ":8080", Patience: 5 * time.Minute, Retried: d.retried}
		codes, err := d.codes(district, stage.MainCampaign)
		if err != nil {
			return nil, err
		}
		for number, code := range codes {
			play.Codes[number] = code
		}
		codeOf[district.Name] = district.Code
	}
	play.Check = func(ctx context.Context, s cohort.Student, label string) error {
		return d.desk.Stands(ctx, codeOf[s.School.District], s.School.Name, label)
	}
	return play, nil
}

// report shows how far it is, every other second.
func (d *Demo) report(ctx context.Context, play *student.Play, done <-chan struct{}) {
	ticker := time.NewTicker(5 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-done:
			return
		case <-ticker.C:
			tally := d.desk.Tally()
			d.out.State("%d submitted, %d lost their connection, %d acknowledgements; %d notifications, %d contacted, %d referrals released",
				play.Finished.Load(), play.Dropped.Load(), d.Log.Len(), tally.Notices, tally.Contacted, tally.Released)
		}
	}
}

// settle waits until nothing is left to do in either district.
func (d *Demo) settle(ctx context.Context) error {
	return d.Cluster.Poll(ctx, 8*time.Minute, 2*time.Second, d.left)
}

// left says what is not dealt with yet.
func (d *Demo) left(ctx context.Context) (string, error) {
	for _, district := range stage.Districts {
		found, err := d.read(ctx, district)
		if err != nil {
			return "", err
		}
		want := d.expected(district.Name)
		switch {
		case found.Unfinished > 0:
			return fmt.Sprintf("%s: %d to be scored", district.Name, found.Unfinished), nil
		case found.Closed < want.Obligations:
			return fmt.Sprintf("%s: %d of %d obligations closed", district.Name, found.Closed, want.Obligations), nil
		case found.Attended < want.Referrals:
			return fmt.Sprintf("%s: %d of %d referrals attended (%d released, %d delivered)",
				district.Name, found.Attended, want.Referrals, found.Released, found.Delivered), nil
		}
	}
	return "", nil
}

// read reads a district's main round with the auditor's role.
func (d *Demo) read(ctx context.Context, district stage.District) (facts.Found, error) {
	round, err := d.Cluster.Round(ctx, district, stage.MainCampaign)
	if err != nil {
		return facts.Found{}, err
	}
	pool, err := d.Cluster.Auditor(ctx, district)
	if err != nil {
		return facts.Found{}, err
	}
	defer pool.Close()
	return facts.Read(ctx, pool, round.Name)
}
