package progress

import (
	"errors"
	"strings"
	"testing"
)

func TestStepInAPipeIsPlainLines(t *testing.T) {
	var out strings.Builder
	o := New(&out)
	if err := o.Step("do it", func() error { o.State("half"); o.State("half"); o.State("whole"); return nil }); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"> do it", "· half", "· whole", "✓ do it ("} {
		if strings.Count(out.String(), want) != 1 {
			t.Errorf("%q occurs %d times in:\n%s", want, strings.Count(out.String(), want), out.String())
		}
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Error("escape sequences in a pipe")
	}
}

func TestStepThatFailsNamesItself(t *testing.T) {
	var out strings.Builder
	err := New(&out).Step("do it", func() error { return errors.New("no") })
	if err == nil || err.Error() != "do it: no" || !strings.Contains(out.String(), "✗ do it") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
