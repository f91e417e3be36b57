package layout

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

const marker = ".evenkeel-devcluster"

// Claim makes the state folder and marks it as ours. A folder with other things in
// it is refused, because taking the cluster down removes the whole folder.
func (s State) Claim() error {
	if s.Claimed() {
		return nil
	}
	entries, err := os.ReadDir(string(s))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty and not ours; set %s to another folder", s, stateDirectory)
	}
	if err := os.MkdirAll(string(s), 0o755); err != nil {
		return fmt.Errorf("make %s: %w; run as root, or set %s", s, err, stateDirectory)
	}
	return os.WriteFile(s.Path(marker), nil, 0o644)
}

// Claimed says whether the folder was marked.
func (s State) Claimed() bool {
	_, err := os.Stat(s.Path(marker))
	return err == nil
}

// Remove removes the folder, if it is ours.
func (s State) Remove() error {
	if !s.Claimed() {
		return nil
	}
	return os.RemoveAll(string(s))
}
