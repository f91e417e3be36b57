package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

const (
	plainTable = "CREATE TABLE public.plain (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload bytea NOT NULL)"
	database   = "ek_" + pgtest.District
)

// prepareInserts makes the table that pgbench fills, and returns how many bytes one
// insert carries: those of one save as a student sends it.
func (b *bench) prepareInserts() (int, error) {
	owner := postgres.OwnerRole(pgtest.District)
	err := b.district.Superuser(plainTable, "GRANT USAGE ON SCHEMA public TO "+owner, "GRANT INSERT ON public.plain TO "+owner)
	return len(samplePayload()), err
}

func samplePayload() string { return saveBody(strings.Repeat("k", 43), 1, false) }

// inserts measures one run of pgbench: one insert of the same bytes per transaction,
// prepared, over the same Unix socket.
func (b *bench) inserts(ctx context.Context, clients int) (run, error) {
	dir, err := os.MkdirTemp("", "ek-pgbench-")
	if err != nil {
		return run{}, err
	}
	defer os.RemoveAll(dir)
	script := filepath.Join(dir, "insert.sql")
	statement := `INSERT INTO public.plain (payload) VALUES ('\x` + hex.EncodeToString([]byte(samplePayload())) + "');\n"
	if err := os.WriteFile(script, []byte(statement), 0o600); err != nil {
		return run{}, err
	}
	cmd := exec.CommandContext(ctx, b.district.Postgres.Tool("pgbench"), "--no-vacuum", "--protocol=prepared", "--file="+script,
		"--client="+strconv.Itoa(clients), "--jobs=2", "--time="+strconv.Itoa(int(b.plan.run.Seconds())), "--log", "--log-prefix="+filepath.Join(dir, "log"),
		"--host="+b.district.Postgres.Dir(), "--username="+postgres.OwnerRole(pgtest.District), database)
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return run{}, fmt.Errorf("pgbench: %w: %s", err, out)
	}
	elapsed := time.Since(began)
	took, err := readLogs(dir)
	return summarise(took, elapsed), err
}

// readLogs reads pgbench's logs: client, transaction, microseconds, ...
func readLogs(dir string) (took []time.Duration, err error) {
	logs, err := filepath.Glob(filepath.Join(dir, "log.*"))
	if err != nil {
		return nil, err
	}
	for _, name := range logs {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		for lines := bufio.NewScanner(file); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			if len(fields) < 3 {
				continue
			}
			micros, err := strconv.ParseInt(fields[2], 10, 64)
			if err == nil {
				took = append(took, time.Duration(micros)*time.Microsecond)
			}
		}
		file.Close()
	}
	return took, nil
}
