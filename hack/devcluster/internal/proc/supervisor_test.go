package proc

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/host"
)

const shell = "/bin/sh"

func newSupervisor(t *testing.T) Supervisor {
	dir := t.TempDir()
	return Supervisor{RunDir: filepath.Join(dir, "run"), LogDir: filepath.Join(dir, "logs")}
}

func start(t *testing.T, s Supervisor, script string) Record {
	t.Helper()
	record, err := s.Start(Spec{Name: "x", Path: shell, Args: []string{"-c", script}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = record.Stop(context.Background(), syscall.SIGKILL, time.Second) })
	return record
}

func TestStartedProcessIsFoundAndStopped(t *testing.T) {
	s := newSupervisor(t)
	record := start(t, s, "while :; do sleep 0.1; done")
	if found, alive := s.Find("x"); !alive || found.PID != record.PID {
		t.Fatalf("found %+v, alive %t", found, alive)
	}
	if err := s.Stop(t.Context(), "x", syscall.SIGTERM, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	if record.Alive() {
		t.Fatal("still alive after Stop")
	}
	if entries, _ := os.ReadDir(s.RunDir); len(entries) != 0 {
		t.Fatalf("left records: %v", entries)
	}
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	s := newSupervisor(t)
	record := start(t, s, "trap '' TERM; echo deaf; while :; do sleep 0.1; done")
	deaf := func() bool {
		log, _ := os.ReadFile(s.LogPath("x"))
		return strings.Contains(string(log), "deaf")
	}
	if !host.Poll(t.Context(), 5*time.Second, time.Millisecond, deaf) {
		t.Fatal("the process did not begin")
	}
	if err := s.Stop(t.Context(), "x", syscall.SIGTERM, 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if record.Alive() {
		t.Fatal("still alive after SIGKILL")
	}
}

func TestProcessSeesNothingOfOurEnvironment(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://leak.example")
	s := newSupervisor(t)
	start(t, s, `echo "proxy=[$HTTPS_PROXY]"; while :; do sleep 0.1; done`)
	clean := func() bool {
		log, _ := os.ReadFile(s.LogPath("x"))
		return strings.Contains(string(log), "proxy=[]")
	}
	if !host.Poll(t.Context(), 5*time.Second, time.Millisecond, clean) {
		t.Fatal("the environment leaks into the process")
	}
}

func TestHashChangesWithAFile(t *testing.T) {
	spec := Spec{Name: "x", Path: shell, Files: []host.File{{Path: "/a", Content: []byte("1")}}}
	before := spec.Hash()
	if before != spec.Hash() {
		t.Fatal("the same spec has two hashes")
	}
	spec.Files = []host.File{{Path: "/a", Content: []byte("2")}}
	if before == spec.Hash() {
		t.Fatal("a changed file must change the hash")
	}
}
