// Package stage sets up what the demo is played on: cluster, database, certificates,
// secrets, images, simulators and charts. Every step can be repeated.
package stage

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// State is the folder that the demo keeps its secrets and logs in, so that it can go on
// where it was interrupted.
type State struct {
	dir string

	mu      sync.Mutex
	secrets map[string]string
}

// DefaultDir is ${EVENKEEL_DEMO_DIR:-/var/lib/evenkeel-demo}.
func DefaultDir() string {
	if dir := os.Getenv("EVENKEEL_DEMO_DIR"); dir != "" {
		return dir
	}
	return "/var/lib/evenkeel-demo"
}

// OpenState makes or opens the folder.
func OpenState(dir string) (*State, error) {
	if err := os.MkdirAll(filepath.Join(dir, volatile), 0o700); err != nil {
		return nil, err
	}
	s := &State{dir: dir, secrets: map[string]string{}}
	raw, err := os.ReadFile(s.Path("secrets.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	return s, json.Unmarshal(raw, &s.secrets)
}

// volatile is the part of the folder that is of one cluster only.
const volatile = "run"

// Bind ties the folder to a cluster: what it holds of another one is forgotten.
func (s *State) Bind(cluster string) error {
	known, err := s.Read("run/cluster")
	if err != nil || string(known) == cluster {
		return err
	}
	if err := os.RemoveAll(s.Path(volatile)); err != nil {
		return err
	}
	if err := os.MkdirAll(s.Path(volatile), 0o700); err != nil {
		return err
	}
	return s.Write("run/cluster", []byte(cluster))
}

// Path is a path inside the folder.
func (s *State) Path(name string) string { return filepath.Join(s.dir, name) }

// Remove removes the folder.
func (s *State) Remove() error { return os.RemoveAll(s.dir) }

// Password returns the secret of a name, made when it is first asked for.
func (s *State) Password(name string) (string, error) {
	return s.secret(name, rand.Text)
}

// SigningSecret returns the Standard Webhooks secret of a name.
func (s *State) SigningSecret(name string) (string, error) {
	return s.secret(name, func() string {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails, by its documentation
		return "whsec_" + base64.StdEncoding.EncodeToString(key)
	})
}

func (s *State) secret(name string, generate func() string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value, known := s.secrets[name]; known {
		return value, nil
	}
	s.secrets[name] = generate()
	raw, err := json.MarshalIndent(s.secrets, "", "  ")
	if err != nil {
		return "", err
	}
	return s.secrets[name], s.Write("secrets.json", raw)
}

// Write replaces a file of the folder as a whole.
func (s *State) Write(name string, content []byte) error {
	scratch := s.Path(name + ".new")
	if err := os.WriteFile(scratch, content, 0o600); err != nil {
		return err
	}
	return os.Rename(scratch, s.Path(name))
}

// Read reads a file of the folder; one that is not there is empty.
func (s *State) Read(name string) ([]byte, error) {
	raw, err := os.ReadFile(s.Path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return raw, err
}
