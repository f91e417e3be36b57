package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/component"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
)

// client asks components how they are. The controller manager and the scheduler
// sign their loopback certificates themselves; everything else is verified.
type client struct {
	token string
	api   *http.Client
	local *http.Client
}

func newClient(in component.Inputs) client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(in.CA)
	return client{
		token: in.Tokens["admin"],
		api:   httpClient(&tls.Config{RootCAs: roots}),
		local: httpClient(&tls.Config{InsecureSkipVerify: true}), // loopback only, and no secret is sent
	}
}

func httpClient(config *tls.Config) *http.Client {
	return &http.Client{
		Timeout:   3 * time.Second,
		Transport: &http.Transport{TLSClientConfig: config, Proxy: nil, MaxIdleConnsPerHost: 2},
	}
}

// healthy asks a component's probe.
func (c client) healthy(ctx context.Context, probe component.Probe) bool {
	if probe.Socket != "" {
		conn, err := net.DialTimeout("unix", probe.Socket, time.Second)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	}
	_, err := c.get(ctx, probe.URL)
	return err == nil
}

func (c client) get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	chosen := c.local
	if strings.HasPrefix(url, component.Server()) {
		chosen = c.api
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := chosen.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", url, response.Status)
	}
	return body, err
}

// nodeReady says whether the node takes pods, and said so after the given time.
func (c client) nodeReady(ctx context.Context, since time.Time) bool {
	body, err := c.get(ctx, component.Server()+"/api/v1/nodes/"+layout.NodeName)
	return err == nil && isReady(body, since)
}

// hasDefaultAccount says whether the controllers have begun their work: without
// this account no pod can be made in the default namespace.
func (c client) hasDefaultAccount(ctx context.Context) bool {
	_, err := c.get(ctx, component.Server()+"/api/v1/namespaces/default/serviceaccounts/default")
	return err == nil
}

// kubeletKnowsPods says whether the kubelet has heard of every pod of the node; one
// that was just started again has not, and refuses logs and exec until then.
func (c client) kubeletKnowsPods(ctx context.Context) bool {
	assigned, err := c.count(ctx, "/api/v1/pods?fieldSelector=spec.nodeName="+layout.NodeName)
	if err != nil {
		return false
	}
	known, err := c.count(ctx, "/api/v1/nodes/"+layout.NodeName+"/proxy/pods")
	return err == nil && known >= assigned
}

func (c client) count(ctx context.Context, path string) (int, error) {
	body, err := c.get(ctx, component.Server()+path)
	if err != nil {
		return 0, err
	}
	var parsed struct{ Items []struct{} }
	err = json.Unmarshal(body, &parsed)
	return len(parsed.Items), err
}

// isReady reads a Node. One that is tainted takes no pods yet, whatever its Ready
// condition says; and what a kubelet said that has been replaced since means nothing.
func isReady(node []byte, since time.Time) bool {
	var parsed struct {
		Spec   struct{ Taints []struct{ Key string } }
		Status struct {
			Conditions []struct {
				Type, Status      string
				LastHeartbeatTime time.Time
			}
		}
	}
	if err := json.Unmarshal(node, &parsed); err != nil || len(parsed.Spec.Taints) > 0 {
		return false
	}
	for _, condition := range parsed.Status.Conditions {
		if condition.Type == "Ready" {
			// The API keeps whole seconds.
			return condition.Status == "True" && !condition.LastHeartbeatTime.Before(since.Truncate(time.Second))
		}
	}
	return false
}

// apply hands objects to the API server.
func (e Environment) apply(ctx context.Context, manifest []byte) error {
	cmd := exec.CommandContext(ctx, e.kubectl(), "--kubeconfig", e.State.Kubeconfig(),
		"apply", "--server-side", "--force-conflicts", "--field-manager=devcluster", "-f", "-")
	cmd.Stdin = strings.NewReader(string(manifest))
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apply the cluster's own objects: %w\n%s", err, output)
	}
	return nil
}
