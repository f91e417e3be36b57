package student

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"
)

// Kinds of acknowledgement.
const (
	Saved     = "save"
	Submitted = "submit"
)

// Entry is one acknowledgement: a 201 with a receipt.
type Entry struct {
	At       time.Time `json:"at"`
	Student  string    `json:"student"` // school-roll number
	District string    `json:"district"`
	Kind     string    `json:"kind"`
	Save     int       `json:"save,omitempty"`
	Items    int       `json:"items,omitempty"`
	Receipt  string    `json:"receipt"`
}

// Log is the clients' log of acknowledgements, in memory and in a file, so that a
// demo that was interrupted can go on.
type Log struct {
	mu      sync.Mutex
	file    *os.File
	entries []Entry
	done    map[string]bool
}

// OpenLog opens the log in a file, reading what an earlier run left there.
func OpenLog(path string) (*Log, error) {
	entries, err := readLog(path)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	log := &Log{file: file, done: map[string]bool{}}
	for _, e := range entries {
		log.keep(e)
	}
	return log, nil
}

func readLog(path string) ([]Entry, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var entries []Entry
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var e Entry
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			break // the line that a crash cut short is the last
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// Add notes an acknowledgement.
func (l *Log) Add(e Entry) error {
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep(e)
	_, err = l.file.Write(append(raw, '\n'))
	return err
}

func (l *Log) keep(e Entry) {
	l.entries = append(l.entries, e)
	if e.Kind == Submitted {
		l.done[e.Student] = true
	}
}

// Done reports whether a student has submitted.
func (l *Log) Done(number string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.done[number]
}

// Receipts are the acknowledgements of a kind in a district, by receipt. A repeated
// call is answered with the first receipt, so each save is here once.
func (l *Log) Receipts(district, kind string) map[string]Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	receipts := map[string]Entry{}
	for _, e := range l.entries {
		if e.District == district && e.Kind == kind {
			receipts[e.Receipt] = e
		}
	}
	return receipts
}

// Len is how many acknowledgements there were, repeated ones included.
func (l *Log) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

// Close closes the file.
func (l *Log) Close() error { return l.file.Close() }
