package main

import (
	"fmt"
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// province is what is declared: the shipped examples, as often as it takes.
type province struct {
	schools, districts int
	required           bool // schools are moved until expected cases fit
	tuned              bool // etcd and kube-apiserver collect garbage less often
	today              time.Time
}

func newProvince(schools int, required bool) province {
	return province{
		schools: schools, districts: max(1, int(math.Round(float64(schools)/schoolsPerDistrict))), required: required, today: time.Now(),
	}
}

const selected = "screening.evenkeel.dev/pilot"

func (p province) name(district int) string { return fmt.Sprintf("district-%03d", district) }

// schoolsOf is how many schools a district has: the same everywhere, but for one.
func (p province) schoolsOf(district int) int {
	return (district+1)*p.schools/p.districts - district*p.schools/p.districts
}

// above are the objects of the province itself, which come first: the campaign then meets every district as it comes.
func (p province) above() ([]client.Object, error) {
	calendar, err := p.calendar()
	if err != nil {
		return nil, err
	}
	instrument, err := from("instruments/phq-9", &v1alpha1.Instrument{})
	if err != nil {
		return nil, err
	}
	for i := range instrument.Spec.Languages {
		instrument.Spec.Languages[i].State = v1alpha1.LanguageConfirmed
	}
	instrument.Spec.Review = v1alpha1.Review{State: v1alpha1.ReviewApproved, By: []string{"A board"}}
	policy, err := from("samples/escalationpolicy", &v1alpha1.EscalationPolicy{})
	if err != nil {
		return nil, err
	}
	campaign, err := p.campaign()
	return []client.Object{calendar, instrument, policy, campaign}, err
}

// calendar has the day of the run in a term, whatever day that is.
func (p province) calendar() (*v1alpha1.AcademicCalendar, error) {
	out, err := from("samples/academiccalendar", &v1alpha1.AcademicCalendar{})
	if err != nil {
		return nil, err
	}
	from, to := p.today.AddDate(0, 0, -60), p.today.AddDate(0, 0, 250)
	out.Spec.SchoolYear = fmt.Sprintf("%d-%d", from.Year(), from.Year()+1)
	out.Spec.Terms = []v1alpha1.Term{{Name: "term", From: civil(from), To: civil(to)}}
	out.Spec.Closures, out.Spec.MakeUpDays = nil, nil
	return out, nil
}

func civil(t time.Time) v1alpha1.Civil { return v1alpha1.Civil(t.Format(time.DateOnly)) }

// campaign began yesterday and opens in some weeks: every round is planned and none is open.
func (p province) campaign() (*v1alpha1.ScreeningCampaign, error) {
	out, err := from("samples/screeningcampaign", &v1alpha1.ScreeningCampaign{})
	if err != nil {
		return nil, err
	}
	out.Spec.Schedule = v1alpha1.Schedule{StartDate: civil(p.today.AddDate(0, 0, -1))}
	out.Spec.DistrictSelector = metav1.LabelSelector{MatchLabels: map[string]string{selected: "true"}}
	if p.required {
		rate := func(tier string, perThousand int32) v1alpha1.ExpectedRate {
			return v1alpha1.ExpectedRate{Tier: tier, PerThousand: &perThousand}
		}
		out.Spec.Rollout = v1alpha1.Rollout{Capacity: v1alpha1.Capacity{
			Policy: v1alpha1.CapacityRequired, SchoolDaysPerSchool: 2, CounsellorCasesPerWeek: 40, ProviderCasesPerWeek: 20,
			Expected: []v1alpha1.ExpectedRate{rate("Severe", 1), rate("High", 5), rate("Moderate", 20), rate("Low", 40)},
		}}
	}
	return out, nil
}

// district lists a district's objects in the order in which they are declared.
func (p province) district(i int) ([]client.Object, error) {
	name, code := p.name(i), fmt.Sprintf("%06d", 110_000+i)
	out := []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{v1alpha1.LabelDistrict: code, selected: "true"}}},
		&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "evenkeel-operator"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "evenkeel-district-workloads"},
			Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: system, Name: operatorName}},
		},
		secret(name, "oidc", corev1.SecretTypeOpaque, "client-secret", "s"),
		secret(name, name+"-db-owner", corev1.SecretTypeOpaque, "username", "ek_"+code+"_owner", "password", "p"),
		secret(name, "database-ca", corev1.SecretTypeOpaque, "ca.crt", "c"),
	}
	for _, webhook := range []string{"gateway-sms", "gateway-voice", "hospital"} {
		out = append(out, secret(name, webhook, v1alpha1.SecretTypeChannel, "send", shared, "receive", shared))
	}
	d, err := from("samples/district", &v1alpha1.District{})
	if err != nil {
		return nil, err
	}
	d.Namespace, d.Name, d.Spec.Code = name, name, code
	d.Spec.Database.Name, d.Spec.Database.Roles = "ek_"+code, "Create"
	d.Spec.Database.CASecretRef.Name, d.Spec.Database.OwnerSecretRef.Name = "database-ca", name+"-db-owner"
	d.Spec.Keys.Source = "Generated"
	channel, err := p.channel(i)
	if err != nil {
		return nil, err
	}
	schools, err := p.schoolsIn(i)
	return append(append(out, d, channel), schools...), err
}

const shared = "whsec_c2l4dGVlbi1ieXRlcy1hbmQtc2l4dGVlbi1tb3Jl"

// channel is a hospital of the district's own.
func (p province) channel(i int) (client.Object, error) {
	out, err := from("samples/referralchannel", &v1alpha1.ReferralChannel{})
	if err != nil {
		return nil, err
	}
	out.Namespace, out.Spec.Facility.Code = p.name(i), fmt.Sprintf("EXAMPLE-%06d-01", 110_000+i)
	out.Spec.Agreement.ValidFrom, out.Spec.Agreement.ValidUntil = civil(p.today.AddDate(-1, 0, 0)), civil(p.today.AddDate(1, 0, 0))
	out.Spec.WeeklyCapacity = 200
	return out, nil
}

// schoolsIn are like the three of the example, in turn.
func (p province) schoolsIn(i int) (out []client.Object, err error) {
	examples, err := shipped("samples/schools")
	if err != nil {
		return nil, err
	}
	for k := range p.schoolsOf(i) {
		school := &v1alpha1.School{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(examples[k%len(examples)].Object, school); err != nil {
			return nil, err
		}
		school.Namespace, school.Name = p.name(i), fmt.Sprintf("%s-%03d", school.Name, k)
		if school.Spec.Staffing.Provider.Name != "" {
			school.Spec.Staffing.Provider.ValidUntil = civil(p.today.AddDate(1, 0, 0))
		}
		for s := range school.Spec.Stages {
			school.Spec.Stages[s].Enrolled = ptr.To(*school.Spec.Stages[s].Enrolled/2 + int32(7*k%400)) //nolint:gosec // small
		}
		out = append(out, school)
	}
	return out, nil
}

func secret(namespace, name string, kind corev1.SecretType, pairs ...string) *corev1.Secret {
	data := map[string][]byte{}
	for i := 0; i < len(pairs); i += 2 {
		data[pairs[i]] = []byte(pairs[i+1])
	}
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Type: kind, Data: data}
}

// from reads a shipped example.
func from[T client.Object](file string, into T) (T, error) {
	obj, err := sample(file)
	if err != nil {
		return into, err
	}
	return into, convert(obj, into)
}

func convert(obj *unstructured.Unstructured, into client.Object) error {
	return runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, into)
}
