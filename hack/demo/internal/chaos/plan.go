package chaos

import (
	"context"
	"fmt"
	"time"
)

// Fault is one thing that goes wrong once so much of the work is done.
type Fault struct {
	At   float64 // share of the work, 0 to 1
	Name string
	Do   func(ctx context.Context) error
}

// Run starts each fault when its time has come, and returns when all were done. A fault
// that cannot be caused is an error: a demo without it shows nothing.
func Run(ctx context.Context, faults []Fault, share func() float64, note func(format string, args ...any)) error {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for _, f := range faults {
		for share() < f.At {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-ticker.C:
			}
		}
		if err := f.Do(ctx); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		note("fault at %.0f %%: %s", 100*share(), f.Name)
	}
	return nil
}
