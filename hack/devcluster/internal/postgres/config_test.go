package postgres

import (
	"net/url"
	"strings"
	"testing"
)

func TestConfigIsAsStrictAsProduction(t *testing.T) {
	config := renderConfig(dirs{"/state/postgres"}, Settings{Port: 15432, Addresses: []string{"127.0.0.1", "10.244.255.1"}})
	for _, want := range []string{
		"listen_addresses = '127.0.0.1,10.244.255.1'", "port = 15432", "ssl = on", "fsync = on", "synchronous_commit = on",
		"full_page_writes = on", "password_encryption = scram-sha-256", "log_error_verbosity = terse",
		"log_parameter_max_length_on_error = 0", "max_connections = 300", "unix_socket_directories = '/state/postgres/socket'",
	} {
		if !strings.Contains(config, want+"\n") {
			t.Errorf("no line %q in\n%s", want, config)
		}
	}
}

func TestPodsAndOnlyPodsNeedTLS(t *testing.T) {
	for line := range strings.Lines(renderHBA()) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		if fields[len(fields)-1] != "scram-sha-256" {
			t.Errorf("%q lets someone in without SCRAM", line)
		}
		if strings.Contains(line, "10.244.") && fields[0] != "hostssl" {
			t.Errorf("%q lets pods in without TLS", line)
		}
	}
	if !strings.Contains(renderHBA(), "10.244.0.0/16") {
		t.Error("pods are not let in at all")
	}
}

func TestDSNVerifiesTheServer(t *testing.T) {
	parsed, err := url.Parse(dsn("127.0.0.1", 15432, "p@ss/word", "fengtai", "/ca dir/ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	password, _ := parsed.User.Password()
	if password != "p@ss/word" || parsed.Path != "/fengtai" || parsed.Host != "127.0.0.1:15432" {
		t.Errorf("got %s", parsed)
	}
	if q := parsed.Query(); q.Get("sslmode") != "verify-full" || q.Get("sslrootcert") != "/ca dir/ca.crt" {
		t.Errorf("got %v", q)
	}
}

func TestIsReady(t *testing.T) {
	file := func(pid, status string) string {
		return strings.Join([]string{pid, "/data", "1", "15432", "/socket", "127.0.0.1", "  1  2", status, ""}, "\n")
	}
	for name, tc := range map[string]struct {
		content string
		want    bool
	}{
		"ready":               {file("7", "ready   "), true},
		"starting":            {file("7", "starting"), false},
		"of a dead server":    {file("6", "ready   "), false},
		"not yet written out": {"7\n/data\n", false},
		"empty":               {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := isReady(tc.content, 7); got != tc.want {
				t.Fatalf("isReady = %t, want %t", got, tc.want)
			}
		})
	}
}
