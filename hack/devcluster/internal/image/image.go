// Package image writes one-layer container images from static binaries, without a
// container engine. The same inputs give the same bytes.
package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// File is one file of the image.
type File struct {
	// Path inside the image, absolute.
	Path    string
	Content []byte
	Mode    int64
}

// Spec describes an image.
type Spec struct {
	Name       string
	Entrypoint []string
	// User is a numeric user, or user:group.
	User  string
	Files []File
}

// epoch is every file's time: when an image was made is no part of what it is.
var epoch = time.Unix(0, 0).UTC()

var reference = regexp.MustCompile(`^[a-z0-9][a-z0-9._/:-]*:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)

// Validate says what is wrong with a spec before anything is read or written.
func (s Spec) Validate() error {
	if !reference.MatchString(s.Name) {
		return fmt.Errorf("image name %q needs the form name:tag in lower case, such as evenkeel/intake:dev", s.Name)
	}
	seen := map[string]bool{}
	for _, file := range s.Files {
		if !path.IsAbs(file.Path) || path.Clean(file.Path) != file.Path {
			return fmt.Errorf("path %q inside the image must be absolute and plain", file.Path)
		}
		if seen[file.Path] {
			return fmt.Errorf("path %q is in the image twice", file.Path)
		}
		seen[file.Path] = true
	}
	return nil
}

// Canonical is the name under which a container runtime stores a short one.
func Canonical(name string) string {
	first, _, found := strings.Cut(name, "/")
	switch {
	case !found:
		return "docker.io/library/" + name
	case strings.ContainsAny(first, ".:") || first == "localhost":
		return name
	default:
		return "docker.io/" + name
	}
}

// Base are the files every image gets: an unprivileged user, a place for temporary
// files, and the authorities it trusts, if any are given.
func Base(authorities []byte) []File {
	files := []File{
		{Path: "/etc/passwd", Mode: 0o644, Content: []byte("root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n")},
		{Path: "/etc/group", Mode: 0o644, Content: []byte("root:x:0:\nnonroot:x:65532:\n")},
	}
	if len(authorities) > 0 {
		files = append(files, File{Path: "/etc/ssl/certs/ca-certificates.crt", Mode: 0o644, Content: authorities})
	}
	return files
}

// Write writes the image as an archive that is both an OCI layout and what
// `docker save` writes, so that every tool can load it.
func Write(w io.Writer, spec Spec) error {
	if err := spec.Validate(); err != nil {
		return err
	}
	blobs, err := build(spec)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(w)
	for _, file := range blobs {
		if err := addFile(archive, file); err != nil {
			return fmt.Errorf("write the image: %w", err)
		}
	}
	return archive.Close()
}

// build makes the archive's files in a fixed order.
func build(spec Spec) ([]File, error) {
	plain, err := layer(spec.Files)
	if err != nil {
		return nil, err
	}
	packed, err := compress(plain)
	if err != nil {
		return nil, err
	}
	config := document(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"created":      epoch.Format(time.RFC3339),
		"config": map[string]any{
			"Entrypoint": spec.Entrypoint, "User": spec.User, "WorkingDir": "/",
			"Env": []string{"PATH=/usr/local/bin:/usr/bin:/bin:/"},
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{digest(plain)}},
		"history": []any{map[string]any{"created": epoch.Format(time.RFC3339), "created_by": "devcluster image"}},
	})
	manifest := document(map[string]any{
		"schemaVersion": 2,
		"mediaType":     "application/vnd.oci.image.manifest.v1+json",
		"config":        descriptor("application/vnd.oci.image.config.v1+json", config),
		"layers":        []any{descriptor("application/vnd.oci.image.layer.v1.tar+gzip", packed)},
	})
	return append(blobs(config, packed, manifest), indexes(spec.Name, config, packed, manifest)...), nil
}

func blobs(contents ...[]byte) []File {
	var files []File
	for _, content := range contents {
		files = append(files, File{Path: blobPath(content), Mode: 0o644, Content: content})
	}
	return files
}

// indexes are the entry points into the archive: OCI's and Docker's.
func indexes(name string, config, packed, manifest []byte) []File {
	canonical := Canonical(name)
	entry := descriptor("application/vnd.oci.image.manifest.v1+json", manifest)
	entry["annotations"] = map[string]string{
		"io.containerd.image.name":          canonical,
		"org.opencontainers.image.ref.name": canonical[strings.LastIndex(canonical, ":")+1:],
	}
	entry["platform"] = map[string]string{"architecture": runtime.GOARCH, "os": "linux"}
	return []File{
		{Path: "index.json", Mode: 0o644, Content: document(map[string]any{
			"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []any{entry},
		})},
		{Path: "manifest.json", Mode: 0o644, Content: document([]any{map[string]any{
			"Config": blobPath(config), "RepoTags": []string{name}, "Layers": []string{blobPath(packed)},
		}})},
		{Path: "oci-layout", Mode: 0o644, Content: document(map[string]string{"imageLayoutVersion": "1.0.0"})},
	}
}

// layer is a tar of the files in the order of their paths, folders included.
func layer(files []File) ([]byte, error) {
	var buffer bytes.Buffer
	archive := tar.NewWriter(&buffer)
	for _, dir := range directories(files) {
		if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: dirMode(dir), ModTime: epoch}); err != nil {
			return nil, err
		}
	}
	sorted := slices.Clone(files)
	slices.SortFunc(sorted, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	for _, file := range sorted {
		file.Path = strings.TrimPrefix(file.Path, "/")
		if err := addFile(archive, file); err != nil {
			return nil, err
		}
	}
	return buffer.Bytes(), archive.Close()
}

// directories lists every folder the files need, and /tmp, parents first.
func directories(files []File) []string {
	dirs := []string{"tmp"}
	for _, file := range files {
		for dir := path.Dir(strings.TrimPrefix(file.Path, "/")); dir != "."; dir = path.Dir(dir) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

func dirMode(dir string) int64 {
	if dir == "tmp" {
		return 0o1777
	}
	return 0o755
}

func addFile(archive *tar.Writer, file File) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: file.Path, Mode: file.Mode, Size: int64(len(file.Content)), ModTime: epoch}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err := archive.Write(file.Content)
	return err
}

// compress favours speed: the image never travels further than this machine.
func compress(content []byte) ([]byte, error) {
	var buffer bytes.Buffer
	writer, err := gzip.NewWriterLevel(&buffer, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := writer.Write(content); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

func descriptor(mediaType string, content []byte) map[string]any {
	return map[string]any{"mediaType": mediaType, "digest": digest(content), "size": len(content)}
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func blobPath(content []byte) string {
	return "blobs/sha256/" + strings.TrimPrefix(digest(content), "sha256:")
}

func document(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // only maps, slices, strings and numbers are passed
	}
	return raw
}
