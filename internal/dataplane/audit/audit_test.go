package audit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/dataplane/audit"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func write(t *testing.T, db *pgtest.Database, n int) {
	t.Helper()
	for i := range n {
		err := store.InTx(t.Context(), db.Casework, func(tx pgx.Tx) error {
			return audit.Write(t.Context(), tx, "li", "RecordRead", fmt.Sprintf("student/%d", i), "学生 3:x")
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func link(t *testing.T, db *pgtest.Database) int {
	t.Helper()
	n, err := audit.Link(t.Context(), db.Casework)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestChainVerifies(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	write(t, db, 7)
	linkAll(t, db)
	write(t, db, 3)
	linkAll(t, db)
	head, err := audit.Verify(t.Context(), db.Casework)
	if err != nil || head.Seq < 10 {
		t.Fatalf("head %+v, %v", head, err)
	}
}

// linkAll links until nothing is left outside. A transaction of another test's
// database holds the horizon back: transaction numbers belong to the server.
func linkAll(t *testing.T, db *pgtest.Database) int {
	t.Helper()
	for linked := 0; ; {
		linked += link(t, db)
		left := pgtest.One[int](t, db, "SELECT count(*) FROM ek.audit_entry e WHERE NOT EXISTS (SELECT FROM ek.audit_link l WHERE l.entry_id = e.id)")
		if left == 0 {
			return linked
		}
		if t.Context().Err() != nil {
			t.Fatal("entries stay outside the chain")
		}
	}
}

// An entry whose transaction began before others and ends after them is linked
// later, and never left out; nothing is linked while it may still come.
func TestChainWaitsForTransactionsThatAreUnderWay(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	linkAll(t, db)
	slow, err := db.Casework.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Rollback(context.WithoutCancel(t.Context())) }()
	if err := audit.Write(t.Context(), slow, "slow", "Read", "x", ""); err != nil {
		t.Fatal(err)
	}
	write(t, db, 3)
	if n := link(t, db); n != 0 {
		t.Errorf("linked %d entries past one that is under way", n)
	}
	if err := slow.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := linkAll(t, db); n != 4 {
		t.Errorf("linked %d entries, want all 4", n)
	}
	if _, err := audit.Verify(t.Context(), db.Casework); err != nil {
		t.Error(err)
	}
}

func TestTamperingIsFound(t *testing.T) {
	tests := map[string][]string{
		"an entry changed": {"UPDATE ek.audit_entry SET actor = 'wang' WHERE id = 4"},
		"an entry deleted": {"ALTER TABLE ek.audit_link DROP CONSTRAINT audit_link_entry_id_fkey", "DELETE FROM ek.audit_entry WHERE id = 4"},
		"a link deleted":   {"DELETE FROM ek.audit_link WHERE seq = 4"},
		"the tail cut off": {"DELETE FROM ek.audit_link WHERE seq > 5"},
		"tail and head cut off": {
			"DELETE FROM ek.audit_link WHERE seq > 5",
			"UPDATE ek.audit_chain SET head_seq = 5, head_hash = (SELECT hash FROM ek.audit_link WHERE seq = 5)",
		},
		"two swapped": {"UPDATE ek.audit_link SET entry_id = -1 WHERE seq = 4", "UPDATE ek.audit_link SET entry_id = 4 WHERE seq = 5"},
	}
	for name, statements := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			write(t, db, 8)
			linkAll(t, db)
			// Whoever can do this is beyond rights and triggers: the chain is what is left.
			db.Superuser(t, append([]string{
				"ALTER TABLE ek.audit_entry DISABLE TRIGGER ALL", "ALTER TABLE ek.audit_link DISABLE TRIGGER ALL",
			}, statements...)...)
			if _, err := audit.Verify(t.Context(), db.Casework); !errors.Is(err, audit.ErrBroken) {
				t.Errorf("Verify = %v, want a broken chain", err)
			}
		})
	}
}

func TestOnlyOneChainerWorks(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	write(t, db, 1)
	holder, err := db.Casework.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := holder.Exec(t.Context(), "SELECT pg_advisory_xact_lock(hashtext('ek.audit_chain'))"); err != nil {
		t.Fatal(err)
	}
	if n := link(t, db); n != 0 {
		t.Errorf("a second chainer linked %d entries", n)
	}
}
