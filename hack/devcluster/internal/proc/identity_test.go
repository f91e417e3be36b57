package proc

import (
	"os"
	"testing"
)

const stat = "4242 (a (b) c) S 1 4242 4242 0 -1 4194560 100 0 0 0 5 6 0 0 20 0 9 0 777123 1000 50"

func TestParseStatCountsFromTheLastParenthesis(t *testing.T) {
	state, ticks, err := ParseStat(stat)
	if err != nil || state != 'S' || ticks != 777123 {
		t.Fatalf("got state %c, ticks %d, error %v", state, ticks, err)
	}
}

func TestParseStatRefusesWhatItDoesNotKnow(t *testing.T) {
	for name, raw := range map[string]string{
		"empty":      "",
		"truncated":  "1 (x) S 1 2 3",
		"not number": "4242 (x) S 1 4242 4242 0 -1 4194560 100 0 0 0 5 6 0 0 20 0 9 0 soon 1000",
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := ParseStat(raw); err == nil {
				t.Fatal("want an error")
			}
		})
	}
}

func TestIdentityIsNeverARecycledPID(t *testing.T) {
	id := Identity{PID: 7, StartTicks: 100, BootID: "boot", Command: "/bin/etcd"}
	same := Observed{State: 'S', StartTicks: 100, BootID: "boot", Cmdline: []byte("/bin/etcd\x00--x\x00")}
	for name, tc := range map[string]struct {
		change func(*Observed)
		want   bool
	}{
		"itself":               {func(*Observed) {}, true},
		"started later":        {func(o *Observed) { o.StartTicks++ }, false},
		"after a reboot":       {func(o *Observed) { o.BootID = "other" }, false},
		"another program":      {func(o *Observed) { o.Cmdline = []byte("/bin/vim\x00") }, false},
		"a prefix of its name": {func(o *Observed) { o.Cmdline = []byte("/bin/etcdctl\x00") }, false},
		"a zombie":             {func(o *Observed) { o.State = 'Z' }, false},
	} {
		t.Run(name, func(t *testing.T) {
			observed := same
			tc.change(&observed)
			if got := id.Is(observed); got != tc.want {
				t.Fatalf("Is = %t, want %t", got, tc.want)
			}
		})
	}
}

func TestBelongsTo(t *testing.T) {
	for name, tc := range map[string]struct {
		cmdline string
		want    bool
	}{
		"a shim":                    {"/cache/tools/shim-1/shim\x00-address\x00/state/containerd/containerd.sock\x00", true},
		"a flag with the path":      {"/cache/tools/etcd-1/etcd\x00--data-dir=/state/etcd\x00", true},
		"the folder itself":         {"/cache/tools/etcd-1/etcd\x00/state\x00", true},
		"another state":             {"/cache/tools/etcd-1/etcd\x00--data-dir=/tmp/test\x00", false},
		"a folder with that prefix": {"/cache/tools/etcd-1/etcd\x00--data-dir=/state-of-others/etcd\x00", false},
		"an editor of our state":    {"/usr/bin/vim\x00/state/Corefile\x00", false},
		"no command line":           {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := BelongsTo([]byte(tc.cmdline), "/cache/tools", "/state"); got != tc.want {
				t.Fatalf("BelongsTo = %t, want %t", got, tc.want)
			}
		})
	}
}

func TestParseRSS(t *testing.T) {
	status := "Name:\tetcd\nVmPeak:\t  999 kB\nVmRSS:\t   45056 kB\nThreads:\t9\n"
	if got := ParseRSS(status); got != 45056*1024 {
		t.Fatalf("got %d", got)
	}
	if got := ParseRSS("Name:\tkthreadd\n"); got != 0 {
		t.Fatalf("a kernel thread has %d", got)
	}
}

func TestObserveSeesThisProcess(t *testing.T) {
	o, err := Observe(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	id := Identity{PID: os.Getpid(), StartTicks: o.StartTicks, BootID: o.BootID, Command: os.Args[0]}
	if !id.Alive() {
		t.Fatalf("%+v does not recognise itself in %+v", id, o)
	}
	id.StartTicks--
	if id.Alive() {
		t.Fatal("a process that started earlier is taken for this one")
	}
}
