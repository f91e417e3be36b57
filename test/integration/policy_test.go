package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// policyExample is a request that an admission policy refuses, for finding out that it
// is in force. It is made by someone whom RBAC lets do it.
type policyExample struct {
	policy  string
	message string
	request func(c client.Client) error
}

// nobody may do everything but approve, and is not the operator.
const nobody = "nobody-in-particular"

var policyExamples = []policyExample{
	{"evenkeel-rounds", "rounds are created by the operator", func(c client.Client) error {
		return c.Create(ctx, makeRound("default", "by-hand").Obj(), client.DryRunAll)
	}},
	{"evenkeel-instrument-approval", "takes the verb approve on instruments", func(c client.Client) error {
		return c.Create(ctx, makeInstrument("by-hand", "by-hand").Obj(), client.DryRunAll)
	}},
	{"evenkeel-escalationpolicy-approval", "takes the verb approve on escalationpolicies", func(c client.Client) error {
		return c.Create(ctx, makePolicy("by-hand", "phq-9").Obj(), client.DryRunAll)
	}},
	{"evenkeel-district-name", "a District has the name of its namespace", func(c client.Client) error {
		return c.Create(ctx, makeDistrict("default").Named("elsewhere").Obj(), client.DryRunAll)
	}},
	{"evenkeel-status", "status is written by the operator only", func(c client.Client) error {
		campaign := makeCampaign("probe", "2026-09-15").Obj()
		if err := client.IgnoreAlreadyExists(operator.Create(ctx, campaign.DeepCopy())); err != nil {
			return err
		}
		claim := client.RawPatch("application/merge-patch+json", []byte(`{"status":{"rounds":"9/9 open"}}`))
		return c.Status().Patch(ctx, campaign, claim, client.DryRunAll)
	}},
	{"evenkeel-granted-namespace", "holds a district", func(c client.Client) error {
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "probe", Labels: map[string]string{v1alpha1.LabelDistrict: "1"}}}
		if err := client.IgnoreAlreadyExists(admin.Create(ctx, ns.DeepCopy())); err != nil {
			return err
		}
		return c.Delete(ctx, ns, client.DryRunAll)
	}},
}

// try returns an error unless the policy refuses the request with its message.
func (p policyExample) try() error {
	c, err := engineer()
	if err != nil {
		return err
	}
	err = p.request(c)
	if err == nil || !strings.Contains(err.Error(), p.policy) || !strings.Contains(err.Error(), p.message) {
		return fmt.Errorf("%s: not refused with %q: %w", p.policy, p.message, err)
	}
	return nil
}

// engineer is someone with the right to do anything with these kinds but to approve.
func engineer() (client.Client, error) {
	if err := client.IgnoreAlreadyExists(admin.Create(ctx, everythingButApprove())); err != nil {
		return nil, err
	}
	if err := client.IgnoreAlreadyExists(admin.Create(ctx, bindingOf(nobody))); err != nil {
		return nil, err
	}
	return as(nobody)
}

// TestEveryPolicyHasExamples fails when a shipped policy has none.
func TestEveryPolicyHasExamples(t *testing.T) {
	var policies admissionv1.ValidatingAdmissionPolicyList
	if err := admin.List(ctx, &policies); err != nil {
		t.Fatal(err)
	}
	examples := map[string]bool{}
	for _, p := range policyExamples {
		examples[p.policy] = true
		if err := p.try(); err != nil {
			t.Error(err)
		}
	}
	for _, policy := range policies.Items {
		if !examples[policy.Name] {
			t.Errorf("no example for the policy %s", policy.Name)
		}
		if policy.Spec.FailurePolicy == nil || *policy.Spec.FailurePolicy != admissionv1.Fail {
			t.Errorf("the policy %s does not fail closed", policy.Name)
		}
	}
	if len(policies.Items) != len(examples) {
		t.Errorf("%d policies, examples for %d", len(policies.Items), len(examples))
	}
}

const peoplesFields = "of a round only spec.suspend, spec.endAt and spec.extendSchoolDays may be changed"

func TestRoundsBelongToTheOperator(t *testing.T) {
	namespace(t, "rounds")
	someone, err := engineer()
	if err != nil {
		t.Fatal(err)
	}
	round := makeRound("rounds", "autumn-20260915").Obj()
	create(t, operator, round)
	tests := map[string]struct {
		edit func(*v1alpha1.ScreeningRound)
		want string // "": accepted
	}{
		"suspend":          {edit: func(r *v1alpha1.ScreeningRound) { r.Spec.Suspend = v1alpha1.SuspendHold }},
		"endAt":            {edit: func(r *v1alpha1.ScreeningRound) { r.Spec.EndAt = ptr.To(metav1.NewTime(time.Unix(1_800_000_000, 0))) }},
		"extendSchoolDays": {edit: func(r *v1alpha1.ScreeningRound) { r.Spec.ExtendSchoolDays = ptr.To[int32](2) }},
		"an annotation":    {edit: func(r *v1alpha1.ScreeningRound) { r.Annotations = map[string]string{"note": "seen"} }},
		"a label":          {edit: func(r *v1alpha1.ScreeningRound) { r.Labels["team"] = "a" }},
		"a finalizer":      {edit: func(r *v1alpha1.ScreeningRound) { r.Finalizers = []string{"example.cn/backup"} }},
		"the campaign":     {edit: func(r *v1alpha1.ScreeningRound) { r.Spec.Campaign.UID = "1111" }, want: peoplesFields},
		"the slot":         {edit: func(r *v1alpha1.ScreeningRound) { r.Spec.Slot = "2026-09-16" }, want: peoplesFields},
		"the purpose":      {edit: func(r *v1alpha1.ScreeningRound) { r.Spec.Purpose = v1alpha1.PurposeMakeUp }, want: peoplesFields},
		"a phase":          {edit: func(r *v1alpha1.ScreeningRound) { r.Spec.Phases[0].To = r.Spec.Phases[0].From }, want: peoplesFields},
		"a session":        {edit: func(r *v1alpha1.ScreeningRound) { r.Spec.Sessions = r.Spec.Sessions[:1] }, want: peoplesFields},
		"a school's time": {edit: func(r *v1alpha1.ScreeningRound) {
			r.Spec.Schools = []v1alpha1.SchoolWindows{{Name: "a", Sessions: r.Spec.Sessions[:1]}}
		}, want: peoplesFields},
		"a school out":    {edit: func(r *v1alpha1.ScreeningRound) { r.Spec.LeftOut = []string{"a"} }, want: peoplesFields},
		"the cohort":      {edit: func(r *v1alpha1.ScreeningRound) { r.Spec.Cohort.Stages[0] = v1alpha1.StageVocational }, want: peoplesFields},
		"the instruments": {edit: func(r *v1alpha1.ScreeningRound) { r.Spec.Instruments[0].Version = "2" }, want: peoplesFields},
		"the policy":      {edit: func(r *v1alpha1.ScreeningRound) { r.Spec.EscalationPolicyRef.Name = "lax" }, want: peoplesFields},
		"an owner": {edit: func(r *v1alpha1.ScreeningRound) {
			r.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "gone", UID: "1111"}}
		}, want: "a round has no owner"},
		"the owner label":  {edit: func(r *v1alpha1.ScreeningRound) { delete(r.Labels, v1alpha1.LabelCampaign) }, want: "belongs to the operator"},
		"the label's text": {edit: func(r *v1alpha1.ScreeningRound) { r.Labels[v1alpha1.LabelCampaign] = "x" }, want: "belongs to the operator"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			changed := round.DeepCopy()
			tt.edit(changed)
			expect(t, someone.Update(ctx, changed, client.DryRunAll), tt.want)
			changed = round.DeepCopy()
			tt.edit(changed)
			expect(t, operator.Update(ctx, changed, client.DryRunAll), "")
		})
	}
}

// A round that has closed stays closed: its end can be moved until then, and neither moved nor taken back afterwards.
func TestAClosedRoundKeepsItsEnd(t *testing.T) {
	namespace(t, "closed")
	someone, err := engineer()
	if err != nil {
		t.Fatal(err)
	}
	round := makeRound("closed", "autumn-20260915").Obj()
	round.Spec.EndAt = ptr.To(metav1.NewTime(time.Unix(1_800_000_000, 0)))
	create(t, operator, round)
	edits := map[string]func(*v1alpha1.ScreeningRound){
		"taken back": func(r *v1alpha1.ScreeningRound) { r.Spec.EndAt = nil },
		"moved":      func(r *v1alpha1.ScreeningRound) { r.Spec.EndAt = ptr.To(metav1.NewTime(time.Unix(1_800_000_060, 0))) },
	}
	for _, s := range []struct {
		status metav1.ConditionStatus
		reason string
		opened bool
		want   string
	}{
		{metav1.ConditionFalse, v1alpha1.ReasonScheduled, false, ""},
		{metav1.ConditionTrue, v1alpha1.ReasonOpen, true, ""},
		{metav1.ConditionFalse, v1alpha1.ReasonHeld, true, ""},
		{metav1.ConditionFalse, v1alpha1.ReasonClosed, true, "does not open again"},
		{metav1.ConditionFalse, v1alpha1.ReasonReleased, true, "schedule.extraDates"},
		{metav1.ConditionFalse, v1alpha1.ReasonClosed, false, ""}, // never open: claims keep it from another's schools
	} {
		round.Status.OpenedTime = nil
		if s.opened {
			round.Status.OpenedTime = ptr.To(metav1.NewTime(time.Unix(1_700_000_000, 0)))
		}
		round.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionOpen, Status: s.status, Reason: s.reason, LastTransitionTime: metav1.Now()}}
		expect(t, operator.Status().Update(ctx, round), "")
		for name, edit := range edits {
			t.Run(fmt.Sprintf("%s %t %s", s.reason, s.opened, name), func(t *testing.T) {
				changed := round.DeepCopy()
				edit(changed)
				expect(t, someone.Update(ctx, changed, client.DryRunAll), s.want)
			})
		}
		changed := round.DeepCopy() // what has no effect, and what pauses
		changed.Spec.ExtendSchoolDays, changed.Spec.Suspend = ptr.To[int32](2), v1alpha1.SuspendHold
		expect(t, someone.Update(ctx, changed, client.DryRunAll), "")
	}
}

func TestApproval(t *testing.T) {
	author := grant(t, "author", "evenkeel-platform-engineer")
	approver := grant(t, "approver", "evenkeel-instrument-approver")
	draft := makeInstrument("approval", "approval").With(func(in *v1alpha1.Instrument) { in.Spec.Review = v1alpha1.Review{State: v1alpha1.ReviewDraft} }).Obj()
	create(t, author, draft)

	approve := func(c client.Client) error {
		changed := draft.DeepCopy()
		changed.Spec.Review = v1alpha1.Review{State: v1alpha1.ReviewApproved, By: []string{"Board"}}
		return c.Update(ctx, changed, client.DryRunAll)
	}
	expect(t, approve(author), "takes the verb approve on instruments")
	expect(t, approve(approver), "")
	expect(t, author.Create(ctx, makeInstrument("approved", "other").Obj(), client.DryRunAll), "takes the verb approve on instruments")

	draft.Spec.Review = v1alpha1.Review{State: v1alpha1.ReviewApproved, By: []string{"Board"}}
	expect(t, approver.Update(ctx, draft), "")
	draft.Spec.Licence.Holder = "Another holder"
	expect(t, author.Update(ctx, draft, client.DryRunAll), "")
	draft.Spec.Review.By = []string{"Board", "Nobody"}
	expect(t, author.Update(ctx, draft, client.DryRunAll), "takes the verb approve on instruments")
	draft.Spec.Review.State = v1alpha1.ReviewRetired
	expect(t, author.Update(ctx, draft, client.DryRunAll), "")

	policy := makePolicy("approval", "approval").Obj()
	expect(t, author.Create(ctx, policy.DeepCopy(), client.DryRunAll), "takes the verb approve on escalationpolicies")
	create(t, approver, policy)
	policy.Labels = map[string]string{"team": "a"}
	expect(t, author.Update(ctx, policy.DeepCopy(), client.DryRunAll), "")
	policy.Spec.Undetermined.RetestWithinSchoolDays++
	expect(t, author.Update(ctx, policy.DeepCopy(), client.DryRunAll), "takes the verb approve on escalationpolicies")
	expect(t, approver.Update(ctx, policy.DeepCopy(), client.DryRunAll), "")
}

func TestStatusBelongsToTheOperator(t *testing.T) {
	namespace(t, "status")
	someone, err := engineer()
	if err != nil {
		t.Fatal(err)
	}
	channel := makeChannel("status").Obj()
	create(t, admin, channel)
	forged := func(c client.Client) error {
		claim := channel.DeepCopy()
		claim.Status.Conditions = []metav1.Condition{{
			Type: v1alpha1.ConditionUsable, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReachable, LastTransitionTime: metav1.Now(),
		}}
		return c.Status().Update(ctx, claim, client.DryRunAll)
	}
	expect(t, forged(someone), "status is written by the operator only")
	expect(t, forged(admin), "status is written by the operator only")
	expect(t, forged(operator), "")
}

func TestTenancy(t *testing.T) {
	ns := namespace(t, "tenancy")
	expect(t, admin.Create(ctx, makeDistrict("tenancy").Named("other").Obj(), client.DryRunAll), "set metadata.name to tenancy")
	expect(t, admin.Create(ctx, makeDistrict("tenancy").Obj(), client.DryRunAll), "")

	expect(t, admin.Delete(ctx, ns, client.DryRunAll), "kubectl annotate namespace tenancy screening.evenkeel.dev/allow-deletion=tenancy")
	ns.Annotations = map[string]string{"screening.evenkeel.dev/allow-deletion": "another"}
	expect(t, admin.Update(ctx, ns), "")
	expect(t, admin.Delete(ctx, ns, client.DryRunAll), "holds a district")
	ns.Annotations["screening.evenkeel.dev/allow-deletion"] = "tenancy"
	expect(t, admin.Update(ctx, ns), "")
	expect(t, admin.Delete(ctx, ns, client.DryRunAll), "")

	plain := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "no-district"}}
	create(t, admin, plain)
	expect(t, admin.Delete(ctx, plain, client.DryRunAll), "")
}

func TestPersonas(t *testing.T) {
	namespace(t, "personas")
	channel := makeChannel("personas").Obj()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "personas", Name: "hospital"}}
	create(t, admin, secret)
	tests := map[string]map[string]struct {
		request func(client.Client) error
		want    string
	}{
		"evenkeel-district-staff": {
			"may declare a channel": {request: func(c client.Client) error { return c.Create(ctx, channel.DeepCopy(), client.DryRunAll) }},
			"may inspect": {request: func(c client.Client) error {
				return c.Create(ctx, makeInspection("personas").Obj(), client.DryRunAll)
			}},
			"may not say what was drawn": {request: func(c client.Client) error {
				return c.Status().Update(ctx, makeInspection("personas").Obj(), client.DryRunAll)
			}, want: "cannot update resource"},
			"may not declare a district": {request: func(c client.Client) error { return c.Create(ctx, makeDistrict("personas").Obj(), client.DryRunAll) }, want: "cannot create resource"},
			"may not read secrets":       {request: func(c client.Client) error { return c.Get(ctx, client.ObjectKeyFromObject(secret), secret.DeepCopy()) }, want: "cannot get resource"},
		},
		"evenkeel-platform-engineer": {
			"may plan a campaign": {request: func(c client.Client) error {
				return c.Create(ctx, makeCampaign("personas", "2026-09-15").Obj(), client.DryRunAll)
			}},
			"may not delete a round": {request: func(c client.Client) error { return c.Delete(ctx, makeRound("personas", "x").Obj(), client.DryRunAll) }, want: "cannot delete resource"},
			"may not write a status": {request: func(c client.Client) error { return c.Status().Update(ctx, channel.DeepCopy(), client.DryRunAll) }, want: "cannot update resource"},
		},
		"evenkeel-viewer": {
			"may list inspections": {request: func(c client.Client) error { return c.List(ctx, &v1alpha1.InspectionList{}) }},
			"may not write an inspection": {request: func(c client.Client) error {
				return c.Create(ctx, makeInspection("personas").Obj(), client.DryRunAll)
			}, want: "cannot create resource"},
			"may list rounds":       {request: func(c client.Client) error { return c.List(ctx, &v1alpha1.ScreeningRoundList{}) }},
			"may not write a round": {request: func(c client.Client) error { return c.Update(ctx, makeRound("personas", "x").Obj(), client.DryRunAll) }, want: "cannot update resource"},
		},
	}
	for role, cases := range tests {
		c := grant(t, "person-"+role, role)
		for name, tt := range cases {
			t.Run(role+" "+name, func(t *testing.T) { expect(t, tt.request(c), tt.want) })
		}
	}
}

// expect wants an error with that text, or none when it is empty. RBAC may lag by a moment.
func expect(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("refused: %v", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("not refused with %q: %v", want, err)
	}
}
