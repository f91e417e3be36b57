package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
	"github.com/evenkeel/evenkeel/test/district"
)

const items = 9

// oneIn is how rare a critical answer is: 285 of the 5,093 of NHANES 2017-2018.
const oneIn = 18

// usher opens and begins forms ahead of a run, so that the run is of saves alone.
func (b *bench) usher(ctx context.Context, wanted int) error {
	missing := wanted - len(b.forms)
	if missing <= 0 {
		return nil
	}
	began := time.Now()
	students, err := b.district.AddStudents(ctx, missing)
	if err != nil {
		return err
	}
	enrolled := time.Since(began)
	client := district.NewClient(b.district.IntakeURL(), 16)
	defer client.HTTP.CloseIdleConnections()
	keys := make([]string, missing)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for i, s := range students {
		group.Go(func() (err error) {
			keys[i], err = client.Enter(ctx, s)
			return err
		})
	}
	err = group.Wait()
	b.forms = append(b.forms, keys...)
	log.Printf("%d students enrolled in %s, their forms opened and begun in %s", missing, enrolled.Round(time.Millisecond), (time.Since(began) - enrolled).Round(time.Millisecond))
	return err
}

// crowd is students who each save nine answers, one at a time, and submit.
type crowd struct {
	address string
	forms   []string
	next    atomic.Int64
	until   time.Time
}

// students measures one run.
func (b *bench) students(ctx context.Context, clients int) (run, error) {
	if err := b.usher(ctx, int(b.plan.run.Seconds()*formsPerSecond)); err != nil {
		return run{}, err
	}
	if err := b.settle(ctx); err != nil {
		return run{}, err
	}
	stop, before := b.watchMemory(), readCPU(b.district)
	took, used, elapsed, err := b.crowd(ctx, clients, b.plan.run)
	stop()
	after := readCPU(b.district)
	if err != nil {
		return run{}, err
	}
	b.forms = b.forms[used:]
	if len(b.forms) == 0 {
		log.Print("the run ended early: every form was used")
	}
	r := summarise(took, elapsed)
	r.CPUMicros = perUnit(before, after, r.Count)
	return r, b.settle(ctx)
}

// formsPerSecond is more than any machine has used so far.
const formsPerSecond = 700

func (b *bench) crowd(ctx context.Context, clients int, length time.Duration) (took []time.Duration, used int, elapsed time.Duration, err error) {
	c := &crowd{address: strings.TrimPrefix(b.district.IntakeURL(), "http://"), forms: b.forms, until: time.Now().Add(length)}
	began := time.Now()
	var mu sync.Mutex
	var group errgroup.Group
	for range clients {
		group.Go(func() error {
			mine, err := c.work(ctx)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
			return err
		})
	}
	err = group.Wait()
	return took, min(int(c.next.Load()), len(b.forms)), time.Since(began), err
}

// work plays one form after another on one connection and returns how long each
// acknowledgement took.
func (c *crowd) work(ctx context.Context) (took []time.Duration, err error) {
	line, err := dial(c.address)
	if err != nil {
		return nil, err
	}
	defer line.conn.Close()
	for ctx.Err() == nil && time.Now().Before(c.until) {
		n := int(c.next.Add(1)) - 1
		if n >= len(c.forms) {
			return took, nil
		}
		for number := 1; number <= items+1; number++ {
			path, body := "/api/v1/answers", saveBody(c.forms[n], number, n%oneIn == 0)
			if number > items {
				path, body = "/api/v1/submit", `{"formKey":"`+c.forms[n]+`"}`
			}
			began := time.Now()
			if err := line.post(path, body); err != nil {
				return took, err
			}
			took = append(took, time.Since(began))
		}
	}
	return took, ctx.Err()
}

func saveBody(formKey string, number int, danger bool) string {
	value := number % 3
	if number == items {
		value = 0
	}
	if number == items && danger {
		value = 1
	}
	return fmt.Sprintf(`{"formKey":%q,"save":%d,"answers":[{"instrument":%q,"item":"q%d","value":%d}]}`,
		formKey, number, instrumenttest.PHQ9Code, number, value)
}

// line is a connection that costs the client little: pgbench is not written in
// net/http either, and both share the machine with what they measure.
type line struct {
	conn net.Conn
	in   *bufio.Reader
	out  bytes.Buffer
	host string
}

func dial(address string) (*line, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &line{conn: conn, in: bufio.NewReader(conn), host: address}, nil
}

// post sends one request and insists on 201.
func (l *line) post(path, body string) error {
	l.out.Reset()
	fmt.Fprintf(&l.out, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, l.host, len(body), body)
	if _, err := l.conn.Write(l.out.Bytes()); err != nil {
		return err
	}
	status, err := l.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if len(status) < 12 || string(status[9:12]) != strconv.Itoa(http.StatusCreated) {
		return fmt.Errorf("%s was answered with %q", path, status)
	}
	return l.skip()
}

// skip reads headers and body away.
func (l *line) skip() error {
	length := 0
	for {
		header, err := l.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(header) <= 2 {
			break
		}
		if value, is := bytes.CutPrefix(header, []byte("Content-Length: ")); is {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	_, err := io.CopyN(io.Discard, l.in, int64(length))
	return err
}

// settle waits until the scorer has caught up: what it has left over belongs to the
// run that made it.
func (b *bench) settle(ctx context.Context) error {
	for {
		var waiting bool
		err := b.district.Owner.QueryRow(ctx, "SELECT EXISTS (SELECT FROM ek.attempt WHERE state <> 'Draft' AND scored_at IS NULL AND NOT failed)").Scan(&waiting)
		if err != nil || !waiting {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
