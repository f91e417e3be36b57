package stage

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// roles of a district, the owner first. The auditor exists in demonstrations only.
var roles = []string{"owner", "intake", "scorer", "casework", "auditor"}

// roleName is the database role of a process.
func (d District) roleName(role string) string { return "ek_" + d.Code + "_" + role }

// databaseName is the district's database.
func (d District) databaseName() string { return "ek_" + d.Code }

func (d District) passwordName(role string) string { return "postgres/" + d.Code + "/" + role }

// MakeDatabases is the work of the database administrator: a database and its roles
// for each district.
func (c *Cluster) MakeDatabases(ctx context.Context) error {
	dsn, _, _, _, err := c.server(ctx)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL as its administrator: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, d := range Districts {
		if err := c.makeRoles(ctx, conn, d); err != nil {
			return err
		}
		if err := makeDatabase(ctx, conn, d); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) makeRoles(ctx context.Context, conn *pgx.Conn, d District) error {
	for _, role := range roles {
		password, err := c.State.Password(d.passwordName(role))
		if err != nil {
			return err
		}
		name := pgx.Identifier{d.roleName(role)}.Sanitize()
		var known bool
		if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", d.roleName(role)).Scan(&known); err != nil {
			return err
		}
		verb := map[bool]string{true: "ALTER", false: "CREATE"}[known]
		// The password is made of letters and digits.
		if _, err := conn.Exec(ctx, fmt.Sprintf("%s ROLE %s LOGIN PASSWORD '%s'", verb, name, password)); err != nil {
			return fmt.Errorf("make the role %s: %w", d.roleName(role), err)
		}
	}
	return nil
}

func makeDatabase(ctx context.Context, conn *pgx.Conn, d District) error {
	var known bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", d.databaseName()).Scan(&known); err != nil || known {
		return err
	}
	_, err := conn.Exec(ctx, fmt.Sprintf("CREATE DATABASE %s OWNER %s",
		pgx.Identifier{d.databaseName()}.Sanitize(), pgx.Identifier{d.roleName("owner")}.Sanitize()))
	return err
}

// DropDatabases removes what MakeDatabases made, on a server that is not ours.
func (c *Cluster) DropDatabases(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.Postgres)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, d := range Districts {
		if _, err := conn.Exec(ctx, fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", pgx.Identifier{d.databaseName()}.Sanitize())); err != nil {
			return err
		}
		for _, role := range roles {
			if _, err := conn.Exec(ctx, "DROP ROLE IF EXISTS "+pgx.Identifier{d.roleName(role)}.Sanitize()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Auditor opens a district's database with the auditor's role, which may read and
// nothing else.
func (c *Cluster) Auditor(ctx context.Context, d District) (*pgxpool.Pool, error) {
	dsn, _, _, _, err := c.server(ctx)
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	password, err := c.State.Password(d.passwordName("auditor"))
	if err != nil {
		return nil, err
	}
	config.ConnConfig.User, config.ConnConfig.Password = d.roleName("auditor"), password
	config.ConnConfig.Database = d.databaseName()
	config.MaxConns = 2
	return pgxpool.NewWithConfig(ctx, config)
}
