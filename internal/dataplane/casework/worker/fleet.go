package worker

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Fleet keeps one loop running for every name on a list that may change: one for
// each gateway or hospital, so that none waits for another.
type Fleet struct {
	Name  string
	Every time.Duration // how often the list is read again
	Wake  Signal        // wakes every loop of the fleet
	Log   *slog.Logger
	List  func(context.Context) ([]string, error)
	Make  func(name string, wake Signal) Loop
}

type member struct {
	wake Signal
	stop context.CancelFunc
}

// Run keeps the fleet until the context ends and every loop has returned.
func (f Fleet) Run(ctx context.Context) error {
	members := map[string]member{}
	var running sync.WaitGroup
	defer running.Wait()
	lister := Loop{Name: f.Name, Every: f.Every, Wake: f.Wake, Log: f.Log, Work: func(ctx context.Context) (bool, error) {
		names, err := f.List(ctx)
		if err == nil {
			f.adjust(ctx, names, members, &running)
		}
		for _, m := range members {
			m.wake.Wake()
		}
		return false, err
	}}
	return lister.Run(ctx)
}

func (f Fleet) adjust(ctx context.Context, names []string, members map[string]member, running *sync.WaitGroup) {
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
		if _, there := members[name]; there {
			continue
		}
		own, stop := context.WithCancel(ctx)
		m := member{wake: NewSignal(), stop: stop}
		members[name] = m
		loop := f.Make(name, m.wake)
		running.Go(func() {
			defer stop()
			_ = loop.Run(own) // a loop returns no error: it goes on
		})
	}
	for name, m := range members {
		if !wanted[name] {
			m.stop()
			delete(members, name)
		}
	}
}
