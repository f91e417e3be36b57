package channel_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/channel"
)

func whsec(n int) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", n)))
}

func TestReadSecrets(t *testing.T) {
	const kind = v1alpha1.SecretTypeChannel
	tests := map[string]struct {
		kind          string
		send, receive string
		want          string // part of the error
	}{
		"good":                 {kind, whsec(32), whsec(24), ""},
		"a newline at the end": {kind, whsec(32) + "\n", whsec(32), ""},
		"an ordinary Secret":   {"Opaque", whsec(32), whsec(32), "is not of the type"},
		"no send":              {kind, "", whsec(32), "has no send"},
		"no prefix":            {kind, whsec(32), "topsecretvalue", "receive in Secret hospital is not whsec_"},
		"not base64":           {kind, "whsec_***", whsec(32), "is not whsec_"},
		"short":                {kind, whsec(32), whsec(8), "shorter than 24 bytes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := channel.ReadSecrets(&corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Name: "hospital"}, Type: corev1.SecretType(tt.kind),
				Data: map[string][]byte{"send": []byte(tt.send), "receive": []byte(tt.receive)},
			})
			switch {
			case (err == nil) != (tt.want == ""), err != nil && !strings.Contains(err.Error(), tt.want):
				t.Errorf("got %v, want %q", err, tt.want)
			case err != nil && strings.Contains(err.Error(), "topsecret"):
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

func TestWindowIsInTheDistrictsZone(t *testing.T) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	from, until, err := channel.Window(v1alpha1.Agreement{ValidFrom: "2026-09-01", ValidUntil: "2027-02-28"}, shanghai)
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 8, 31, 16, 0, 0, 0, time.UTC); !from.Equal(want) {
		t.Errorf("valid from %s, want %s", from.UTC(), want)
	}
	if want := time.Date(2027, 2, 28, 16, 0, 0, 0, time.UTC); !until.Equal(want) {
		t.Errorf("valid until %s, want %s", until.UTC(), want)
	}
	if _, _, err := channel.Window(v1alpha1.Agreement{ValidFrom: "2026-02-30", ValidUntil: "2027-02-28"}, shanghai); err == nil {
		t.Error("30 February is a day")
	}
}
