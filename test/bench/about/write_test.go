package about_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/evenkeel/evenkeel/test/bench/about"
)

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	if err := about.Write(dir, "scale", "# A page\n", struct{ Seconds int }{7}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"scale.md": "# A page\n", "scale.json": "{\n  \"Seconds\": 7\n}\n"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestWriteKeepsNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := about.Write("", "scale", "# A page\n", 7); err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadDir("."); err != nil || len(kept) > 0 {
		t.Errorf("kept %v, %v", kept, err)
	}
}
