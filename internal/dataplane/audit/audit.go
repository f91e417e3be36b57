// Package audit writes audit entries, chains them outside the transactions they
// speak of, and verifies the chain.
//
// An entry is written inside the transaction whose deed it records. Once a second
// one chainer links the committed entries below pg_snapshot_xmin: chaining inside
// would make every writer wait for every other, and a watermark on the highest id
// would miss an entry whose transaction committed late.
package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/worker"
)

// batch is how many entries are linked, or verified, at a time.
const batch = 2000

// Write records what actor did to object, in the transaction that does it.
func Write(ctx context.Context, tx pgx.Tx, actor, action, object, detail string) error {
	if _, err := tx.Exec(ctx, "SELECT ek_casework.audit($1, $2, $3, $4)", actor, action, object, detail); err != nil {
		return fmt.Errorf("writing an audit entry: %w", err)
	}
	return nil
}

// Chainer returns the worker that links entries. Any number of replicas may run it:
// a lock in the database lets one work.
func Chainer(pool *pgxpool.Pool, log *slog.Logger) worker.Loop {
	return worker.Loop{Name: "audit chain", Every: time.Second, Log: log, Work: func(ctx context.Context) (bool, error) {
		linked, err := Link(ctx, pool)
		return linked == batch, err
	}}
}

// Link links one batch of committed entries and returns how many.
func Link(ctx context.Context, pool *pgxpool.Pool) (int, error) {
	return store.One[int](ctx, pool, "SELECT ek_casework.chain_audit($1)", batch)
}

// Head is where the chain stands.
type Head struct {
	Seq  int64
	Hash string
}

// ErrBroken is in the chain of every error that means tampering.
var ErrBroken = errors.New("the audit chain is broken")

// link is one link with the entry it covers; the entry is null when it is gone.
type link struct {
	Seq      int64
	ID       *int64
	AtMicros *int64
	Actor    *string
	Action   *string
	Object   *string
	Detail   *string
	Prev     []byte
	Hash     []byte
}

// Verify recomputes the whole chain from its entries, here and not in the database
// that holds it, and compares it with the head the database claims.
func Verify(ctx context.Context, pool *pgxpool.Pool) (Head, error) {
	prev, seq := make([]byte, sha256.Size), int64(0)
	for {
		links, err := store.Rows[link](ctx, pool, "SELECT * FROM ek_casework.audit_chain($1, $2)", seq, batch)
		if err != nil {
			return Head{}, err
		}
		for _, l := range links {
			if err := l.check(seq+1, prev); err != nil {
				return Head{}, err
			}
			seq, prev = l.Seq, l.Hash
		}
		if len(links) < batch {
			break
		}
	}
	head := Head{Seq: seq, Hash: hex.EncodeToString(prev)}
	return head, checkEnd(ctx, pool, head)
}

func (l link) check(seq int64, prev []byte) error {
	switch {
	case l.Seq != seq:
		return fmt.Errorf("%w: link %d is missing", ErrBroken, seq)
	case l.ID == nil:
		return fmt.Errorf("%w: the entry of link %d is gone", ErrBroken, seq)
	case string(l.Prev) != string(prev):
		return fmt.Errorf("%w: link %d does not follow the one before it", ErrBroken, seq)
	case string(l.compute()) != string(l.Hash):
		return fmt.Errorf("%w: the entry of link %d was changed", ErrBroken, seq)
	}
	return nil
}

// compute is the hash as the database computed it: each field with its length.
func (l link) compute() []byte {
	h := sha256.New()
	h.Write(l.Prev)
	for _, field := range []string{
		strconv.FormatInt(l.Seq, 10), strconv.FormatInt(*l.ID, 10), strconv.FormatInt(*l.AtMicros, 10),
		*l.Actor, *l.Action, *l.Object, *l.Detail,
	} {
		writeField(h, field)
	}
	return h.Sum(nil)
}

func writeField(h hash.Hash, field string) {
	fmt.Fprintf(h, "%d:%s", len(field), field)
}

// checkEnd compares the recomputed end with the stored head, and looks for entries
// whose link was cut out. The chain may have grown since: then a head further on is fine.
func checkEnd(ctx context.Context, pool *pgxpool.Pool, head Head) error {
	var seq, unlinked int64
	var stored []byte
	err := pool.QueryRow(ctx, "SELECT seq, hash, ek_casework.audit_unlinked() FROM ek_casework.audit_head()").Scan(&seq, &stored, &unlinked)
	switch {
	case err != nil:
		return store.Refusal(err)
	case unlinked > 0:
		return fmt.Errorf("%w: %d entries have lost their links", ErrBroken, unlinked)
	case seq < head.Seq, seq == head.Seq && hex.EncodeToString(stored) != head.Hash:
		return fmt.Errorf("%w: it does not end at its head", ErrBroken)
	}
	return nil
}
