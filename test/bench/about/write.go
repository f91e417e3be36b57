package about

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Write prints the page of a result and keeps it in the directory as NAME.md, next to the raw figures as NAME.json;
// without a directory nothing is kept.
func Write(dir, name, page string, result any) error {
	fmt.Println(page)
	if dir == "" {
		return nil
	}
	raw, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path+".json", append(raw, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(path+".md", []byte(page), 0o644)
}
