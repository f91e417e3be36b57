package score

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/config/instruments"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

// Instrument is one instrument to score answers with. A draft will do: nothing here
// reaches a student.
type Instrument struct {
	*instrument.Compiled
	Spec v1alpha1.InstrumentSpec // for its wording, whatever state that is in
	// needed tells of each item whether a scale, a gate or a critical answer looks at it.
	needed []bool
}

// Load finds instruments by what people call them: a manifest's path, a folder of
// manifests, or the code of one that ships with Evenkeel, such as phq-9 or phq-9@1.
func Load(ctx context.Context, names []string) ([]Instrument, error) {
	var all []Instrument
	for _, name := range names {
		found, err := load(ctx, name)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	seen := map[string]bool{}
	for _, in := range all {
		if seen[in.Code()] {
			return nil, fmt.Errorf("there are two instruments %q; score one at a time", in.Code())
		}
		seen[in.Code()] = true
	}
	return all, nil
}

func load(ctx context.Context, name string) ([]Instrument, error) {
	input := manifest.Input{Paths: []string{name}}
	if !isPath(name) {
		content, err := shipped(name)
		if err != nil {
			return nil, err
		}
		input = manifest.Input{Paths: []string{manifest.Standard}, Stdin: bytes.NewReader(content)}
	}
	set, findings, err := manifest.Load(ctx, input)
	if err != nil {
		return nil, fmt.Errorf("instrument %q: %w", name, err)
	}
	if err := manifest.Err(findings); err != nil {
		return nil, err
	}
	if len(set.Instruments) == 0 {
		return nil, fmt.Errorf("%s holds no Instrument", name)
	}
	var found []Instrument
	for _, object := range set.Instruments {
		compiled, err := translate.Compile(object.Value.Spec)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		found = append(found, New(compiled, object.Value.Spec))
	}
	return found, nil
}

// New is an instrument that has been compiled from a spec.
func New(compiled *instrument.Compiled, spec v1alpha1.InstrumentSpec) Instrument {
	return Instrument{Compiled: compiled, Spec: spec, needed: needed(compiled)}
}

func isPath(name string) bool {
	if strings.ContainsAny(name, `/\`) || slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name)) {
		return true
	}
	_, err := os.Stat(name)
	return err == nil
}

// Shipped are the codes of the instruments that ship with Evenkeel.
func Shipped() []string {
	files, _ := fs.Glob(instruments.Files, "*.yaml") // fails for a bad pattern only
	var codes []string
	for _, file := range files {
		if code := strings.TrimSuffix(file, ".yaml"); code != "kustomization" {
			codes = append(codes, code)
		}
	}
	return codes
}

// shipped is the manifest of code or code@version. Files are named after codes.
func shipped(name string) ([]byte, error) {
	code, version, versioned := strings.Cut(strings.ToLower(name), "@")
	content, err := instruments.Files.ReadFile(code + ".yaml")
	if errors.Is(err, fs.ErrNotExist) || code == "kustomization" {
		return nil, fmt.Errorf("no instrument %q ships with this plugin, and there is no such file; write a path, or one of %s",
			name, strings.Join(Shipped(), ", "))
	}
	if versioned && !strings.Contains(string(content), fmt.Sprintf("\n  version: %q\n", version)) {
		return nil, fmt.Errorf("another version of %s than %s ships with this plugin; write the path of the one you mean", code, version)
	}
	return content, err
}

// needed tells of each item whether scoring looks at it. The others may be absent.
func needed(c *instrument.Compiled) []bool {
	source := c.Source()
	used := make([]bool, len(source.Items))
	use := func(item string) {
		if position, ok := c.Position(item); ok {
			used[position] = true
		}
	}
	tests := func(tests []contract.ItemTest) {
		for _, test := range tests {
			use(test.Item)
		}
	}
	for _, scale := range source.Scales {
		for _, item := range scale.Items {
			use(item)
		}
		for _, one := range scale.Cases {
			for _, condition := range one.When {
				tests(condition.Tests)
			}
		}
	}
	for _, item := range source.Items {
		tests(item.AskWhen)
		if len(item.Critical) > 0 {
			use(item.Code)
		}
	}
	return used
}
