// Package wake tells a controller of changes that come many at a time: once, when they have come.
package wake

import (
	"context"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Window is how long changes are gathered: until there was none for Quiet, but AtMost after the first.
type Window struct {
	Quiet, AtMost time.Duration
}

// Few gathers changes that a gate waits for.
var Few = Window{Quiet: 500 * time.Millisecond, AtMost: 5 * time.Second}

// Many gathers changes for what counts or plans all of a province.
var Many = Window{Quiet: 2 * time.Second, AtMost: 30 * time.Second}

// After wakes whatever which returns once the changes of a window are over. A province brings twenty thousand schools at
// once: with a look at each of them whoever looks at all schools would be done with the square of their number.
func After(w Window, which handler.MapFunc) handler.EventHandler { return In(w).Of(which) }

// Gathering is one window for changes of several kinds.
type Gathering struct {
	window Window

	mu   sync.Mutex
	open map[reconcile.Request]*opening
}

// In gathers changes in a window.
func In(w Window) *Gathering {
	return &Gathering{window: w, open: map[reconcile.Request]*opening{}}
}

// Of is the handler of one kind.
func (g *Gathering) Of(which handler.MapFunc) handler.EventHandler {
	add := func(ctx context.Context, obj client.Object, q queue) {
		for _, request := range which(ctx, obj) {
			g.gather(request, q)
		}
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q queue) { add(ctx, e.Object, q) },
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q queue) { add(ctx, e.ObjectNew, q) },
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q queue) { add(ctx, e.Object, q) },
	}
}

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// opening is a window of one request.
type opening struct {
	timer *time.Timer
	until time.Time // whatever comes
}

func (g *Gathering) gather(request reconcile.Request, q queue) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now() //nolint:forbidigo // how long events are gathered; nothing is decided by it
	if o, is := g.open[request]; is {
		o.timer.Reset(min(g.window.Quiet, o.until.Sub(now)))
		return
	}
	o := &opening{until: now.Add(g.window.AtMost)}
	o.timer = time.AfterFunc(g.window.Quiet, func() { g.close(request, o, q) })
	g.open[request] = o
}

// close may be called twice for a timer that was set anew as it ran out.
func (g *Gathering) close(request reconcile.Request, o *opening, q queue) {
	g.mu.Lock()
	mine := g.open[request] == o
	if mine {
		delete(g.open, request)
	}
	g.mu.Unlock()
	if mine {
		q.Add(request)
	}
}
