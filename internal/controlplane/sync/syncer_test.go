package sync

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	gosync "sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

const (
	namespace = "fengtai"
	token     = "the-token"
)

func tlsSecret() string { return workload.TLSSecret(namespace, time.Now().UTC().Year()) }

// certificate makes a self-signed certificate for a host.
func certificate(t *testing.T, host string) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// fixture is a district whose casework is served by handler.
type fixture struct {
	syncer *Syncer
	board  *board.Board
	client client.Client
}

func newFixture(t *testing.T, handler http.Handler, edit func(objects *[]client.Object)) fixture {
	t.Helper()
	cert, ca := certificate(t, workload.InternalHost(namespace, namespace))
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)

	objects := objectsOf(ca)
	if edit != nil {
		edit(&objects)
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, clientgoscheme.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build()
	b := board.New()
	b.PutRound(namespace, round, board.RoundDocuments{Meaning: wanted().rounds[round].Meaning, Control: wanted().rounds[round].Control})
	return fixture{board: b, client: c, syncer: &Syncer{
		Client: c, Secrets: c, Board: b, Clock: clock.RealClock{}, CellFloor: 10,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if want := "fengtai-casework-internal.fengtai.svc:8443"; address != want {
				t.Errorf("dialled %s, want %s", address, want)
			}
			return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
		},
	}}
}

func objectsOf(ca []byte) []client.Object {
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: namespace, Name: name} }
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", 32)))
	endpoint := v1alpha1.Endpoint{URL: "https://gateway.example", SecretRef: v1alpha1.ObjectReference{Name: "gateway"}}
	return []client.Object{
		&v1alpha1.District{ObjectMeta: meta(namespace), Spec: v1alpha1.DistrictSpec{
			Code: "110106", TimeZone: "Asia/Shanghai", CellFloor: 5,
			Transports: []v1alpha1.Transport{{Name: "sms", Endpoint: endpoint}, {Name: "voice", Endpoint: endpoint}},
		}},
		&v1alpha1.ScreeningRound{ObjectMeta: meta(round)},
		&v1alpha1.School{ObjectMeta: meta("school-2")}, &v1alpha1.School{ObjectMeta: meta("school-1")},
		&corev1.Secret{ObjectMeta: meta(tlsSecret()), Data: map[string][]byte{workload.KeyAuthority: ca}},
		&corev1.Secret{ObjectMeta: meta(workload.TokenSecret(namespace)), Data: map[string][]byte{workload.KeyToken: []byte(token)}},
		&corev1.Secret{ObjectMeta: meta("gateway"), Type: v1alpha1.SecretTypeChannel, Data: map[string][]byte{"send": []byte(secret), "receive": []byte(secret)}},
	}
}

// district answers as a data plane would: it applies what it is sent.
type district struct {
	mu       gosync.Mutex
	requests []contract.SyncRequest
	report   contract.Report
	edit     func(*contract.SyncResponse)
}

func newDistrict() *district {
	return &district{report: contract.Report{AtUnix: 1, Keys: contract.KeysReady, DutyChain: contract.Reachable}}
}

func (d *district) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+token || r.URL.Path != contract.SyncPath {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var req contract.SyncRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	d.requests = append(d.requests, req)
	d.apply(req)
	response := contract.SyncResponse{Version: contract.Version, Report: d.report}
	if d.edit != nil {
		d.edit(&response)
	}
	_ = json.NewEncoder(w).Encode(response)
}

func (d *district) apply(req contract.SyncRequest) {
	if req.Documents.Directory != nil {
		d.report.Directory = req.Directory
	}
	if len(req.Documents.Controls) > 0 {
		d.report.Rounds = []contract.RoundView{{
			Round: contract.RefOf(round), State: contract.RoundScheduled, Meaning: req.Rounds[0].Meaning, Control: req.Rounds[0].Control,
		}}
	}
}

func TestSyncOnceAsksFirstThenSendsWhatIsLacking(t *testing.T) {
	d := newDistrict()
	f := newFixture(t, d, nil)
	f.syncer.SyncOnce(t.Context(), namespace)
	reading, ok := f.board.Reading(namespace)
	if !ok || !reading.OK || reading.Report.Directory == nil {
		t.Fatalf("reading %+v, want a report with the directory applied", reading)
	}
	if len(d.requests) != 2 || !carriesNothing(d.requests[0].Documents) || d.requests[0].Rounds[0].Round != round {
		t.Fatalf("the first request must name every round and carry nothing: %+v", d.requests)
	}
	sent := d.requests[1].Documents
	if sent.Directory == nil || sent.Directory.CellFloor != 10 || sent.Directory.Schools[0].Name != "school-1" {
		t.Errorf("directory %+v, want the province's floor and schools in order", sent.Directory)
	}
	f.syncer.SyncOnce(t.Context(), namespace)
	if len(d.requests) != 3 || !carriesNothing(d.requests[2].Documents) {
		t.Errorf("at rest the request carries documents: %+v", d.requests[2:])
	}
}

func TestARescoreIsAskedForByReference(t *testing.T) {
	d := newDistrict()
	f := newFixture(t, d, func(objects *[]client.Object) {
		(*objects)[0].SetAnnotations(map[string]string{v1alpha1.AnnotationRescore: "after the new key, please"})
	})
	f.syncer.SyncOnce(t.Context(), namespace)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, request := range d.requests {
		if request.Rescore != contract.RefOf("after the new key, please") {
			t.Errorf("asked with %q", request.Rescore)
		}
	}
	if len(d.requests) == 0 {
		t.Error("nothing was asked")
	}
}

func TestNothingIsSentBeforeEveryRoundIsOnTheBoard(t *testing.T) {
	d := newDistrict()
	f := newFixture(t, d, func(objects *[]client.Object) {
		*objects = append(*objects, &v1alpha1.ScreeningRound{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "not-yet-seen"}})
	})
	f.syncer.SyncOnce(t.Context(), namespace)
	if len(d.requests) != 0 {
		t.Error("a district was called while one of its rounds would have been left out, and so held")
	}
	if _, called := f.board.Reading(namespace); called {
		t.Error("waiting for the board counts as an answer")
	}
}

func TestATransportWithoutItsSecretHoldsBackTheDirectory(t *testing.T) {
	d := newDistrict()
	f := newFixture(t, d, nil)
	gateway := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "gateway"}}
	if err := f.client.Delete(t.Context(), gateway); err != nil {
		t.Fatal(err)
	}
	f.syncer.SyncOnce(t.Context(), namespace)
	if last := d.requests[len(d.requests)-1]; last.Directory != nil || len(last.Documents.Controls) != 1 {
		t.Errorf("sent %+v, want the control without a directory", last)
	}
}

func TestAnotherCertificateIsNotTrusted(t *testing.T) {
	d := newDistrict()
	f := newFixture(t, d, func(objects *[]client.Object) {
		_, other := certificate(t, workload.InternalHost(namespace, namespace))
		for _, o := range *objects {
			if s, ok := o.(*corev1.Secret); ok && s.Name == tlsSecret() {
				s.Data[workload.KeyAuthority] = other
			}
		}
	})
	f.syncer.SyncOnce(t.Context(), namespace)
	if reading, _ := f.board.Reading(namespace); reading.Fault != v1alpha1.ReasonUnreachable || len(d.requests) != 0 {
		t.Errorf("reading %+v after meeting another certificate", reading)
	}
}

func TestHostileDistricts(t *testing.T) {
	answer := func(edit func(*contract.SyncResponse)) http.Handler {
		d := newDistrict()
		d.edit = edit
		return d
	}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	t.Cleanup(elsewhere.Close)
	tests := map[string]struct {
		handler http.Handler
		want    string
	}{
		"redirects elsewhere": {http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect), v1alpha1.ReasonUnreachable},
		"refuses the token": {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
		}), v1alpha1.ReasonUnreachable},
		"sends without end": {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write([]byte(strings.Repeat(" ", 1<<16))); err != nil {
					return
				}
			}
		}), v1alpha1.ReasonReportRefused},
		"is not JSON": {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<html>"))
		}), v1alpha1.ReasonReportRefused},
		"exact participation": {answer(func(r *contract.SyncResponse) {
			r.Report.Rounds = []contract.RoundView{{Round: contract.RefOf(round), State: contract.RoundOpen, Answered: 7}}
		}), v1alpha1.ReasonReportRefused},
		"an exact number of responses": {answer(func(r *contract.SyncResponse) {
			r.Report.Rescore = &contract.Rescore{FinishedAtUnix: 1, Compared: 7, Outcome: contract.ScoresAgree}
		}), v1alpha1.ReasonReportRefused},
		"more than whether scores agree": {answer(func(r *contract.SyncResponse) {
			r.Report.Rescore = &contract.Rescore{FinishedAtUnix: 1, Outcome: "3 differ"}
		}), v1alpha1.ReasonReportRefused},
		"free text for a request": {answer(func(r *contract.SyncResponse) {
			r.Report.Rescore = &contract.Rescore{FinishedAtUnix: 1, Asked: "some text", Outcome: contract.ScoresAgree}
		}), v1alpha1.ReasonReportRefused},
		"an instant that no status can hold": {answer(func(r *contract.SyncResponse) {
			r.Report.Rescore = &contract.Rescore{FinishedAtUnix: 253402300800, Outcome: contract.ScoresAgree}
		}), v1alpha1.ReasonReportRefused},
		"a name for a reference": {answer(func(r *contract.SyncResponse) {
			r.Report.Channels = []contract.Probe{{Ref: "a child's name", Reach: contract.Reachable}}
		}), v1alpha1.ReasonReportRefused},
		"free text for a refusal": {answer(func(r *contract.SyncResponse) {
			r.Refusals = []contract.Refusal{{Kind: contract.KindDirectory, Reason: "some text"}}
		}), v1alpha1.ReasonReportRefused},
		"another version": {answer(func(r *contract.SyncResponse) { r.Version = 99 }), v1alpha1.ReasonReportRefused},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, tt.handler, nil)
			f.syncer.SyncOnce(t.Context(), namespace)
			reading, _ := f.board.Reading(namespace)
			if reading.Fault != tt.want || reading.OK || len(reading.Report.Rounds) > 0 {
				t.Errorf("reading %+v, want the fault %s and no report", reading, tt.want)
			}
		})
	}
}

func TestASlowDistrictIsGivenUp(t *testing.T) {
	release := make(chan struct{})
	f := newFixture(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }), nil)
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := f.syncer.call(ctx, observed{connection: connection{
		host: workload.InternalHost(namespace, namespace), authority: f.authority(t), token: token,
	}}, contract.SyncRequest{})
	if faultOf(err) != v1alpha1.ReasonUnreachable {
		t.Errorf("a district that does not answer gives %v", err)
	}
}

func (f fixture) authority(t *testing.T) []byte {
	t.Helper()
	var s corev1.Secret
	if err := f.client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: tlsSecret()}, &s); err != nil {
		t.Fatal(err)
	}
	return s.Data[workload.KeyAuthority]
}

func TestStartCallsOnANudgeAndStops(t *testing.T) {
	d := newDistrict()
	f := newFixture(t, d, nil)
	f.syncer.Busy, f.syncer.Quiet = time.Hour, time.Hour
	events := f.board.Subscribe()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- f.syncer.Start(ctx) }()
	receive(t, events) // the first call, within the first second
	d.mu.Lock()
	d.report.Obligations = true
	d.mu.Unlock()
	f.board.Nudge(namespace)
	receive(t, events)
	cancel()
	receive(t, done)
}

func receive[T any](t *testing.T, c <-chan T) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came within 20 s")
	}
}

func TestSecretsAreReadOnceAMinuteWhileNothingChanges(t *testing.T) {
	f := newFixture(t, newDistrict(), nil)
	reads := 0
	counting := interceptor.NewClient(f.client.(client.WithWatch), interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
			reads++
			return c.Get(ctx, key, obj, opts...)
		},
	})
	clk := clocktesting.NewFakeClock(time.Now())
	f.syncer.Secrets, f.syncer.Clock = counting, clk
	after := func(what string, want bool) {
		t.Helper()
		before := reads
		f.syncer.SyncOnce(t.Context(), namespace)
		if (reads > before) != want {
			t.Errorf("%s: %d Secrets read", what, reads-before)
		}
	}
	after("the first call", true)
	after("the second call", false)
	school := &v1alpha1.School{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "school-3"}}
	if err := f.client.Create(t.Context(), school); err != nil {
		t.Fatal(err)
	}
	after("a new school", true)
	clk.Step(secretsFor)
	after("a minute later", true)

	reached := f.syncer.Dial
	f.syncer.Dial = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("no route")}
	}
	after("a call that reaches nobody", false)
	after("the call after it", false)
	f.syncer.Dial = reached
	after("a call that is answered again", false)
	token := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: workload.TokenSecret(namespace)}}
	if err := f.client.Delete(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	token.Data = map[string][]byte{workload.KeyToken: []byte("made anew, and casework knows the one before")}
	if err := f.client.Create(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	clk.Step(secretsFor)
	after("another token, after a minute", true)
	after("the call after one that was refused", true)
}
