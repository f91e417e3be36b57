package host

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestMountsBelow(t *testing.T) {
	mountinfo := `22 1 254:0 / / rw - ext4 /dev/vda rw
30 22 0:40 / /state/kubelet/pods/1/token rw - tmpfs tmpfs rw
31 22 0:41 / /state/containerd/run/a\040b rw - overlay overlay rw
32 31 0:42 / /state/containerd/run/a\040b/shm rw - tmpfs tmpfs rw
33 22 0:43 / /state-of-others/x rw - tmpfs tmpfs rw
34 22 0:44 / /state rw - tmpfs tmpfs rw
`
	want := []string{"/state/containerd/run/a b/shm", "/state/containerd/run/a b", "/state/kubelet/pods/1/token"}
	if got := mountsBelow(mountinfo, "/state"); !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func TestLockWaitsForItsHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "lock")
	unlock, err := Lock(t.Context(), path, func() { t.Error("nobody holds it") })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := Lock(ctx, path, cancel); err == nil {
		t.Fatal("two hold the lock at once")
	}
	unlock()
	again, err := Lock(t.Context(), path, func() { t.Error("it was not freed") })
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestWriteFilesReplacesWholeFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "file")
	for _, content := range []string{"first, and longer", "second"} {
		if err := WriteFiles([]File{{Path: path, Content: []byte(content), Mode: 0o600}}); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != content {
			t.Fatalf("got %q, want %q", got, content)
		}
	}
	entries, _ := os.ReadDir(filepath.Dir(path))
	if len(entries) != 1 {
		t.Fatalf("left scratch files: %v", entries)
	}
}
