package cluster

import (
	"testing"
	"time"
)

func TestIsReady(t *testing.T) {
	started := time.Date(2026, 9, 1, 8, 0, 0, 500_000_000, time.UTC)
	node := func(spec, status, heartbeat string) string {
		return `{"spec":` + spec + `,"status":{"conditions":[{"type":"MemoryPressure","status":"False"},
			{"type":"Ready","status":"` + status + `","lastHeartbeatTime":"` + heartbeat + `"}]}}`
	}
	for name, tc := range map[string]struct {
		node string
		want bool
	}{
		"ready":                        {node(`{}`, "True", "2026-09-01T08:00:05Z"), true},
		"in the second it started":     {node(`{}`, "True", "2026-09-01T08:00:00Z"), true},
		"said by the kubelet before":   {node(`{}`, "True", "2026-09-01T07:59:59Z"), false},
		"not ready":                    {node(`{}`, "False", "2026-09-01T08:00:05Z"), false},
		"tainted":                      {node(`{"taints":[{"key":"x"}]}`, "True", "2026-09-01T08:00:05Z"), false},
		"without conditions":           {`{}`, false},
		"an answer that is not a node": {`oops`, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := isReady([]byte(tc.node), started); got != tc.want {
				t.Fatalf("isReady = %t, want %t", got, tc.want)
			}
		})
	}
}
