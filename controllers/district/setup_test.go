package district

import (
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

func TestWhoWakesADistrict(t *testing.T) {
	made := metav1.ObjectMeta{Namespace: "fengtai", Name: "fengtai-migrate-1", Labels: workload.DistrictLabels("fengtai")}
	tests := map[string]struct {
		which handler.MapFunc
		by    client.Object
		wakes bool
	}{
		"its namespace":    {ofNamespace, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "fengtai"}}, true},
		"a school":         {ofSchool, &v1alpha1.School{ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: "lotus-pond"}}, true},
		"a workload":       {ofWorkload, &batchv1.Job{ObjectMeta: made}, true},
		"a Job of another": {ofWorkload, &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: "backup"}}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := tt.which(t.Context(), tt.by)
			if (len(got) == 1) != tt.wakes || tt.wakes && got[0].String() != "fengtai/fengtai" {
				t.Errorf("wakes %v", got)
			}
		})
	}
}
