package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// SecretOpener opens what was sealed under the district's key.
type SecretOpener interface {
	OpenSecret(kind, name string, sealed []byte) ([]byte, error)
}

// Secrets reads the secrets that came with the directory.
type Secrets struct {
	Pool   *pgxpool.Pool
	Opener SecretOpener
}

// Secret returns the secret of a kind and name, nil when there is none.
func (s Secrets) Secret(ctx context.Context, kind, name string) ([]byte, error) {
	var sealed []byte
	err := s.Pool.QueryRow(ctx, "SELECT sealed FROM ek.secret WHERE kind = $1 AND name = $2", kind, name).Scan(&sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, Refusal(err)
	}
	return s.Opener.OpenSecret(kind, name, sealed)
}
