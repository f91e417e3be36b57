package result_test

import (
	"errors"
	"testing"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/evenkeel/evenkeel/internal/controlplane/result"
)

func TestOf(t *testing.T) {
	transient, terminal := errors.New("later"), errors.New("never")
	tests := map[string]struct {
		transient, terminal error
		waits               []time.Duration
		want                ctrl.Result
		wantErr             error
	}{
		"nothing to do":                       {},
		"zero is no wait":                     {waits: []time.Duration{0, 0}},
		"the soonest wait":                    {waits: []time.Duration{time.Minute, 0, time.Second}, want: ctrl.Result{RequeueAfter: time.Second}},
		"never longer than the cap":           {waits: []time.Duration{24 * time.Hour}, want: ctrl.Result{RequeueAfter: result.Longest}},
		"a transient error before all":        {transient: transient, terminal: terminal, waits: []time.Duration{1}, wantErr: transient},
		"a wait before a terminal error":      {terminal: terminal, waits: []time.Duration{time.Second}, want: ctrl.Result{RequeueAfter: time.Second}},
		"a terminal error when all else done": {terminal: terminal, wantErr: reconcile.TerminalError(nil)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := result.Of(tt.transient, tt.terminal, tt.waits...)
			if got != tt.want || !errors.Is(err, tt.wantErr) {
				t.Errorf("got %v, %v; want %v, %v", got, err, tt.want, tt.wantErr)
			}
		})
	}
}
