package webhook

import (
	"math/rand/v2"
	"time"
)

// Backoff returns how long to wait after the given number of failed attempts: 1 s
// doubled each time up to limit, less up to a quarter at random so that what
// failed together does not come back together.
func Backoff(attempts int, limit time.Duration) time.Duration {
	wait := limit
	if attempts < 20 {
		wait = min(limit, time.Second<<max(0, attempts-1))
	}
	return wait - rand.N(wait/4+1)
}
