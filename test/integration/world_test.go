package integration

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	testclock "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/controllers/calendar"
	campaigns "github.com/evenkeel/evenkeel/controllers/campaign"
	"github.com/evenkeel/evenkeel/controllers/escalationpolicy"
	"github.com/evenkeel/evenkeel/controllers/instrument"
	rounds "github.com/evenkeel/evenkeel/controllers/round"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
)

// world is one province of a test: its own cluster-scoped objects, named after it, one
// district in a namespace of that name, reconcilers that are called by hand, a clock
// that is set by hand and a district that applies what is on the board.
type world struct {
	t        *testing.T
	name     string
	clock    *testclock.FakePassiveClock
	client   client.Client
	writes   *journal
	events   *events.FakeRecorder
	board    *board.Board
	district *fakeDistrict
	memory   map[string]string // of a scenario
	lean     bool              // only campaigns and rounds are reconciled

	calendars, instruments, policies, campaigns, rounds reconcile.Reconciler
}

// journal records every request that writes.
type journal struct {
	mu      sync.Mutex
	entries []string
	fault   *fault // nil: every request goes through
}

// fault is a crash at one write: before it reaches the API server, or after.
type fault struct {
	at    int
	after bool
	fired bool
}

var errInjected = errors.New("injected")

// strike records a write and reports whether the fault is due at it.
func (j *journal) strike(req *http.Request) (fault, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, req.Method+" "+req.URL.Path)
	if j.fault == nil || j.fault.fired || len(j.entries)-1 != j.fault.at {
		return fault{}, false
	}
	j.fault.fired = true
	return *j.fault, true
}

func (j *journal) count() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.entries)
}

func (j *journal) since(n int) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.entries[n:])
}

// wrap has the requests of a configuration recorded.
func (j *journal) wrap(cfg *rest.Config) {
	cfg.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodGet {
				return next.RoundTrip(req)
			}
			f, due := j.strike(req)
			if due && !f.after {
				return nil, errInjected
			}
			resp, err := next.RoundTrip(req)
			if due && err == nil {
				return nil, errors.Join(errInjected, resp.Body.Close())
			}
			return resp, err
		})
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// newWorld makes a province in which everything is ready for the round of 17 September.
func newWorld(t *testing.T, name string) *world {
	t.Helper()
	w := &world{t: t, name: name, clock: testclock.NewFakePassiveClock(instant("2026-09-01T00:00")), writes: &journal{}, memory: map[string]string{}}
	w.events = events.NewFakeRecorder(10_000) // what was told stays told when the operator is made anew
	cfg := w.operatorConfig()
	var err error
	if w.client, err = client.New(cfg, client.Options{Scheme: scheme}); err != nil {
		t.Fatal(err)
	}
	w.district = &fakeDistrict{clock: w.clock, namespace: name, rounds: map[string]*districtRound{}, duty: "Reachable", heard: true}
	w.start()
	w.furnish()
	return w
}

// operatorConfig is the operator with the rights that config/rbac ships and no more,
// its writes recorded.
func (w *world) operatorConfig() *rest.Config {
	cfg := rest.CopyConfig(restConfig)
	cfg.Impersonate = rest.ImpersonationConfig{UserName: operatorUser}
	w.writes.wrap(cfg)
	return cfg
}

// start makes the operator anew, with an empty board and an empty memory.
func (w *world) start() {
	w.board = board.New()
	status := apply.NewStatusWriter(w.client, w.clock)
	w.calendars = &calendar.Reconciler{Client: w.client, Clock: w.clock, Status: status}
	w.instruments = &instrument.Reconciler{Client: w.client, Clock: w.clock, Status: status}
	w.policies = &escalationpolicy.Reconciler{Client: w.client, Clock: w.clock, Status: status}
	w.campaigns = &campaigns.Reconciler{Client: w.client, Live: w.client, Clock: w.clock, Status: status, Events: w.events}
	w.rounds = &rounds.Reconciler{Client: w.client, Live: w.client, Clock: w.clock, Status: status, Board: w.board, Events: w.events}
}

func (w *world) furnish() {
	namespace(w.t, w.name)
	create(w.t, admin, &rbacv1.RoleBinding{ // as the district's release makes it
		ObjectMeta: metav1.ObjectMeta{Namespace: w.name, Name: "evenkeel-operator"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "evenkeel-district-workloads"},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: "evenkeel-system", Name: "evenkeel-manager"}},
	})
	create(w.t, operator,
		makeCalendar(w.name).Obj(), makeInstrument(w.name, w.name).Obj(), makePolicy(w.name, w.name).Obj(),
		makeDistrict(w.name).Obj(), makeSchool(w.name, "lotus-pond").Obj(), makeSchool(w.name, "stone-bridge").Obj(),
		makeChannel(w.name).Obj())
	create(w.t, admin, w.makeCampaign().Obj())
	w.say(&v1alpha1.District{}, w.name, v1alpha1.ConditionReady, v1alpha1.ConditionKeysReady, v1alpha1.ConditionReporting, v1alpha1.ConditionDutyChainReady)
	w.drill("2026-09-17T00:00")
	w.say(&v1alpha1.School{}, "lotus-pond", v1alpha1.ConditionScreeningReady)
	w.say(&v1alpha1.School{}, "stone-bridge", v1alpha1.ConditionScreeningReady)
	w.say(&v1alpha1.ReferralChannel{}, "city-hospital", v1alpha1.ConditionUsable)
}

func (w *world) makeCampaign() maker[*v1alpha1.ScreeningCampaign] {
	return makeCampaign(w.name, "2026-09-15").With(func(c *v1alpha1.ScreeningCampaign) {
		c.Spec.CalendarRef.Name = w.name
		c.Spec.DistrictSelector = metav1.LabelSelector{MatchLabels: map[string]string{"test": w.name}}
		c.Spec.Template.Spec.EscalationPolicyRef.Name = w.name
		c.Spec.Template.Spec.Stage1.Instruments[0].Code = w.name
	})
}

// drill has the chain of duty acknowledge a drill.
func (w *world) drill(moment string) {
	w.t.Helper()
	var d v1alpha1.District
	w.get(&d, w.name)
	d.Status.Drill.AcknowledgedTime = metav1.NewTime(instant(moment))
	if err := operator.Status().Update(ctx, &d); err != nil {
		w.t.Fatal(err)
	}
}

// say sets conditions of another controller's object to True.
func (w *world) say(obj client.Object, name string, kinds ...string) {
	w.state(obj, name, metav1.ConditionTrue, kinds...)
}

func (w *world) state(obj client.Object, name string, status metav1.ConditionStatus, kinds ...string) {
	w.t.Helper()
	w.get(obj, name)
	var conditions *[]metav1.Condition
	switch o := obj.(type) {
	case *v1alpha1.District:
		conditions = &o.Status.Conditions
	case *v1alpha1.School:
		conditions = &o.Status.Conditions
	case *v1alpha1.ReferralChannel:
		conditions = &o.Status.Conditions
	}
	for _, kind := range kinds {
		meta.SetStatusCondition(conditions, metav1.Condition{Type: kind, Status: status, Reason: "Test", LastTransitionTime: metav1.Now()})
	}
	if err := operator.Status().Update(ctx, obj); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) get(obj client.Object, name string) {
	w.t.Helper()
	if err := admin.Get(ctx, client.ObjectKey{Namespace: w.namespaceOf(obj), Name: name}, obj); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) namespaceOf(obj client.Object) string {
	switch obj.(type) {
	case *v1alpha1.Instrument, *v1alpha1.EscalationPolicy, *v1alpha1.AcademicCalendar, *v1alpha1.ScreeningCampaign, *corev1.Namespace:
		return ""
	}
	return w.name
}

// settle reconciles everything, lets the district apply, and again, until nothing is
// written and nothing said any more.
func (w *world) settle() {
	w.t.Helper()
	for range 10 {
		before := w.writes.count()
		w.reconcileAll()
		if said := w.district.sync(w.board); !said && w.writes.count() == before {
			return
		}
	}
	w.t.Fatalf("does not come to rest; the last requests: %v", w.writes.since(max(0, w.writes.count()-6)))
}

func (w *world) reconcileAll() {
	w.t.Helper()
	for _, r := range []reconcile.Reconciler{w.calendars, w.instruments, w.policies} {
		if !w.lean {
			w.reconcile(r, "", w.name)
		}
	}
	w.reconcile(w.campaigns, "", w.name)
	var present v1alpha1.ScreeningRoundList
	if err := admin.List(ctx, &present, client.InNamespace(w.name)); err != nil {
		w.t.Fatal(err)
	}
	names := map[string]bool{}
	for _, r := range present.Items {
		names[r.Name] = true
	}
	for name := range w.board.Rounds(w.name) {
		names[name] = true // also those that are gone, of which a watch would tell
	}
	for name := range names {
		w.reconcile(w.rounds, w.name, name)
	}
}

func (w *world) reconcile(r reconcile.Reconciler, namespace, name string) ctrl.Result {
	w.t.Helper()
	result, err := r.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKey{Namespace: namespace, Name: name}})
	if errors.Is(err, errInjected) {
		w.district.sync(w.board) // the exchange may have run in between
		w.start()                // the operator crashed there
		return result
	}
	if err != nil && !errors.Is(err, reconcile.TerminalError(nil)) {
		w.t.Fatalf("reconciling %s/%s: %v", namespace, name, err)
	}
	return result
}

func (w *world) campaign() *v1alpha1.ScreeningCampaign {
	w.t.Helper()
	var c v1alpha1.ScreeningCampaign
	w.get(&c, w.name)
	return &c
}

func (w *world) roundName() string { return w.name + "-20260915" }

func (w *world) round() *v1alpha1.ScreeningRound {
	w.t.Helper()
	var r v1alpha1.ScreeningRound
	w.get(&r, w.roundName())
	return &r
}

// standing is a condition as it is written in scenarios: True/Passed.
func standing(conditions []metav1.Condition, kind string) string {
	c := meta.FindStatusCondition(conditions, kind)
	if c == nil {
		return "absent"
	}
	return fmt.Sprintf("%s/%s", c.Status, c.Reason)
}

func instant(text string) time.Time {
	t, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		panic(err)
	}
	return t
}

// versionsOf are the resource versions of the world's objects of one kind.
func versionsOf(t *testing.T, w *world, list client.ObjectList) map[string]string {
	t.Helper()
	if err := admin.List(ctx, list); err != nil {
		t.Fatal(err)
	}
	objs, err := meta.ExtractList(list)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, o := range objs {
		obj := o.(client.Object)
		if obj.GetName() == w.name || obj.GetNamespace() == w.name {
			out[fmt.Sprintf("%T/%s", obj, obj.GetName())] = obj.GetResourceVersion()
		}
	}
	return out
}
