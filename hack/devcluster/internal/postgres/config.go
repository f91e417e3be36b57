// Package postgres runs a PostgreSQL server of our own, set up as strictly as the
// one a district would use in production: TLS, SCRAM, durable commits.
package postgres

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/host"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/proc"
)

const (
	name      = "postgres"
	superuser = "postgres"
	loopback  = "127.0.0.1"
)

// Settings are what a server is started with.
type Settings struct {
	Port int `json:"port"`
	// Addresses it listens on.
	Addresses []string `json:"addresses"`
}

// dirs are the folders of the server.
type dirs struct{ root string }

func dirsOf(state layout.State) dirs { return dirs{root: state.Path("postgres")} }

func (d dirs) data() string     { return filepath.Join(d.root, "data") }
func (d dirs) socket() string   { return filepath.Join(d.root, "socket") }
func (d dirs) pki() string      { return filepath.Join(d.root, "pki") }
func (d dirs) config() string   { return filepath.Join(d.root, "postgresql.conf") }
func (d dirs) hba() string      { return filepath.Join(d.root, "pg_hba.conf") }
func (d dirs) password() string { return filepath.Join(d.root, "password") }
func (d dirs) settings() string { return filepath.Join(d.root, "settings.json") }

// files renders the server's configuration.
func files(d dirs, s Settings) []host.File {
	return []host.File{
		{Path: d.config(), Content: []byte(renderConfig(d, s)), Mode: 0o644},
		{Path: d.hba(), Content: []byte(renderHBA()), Mode: 0o644},
	}
}

func spec(binDir string, d dirs, s Settings, account *host.Account) proc.Spec {
	return proc.Spec{
		Name:    name,
		Path:    filepath.Join(binDir, "postgres"),
		Args:    []string{"-D", d.data(), "-c", "config_file=" + d.config()},
		Files:   files(d, s),
		Account: account,
	}
}

func renderConfig(d dirs, s Settings) string {
	settings := [][2]string{
		{"listen_addresses", quote(strings.Join(s.Addresses, ","))},
		{"port", strconv.Itoa(s.Port)},
		{"unix_socket_directories", quote(d.socket())},
		{"hba_file", quote(d.hba())},
		{"max_connections", "300"},
		{"password_encryption", "scram-sha-256"},
		{"ssl", "on"},
		{"ssl_cert_file", quote(filepath.Join(d.pki(), "server.crt"))},
		{"ssl_key_file", quote(filepath.Join(d.pki(), "server.key"))},
		{"ssl_ca_file", quote(filepath.Join(d.pki(), "ca.crt"))},
		{"ssl_min_protocol_version", "'TLSv1.2'"},
		// An answer that was acknowledged must survive a crash, here as in production.
		{"fsync", "on"},
		{"synchronous_commit", "on"},
		{"full_page_writes", "on"},
		// Logs must not carry what a child answered.
		{"log_error_verbosity", "terse"},
		{"log_parameter_max_length", "0"},
		{"log_parameter_max_length_on_error", "0"},
		{"log_min_error_statement", "panic"},
		{"log_statement", "none"},
		{"log_timezone", "'UTC'"},
		{"timezone", "'UTC'"},
		{"shared_buffers", "'128MB'"},
	}
	var b strings.Builder
	b.WriteString("# Written by devcluster; changes are lost.\n")
	for _, setting := range settings {
		fmt.Fprintf(&b, "%s = %s\n", setting[0], setting[1])
	}
	return b.String()
}

// renderHBA lets pods in over TLS only. Loopback may go without, so that a test
// can prove the product itself refuses such a connection.
func renderHBA() string {
	return `# Written by devcluster; changes are lost.
local   all  all                 scram-sha-256
host    all  all  127.0.0.1/32   scram-sha-256
hostssl all  all  ` + layout.PodCIDR + `  scram-sha-256
`
}

// dsn is a connection URL that verifies the server.
func dsn(address string, port int, password, database, caFile string) string {
	query := url.Values{"sslmode": {"verify-full"}}
	if caFile != "" {
		query.Set("sslrootcert", caFile)
	}
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, password),
		Host:     address + ":" + strconv.Itoa(port),
		Path:     "/" + database,
		RawQuery: query.Encode(),
	}
	return u.String()
}

// isReady reads the status line of postmaster.pid, the eighth.
func isReady(postmasterPID string, pid int) bool {
	lines := strings.Split(postmasterPID, "\n")
	return len(lines) >= 8 && lines[0] == strconv.Itoa(pid) && strings.TrimSpace(lines[7]) == "ready"
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
