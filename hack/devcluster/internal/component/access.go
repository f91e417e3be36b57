package component

import (
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/pki"
)

// User is an identity the API server knows by its token.
type User struct {
	// ID names the token's and the kubeconfig's files.
	ID     string
	Name   string
	Groups []string
}

// Users are the administrator and one user per component, each with the rights
// upstream gives it, so that a missing RBAC rule shows here as it would elsewhere.
func Users() []User {
	return []User{
		{ID: "admin", Name: "admin", Groups: []string{"system:masters"}},
		{ID: "kube-controller-manager", Name: "system:kube-controller-manager"},
		{ID: "kube-scheduler", Name: "system:kube-scheduler"},
		{ID: "kube-proxy", Name: "system:kube-proxy"},
		{ID: "kubelet", Name: "system:node:" + layout.NodeName, Groups: []string{"system:nodes"}},
		{ID: "coredns", Name: "system:coredns"},
	}
}

// Server is the API server's URL, for pods and for this machine.
func Server() string {
	return "https://" + net.JoinHostPort(layout.NodeAddress, strconv.Itoa(layout.APIServerPort))
}

// Certificates lists what the cluster's own authority signs.
func Certificates() map[string]pki.Subject {
	return map[string]pki.Subject{
		"apiserver": {CommonName: "kube-apiserver", Hosts: []string{
			"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + layout.ClusterDomain,
			"localhost", "127.0.0.1", layout.FirstService, layout.NodeAddress,
		}},
		"apiserver-kubelet-client": {CommonName: "kube-apiserver-kubelet-client", Organizations: []string{"system:masters"}},
		"kubelet":                  {CommonName: "system:node:" + layout.NodeName, Organizations: []string{"system:nodes"}, Hosts: []string{layout.NodeName, layout.NodeAddress}},
	}
}

// Kubeconfig lets a user talk to the API server.
func (in Inputs) Kubeconfig(user string) []byte {
	const name = "devcluster"
	return marshal(map[string]any{
		"apiVersion": "v1",
		"kind":       "Config",
		"clusters": []any{map[string]any{"name": name, "cluster": map[string]any{
			"server": Server(), "certificate-authority-data": in.CA,
		}}},
		"users":           []any{map[string]any{"name": user, "user": map[string]any{"token": in.Tokens[user]}}},
		"contexts":        []any{map[string]any{"name": name, "context": map[string]any{"cluster": name, "user": user}}},
		"current-context": name,
	})
}

// tokenFile is the API server's list of static tokens.
func tokenFile(tokens map[string]string) []byte {
	var b strings.Builder
	for _, user := range Users() {
		fmt.Fprintf(&b, "%s,%s,%s,%q\n", tokens[user.ID], user.Name, user.ID, strings.Join(user.Groups, ","))
	}
	return []byte(b.String())
}

// marshal writes JSON, which every reader of YAML takes.
func marshal(v any) []byte {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err) // only maps, slices and strings of our own are passed
	}
	return append(raw, '\n')
}
