package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// Standard is the path that stands for standard input.
const Standard = "-"

// maxFile bounds one file; manifests of a whole province's schools stay far below.
const maxFile = 64 << 20

// Extensions are those of the files that are taken from a directory, as by kubectl.
var Extensions = []string{".yaml", ".yml", ".json"}

// document is one YAML document of a file.
type document struct {
	file string
	skip int // lines of the file before it
	text []byte
}

// readPaths reads every file named, and the manifests of every directory named. The
// error names the path that cannot be read.
func readPaths(in Input) ([]document, error) {
	var out []document
	for _, path := range in.Paths {
		files, err := expand(path, in.Recursive)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			text, err := readFile(file, in.Stdin)
			if err != nil {
				return nil, err
			}
			out = append(out, split(file, text)...)
		}
	}
	return out, nil
}

// expand returns the manifests of a directory, in the order of their names, and any
// other path as it is.
func expand(path string, recursive bool) ([]string, error) {
	if path == Standard {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such file or directory", path)
	case err != nil || !info.IsDir():
		return []string{path}, err
	}
	var files []string
	err = filepath.WalkDir(path, func(at string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && at != path && !recursive:
			return fs.SkipDir
		case !entry.IsDir() && slices.Contains(Extensions, strings.ToLower(filepath.Ext(at))):
			files = append(files, at)
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s holds no %s file; name files, or the directory they are in (validate looks further down with -R)", path, strings.Join(Extensions, ", "))
	}
	return files, err
}

func readFile(path string, stdin io.Reader) ([]byte, error) {
	source := stdin
	if path != Standard {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		source = file
	}
	text, err := io.ReadAll(io.LimitReader(source, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name(path), err)
	case len(text) > maxFile:
		return nil, fmt.Errorf("%s is larger than %d MiB; that is no manifest", name(path), maxFile>>20)
	case !utf8.Valid(text):
		return nil, fmt.Errorf("%s is not UTF-8 text; save it as UTF-8", name(path))
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), nil
}

func name(path string) string {
	if path == Standard {
		return "standard input"
	}
	return path
}

// split cuts a file into its documents, as kubectl does: at lines that begin with three
// dashes and go on with nothing but a comment.
func split(file string, text []byte) []document {
	var out []document
	current, line := document{file: file}, 0
	for one := range bytes.Lines(text) {
		line++
		if separates(one) {
			out = append(out, current)
			current = document{file: file, skip: line}
			continue
		}
		current.text = append(current.text, one...)
	}
	return append(out, current)
}

func separates(line []byte) bool {
	rest, found := bytes.CutPrefix(line, []byte("---"))
	rest = bytes.TrimSpace(rest)
	return found && (len(rest) == 0 || rest[0] == '#')
}
