package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// world is a cluster and a terminal to run commands in.
type world struct {
	namespace string
	chosen    bool
	terminal  bool
	env       map[string]string
	// confined lets nobody list across namespaces.
	confined bool
	objects  []client.Object // beside the districts
	cluster  client.WithWatch
	typed    string // on standard input, of a person
	// districts edits the districts that every cluster has.
	districts func(*v1alpha1.District)
}

// lasting gives the commands that follow one cluster, so that what one writes another sees.
func (w world) lasting(t *testing.T) world {
	t.Helper()
	w.cluster = w.build(t)
	return w
}

func (w world) run(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errOut bytes.Buffer
	root := New(Program{
		Streams:  genericiooptions.IOStreams{In: strings.NewReader(w.typed), Out: &out, ErrOut: &errOut},
		Clock:    clocktesting.NewFakePassiveClock(time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)),
		Getenv:   func(name string) string { return w.env[name] },
		Terminal: w.terminal, Interactive: w.typed != "",
		Connect: func(flags *genericclioptions.ConfigFlags) (Connection, error) {
			both := w.cluster
			if both == nil {
				both = w.build(t)
			}
			connection := Connection{Reader: both, Writer: both, Namespace: w.namespace, Chosen: w.chosen}
			if *flags.Namespace != "" {
				connection.Namespace, connection.Chosen = *flags.Namespace, true
			}
			return connection, nil
		},
	})
	root.SetArgs(args)
	err = root.ExecuteContext(t.Context())
	return out.String(), errOut.String(), err
}

func (w world) build(t *testing.T) client.WithWatch {
	t.Helper()
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(w.objects...)
	for _, name := range []string{"fengtai", "kaizhou"} {
		district := &v1alpha1.District{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: name}}
		if w.districts != nil {
			w.districts(district)
		}
		builder.WithObjects(district)
	}
	return builder.WithInterceptorFuncs(interceptor.Funcs{List: w.list}).Build()
}

func (w world) list(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
	var o client.ListOptions
	o.ApplyOptions(options)
	if w.confined && o.Namespace == "" {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "anything"}, "", errors.New(`User "li" cannot list resource "anything"`))
	}
	if _, schools := list.(*v1alpha1.SchoolList); schools && o.Limit == 0 {
		return errors.New("all schools of a province in one answer")
	}
	return c.List(ctx, list, options...)
}

func TestStatusScope(t *testing.T) {
	tests := map[string]struct {
		world world
		args  []string
		want  []string // districts
		err   string
	}{
		"everywhere by default":       {world{namespace: "default"}, nil, []string{"fengtai", "kaizhou"}, ""},
		"one by name":                 {world{namespace: "default"}, []string{"kaizhou"}, []string{"kaizhou"}, ""},
		"one by namespace":            {world{namespace: "fengtai", chosen: true}, nil, []string{"fengtai"}, ""},
		"-A":                          {world{namespace: "fengtai", chosen: true}, []string{"-A"}, []string{"fengtai", "kaizhou"}, ""},
		"name and namespace agree":    {world{namespace: "fengtai", chosen: true}, []string{"fengtai"}, []string{"fengtai"}, ""},
		"name and namespace disagree": {world{namespace: "fengtai", chosen: true}, []string{"kaizhou"}, nil, "contradict each other"},
		"unknown district":            {world{}, []string{"nowhere"}, nil, `no district "nowhere"`},
		"unknown output":              {world{}, []string{"-o", "xml"}, nil, `--output "xml" is not known; write one of table, json, yaml`},
		"unknown colour":              {world{}, []string{"--color", "red"}, nil, "write one of auto, always, never"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			stdout, _, err := tc.world.run(t, append([]string{"status"}, tc.args...)...)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Fatalf("got %v, want %q", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, district := range []string{"fengtai", "kaizhou"} {
				wanted := strings.Contains(strings.Join(tc.want, " "), district)
				if got := strings.Contains(stdout, district); got != wanted {
					t.Errorf("%s shown: %v, want %v\n%s", district, got, wanted, stdout)
				}
			}
		})
	}
}

// District staff may list nothing across namespaces: they get their own, and are told so on stderr.
func TestStatusFallsBackToTheNamespaceOfTheContext(t *testing.T) {
	stdout, stderr, err := world{namespace: "fengtai", confined: true}.run(t, "status")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stdout, "fengtai") || strings.Contains(stdout, "kaizhou") {
		t.Errorf("stdout:\n%s", stdout)
	}
	for _, want := range []string{
		"warning: you may not list districts everywhere; showing the namespace fengtai",
		"warning: you may not list instruments here; the answer is partial",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("stderr lacks %q:\n%s", want, stderr)
		}
	}
	if strings.Contains(stdout, "warning") {
		t.Error("warnings are on standard output")
	}
}

func TestStatusWithoutAnyRight(t *testing.T) {
	_, _, err := world{confined: true}.run(t, "status")
	if err == nil || !strings.Contains(err.Error(), "ask for the role evenkeel-viewer") {
		t.Errorf("got %v", err)
	}
}

func TestStatusColour(t *testing.T) {
	tests := map[string]struct {
		world world
		args  []string
		want  bool
	}{
		"terminal":               {world{terminal: true}, nil, true},
		"pipe":                   {world{}, nil, false},
		"NO_COLOR":               {world{terminal: true, env: map[string]string{"NO_COLOR": "1"}}, nil, false},
		"always beats NO_COLOR":  {world{env: map[string]string{"NO_COLOR": "1"}}, []string{"--color=always"}, true},
		"never on a terminal":    {world{terminal: true}, []string{"--color=never"}, false},
		"json is never coloured": {world{terminal: true}, []string{"-o", "json"}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			stdout, _, err := tc.world.run(t, append([]string{"status"}, tc.args...)...)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(stdout, "\x1b["); got != tc.want {
				t.Errorf("coloured: %v, want %v", got, tc.want)
			}
		})
	}
}

func TestStatusForScripts(t *testing.T) {
	stdout, _, err := world{}.run(t, "status", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Health    string
		Districts []struct{ Name string }
		Rounds    []struct{}
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatal(err)
	}
	if report.Health != "Working" || len(report.Districts) != 2 || report.Rounds == nil {
		t.Errorf("%+v; an empty list must be [] and not null", report)
	}
	stdout, _, err = world{}.run(t, "status", "-o", "yaml")
	if err != nil || !strings.Contains(stdout, "health: Working\n") {
		t.Errorf("%v\n%s", err, stdout)
	}
}

func TestCompletion(t *testing.T) {
	tests := map[string]struct {
		args []string
		want string
	}{
		"districts": {[]string{"__complete", "status", ""}, "fengtai"},
		"outputs":   {[]string{"__complete", "status", "-o", ""}, "yaml"},
		"colours":   {[]string{"__complete", "status", "--color", ""}, "never"},
		"commands":  {[]string{"__complete", "st"}, "status"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			stdout, _, err := world{}.run(t, tc.args...)
			if err != nil || !strings.Contains(stdout, tc.want) {
				t.Errorf("%v\n%s", err, stdout)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	stdout, _, err := world{}.run(t, "version")
	if err != nil || !strings.HasPrefix(stdout, "kubectl-evenkeel dev (go1.") {
		t.Errorf("%v %q", err, stdout)
	}
}
