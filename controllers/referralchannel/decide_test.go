package referralchannel

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
)

const whsec = "whsec_c2l4dGVlbi1ieXRlcy1hbmQtc2l4dGVlbi1tb3Jl"

func TestDecide(t *testing.T) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	// The last hour of 31 December in Shanghai.
	now := time.Date(2026, 12, 31, 15, 0, 0, 0, time.UTC)
	good := func() observed {
		return observed{
			zone: shanghai,
			channel: v1alpha1.ReferralChannel{
				ObjectMeta: metav1.ObjectMeta{Name: "anding"},
				Spec:       v1alpha1.ReferralChannelSpec{Agreement: v1alpha1.Agreement{ValidFrom: "2026-01-01", ValidUntil: "2027-12-31"}},
			},
			secret: &corev1.Secret{Type: v1alpha1.SecretTypeChannel, Data: map[string][]byte{"send": []byte(whsec), "receive": []byte(whsec)}},
			last: &board.Reading{At: now, OK: true, Report: contract.Report{Channels: []contract.Probe{
				{Ref: contract.RefOf("anding"), Reach: contract.Reachable}, {Ref: contract.RefOf("other"), Reach: contract.Unreachable},
			}}},
		}
	}
	valid := func(from, until v1alpha1.Civil) func(*observed) {
		return func(o *observed) { o.channel.Spec.Agreement = v1alpha1.Agreement{ValidFrom: from, ValidUntil: until} }
	}
	tests := map[string]struct {
		edit   func(*observed)
		status metav1.ConditionStatus
		reason string
		state  conditions.State
		wait   time.Duration
	}{
		"usable":                     {func(*observed) {}, "True", "Reachable", conditions.Applied, 10 * time.Minute},
		"does not answer":            {func(o *observed) { o.last.Report.Channels[0].Reach = contract.Unreachable }, "False", "Unreachable", conditions.Applied, 10 * time.Minute},
		"not probed":                 {func(o *observed) { o.last.Report.Channels = nil }, "Unknown", "NotProbed", conditions.Applied, 10 * time.Minute},
		"a report of long ago":       {func(o *observed) { o.last.At = now.Add(-time.Hour) }, "Unknown", "NotProbed", conditions.Applied, 10 * time.Minute},
		"just fallen silent":         {func(o *observed) { o.silent = true }, "True", "Reachable", conditions.Applied, time.Minute + time.Second},
		"no district":                {func(o *observed) { o.zone = nil }, "Unknown", "NotProbed", conditions.Waiting, 0},
		"no Secret":                  {func(o *observed) { o.secret = nil }, "False", "SecretMissing", conditions.Waiting, 30 * time.Second},
		"no right to read it":        {func(o *observed) { o.secret, o.forbidden = nil, true }, "False", "SecretMissing", conditions.Waiting, 30 * time.Second},
		"a Secret of another type":   {func(o *observed) { o.secret.Type = "Opaque" }, "False", "SecretInvalid", conditions.Waiting, 30 * time.Second},
		"the first day is tomorrow":  {valid("2027-01-01", "2027-12-31"), "False", "AgreementNotYetValid", conditions.Applied, time.Hour},
		"the last day is today":      {valid("2026-01-01", "2026-12-31"), "True", "Reachable", conditions.Applied, 10 * time.Minute},
		"the last day was yesterday": {valid("2026-01-01", "2026-12-30"), "False", "AgreementExpired", conditions.Applied, 10 * time.Minute},
		"a day that does not exist":  {valid("2026-01-01", "2026-02-30"), "False", "AgreementExpired", conditions.Invalid, 0},
		"the operator has just started": {
			func(o *observed) {
				o.early, o.last = true, nil
				o.channel.Status.Conditions = []metav1.Condition{conditions.True("Usable", "Reachable", "")}
			}, "True", "Reachable", conditions.Applied, 2 * time.Minute,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := good()
			tt.edit(&o)
			j := decide(o, now)
			if j.usable.Status != tt.status || j.usable.Reason != tt.reason || j.verdict.State != tt.state || j.wait != tt.wait {
				t.Errorf("%s %s, state %d, wait %s; want %s %s, %d, %s",
					j.usable.Status, j.usable.Reason, j.verdict.State, j.wait, tt.status, tt.reason, tt.state, tt.wait)
			}
		})
	}
}
