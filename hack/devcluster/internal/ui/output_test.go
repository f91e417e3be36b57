package ui

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestPipesGetPlainLines(t *testing.T) {
	var buffer bytes.Buffer
	out := New(&buffer)
	good := out.Step("build etcd")
	good.Detail("some/package")
	good.Done(nil)
	good.Done(errors.New("a second end counts for nothing"))
	out.Step("build helm").Done(errors.New("no"))
	out.Note("%d of 2", 1)
	want := regexp.MustCompile(`^> build etcd\n✓ build etcd \(\S+\)\n> build helm\n✗ build helm \(\S+\)\n· 1 of 2\n$`)
	if !want.MatchString(buffer.String()) {
		t.Fatalf("got\n%s", buffer.String())
	}
	if strings.ContainsAny(buffer.String(), "\x1b\r") {
		t.Fatal("a pipe gets terminal codes")
	}
}
