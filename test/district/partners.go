package district

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/dataplane/notify/webhook"
)

const (
	sendSecret = "send-secret-send-secret-send-secret"
	backSecret = "back-secret-back-secret-back-secret"
)

// Arrival is the first notification of an obligation that reached a gateway.
type Arrival struct {
	Obligation string
	At         time.Time
}

// Partners are the gateways and the identity provider of the district, on one TLS
// listener. Gateways take every message and send a receipt for each new one.
type Partners struct {
	URL string

	issuer                      *issuer
	server                      *httptest.Server
	authority, certificate, key []byte // PEM
	receipts                    string // casework's partner listener
	sending                     sync.WaitGroup

	mu     sync.Mutex
	first  map[string]time.Time // by obligation
	seen   map[string]int       // by notification
	refuse int
}

func startPartners() (*Partners, error) {
	p := &Partners{first: map[string]time.Time{}, seen: map[string]int{}}
	var err error
	if p.issuer, err = newIssuer(); err != nil {
		return nil, err
	}
	pair, err := p.makeCertificate()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("HEAD /partner/{name}", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /partner/{name}", p.notified)
	p.issuer.route(mux, func() string { return p.URL })
	p.server = httptest.NewUnstartedServer(mux)
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that a kill has cut
	p.server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	p.server.StartTLS()
	p.URL = p.server.URL
	return p, nil
}

func (p *Partners) close() {
	p.server.Close()
	p.sending.Wait()
	http.DefaultClient.CloseIdleConnections()
}

func (p *Partners) notified(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	var n struct{ Notification, Obligation string }
	message, err := webhook.Receive(w, r, []byte(sendSecret))
	if err == nil {
		err = json.Unmarshal(message.Body, &n)
	}
	if err != nil {
		p.mu.Lock()
		p.refuse++
		p.mu.Unlock()
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if p.take(n.Notification, n.Obligation, at) {
		p.sending.Go(func() { p.receipt(r.PathValue("name"), n.Notification) })
	}
	w.WriteHeader(http.StatusAccepted)
}

func (p *Partners) take(notification, obligation string, at time.Time) (fresh bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.first[obligation]; !known && obligation != "" { // a drill has none
		p.first[obligation] = at
	}
	p.seen[notification]++
	return p.seen[notification] == 1
}

// receipt says that the message reached its person. Casework may be dead just now;
// then the gateway tries once more and leaves it.
func (p *Partners) receipt(transport, notification string) {
	body, _ := json.Marshal(map[string]any{"notification": notification, "status": "delivered", "at": time.Now().UTC().Truncate(time.Second)})
	m := webhook.Message{
		URL: p.receipts + "/partner/v1/transports/" + transport + "/receipts", ContentType: "application/json",
		ID: "msg_" + uuid.NewString(), Secret: []byte(backSecret), Body: body,
	}
	for range 2 {
		if webhook.Post(context.Background(), http.DefaultClient, m, time.Now()) == nil {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// FirstArrivals is when each obligation first reached a gateway.
func (p *Partners) FirstArrivals() map[string]time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make(map[string]time.Time, len(p.first))
	for k, v := range p.first {
		out[k] = v
	}
	return out
}

// Counts are how many notifications came, how many of them more than once, and how
// many calls were refused.
func (p *Partners) Counts() (fresh, resent, refused int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.seen {
		resent += n - 1
	}
	return len(p.seen), resent, p.refuse
}

// makeCertificate makes a private authority and one certificate of the loopback.
func (p *Partners) makeCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test district"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return tls.Certificate{}, err
	}
	p.certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	p.key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	p.authority = p.certificate
	return tls.X509KeyPair(p.certificate, p.key)
}
