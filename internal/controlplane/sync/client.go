package sync

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

// DialFunc connects to an address.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

const (
	callTimeout   = 10 * time.Second
	responseLimit = 1 << 20
)

// connection is how a district is reached and recognised: the Service that the
// operator made, under the certificate that the operator made.
type connection struct {
	host      string
	authority []byte // PEM of the pinned CAs
	token     string
}

// errRefused marks an answer that came and was not one to accept.
var errRefused = errors.New("refused")

func faultOf(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, errRefused):
		return v1alpha1.ReasonReportRefused
	}
	return v1alpha1.ReasonUnreachable
}

// neverReached reports whether a call met nobody, so that nobody can have disliked what was read from Secrets.
func neverReached(err error) bool {
	var failed *net.OpError
	return errors.As(err, &failed) && failed.Op == "dial"
}

func (s *Syncer) call(ctx context.Context, o observed, request contract.SyncRequest) (contract.SyncResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	raw, err := s.post(ctx, o.connection, request)
	if err != nil {
		return contract.SyncResponse{}, err
	}
	var response contract.SyncResponse
	if err := json.Unmarshal(raw, &response); err != nil {
		return response, fmt.Errorf("%w: the answer is not a sync response", errRefused)
	}
	if err := checkResponse(response); err != nil {
		return contract.SyncResponse{}, fmt.Errorf("%w: %w", errRefused, err)
	}
	return response, nil
}

func (s *Syncer) post(ctx context.Context, c connection, request contract.SyncRequest) ([]byte, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("encoding the request: %w", err)
	}
	address := "https://" + net.JoinHostPort(c.host, strconv.Itoa(int(workload.PortInternal))) + contract.SyncPath
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	transport, err := s.transport(c)
	if err != nil {
		return nil, err
	}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport, CheckRedirect: followNothing}).Do(req)
	if err != nil {
		return nil, fmt.Errorf("calling casework: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	return readAnswer(response)
}

// transport trusts the pinned CAs only, knows no proxy and keeps no connection,
// so that each call may meet another replica.
func (s *Syncer) transport(c connection) (*http.Transport, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(c.authority) {
		return nil, fmt.Errorf("the district's %s has no certificate authority", workload.KeyAuthority)
	}
	dial := s.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return &http.Transport{
		DialContext:            dial,
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: 16 << 10,
		TLSClientConfig:        &tls.Config{RootCAs: pool, ServerName: c.host, MinVersion: tls.VersionTLS13},
	}, nil
}

func followNothing(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// readAnswer never repeats a word of an answer that it does not accept.
func readAnswer(response *http.Response) ([]byte, error) {
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("casework answered %d", response.StatusCode)
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, responseLimit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the answer: %w", err)
	case len(raw) > responseLimit:
		return nil, fmt.Errorf("%w: the answer is longer than %d bytes", errRefused, responseLimit)
	}
	return raw, nil
}
