package postgres

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Processes have a database role each. The auditor exists in demonstrations only.
var (
	Processes = []string{"intake", "scorer", "casework"}
	auditor   = "auditor"
)

// RoleName is the database role of a process of a district.
func RoleName(district, process string) string { return "ek_" + district + "_" + process }

// OwnerRole owns the database and runs migrations.
func OwnerRole(district string) string { return RoleName(district, "owner") }

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

type roleState struct {
	exists, login, powerful, member bool
}

func readRole(ctx context.Context, pool *pgxpool.Pool, name string) (roleState, error) {
	s := roleState{exists: true}
	err := pool.QueryRow(ctx, `SELECT rolcanlogin,
		rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls,
		EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)
		FROM pg_roles r WHERE rolname = $1`, name).Scan(&s.login, &s.powerful, &s.member)
	if errors.Is(err, pgx.ErrNoRows) {
		return roleState{}, nil
	}
	return s, Describe(err)
}

// checkRoles refuses roles that could do more than their rights in the schema say.
func checkRoles(ctx context.Context, pool *pgxpool.Pool, district string) error {
	var faults []error
	for _, process := range Processes {
		name := RoleName(district, process)
		s, err := readRole(ctx, pool, name)
		if err != nil {
			return err
		}
		faults = append(faults, s.fault(name))
	}
	return errors.Join(faults...)
}

func (s roleState) fault(name string) error {
	switch {
	case !s.exists:
		return fmt.Errorf("role %s does not exist; let the database administrator run CREATE ROLE %s LOGIN PASSWORD '...', "+
			"or set EVENKEEL_CREATE_ROLES=true on a server of the district's own", name, quote(name))
	case !s.login:
		return fmt.Errorf("role %s cannot log in; run ALTER ROLE %s LOGIN", name, quote(name))
	case s.powerful:
		return fmt.Errorf("role %s may do more than its district's work; "+
			"run ALTER ROLE %s NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION NOBYPASSRLS", name, quote(name))
	case s.member:
		return fmt.Errorf("role %s is a member of another role; revoke the membership", name)
	}
	return nil
}

// createRoles makes missing roles and sets the passwords of all that are given. The
// statement carries a verifier, so no password reaches the server's log.
func createRoles(ctx context.Context, pool *pgxpool.Pool, m Migration) error {
	for _, process := range append(slices.Clone(Processes), auditor) {
		password, given := m.RolePasswords[process]
		if !given {
			continue
		}
		name := RoleName(m.District, process)
		s, err := readRole(ctx, pool, name)
		if err != nil {
			return err
		}
		verb := "CREATE"
		if s.exists {
			verb = "ALTER"
		}
		if err := setRole(ctx, pool, verb, name, password); err != nil {
			return fmt.Errorf("making role %s: %w", name, err)
		}
	}
	return nil
}

func setRole(ctx context.Context, pool *pgxpool.Pool, verb, name, password string) error {
	verifier, err := scramVerifier(password)
	if err != nil {
		return err
	}
	_, err = pool.Exec(ctx, fmt.Sprintf("%s ROLE %s LOGIN PASSWORD '%s'", verb, quote(name), verifier))
	return Describe(err)
}

// scramVerifier is what PostgreSQL itself stores for a password (RFC 5803).
// Passwords are generated ASCII here, for which SASLprep changes nothing.
func scramVerifier(password string) (string, error) {
	const iterations = 4096
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", err
	}
	stored := sha256.Sum256(mac(salted, "Client Key"))
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, encode(salt), encode(stored[:]), encode(mac(salted, "Server Key"))), nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
