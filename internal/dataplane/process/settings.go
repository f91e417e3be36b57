// Package process holds what every data-plane process shares: reading its
// settings, its operations listener, and stopping in order.
package process

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// DefaultFiles is where mounted Secrets are, unless EVENKEEL_FILES says otherwise.
const DefaultFiles = "/var/run/evenkeel"

// Settings reads settings and files and gathers every fault, so that one start
// tells all that is wrong. Read everything, then ask Err.
type Settings struct {
	lookup func(string) string
	faults []error
}

// NewSettings reads from lookup, which is os.Getenv outside tests.
func NewSettings(lookup func(string) string) *Settings { return &Settings{lookup: lookup} }

// SettingError is one wrong setting or file.
type SettingError struct{ Setting, Fault, Remedy string }

func (e *SettingError) Error() string {
	return fmt.Sprintf("%s: %s; %s", e.Setting, e.Fault, e.Remedy)
}

// Refuse records that a setting is wrong.
func (s *Settings) Refuse(setting, fault, remedy string) {
	s.faults = append(s.faults, &SettingError{setting, fault, remedy})
}

// Err returns every fault found so far, or nil.
func (s *Settings) Err() error { return errors.Join(s.faults...) }

// Text reads a setting that must not be empty.
func (s *Settings) Text(name, remedy string) string {
	value := s.lookup(name)
	if value == "" {
		s.Refuse(name, "is not set", remedy)
	}
	return value
}

// TextOr reads a setting with a default.
func (s *Settings) TextOr(name, otherwise string) string {
	if value := s.lookup(name); value != "" {
		return value
	}
	return otherwise
}

// Choice reads a setting that is one of a few words; the first is the default.
func (s *Settings) Choice(name string, words ...string) string {
	value := s.TextOr(name, words[0])
	if !slices.Contains(words, value) {
		s.Refuse(name, fmt.Sprintf("is %q", value), "write one of "+strings.Join(words, ", "))
	}
	return value
}

// Bool reads true or false; unset is false.
func (s *Settings) Bool(name string) bool {
	return s.Choice(name, "false", "true") == "true"
}

// Port reads a port number.
func (s *Settings) Port(name string, otherwise int) int {
	value := s.TextOr(name, strconv.Itoa(otherwise))
	port, err := strconv.Atoi(value)
	if err != nil || port < 1 || port > 65535 {
		s.Refuse(name, fmt.Sprintf("is %q", value), "write a port number such as "+strconv.Itoa(otherwise))
	}
	return port
}

// Address reads an address to listen on.
func (s *Settings) Address(name, otherwise string) string {
	value := s.TextOr(name, otherwise)
	if _, _, err := net.SplitHostPort(value); err != nil {
		s.Refuse(name, fmt.Sprintf("is %q", value), "write host:port, such as "+otherwise)
	}
	return value
}

// URL reads an absolute URL that must be https, or http on the loopback.
func (s *Settings) URL(name, remedy string) string {
	value := s.Text(name, remedy)
	u, err := url.Parse(value)
	switch {
	case value == "":
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		s.Refuse(name, "is not an absolute URL", remedy)
	case u.Scheme == "http" && !IsLoopback(u.Hostname()):
		s.Refuse(name, "is not https", "write an https URL; http is allowed on the loopback only")
	}
	return strings.TrimSuffix(value, "/")
}

// Files is the directory of mounted Secrets.
func (s *Settings) Files() string { return s.TextOr("EVENKEEL_FILES", DefaultFiles) }

// Path returns where a mounted file is, whether or not it exists.
func (s *Settings) Path(name string) string {
	return filepath.Join(s.Files(), filepath.FromSlash(name))
}

// File reads a mounted file that must exist and not be empty; a trailing newline
// is dropped.
func (s *Settings) File(name, remedy string) []byte {
	path := s.Path(name)
	content, err := os.ReadFile(path)
	content = bytes.TrimRight(content, "\r\n")
	switch {
	case errors.Is(err, os.ErrNotExist):
		s.Refuse(path, "does not exist", remedy)
	case err != nil:
		s.Refuse(path, "cannot be read", remedy)
	case len(content) == 0:
		s.Refuse(path, "is empty", remedy)
	}
	return content
}

// Exists reports whether an optional mounted file is there.
func (s *Settings) Exists(name string) bool {
	_, err := os.Stat(s.Path(name))
	return err == nil
}

// IsLoopback reports whether host names this machine.
func IsLoopback(host string) bool {
	if host == "localhost" || strings.HasPrefix(host, "/") { // a directory is a Unix socket
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
