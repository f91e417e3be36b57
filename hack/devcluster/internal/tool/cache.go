package tool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Cache is where built tools are kept, outside any checkout.
//
//	<root>/tools/<tool>-<version>-<digest>/<tool>   one build, immutable
//	<root>/<digest of all>/bin/<tool>               links to the builds that belong together
type Cache struct {
	// Root of the cache.
	Root string
	// Source is the folder of this program, with tools/ beneath it.
	Source string
}

// OpenCache finds the user's cache and this program's source.
func OpenCache() (Cache, error) {
	source, err := findSource()
	if err != nil {
		return Cache{}, err
	}
	root, err := CacheRoot()
	return Cache{Root: root, Source: source}, err
}

// CacheRoot is ${XDG_CACHE_HOME:-~/.cache}/evenkeel/devcluster.
func CacheRoot() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for built tools: %w; set XDG_CACHE_HOME or HOME", err)
	}
	return filepath.Join(base, "evenkeel", "devcluster"), nil
}

// Set is the tools of one state of the source tree, with their keys.
type Set struct {
	cache   Cache
	keys    map[string]string
	sources map[string]Sources
	// Bin holds a link for every tool that has been built.
	Bin string
}

// Resolve reads the pins and works out every tool's key.
func (c Cache) Resolve() (Set, error) {
	set := Set{cache: c, keys: map[string]string{}, sources: map[string]Sources{}}
	var ordered []string
	for _, t := range All() {
		sources, err := c.read(t)
		if err != nil {
			return Set{}, fmt.Errorf("read the pins of %s: %w", t.Name, err)
		}
		set.sources[t.Name], set.keys[t.Name] = sources, Key(t, sources)
		ordered = append(ordered, set.keys[t.Name])
	}
	set.Bin = filepath.Join(c.Root, SetKey(ordered), "bin")
	return set, nil
}

// Has says whether a tool is built and linked.
func (s Set) Has(t Tool) bool {
	_, err := os.Stat(filepath.Join(s.Bin, t.Name))
	return err == nil
}

// Version is the pinned version of a tool.
func (s Set) Version(t Tool) string { return s.sources[t.Name].Version }

// link makes a finished build visible in Bin. The rename replaces a link in one
// step, so a process that looks sees the old tool or the new one.
func (s Set) link(t Tool) error {
	if s.Has(t) {
		return nil
	}
	if err := os.MkdirAll(s.Bin, 0o755); err != nil {
		return err
	}
	staged := filepath.Join(s.Bin, "."+t.Name)
	if err := os.Remove(staged); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(s.Path(t.Name), staged); err != nil {
		return err
	}
	return os.Rename(staged, filepath.Join(s.Bin, t.Name))
}

func (c Cache) read(t Tool) (Sources, error) {
	sources := Sources{Platform: runtime.GOOS + "/" + runtime.GOARCH}
	for _, path := range c.pins(t) {
		content, err := os.ReadFile(path)
		if err != nil {
			return Sources{}, err
		}
		sources.Files = append(sources.Files, content)
	}
	if t.Requires == "" {
		return sources, nil
	}
	version, err := RequiredVersion(sources.Files[0], t.Requires)
	sources.Version = version
	return sources, err
}

func (c Cache) pins(t Tool) []string {
	if t.Module == "" {
		return []string{filepath.Join(c.Source, t.Package, "main.go")}
	}
	dir := c.moduleDir(t)
	return []string{filepath.Join(dir, "go.mod"), filepath.Join(dir, "go.sum")}
}

func (c Cache) moduleDir(t Tool) string {
	if t.Module == "" {
		return c.Source
	}
	return filepath.Join(c.Source, "tools", t.Module)
}

// findSource looks for the tool modules near the working directory, then where
// this program was compiled. They cannot be embedded: a folder with its own
// go.mod is outside this module.
func findSource() (string, error) {
	var tried []string
	if wd, err := os.Getwd(); err == nil {
		for dir := wd; ; dir = filepath.Dir(dir) {
			tried = append(tried, dir, filepath.Join(dir, "hack", "devcluster"))
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	if _, file, _, ok := runtime.Caller(0); ok {
		tried = append(tried, filepath.Join(filepath.Dir(file), "..", ".."))
	}
	for _, dir := range tried {
		if _, err := os.Stat(filepath.Join(dir, "tools", "kubernetes", "go.mod")); err == nil {
			return filepath.Clean(dir), nil
		}
	}
	return "", errors.New("cannot find hack/devcluster/tools; run devcluster inside the checkout")
}

// Builds is the folder of all builds.
func (c Cache) Builds() string { return filepath.Join(c.Root, "tools") }

// Path is where a tool's own build is. Unlike the link in Bin it does not change
// when another tool does.
func (s Set) Path(name string) string {
	return filepath.Join(s.cache.Builds(), s.keys[name], name)
}
