package campaign

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// An exception that names what is not there lets nothing pass, and the campaign says which entry names what; it is planned
// all the same.
func TestExceptionsThatNameWhatIsNotThere(t *testing.T) {
	exception := func(district string, gate v1alpha1.GateName, schools, areas []string) v1alpha1.GateException {
		return v1alpha1.GateException{Name: "late", District: district, Gate: gate, Schools: schools, Areas: areas, Until: "2026-11-30"}
	}
	fine := exception("fengtai", v1alpha1.GateTraining, []string{"lotus-pond"}, nil)
	tests := map[string]struct {
		exceptions []v1alpha1.GateException
		want       string // in the message of Ready; "": nothing of exceptions
	}{
		"none":           {nil, ""},
		"all there":      {[]v1alpha1.GateException{fine, exception("fengtai", v1alpha1.GateExpertGroup, nil, []string{"east"}), exception("fengtai", v1alpha1.GateDutyDrill, nil, nil)}, ""},
		"no district":    {[]v1alpha1.GateException{fine, exception("fengtia", v1alpha1.GateDutyDrill, nil, nil)}, "; spec.gateExceptions[1] (late) names District fengtia, which does not exist; correct"},
		"not selected":   {[]v1alpha1.GateException{exception("kaizhou", v1alpha1.GateDutyDrill, nil, nil)}, "spec.gateExceptions[0] (late) names District kaizhou, which spec.districtSelector does not select"},
		"no such school": {[]v1alpha1.GateException{exception("fengtai", v1alpha1.GateTraining, []string{"lotus-pond", "lotus-pont"}, nil)}, "names School lotus-pont, which District fengtai does not have"},
		"of another":     {[]v1alpha1.GateException{exception("fengtai", v1alpha1.GateTraining, []string{"willow-lane"}, nil)}, "names School willow-lane, which"},
		"no such area":   {[]v1alpha1.GateException{exception("fengtai", v1alpha1.GateExpertGroup, nil, []string{"west"})}, "names area west, which"},
		"many": {[]v1alpha1.GateException{
			exception("a", v1alpha1.GateDutyDrill, nil, nil), exception("b", v1alpha1.GateDutyDrill, nil, nil), exception("c", v1alpha1.GateDutyDrill, nil, nil),
			exception("d", v1alpha1.GateDutyDrill, nil, nil), exception("e", v1alpha1.GateDutyDrill, nil, nil), exception("f", v1alpha1.GateDutyDrill, nil, nil),
		}, "spec.gateExceptions[4] (late) names District e, which does not exist; and 1 more; correct"},
	}
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	elsewhere := v1alpha1.School{ObjectMeta: metav1.ObjectMeta{Namespace: "kaizhou", Name: "willow-lane"}}
	now := time.Date(2026, 10, 12, 0, 0, 0, 0, time.UTC)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := claimed()
			o.others = nil
			fengtai := o.districts["fengtai"]
			fengtai.Spec.Areas = []v1alpha1.Area{{Code: "east"}}
			o.districts["fengtai"], o.districts["kaizhou"] = fengtai, v1alpha1.District{}
			o.campaign.Spec.GateExceptions = tt.exceptions
			r := Reconciler{Client: fake.NewClientBuilder().WithScheme(scheme).WithObjects(o.schools["fengtai"][0].DeepCopy(), elsewhere.DeepCopy()).Build()}
			if err := r.gatherExcepted(t.Context(), &o); err != nil {
				t.Fatal(err)
			}
			c := o.campaign.DeepCopy()
			summarise(c, o, decide(o, now), now)
			ready := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionReady)
			if ready.Status != metav1.ConditionTrue || !strings.Contains(ready.Message, tt.want) || strings.Contains(ready.Message, "gateExceptions") != (tt.want != "") {
				t.Errorf("Ready is %s: %s", ready.Status, ready.Message)
			}
		})
	}
}
