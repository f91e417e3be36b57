package district_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/log"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/controllers"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// casework plays a district's casework: it shows the certificate and asks for the
// token that the operator made, applies what it is sent and reports.
type casework struct {
	ctx       context.Context
	namespace string
	server    *httptest.Server

	mu       sync.Mutex
	calls    int
	received contract.Directory
	report   contract.Report
}

func newCasework(t *testing.T, namespace string) *casework {
	c := &casework{ctx: t.Context(), namespace: namespace, report: report()}
	c.report.Channels = []contract.Probe{{Ref: contract.RefOf("anding"), Reach: contract.Reachable}}
	c.server = httptest.NewUnstartedServer(c)
	c.server.TLS = &tls.Config{GetCertificate: c.certificate}
	c.server.StartTLS()
	t.Cleanup(c.server.Close)
	return c
}

func (c *casework) secret(name string) map[string][]byte {
	var s corev1.Secret
	if err := admin.Get(c.ctx, types.NamespacedName{Namespace: c.namespace, Name: name}, &s); err != nil {
		return nil
	}
	return s.Data
}

func (c *casework) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	data := c.secret(workload.TLSSecret(c.namespace, time.Now().UTC().Year()))
	pair, err := tls.X509KeyPair(data["tls.crt"], data["tls.key"])
	return &pair, err
}

func (c *casework) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if !strings.HasPrefix(address, workload.InternalHost(c.namespace, c.namespace)+":") {
		return nil, fmt.Errorf("dialled %s", address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, c.server.Listener.Addr().String())
}

func (c *casework) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	want := "Bearer " + string(c.secret(workload.TokenSecret(c.namespace))["token"])
	var req contract.SyncRequest
	if r.Header.Get("Authorization") != want || json.NewDecoder(r.Body).Decode(&req) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	c.report.AtUnix++
	if req.Documents.Directory != nil {
		c.received, c.report.Directory = *req.Documents.Directory, req.Directory
	}
	_ = json.NewEncoder(w).Encode(contract.SyncResponse{Version: contract.Version, Report: shortened(c.report, req.Coverage)})
}

// shortened leaves out the schools of a coverage that the operator holds.
func shortened(r contract.Report, held contract.Digest) contract.Report {
	if r.Coverage != nil && r.Coverage.Digest == held {
		short := *r.Coverage
		short.Schools = nil
		r.Coverage = &short
	}
	return r
}

// screened is the coverage of the present school year in which everybody of those schools was screened.
func screened(g Gomega, schools ...string) *contract.Coverage {
	zone, err := time.LoadLocation("Asia/Shanghai")
	g.Expect(err).NotTo(HaveOccurred())
	c := &contract.Coverage{YearFromUnix: coverage.DefaultRule().YearOf(time.Now(), zone).From.Unix()}
	for _, name := range schools {
		c.Schools = append(c.Schools, contract.SchoolCoverage{School: contract.RefOf(name), Eligible: 100, Screened: 100, Met: true})
		c.Eligible, c.Screened = c.Eligible+100, c.Screened+100
	}
	c.Digest, err = c.Sum()
	g.Expect(err).NotTo(HaveOccurred())
	return c
}

// shown are the operator's metrics by name and labels.
func shown(g Gomega, registry *prometheus.Registry) map[string]float64 {
	families, err := registry.Gather()
	g.Expect(err).NotTo(HaveOccurred())
	out := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			key := family.GetName()
			for _, label := range m.GetLabel() {
				key += " " + label.GetValue()
			}
			out[key] = m.GetGauge().GetValue()
		}
	}
	return out
}

func (c *casework) called() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

// startManager runs the whole operator with its own rights and returns what it writes; its figures are in the registry.
func startManager(t *testing.T, g Gomega, dial func(context.Context, string, string) (net.Conn, error), registry *prometheus.Registry) *writes {
	w := &writes{}
	cfg := rest.CopyConfig(operatorConfig)
	cfg.Wrap(w.wrap)
	scheme, err := controllers.Scheme()
	g.Expect(err).NotTo(HaveOccurred())
	mgr, err := ctrl.NewManager(cfg, ctrl.Options{
		Scheme: scheme, Cache: controllers.Cache(), Logger: log.Log,
		Client:                 client.Options{Cache: &client.CacheOptions{DisableFor: controllers.Uncached()}},
		Metrics:                metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress: "0",
		Controller:             config.Controller{SkipNameValidation: ptr.To(true)},
		LeaderElection:         true, LeaderElectionNamespace: system, LeaderElectionID: "manager.screening.evenkeel.dev",
	})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(controllers.Setup(mgr, controllers.Options{
		Workloads: workload.Settings{Image: image, OperatorNamespace: system}, CellFloor: 20,
		Busy: time.Second, Quiet: time.Second, Clock: clock.RealClock{}, Dial: dial, Metrics: registry,
	})).To(Succeed())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return w
}

func TestAtRestNothingIsWritten(t *testing.T) {
	p := newPlace(t, "rest")
	p.schoolsAndChannel()
	c := newCasework(t, p.name)
	c.report.Coverage = screened(p, "first", "second", "third")
	c.report.Drill = &contract.Drill{AcknowledgedAtUnix: time.Now().Unix()}
	registry := prometheus.NewPedanticRegistry()
	w := startManager(t, p, c.dial, registry)

	p.Eventually(func(g Gomega) {
		p.playControllers(g)
		g.Expect(p.condition(v1alpha1.ConditionReady)).To(Equal("True Applied"))
		g.Expect(p.condition(v1alpha1.ConditionKeysReady)).To(Equal("True FingerprintMatches"))
		g.Expect(p.district().Status.Schools).To(Equal("2/3"))
		g.Expect(p.usable()).To(Equal("True Reachable"))
		g.Expect(p.condition(v1alpha1.ConditionAnnualScreeningMet)).To(Equal("True Met"))
		g.Expect(p.condition(v1alpha1.ConditionDutyDrillAcknowledged)).To(Equal("True Acknowledged"))
		g.Expect(p.district().Status.Coverage).To(And(HaveField("Students", "300/300"), HaveField("Schools", "3/3")))
		g.Expect(shown(g, registry)).To(And(
			HaveKeyWithValue("evenkeel_schools_annual_screening rest met", 3.0),
			HaveKeyWithValue("evenkeel_schools_annual_screening rest overdue", 0.0),
			HaveKeyWithValue("evenkeel_district_students_screened_ratio rest", 1.0)))
	}, 2*patience, 200*time.Millisecond).Should(Succeed())
	c.mu.Lock()
	p.Expect(c.received.CellFloor).To(Equal(20), "the province's floor is the larger one")
	p.Expect(c.received.Schools).To(HaveLen(3))
	p.Expect(c.received.Coverage).To(HaveValue(Equal(contract.CoverageRule{YearBegins: "09-01", TargetPercent: 95})))
	p.Expect(c.received.Channels).To(HaveLen(1))
	c.mu.Unlock()

	quiet(p, w)
	versions, sent, calls := p.versions(), len(w.list()), c.called()
	p.Eventually(c.called, patience, often).Should(BeNumerically(">=", calls+8), "the exchange goes on")
	p.Expect(w.list()[sent:]).To(BeEmpty(), "requests at rest that are not reads")
	p.Expect(p.versions()).To(Equal(versions), "objects that changed at rest")
	t.Logf("provisioned with %d writes; then %d calls of the exchange with none", sent, c.called()-calls)

	// A negative control: the count sees a write when there is one.
	c.mu.Lock()
	c.report.Covered = false
	c.mu.Unlock()
	p.Eventually(func() int { return len(w.list()) }, patience, often).Should(BeNumerically(">", sent))
	p.Eventually(func() string { return p.condition(v1alpha1.ConditionSignalsCovered) }, patience, often).Should(Equal("False Uncovered"))
}

// quiet waits until nothing has been written for three seconds.
func quiet(g Gomega, w *writes) {
	last, since := len(w.list()), time.Now()
	g.Eventually(func() bool {
		if n := len(w.list()); n != last {
			last, since = n, time.Now()
		}
		return time.Since(since) > 3*time.Second
	}, 3*patience, often).Should(BeTrue(), "the operator never comes to rest")
}

func (p *place) schoolsAndChannel() {
	school := func(name string, staffing v1alpha1.Staffing) {
		p.Expect(admin.Create(p.ctx, &v1alpha1.School{
			ObjectMeta: metav1.ObjectMeta{Namespace: p.name, Name: name},
			Spec: v1alpha1.SchoolSpec{
				DisplayName: v1alpha1.Text{En: name}, Staffing: staffing,
				Stages: []v1alpha1.StageEnrolment{{Stage: v1alpha1.StageJuniorSecondary, Grades: []int32{7}, Enrolled: ptr.To[int32](100)}},
			},
		})).To(Succeed())
	}
	school("first", v1alpha1.Staffing{FullTimePsychTeachers: ptr.To[int32](1)})
	school("second", v1alpha1.Staffing{Provider: v1alpha1.Provider{Name: "Heart", Credential: "1", ValidUntil: "2999-12-31"}})
	school("third", v1alpha1.Staffing{FullTimePsychTeachers: ptr.To[int32](0)})
	p.secret("hospital", v1alpha1.SecretTypeChannel, map[string]string{"send": "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 32)), "receive": secret})
	p.Expect(admin.Create(p.ctx, &v1alpha1.ReferralChannel{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.name, Name: "anding"},
		Spec: v1alpha1.ReferralChannelSpec{
			Facility: v1alpha1.Facility{Code: "H1", DisplayName: v1alpha1.Text{En: "Anding"}}, Class: "Psychiatric", WeeklyCapacity: 20, DutyPhone: "12356",
			Agreement: v1alpha1.Agreement{Number: "1", ValidFrom: "2020-01-01", ValidUntil: "2999-12-31"},
			Endpoint:  v1alpha1.Endpoint{URL: "https://hospital.example/referrals", SecretRef: v1alpha1.ObjectReference{Name: "hospital"}},
		},
	})).To(Succeed())
}

func (p *place) usable() string {
	var c v1alpha1.ReferralChannel
	p.Expect(admin.Get(p.ctx, p.key("anding"), &c)).To(Succeed())
	usable := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionUsable)
	if usable == nil {
		return ""
	}
	return string(usable.Status) + " " + usable.Reason
}

// playControllers does what kube-controller-manager would, only where it is needed.
func (p *place) playControllers(g Gomega) {
	p.migrate()
	var list appsv1.DeploymentList
	g.Expect(admin.List(p.ctx, &list, client.InNamespace(p.name))).To(Succeed())
	for _, d := range list.Items {
		if d.Status.ObservedGeneration != d.Generation {
			p.rollOut()
		}
	}
}

// versions is the resource version of everything in the namespace but events.
func (p *place) versions() map[string]string {
	versions := map[string]string{}
	lists := []client.ObjectList{
		&v1alpha1.DistrictList{}, &v1alpha1.SchoolList{}, &v1alpha1.ReferralChannelList{}, &corev1.SecretList{}, &corev1.ServiceList{},
		&appsv1.DeploymentList{}, &batchv1.JobList{}, &networkingv1.NetworkPolicyList{}, &policyv1.PodDisruptionBudgetList{},
	}
	for _, list := range lists {
		p.Expect(admin.List(p.ctx, list, client.InNamespace(p.name))).To(Succeed())
		p.Expect(meta.EachListItem(list, func(obj runtime.Object) error {
			o := obj.(client.Object)
			versions[fmt.Sprintf("%T %s", o, o.GetName())] = o.GetResourceVersion()
			return nil
		})).To(Succeed())
	}
	return versions
}
