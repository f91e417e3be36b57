package process_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/dataplane/process"
)

func files(t *testing.T, content map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func settings(env map[string]string) *process.Settings {
	return process.NewSettings(func(name string) string { return env[name] })
}

func TestReadCommon(t *testing.T) {
	t.Parallel()
	s := settings(map[string]string{
		"EVENKEEL_DISTRICT": "110106", "EVENKEEL_DB_HOST": "db.fengtai.svc", "EVENKEEL_DB_NAME": "ek_110106",
		"EVENKEEL_FILES": files(t, map[string]string{"db/username": "ek_110106_intake\n", "db/password": "secret\n"}),
	})
	c := process.ReadCommon(s, "intake")
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	if c.Database.User != "ek_110106_intake" || c.Database.Password != "secret" || c.Database.SSLMode != "verify-full" || c.Database.Port != 5432 {
		t.Errorf("user %q, sslmode %q, port %d", c.Database.User, c.Database.SSLMode, c.Database.Port)
	}
}

func TestEveryWrongSettingIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	s := settings(map[string]string{
		"EVENKEEL_DISTRICT": "Feng Tai", "EVENKEEL_DB_HOST": "db.fengtai.svc", "EVENKEEL_DB_PORT": "many",
		"EVENKEEL_DB_SSLMODE": "disable", "EVENKEEL_OPS_ADDR": "9090",
		"EVENKEEL_FILES": files(t, map[string]string{"db/username": ""}),
	})
	process.ReadCommon(s, "intake")
	err := s.Err()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"EVENKEEL_DISTRICT: is not a district code", "EVENKEEL_DB_PORT", "EVENKEEL_DB_NAME: is not set",
		"EVENKEEL_DB_SSLMODE: is disable although the host is not the loopback", "EVENKEEL_OPS_ADDR",
		"db/username: is empty", "db/password: does not exist",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Error("a secret is in the text")
	}
}

func TestURLMustBeHTTPSOffTheLoopback(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"https://id.example": true, "http://127.0.0.1:8080": true, "http://localhost": true,
		"http://id.example": false, "id.example": false, "ftp://id.example": false, "": false,
	}
	for value, want := range tests {
		s := settings(map[string]string{"EVENKEEL_OIDC_ISSUER": value})
		s.URL("EVENKEEL_OIDC_ISSUER", "write the issuer")
		if got := s.Err() == nil; got != want {
			t.Errorf("%q accepted = %v, want %v", value, got, want)
		}
	}
}
