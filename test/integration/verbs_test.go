package integration

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/plugin/command"
)

// plugin runs kubectl evenkeel as somebody, in the world's namespace and at its time.
func (w *world) plugin(c client.Client, args string) (stdout string, err error) {
	w.t.Helper()
	var out, errOut bytes.Buffer
	root := command.New(command.Program{
		Streams: genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &errOut},
		Clock:   w.clock,
		Getenv:  func(string) string { return "" },
		Connect: func(*genericclioptions.ConfigFlags) (command.Connection, error) {
			return command.Connection{Reader: c, Writer: c, Namespace: w.name, Chosen: true}, nil
		},
	})
	root.SetArgs(strings.Fields(args))
	err = root.ExecuteContext(ctx)
	return out.String() + errOut.String(), err
}

// staffOf is district staff, bound in the district's namespace alone.
func staffOf(t *testing.T, namespace string) client.Client {
	t.Helper()
	user := "staff-of-" + namespace
	create(t, admin, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "staff"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "evenkeel-district-staff"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	})
	c, err := as(user)
	if err != nil {
		t.Fatal(err)
	}
	awaitRight(t, func() error { return c.List(ctx, &v1alpha1.ScreeningRoundList{}, client.InNamespace(namespace)) })
	return c
}

// awaitRight waits until a new binding is in force.
func awaitRight(t *testing.T, request func() error) {
	t.Helper()
	gomega.NewWithT(t).Eventually(request).WithTimeout(patience).WithPolling(interval).Should(gomega.Succeed())
}

// TestVerbs has the commands that write change a real cluster, with the rights of a platform
// engineer and no more; the operator follows, and takes nothing back.
func TestVerbs(t *testing.T) {
	w := newWorld(t, "verbs")
	w.clock.SetTime(instant("2026-09-15T01:00"))
	w.settle()
	engineer := grant(t, "verbs-engineer", "evenkeel-platform-engineer")
	awaitRight(t, func() error { return engineer.List(ctx, &v1alpha1.ScreeningCampaignList{}) })
	applied := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"suspend": false}}}
	applied.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("ScreeningCampaign"))
	applied.SetName(w.name)
	if err := admin.Apply(ctx, client.ApplyConfigurationFromUnstructured(applied), client.FieldOwner("a-repository")); err != nil {
		t.Fatal(err)
	}
	sessions := func() string { return stamp(&w.round().Spec.Sessions[len(w.round().Spec.Sessions)-1].To) }
	gates := func() string { return standing(w.round().Status.Conditions, v1alpha1.ConditionGatesPassed) }
	for _, step := range []struct {
		at   string // "": as before
		args string
		says string
		is   func() string
		want string
	}{
		{"", "suspend campaign/verbs --drain --dry-run", "nothing was changed", func() string { return told(w.campaign().Status.Conditions) }, "Ready=True"},
		{"", "suspend campaign/verbs --drain", "spec.suspend is applied by a-repository too", gates, "False/Suspended"},
		{"", "suspend round/verbs-20260915", "verbs/verbs-20260915 is held with Hold", func() string { return string(w.round().Spec.Suspend) }, "Hold"},
		{"", "resume campaign/verbs", "spec.suspend is Hold: kubectl evenkeel resume round/verbs-20260915 -n verbs", gates, "True/"},
		{"", "resume round/verbs-20260915", "Nothing else holds it.", func() string { return string(w.round().Spec.Suspend) }, "None"},
		{midSession, "extend verbs-20260915 --school-days 1", "2026-09-20 Sun", sessions, "2026-09-20T08:30"}, // a make-up day
		{"", "extend verbs-20260915 --school-days 0", "TAKEN BACK", sessions, closing},
		{"", "end verbs-20260915 --at 2026-09-18T04:00:00Z --yes", "ends at 2026-09-18T04:00:00Z", func() string { return stamp(w.round().Status.CloseTime) }, "2026-09-18T04:00"},
		{"", "trigger verbs --on 2026-10-12 --yes", "verbs runs on 2026-10-12 too", func() string { return strings.Join(managers(w.campaign()), " ") }, "kubectl-evenkeel"},
	} {
		if step.at != "" {
			w.clock.SetTime(instant(step.at))
			w.settle()
		}
		stdout, err := w.plugin(engineer, step.args)
		if err != nil || !strings.Contains(stdout, step.says) {
			t.Fatalf("%s: %v; want %q in\n%s", step.args, err, step.says, stdout)
		}
		w.settle()
		if got := step.is(); !strings.Contains(got, step.want) {
			t.Errorf("after %s: %s, want %s", step.args, got, step.want)
		}
	}
	w.clock.SetTime(instant("2026-10-12T01:00"))
	w.settle()
	w.get(&v1alpha1.ScreeningRound{}, "verbs-20261012")
}

// managers are the field managers of an object.
func managers(obj client.Object) (out []string) {
	for _, entry := range obj.GetManagedFields() {
		out = append(out, entry.Manager)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestVerbsWithoutTheRight names the right that district staff lack, and changes nothing.
func TestVerbsWithoutTheRight(t *testing.T) {
	w := newWorld(t, "verbs-staff")
	for _, moment := range []string{"2026-09-15T01:00", midSession} {
		w.clock.SetTime(instant(moment))
		w.settle()
	}
	staff, before := staffOf(t, w.name), versionsOf(t, w, &v1alpha1.ScreeningRoundList{})
	for args, want := range map[string]string{
		"suspend round/verbs-staff-20260915":          "you may not patch screeningrounds in the namespace verbs-staff: ask for the role evenkeel-platform-engineer",
		"suspend campaign/verbs-staff":                "you may not get screeningcampaigns: ask for the role evenkeel-platform-engineer",
		"extend verbs-staff-20260915 --school-days 1": "you may not get screeningcampaigns verbs-staff, and a plan without would be half a plan",
		"trigger verbs-staff --yes":                   "you may not get screeningcampaigns: ask for the role evenkeel-platform-engineer",
	} {
		if _, err := w.plugin(staff, args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
	if after := versionsOf(t, w, &v1alpha1.ScreeningRoundList{}); after[w.roundName()] != before[w.roundName()] {
		t.Error("the round was changed")
	}
}

// TestExtendInOneDistrict takes a platform engineer's rights in the district alone, with the province's campaign and
// calendar to read; whoever plans a run needs the whole province.
func TestExtendInOneDistrict(t *testing.T) {
	w := newWorld(t, "verbs-near")
	for _, moment := range []string{"2026-09-15T01:00", midSession} {
		w.clock.SetTime(instant(moment))
		w.settle()
	}
	create(t, admin, &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "verbs-near"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"screeningcampaigns", "academiccalendars"}, Verbs: []string{"get"}},
	}})
	engineer := grantIn(t, w.name, "verbs-near-engineer", "evenkeel-platform-engineer")
	grant(t, "verbs-near-engineer", "verbs-near")
	awaitRight(t, func() error { return engineer.Get(ctx, client.ObjectKey{Name: w.name}, &v1alpha1.ScreeningCampaign{}) })
	if stdout, err := w.plugin(engineer, "extend verbs-near-20260915 --school-days 1"); err != nil || !strings.Contains(stdout, "extended by 1 school day") {
		t.Errorf("extend: %v\n%s", err, stdout)
	}
	want := "you may not list screeningcampaigns of the whole cluster"
	if _, err := w.plugin(engineer, "trigger verbs-near --on 2026-10-12 --yes"); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("trigger: %v, want %q", err, want)
	}
}
