package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// File is a file to write.
type File struct {
	Path    string
	Content []byte
	Mode    fs.FileMode
	// Owner of the file; nil means ourselves.
	Owner *Account
}

// Account is a user to run a process as or to give a file to.
type Account struct {
	UID, GID uint32
}

// Unprivileged finds the account for a program that refuses to run as root: the
// first of the given users that exists. Nil means we are not root and need none.
func Unprivileged(names ...string) (*Account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range names {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return &Account{UID: uint32(uid), GID: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("none of the users %v exists; run `devcluster deps`", names)
}

// Credential is the account in the form process creation wants.
func (a *Account) Credential() *syscall.Credential {
	if a == nil {
		return nil
	}
	return &syscall.Credential{Uid: a.UID, Gid: a.GID}
}

// Own gives a path to the account.
func (a *Account) Own(path string) error {
	if a == nil {
		return nil
	}
	return os.Chown(path, int(a.UID), int(a.GID))
}

// MakeDir makes a folder of the account's own, unless it is there.
func (a *Account) MakeDir(path string, mode fs.FileMode) error {
	if err := os.Mkdir(path, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return a.Own(path)
}

// OwnFile gives an open file, which may have no path, to the account.
func (a *Account) OwnFile(f *os.File) error {
	if a == nil {
		return nil
	}
	return f.Chown(int(a.UID), int(a.GID))
}

// WriteFiles writes each file beside its place and renames it, so that no reader
// ever sees half of one.
func WriteFiles(files []File) error {
	for _, file := range files {
		if err := file.write(); err != nil {
			return fmt.Errorf("write %s: %w", file.Path, err)
		}
	}
	return nil
}

func (f File) write() error {
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
		return err
	}
	staged, err := os.CreateTemp(filepath.Dir(f.Path), ".staged-*")
	if err != nil {
		return err
	}
	defer os.Remove(staged.Name())
	_, writeErr := staged.Write(f.Content)
	if err := staged.Close(); writeErr != nil || err != nil {
		return errors.Join(writeErr, err)
	}
	if err := os.Chmod(staged.Name(), f.Mode); err != nil {
		return err
	}
	if err := f.Owner.Own(staged.Name()); err != nil {
		return err
	}
	return os.Rename(staged.Name(), f.Path)
}

// Poll asks until the answer is yes, the time is over or the context ends.
func Poll(ctx context.Context, patience, interval time.Duration, done func() bool) bool {
	deadline := time.Now().Add(patience)
	for !done() {
		if time.Now().After(deadline) {
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(interval):
		}
	}
	return true
}
