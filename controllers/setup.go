// Package controllers registers every reconciler and the exchange with a manager.
package controllers

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/controllers/calendar"
	"github.com/evenkeel/evenkeel/controllers/campaign"
	"github.com/evenkeel/evenkeel/controllers/district"
	"github.com/evenkeel/evenkeel/controllers/escalationpolicy"
	"github.com/evenkeel/evenkeel/controllers/inspection"
	"github.com/evenkeel/evenkeel/controllers/instrument"
	"github.com/evenkeel/evenkeel/controllers/referralchannel"
	"github.com/evenkeel/evenkeel/controllers/round"
	"github.com/evenkeel/evenkeel/controllers/school"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/metrics"
	"github.com/evenkeel/evenkeel/internal/controlplane/sync"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// Options are the operator's settings.
type Options struct {
	Workloads workload.Settings
	CellFloor int32         // the province's
	Coverage  coverage.Rule // the province's; zero: coverage.DefaultRule
	Busy      time.Duration // between two calls of a district with a round under way; 0: 5 s
	Quiet     time.Duration // otherwise; 0: 15 s
	Clock     clock.WithTicker
	Dial      sync.DialFunc         // nil: the network
	Metrics   prometheus.Registerer // nil: no figures of the province
}

// Scheme knows the kinds of this operator and those of Kubernetes.
func Scheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return scheme, nil
}

// Cache keeps what is read and drops what is not: of workloads the metadata of our
// own, and of every object neither managed fields nor the copy kubectl leaves, nor any
// text twice that schools have in common.
func Cache() cache.Options {
	ours := cache.ByObject{Label: labels.SelectorFromSet(labels.Set{workload.LabelManagedBy: workload.Product})}
	byObject := map[client.Object]cache.ByObject{}
	for _, made := range district.Made() {
		byObject[made] = ours
	}
	return cache.Options{DefaultTransform: strip, ByObject: byObject}
}

// Uncached are read by name and live: they are secret, or too many.
func Uncached() []client.Object {
	return []client.Object{&corev1.Secret{}, &corev1.ConfigMap{}}
}

type reconciler interface {
	SetupWithManager(mgr ctrl.Manager) error
}

// campaignPause is shorter than other kinds': there are few campaigns, and their figures change when districts come.
const campaignPause = 5 * time.Second

// Setup registers everything.
func Setup(mgr ctrl.Manager, o Options) error {
	if o.Coverage == (coverage.Rule{}) {
		o.Coverage = coverage.DefaultRule()
	}
	c, live, clk := mgr.GetClient(), mgr.GetAPIReader(), o.Clock
	b, status, recorder := board.New(), apply.NewStatusWriter(c, clk), mgr.GetEventRecorder(v1alpha1.FieldOwner)
	all := []reconciler{
		&calendar.Reconciler{Client: c, Clock: clk, Status: status},
		&instrument.Reconciler{Client: c, Clock: clk, Status: status},
		&escalationpolicy.Reconciler{Client: c, Clock: clk, Status: status},
		&campaign.Reconciler{Client: c, Live: live, Clock: clk, Status: status.Every(campaignPause), Events: recorder, Coverage: o.Coverage},
		&round.Reconciler{Client: c, Live: live, Clock: clk, Status: status, Board: b, Events: recorder, Coverage: o.Coverage},
		&district.Reconciler{
			Client: c, Live: live, Clock: clk, Status: status, Applier: apply.NewApplier(c), Board: b, Events: recorder, Settings: o.Workloads,
			Coverage: o.Coverage,
		},
		&school.Reconciler{Client: c, Clock: clk, Status: status, Board: b, Coverage: o.Coverage},
		&referralchannel.Reconciler{Client: c, Live: live, Clock: clk, Status: status, Board: b},
		&inspection.Reconciler{Client: c, Live: live, Clock: clk, Status: status, Events: recorder},
	}
	for _, r := range all {
		if err := r.SetupWithManager(mgr); err != nil {
			return fmt.Errorf("setting up %T: %w", r, err)
		}
	}
	if o.Metrics != nil {
		collector := &metrics.Collector{Client: c, Leads: mgr.Elected(), Log: mgr.GetLogger().WithName("metrics")}
		if err := o.Metrics.Register(collector); err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	return mgr.Add(&sync.Syncer{
		Client: c, Secrets: live, Board: b, Clock: clk, CellFloor: o.CellFloor, Coverage: o.Coverage, Busy: o.Busy, Quiet: o.Quiet, Dial: o.Dial,
	})
}
