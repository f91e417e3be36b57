package layout

import (
	"os"
	"path/filepath"
	"testing"
)

func TestClaimRefusesSomebodyElsesFolder(t *testing.T) {
	dir := t.TempDir()
	precious := filepath.Join(dir, "precious")
	if err := os.WriteFile(precious, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	state := State(dir)
	if err := state.Claim(); err == nil {
		t.Fatal("claimed a folder with other things in it")
	}
	if err := state.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(precious); err != nil {
		t.Fatal("removed a folder that is not ours")
	}
}

func TestClaimedFolderIsRemoved(t *testing.T) {
	state := State(filepath.Join(t.TempDir(), "state"))
	for range 2 { // claiming again is harmless
		if err := state.Claim(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(state.Path("etcd"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := state.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(string(state)); !os.IsNotExist(err) {
		t.Fatalf("still there: %v", err)
	}
}
