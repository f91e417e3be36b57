package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal/sealtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// installation is a district's settings and mounted files.
type installation struct {
	*testing.T
	db  *pgtest.Database
	env map[string]string
}

func install(t *testing.T, role string) *installation {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	config, dir := db.Config(role), t.TempDir()
	in := &installation{t, db, map[string]string{
		"EVENKEEL_DISTRICT": pgtest.District, "EVENKEEL_DB_HOST": config.Host, "EVENKEEL_DB_NAME": config.Name,
		"EVENKEEL_DB_SSLMODE": "disable", "EVENKEEL_FILES": dir,
		"EVENKEEL_OPS_ADDR": freeAddress(t), "EVENKEEL_LISTEN": freeAddress(t),
	}}
	in.file("db/username", config.User)
	in.file("db/password", "not asked for")
	return in
}

func (in *installation) file(name, content string) {
	in.Helper()
	path := filepath.Join(in.env["EVENKEEL_FILES"], name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		in.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		in.Fatal(err)
	}
}

func (in *installation) keys(seed byte, names ...string) {
	in.Helper()
	sealtest.Write(in, filepath.Join(in.env["EVENKEEL_FILES"], "keys"), seed, names...)
}

func (in *installation) run(ctx context.Context, command string) (int, string) {
	var stderr bytes.Buffer
	code := run(ctx, []string{command}, func(name string) string { return in.env[name] }, io.Discard, &stderr)
	return code, stderr.String()
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// eventually asks an address until it answers with a status.
func eventually(t *testing.T, url string, want int) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var last any
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		response, err := client.Get(url)
		if err != nil {
			last = err
			continue
		}
		response.Body.Close()
		if last = response.StatusCode; last == want {
			return
		}
	}
	t.Fatalf("%s: %v, want %d", url, last, want)
}

func TestProcessesServeUntilTheyAreTold(t *testing.T) {
	for name, keys := range map[string][]string{"intake": contract.IntakeKeys, "scorer": {contract.KeyDistrict}} {
		t.Run(name, func(t *testing.T) {
			in := install(t, name)
			in.keys(1, keys...)
			ctx, stop := context.WithCancel(t.Context())
			var ended sync.WaitGroup
			ended.Go(func() {
				if code, stderr := in.run(ctx, name); code != 0 {
					t.Errorf("exit code %d: %s", code, stderr)
				}
			})
			eventually(t, "http://"+in.env["EVENKEEL_OPS_ADDR"]+"/healthz", http.StatusOK)
			eventually(t, "http://"+in.env["EVENKEEL_OPS_ADDR"]+"/readyz", http.StatusOK)
			eventually(t, "http://"+in.env["EVENKEEL_OPS_ADDR"]+"/metrics", http.StatusOK)
			if name == "intake" {
				eventually(t, "http://"+in.env["EVENKEEL_LISTEN"]+"/", http.StatusOK)
			}
			stop()
			ended.Wait()
		})
	}
}

func TestAnOldSchemaIsNotReady(t *testing.T) {
	in := install(t, "intake")
	in.keys(1, contract.IntakeKeys...)
	in.db.Exec(t, "UPDATE ek.installation SET schema_version = 1")
	ctx, stop := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	ended.Go(func() { in.run(ctx, "intake") })
	eventually(t, "http://"+in.env["EVENKEEL_OPS_ADDR"]+"/readyz", http.StatusServiceUnavailable)
	stop()
	ended.Wait()
}

func TestOtherKeysThanTheDatabasesAreRefused(t *testing.T) {
	in := install(t, "scorer")
	in.keys(1, contract.KeyDistrict)
	ctx, stop := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	ended.Go(func() { in.run(ctx, "scorer") })
	eventually(t, "http://"+in.env["EVENKEEL_OPS_ADDR"]+"/readyz", http.StatusOK)
	stop()
	ended.Wait()

	in.keys(2, contract.KeyDistrict)
	if code, stderr := in.run(t.Context(), "scorer"); code != 1 || !strings.Contains(stderr, "district.key not the keys this database was initialised with") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if err := os.Remove(filepath.Join(in.env["EVENKEEL_FILES"], "keys", contract.KeyDistrict)); err != nil {
		t.Fatal(err)
	}
	if code, stderr := in.run(t.Context(), "scorer"); code != 1 || !strings.Contains(stderr, "restore the Secret") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestWrongSettingsAreAllNamed(t *testing.T) {
	in := install(t, "intake")
	in.env["EVENKEEL_DISTRICT"], in.env["EVENKEEL_LISTEN"] = "", "8080"
	code, stderr := in.run(t.Context(), "intake")
	if code != 2 || !strings.Contains(stderr, "EVENKEEL_DISTRICT: is not set") || !strings.Contains(stderr, "EVENKEEL_LISTEN") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestMigrateMakesRolesOnAServerOfItsOwn(t *testing.T) {
	in := install(t, "owner")
	in.env["EVENKEEL_CREATE_ROLES"] = "true"
	if code, stderr := in.run(t.Context(), "migrate"); code != 2 || !strings.Contains(stderr, "roles/scorer/password: does not exist") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	for _, process := range []string{"intake", "scorer", "casework"} {
		in.file("roles/"+process+"/password", process+"-password\n")
	}
	if code, stderr := in.run(t.Context(), "migrate"); code != 0 {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"destroy"}, os.Getenv, &stdout, &stderr); code != 2 || !strings.Contains(stderr.String(), "intake    serve students") {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
	if code := run(t.Context(), []string{"version"}, os.Getenv, &stdout, &stderr); code != 0 || stdout.Len() == 0 {
		t.Errorf("version: exit code %d: %q", code, &stdout)
	}
}
