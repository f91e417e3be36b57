package planning_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
)

// A round that has closed stays closed, whatever becomes of the end that somebody asked for;
// until it has, the end is theirs to change.
func TestEndOfARound(t *testing.T) {
	at := func(hour int) *metav1.Time { return &metav1.Time{Time: on(time.October, 20, hour, 0)} }
	planned := at(16)
	tests := map[string]struct {
		endAt, opened, closed *metav1.Time // spec.endAt, and what status says
		now                   int          // hour of the day
		want                  *metav1.Time
	}{
		"nobody asks":                      {nil, at(9), planned, 12, nil},
		"asked for, to come":               {at(14), at(9), at(14), 12, at(14)},
		"taken back in time":               {nil, at(9), at(14), 12, nil},
		"taken back on the stroke":         {nil, at(9), at(14), 14, at(14)},
		"taken back afterwards":            {nil, at(9), at(14), 15, at(14)},
		"taken back long afterwards":       {nil, at(9), at(14), 20, at(14)},
		"put off afterwards":               {at(15), at(9), at(14), 14, at(14)},
		"moved further into the past":      {at(11), at(9), at(14), 15, at(14)},
		"asked for, not looked at yet":     {at(11), at(9), planned, 12, at(11)},
		"asked for when it was over":       {at(11), at(9), planned, 16, nil},
		"asked for later than it was over": {at(18), at(9), planned, 20, at(18)},
		"of one that never was open":       {nil, nil, at(14), 15, nil},
		"before the operator looked":       {at(11), at(9), nil, 12, at(11)},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := v1alpha1.ScreeningRound{Spec: v1alpha1.ScreeningRoundSpec{EndAt: tc.endAt}}
			r.Status.OpenedTime, r.Status.CloseTime = tc.opened, tc.closed
			r.Status.Window = v1alpha1.SessionWindow{From: *at(9), To: *planned}
			if got := planning.EndAt(r, at(tc.now).Time); !got.Equal(tc.want) {
				t.Errorf("ends at %s, want %s", got, tc.want)
			}
		})
	}
}
