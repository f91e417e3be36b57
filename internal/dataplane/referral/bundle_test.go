package referral

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestBuildBundleSaysWhatAHospitalNeedsAndNothingElse(t *testing.T) {
	order := Order{
		ID: uuid.MustParse("0197c2f4-6f1e-7d5c-8e0b-0c8f9c1d2e3f"), Number: "R5TB0WZC", District: "110106", Facility: "H-1",
		Phone: "010-0000", Priority: "stat", At: time.Date(2026, 11, 21, 13, 5, 9, 0, time.UTC),
	}
	raw, err := BuildBundle(order)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := BuildBundle(order)
	if string(raw) != string(again) {
		t.Error("a resend has other bytes")
	}
	var values []string
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	collect(tree, &values)
	allowed := []string{
		"Bundle", "collection", "ServiceRequest", "Organization", "Task", "duty", "#duty", "phone", "active", "requested", "order", "stat",
		systemReferral, systemDistrict, systemFacility, order.Number, order.District, order.Facility, order.Phone, "2026-11-21T13:05:09Z",
	}
	for _, v := range values {
		if !strings.HasPrefix(v, "urn:uuid:") && !contains(allowed, v) {
			t.Errorf("the bundle holds %q", v)
		}
	}
	for _, must := range []string{`"resourceType":"ServiceRequest"`, `"resourceType":"Task"`, order.Number, order.Phone} {
		if !strings.Contains(string(raw), must) {
			t.Errorf("the bundle lacks %s", must)
		}
	}
}

func collect(node any, into *[]string) {
	switch n := node.(type) {
	case map[string]any:
		for _, v := range n {
			collect(v, into)
		}
	case []any:
		for _, v := range n {
			collect(v, into)
		}
	case string:
		*into = append(*into, n)
	}
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

func TestDecideAnswerOnlyMovesForward(t *testing.T) {
	tests := []struct {
		last, next Status
		want       bool
	}{
		{"", Accepted, true}, {"", Attended, true}, {"", Declined, true}, {Accepted, Scheduled, true}, {Accepted, Accepted, false},
		{Scheduled, Accepted, false}, {Scheduled, Declined, true}, {Attended, Declined, false}, {Attended, Closed, true},
		{Closed, Attended, false}, {Closed, Declined, false}, {Declined, Accepted, false}, {Declined, Declined, false},
	}
	for _, tt := range tests {
		if got := DecideAnswer(tt.last, tt.next); got != tt.want {
			t.Errorf("from %q to %q: %v, want %v", tt.last, tt.next, got, tt.want)
		}
	}
	if Status("healed").Known() || !Declined.Known() || Status("").Known() {
		t.Error("unknown statuses are told apart wrongly")
	}
}
