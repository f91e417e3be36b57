package chaos

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const uid = "0f8fad5b-d9cb-469f-a165-70867728950e"

func fakeProc(t *testing.T, processes map[string][2]string) string {
	dir := t.TempDir()
	for id, p := range processes {
		if err := os.MkdirAll(filepath.Join(dir, id), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string]string{"cgroup": p[0], "cmdline": p[1]} {
			if err := os.WriteFile(filepath.Join(dir, id, name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func TestOnlyProcessesOfThePodAreFound(t *testing.T) {
	dir := fakeProc(t, map[string][2]string{
		"1":    {"0::/init.scope", "/sbin/init\x00"},
		"10":   {"5:memory:/kubepods/burstable/pod" + uid + "/abc", "/pause\x00"},
		"11":   {"5:memory:/kubepods/burstable/pod" + uid + "/def", "/district\x00intake\x00"},
		"12":   {"0::/kubepods.slice/kubepods-pod0f8fad5b_d9cb_469f_a165_70867728950e.slice/x", "/district\x00intake\x00"},
		"13":   {"5:memory:/kubepods/burstable/pod11111111-d9cb-469f-a165-70867728950e/x", "/district\x00"},
		"self": {"5:memory:/kubepods/burstable/pod" + uid, "x\x00"},
	})
	ids, err := processes(dir, uid)
	slices.Sort(ids)
	if err != nil || !slices.Equal(ids, []int{11, 12}) {
		t.Errorf("%v, %v", ids, err)
	}
}

func TestNothingIsKilledWithoutAPod(t *testing.T) {
	if err := Kill(""); err == nil || errors.Is(err, ErrNotHere) {
		t.Errorf("an empty UID: %v", err)
	}
	if err := Kill("ffffffff-ffff-ffff-ffff-ffffffffffff"); !errors.Is(err, ErrNotHere) {
		t.Errorf("a pod that is not here: %v", err)
	}
}

func TestFaultsWaitForTheirShareOfTheWork(t *testing.T) {
	var done []string
	share := 0.0
	fault := func(at float64, name string, err error) Fault {
		return Fault{At: at, Name: name, Do: func(context.Context) error {
			if share < at {
				t.Errorf("%s came at %v", name, share)
			}
			done = append(done, name)
			return err
		}}
	}
	next := func() float64 { share += 0.4; return share }
	failed := errors.New("no")
	err := Run(t.Context(), []Fault{fault(0.1, "a", nil), fault(0.9, "b", failed), fault(1, "c", nil)}, next, t.Logf)
	if !errors.Is(err, failed) || !slices.Equal(done, []string{"a", "b"}) {
		t.Errorf("%v, %v", done, err)
	}
}
