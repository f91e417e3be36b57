package loss

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"time"

	"github.com/evenkeel/evenkeel/test/district"
)

// victim is something that is killed and comes back.
type victim struct {
	name string
	kill func() error
	back func() error
}

// chaos kills one victim after another, at random moments: with many requests under
// way at any moment that is before, during and after commits.
type chaos struct {
	district  *district.District
	processes []*district.Process
	kills     map[string]int
	ended     map[string]int    // processes that ended by themselves, which a kubelet would restart
	last      map[string]string // what they wrote before
}

func newChaos(d *district.District, processes ...*district.Process) *chaos {
	return &chaos{district: d, processes: processes, kills: map[string]int{}, ended: map[string]int{}, last: map[string]string{}}
}

func (c *chaos) victims() []victim {
	d := c.district
	victims := []victim{
		{"postgres", d.KillPostgres, d.StartPostgres},
		{"backend", c.killBackend, func() error { return nil }}, // the postmaster restarts itself
	}
	for _, p := range c.processes {
		victims = append(victims, victim{p.Name, func() error { p.Kill(); return nil }, p.Start})
	}
	return victims
}

// killBackend ends one process of PostgreSQL, which makes the postmaster end all
// others and recover.
func (c *chaos) killBackend() error {
	children := c.district.Postgres.Children()
	if len(children) == 0 {
		return nil // it has ended, and is found to have
	}
	_ = syscall.Kill(children[rand.N(len(children))], syscall.SIGKILL) // it may have ended by itself
	return nil
}

// run makes so many kills. Half of the time it does not wait for recovery, so that
// the next kill comes while a process is starting.
func (c *chaos) run(ctx context.Context, kills int) error {
	victims := c.victims()
	for i := range kills {
		v := victims[i%len(victims)]
		if i%len(victims) == 0 {
			rand.Shuffle(len(victims), func(a, b int) { victims[a], victims[b] = victims[b], victims[a] })
			v = victims[0]
		}
		if !wait(ctx, rand.N(500*time.Millisecond)) {
			return ctx.Err()
		}
		if err := v.kill(); err != nil {
			return fmt.Errorf("killing %s: %w", v.name, err)
		}
		c.kills[v.name]++
		wait(ctx, rand.N(100*time.Millisecond))
		if err := v.back(); err != nil {
			return fmt.Errorf("starting %s: %w", v.name, err)
		}
		if err := c.revive(ctx, rand.N(2) == 0); err != nil {
			return err
		}
	}
	return c.revive(ctx, true)
}

// revive starts again what ended by itself, as a kubelet would.
func (c *chaos) revive(ctx context.Context, await bool) error {
	if c.district.Postgres.Exited() {
		c.ended["postgres"]++
		if err := c.district.StartPostgres(); err != nil {
			return err
		}
	}
	for _, p := range c.processes {
		if p.Exited() {
			lines := strings.Split(strings.TrimSpace(p.Log()), "\n")
			c.ended[p.Name]++
			c.last[p.Name] = lines[len(lines)-1]
			if err := p.Start(); err != nil {
				return err
			}
		}
	}
	if !await {
		return nil
	}
	for _, p := range c.processes {
		if err := c.awaitReady(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// awaitReady waits for a process. PostgreSQL may end a moment after the kill that
// makes it end.
func (c *chaos) awaitReady(ctx context.Context, p *district.Process) error {
	for tries := 0; ; tries++ {
		bounded, cancel := context.WithTimeout(ctx, 20*time.Second)
		err := p.AwaitReady(bounded)
		cancel()
		if err == nil || tries == 2 {
			return err
		}
		if err := c.revive(ctx, false); err != nil {
			return err
		}
	}
}
