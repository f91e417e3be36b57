// Package cluster starts, watches and removes the development cluster.
package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/component"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/host"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/pki"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/postgres"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/proc"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/tool"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/ui"
)

// Environment is what every command works with.
type Environment struct {
	State layout.State
	Tools tool.Set
	// ToolsRoot holds every built tool, of this version and of others.
	ToolsRoot string
	Procs     proc.Supervisor
	Postgres  postgres.Server
	Out       *ui.Output
}

// New puts an environment together; nothing is started.
func New(state layout.State, cache tool.Cache, out *ui.Output) (Environment, error) {
	tools, err := cache.Resolve()
	return Environment{
		State:     state,
		Tools:     tools,
		ToolsRoot: cache.Builds(),
		Procs:     proc.Supervisor{RunDir: state.Run(), LogDir: state.Logs()},
		Postgres:  postgres.New(state),
		Out:       out,
	}, err
}

// machine remembers what the machine was like before.
func (e Environment) machine() string { return e.State.Path("machine.json") }

// kubectl and ctr are run from the set of tools that belongs to this source.
func (e Environment) kubectl() string { return filepath.Join(e.Tools.Bin, "kubectl") }
func (e Environment) ctr() string     { return filepath.Join(e.Tools.Bin, "ctr") }

// inputs makes or reads the secrets, and returns what the configuration needs.
func (e Environment) inputs() (component.Inputs, error) {
	ca, err := e.certificates()
	if err != nil {
		return component.Inputs{}, fmt.Errorf("make the certificates: %w", err)
	}
	tokens := map[string]string{}
	for _, user := range component.Users() {
		token, err := pki.Token(e.State.Path("tokens", user.ID))
		if err != nil {
			return component.Inputs{}, fmt.Errorf("make a token for %s: %w", user.ID, err)
		}
		tokens[user.ID] = token
	}
	return component.Inputs{
		State: e.State, Binary: e.Tools.Path, Tokens: tokens, CA: ca.Cert, CgroupV1: host.CgroupV1(),
	}, nil
}

func (e Environment) certificates() (pki.Pair, error) {
	store := component.PKI(e.State)
	ca, err := store.Authority("ca", "devcluster-ca")
	if err != nil {
		return pki.Pair{}, err
	}
	for name, subject := range component.Certificates() {
		if _, err := store.Issue(name, ca, subject); err != nil {
			return pki.Pair{}, err
		}
	}
	if _, err := store.Ensure("service-account", pki.NewSigningKey); err != nil {
		return pki.Pair{}, err
	}
	front, err := store.Authority("front-proxy-ca", "devcluster-front-proxy-ca")
	if err != nil {
		return pki.Pair{}, err
	}
	_, err = store.Issue("front-proxy-client", front, pki.Subject{CommonName: "front-proxy-client"})
	return ca, err
}

// existing returns the inputs of a cluster that was started before.
func (e Environment) existing() (component.Inputs, error) {
	if _, err := os.Stat(e.State.Kubeconfig()); errors.Is(err, fs.ErrNotExist) {
		return component.Inputs{}, fmt.Errorf("no cluster in %s; run `devcluster up` first", e.State)
	}
	return e.inputs()
}
