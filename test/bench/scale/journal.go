package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// journal is the API server's audit log of writes, read as it grows.
type journal struct {
	file   *os.File
	rest   []byte // the beginning of a line
	writes []write
}

// write is one request that was answered.
type write struct {
	Verb     string
	Received time.Time `json:"requestReceivedTimestamp"`
	Answered time.Time `json:"stageTimestamp"`
	User     struct{ Username string }
	Object   struct {
		Resource, Subresource, Namespace, Name string
	} `json:"objectRef"`
	Response struct{ Code int } `json:"responseStatus"`
}

func (w write) by() string {
	if w.User.Username == operatorUser {
		return "operator"
	}
	return "client"
}

func (w write) what() string {
	if w.Object.Subresource != "" {
		return w.Object.Resource + "/" + w.Object.Subresource
	}
	return w.Object.Resource
}

// openJournal reads from what is written from now on.
func openJournal(path string) (*journal, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	j := &journal{file: f}
	_, err = j.read()
	j.writes = nil
	return j, err
}

func (j *journal) close() error { return j.file.Close() }

// read adds what was written since and says how many writes that is.
func (j *journal) read() (added int, err error) {
	in := bufio.NewReader(j.file)
	for {
		line, err := in.ReadBytes('\n')
		j.rest = append(j.rest, line...)
		switch {
		case errors.Is(err, io.EOF):
			return added, nil
		case err != nil:
			return added, err
		}
		var w write
		if err := json.Unmarshal(bytes.TrimSpace(j.rest), &w); err != nil {
			return added, fmt.Errorf("reading the audit log: %w", err)
		}
		j.rest = j.rest[:0]
		j.writes = append(j.writes, w)
		added++
	}
}
