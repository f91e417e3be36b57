package loss

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// The statement that makes a commit durable, and one of the same length that does not.
var (
	durable    = []byte("SET LOCAL synchronous_commit = on")
	notDurable = []byte("SET LOCAL synchronous_commit =off")
)

// rewriter stands between intake and PostgreSQL, on a Unix socket of its own, and can
// turn every `synchronous_commit = on` into `= off` on its way.
type rewriter struct {
	dir      string // intake's EVENKEEL_DB_HOST
	upstream string
	listener net.Listener
	rewrites atomic.Int64

	mu      sync.Mutex
	rewrite bool
	open    map[net.Conn]bool
	closed  bool
	running sync.WaitGroup
}

const socketName = ".s.PGSQL.5432"

func startRewriter(t *testing.T, upstream string) *rewriter {
	t.Helper()
	dir, err := os.MkdirTemp("", "ek-proxy-")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	r := &rewriter{dir: dir, upstream: upstream, listener: listener, open: map[net.Conn]bool{}}
	r.running.Go(r.accept)
	t.Cleanup(func() {
		listener.Close()
		r.mu.Lock()
		r.closed = true
		r.mu.Unlock()
		r.dropAll()
		r.running.Wait()
		os.RemoveAll(dir)
	})
	return r
}

// turn switches rewriting. Statements are prepared once per connection, so it drops
// those there are.
func (r *rewriter) turn(on bool) {
	r.mu.Lock()
	r.rewrite = on
	r.mu.Unlock()
	r.dropAll()
}

func (r *rewriter) dropAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for conn := range r.open {
		conn.Close()
	}
}

func (r *rewriter) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.running.Go(func() { r.serve(client) })
	}
}

func (r *rewriter) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", filepath.Join(r.upstream, socketName))
	if err != nil {
		return // PostgreSQL is down: so is the proxy
	}
	defer server.Close()
	rewrite, ok := r.keep(client)
	if !ok {
		return
	}
	defer r.forget(client)
	r.running.Go(func() {
		_, _ = io.Copy(client, server)
		client.Close()
	})
	_ = r.forward(client, server, rewrite)
}

func (r *rewriter) keep(conn net.Conn) (rewrite, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[conn] = true
	return r.rewrite, !r.closed
}

func (r *rewriter) forget(conn net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, conn)
}

// forward copies what the client says, message by message: one startup message
// without a type, then type, length and body.
func (r *rewriter) forward(client io.Reader, server io.Writer, rewrite bool) error {
	in, out := bufio.NewReader(client), bufio.NewWriter(server)
	header := make([]byte, 0, 5)
	for {
		want := cap(header)
		if len(header) == 0 { // only the startup message has nothing before it
			want = 4
		}
		header = header[:want]
		if _, err := io.ReadFull(in, header); err != nil {
			return err
		}
		size := int64(binary.BigEndian.Uint32(header[want-4:])) - 4
		body, err := readBody(in, size)
		if err != nil {
			return err
		}
		if rewrite && bytes.Contains(body, durable) {
			body = bytes.ReplaceAll(body, durable, notDurable)
			r.rewrites.Add(1)
		}
		_, errHeader := out.Write(header)
		_, errBody := out.Write(body)
		if err := errors.Join(errHeader, errBody); err != nil {
			return err
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}

func readBody(in io.Reader, size int64) ([]byte, error) {
	if size < 0 || size > 1<<24 {
		return nil, errors.New("not a message of PostgreSQL's protocol")
	}
	body := make([]byte, size)
	_, err := io.ReadFull(in, body)
	return body, err
}
