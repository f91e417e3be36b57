package rollout_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// hour is an hour of 15 September 2026, UTC; sessions builds sessions from pairs of hours.
func hour(h int) time.Time { return time.Date(2026, 9, 15, h, 0, 0, 0, time.UTC) }

func sessions(hours ...int) []contract.Session {
	var out []contract.Session
	for i := 0; i < len(hours); i += 2 {
		out = append(out, contract.Session{From: hour(hours[i]), To: hour(hours[i+1])})
	}
	return out
}

func TestCutSessions(t *testing.T) {
	t.Parallel()
	for closing, want := range map[int][]contract.Session{
		0:  nil,
		8:  nil,
		9:  sessions(8, 9),
		10: sessions(8, 10),
		12: sessions(8, 10),
		14: sessions(8, 10, 13, 14),
		20: sessions(8, 10, 13, 16),
	} {
		if diff := cmp.Diff(want, rollout.CutSessions(sessions(8, 10, 13, 16), hour(closing))); diff != "" {
			t.Errorf("closing at %d (-want +got):\n%s", closing, diff)
		}
	}
}

func TestEffectiveClose(t *testing.T) {
	t.Parallel()
	earlier, later := hour(9), hour(20)
	for want, endAt := range map[time.Time]*time.Time{hour(12): nil, hour(9): &earlier} {
		if got := rollout.EffectiveClose(hour(12), endAt); !got.Equal(want) {
			t.Errorf("EffectiveClose(12, %v) = %s", endAt, got)
		}
	}
	if got := rollout.EffectiveClose(hour(12), &later); !got.Equal(hour(12)) {
		t.Errorf("endAt lengthens the round to %s", got)
	}
}
