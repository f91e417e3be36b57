package v1alpha1_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

func TestDecimal(t *testing.T) {
	tests := map[string]struct {
		written string // as JSON
		want    float64
		back    string // as it is written again
	}{
		"a whole number":        {`2`, 2, `2`},
		"a whole number quoted": {`"2"`, 2, `2`},
		"a fraction":            {`"2.99"`, 2.99, `"2.99"`},
		"below zero":            {`-1`, -1, `-1`},
		"trailing zeros stay":   {`"2.50"`, 2.5, `"2.50"`},
		"leading zeros":         {`"007"`, 7, `7`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var d v1alpha1.Decimal
			if err := json.Unmarshal([]byte(tt.written), &d); err != nil {
				t.Fatal(err)
			}
			got, err := d.Float()
			if err != nil || got != tt.want {
				t.Errorf("%s is %v, %v; want %v", tt.written, got, err, tt.want)
			}
			var same v1alpha1.Band
			from := map[string]any{"from": plain(t, tt.written)}
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(from, &same); err != nil || same.From != d {
				t.Errorf("as unstructured it is %v, %v", same.From, err)
			}
			back, err := json.Marshal(d)
			if err != nil || string(back) != tt.back {
				t.Errorf("written again as %s, %v; want %s", back, err, tt.back)
			}
		})
	}
}

// plain is how unstructured objects hold a value.
func plain(t *testing.T, written string) any {
	t.Helper()
	if n, err := strconv.ParseInt(written, 10, 64); err == nil {
		return n
	}
	text, err := strconv.Unquote(written)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestNotADecimal(t *testing.T) {
	for _, written := range []string{`2.99`, `1e3`, `true`, `{}`, `99999999999`} {
		var d v1alpha1.Decimal
		if err := json.Unmarshal([]byte(written), &d); err == nil {
			t.Errorf("%s was read as %q", written, d.Text)
		}
	}
	for _, text := range []string{"", "1,5", "1e3", "２", ".5", "1.", "1234567", "+1"} {
		if _, err := (v1alpha1.Decimal{Text: text}).Float(); err == nil {
			t.Errorf("%q is a decimal", text)
		}
	}
}
