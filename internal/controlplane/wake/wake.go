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
func After(w Window, which handler.MapFunc) handler.EventHandler {
	g := &gathering{window: w, which: which, open: map[reconcile.Request]*opening{}}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q queue) { g.add(ctx, e.Object, q) },
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q queue) { g.add(ctx, e.ObjectNew, q) },
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q queue) { g.add(ctx, e.Object, q) },
	}
}

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// gathering knows the windows that are open.
type gathering struct {
	window Window
	which  handler.MapFunc

	mu   sync.Mutex
	open map[reconcile.Request]*opening
}

// opening is a window of one request.
type opening struct {
	timer *time.Timer
	until time.Time // whatever comes
}

func (g *gathering) add(ctx context.Context, obj client.Object, q queue) {
	for _, request := range g.which(ctx, obj) {
		g.gather(request, q)
	}
}

func (g *gathering) gather(request reconcile.Request, q queue) {
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
func (g *gathering) close(request reconcile.Request, o *opening, q queue) {
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
