package image

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func spec() Spec {
	files := append(Base([]byte("CERTS")), File{Path: "/opt/app/web", Content: []byte("binary"), Mode: 0o755})
	return Spec{Name: "evenkeel/web:dev", Entrypoint: []string{"/opt/app/web"}, User: "65532", Files: files}
}

func write(t *testing.T, s Spec) []byte {
	t.Helper()
	var buffer bytes.Buffer
	if err := Write(&buffer, s); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func read(t *testing.T, archive []byte) map[string]string {
	t.Helper()
	contents := map[string]string{}
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return contents
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		contents[header.Name] = string(content)
	}
}

func TestSameInputsGiveTheSameBytes(t *testing.T) {
	first := write(t, spec())
	shuffled := spec()
	slices.Reverse(shuffled.Files)
	if !bytes.Equal(first, write(t, shuffled)) {
		t.Error("the order of the files changes the image")
	}
	changed := spec()
	changed.Files[len(changed.Files)-1].Content = []byte("binarY")
	if bytes.Equal(first, write(t, changed)) {
		t.Error("a changed file does not change the image")
	}
}

func TestArchiveIsOCIAndDocker(t *testing.T) {
	contents := read(t, write(t, spec()))
	var index struct {
		Manifests []struct {
			Digest      string
			Annotations map[string]string
		}
	}
	if err := json.Unmarshal([]byte(contents["index.json"]), &index); err != nil || len(index.Manifests) != 1 {
		t.Fatalf("index.json: %v, %+v", err, index)
	}
	if got := index.Manifests[0].Annotations["io.containerd.image.name"]; got != "docker.io/evenkeel/web:dev" {
		t.Errorf("containerd would call it %q", got)
	}
	if _, ok := contents["blobs/sha256/"+strings.TrimPrefix(index.Manifests[0].Digest, "sha256:")]; !ok {
		t.Error("the index points to a manifest that is not there")
	}
	var docker []struct {
		Config string
		Layers []string
	}
	if err := json.Unmarshal([]byte(contents["manifest.json"]), &docker); err != nil || len(docker) != 1 {
		t.Fatalf("manifest.json: %v, %+v", err, docker)
	}
	for _, path := range append(docker[0].Layers, docker[0].Config) {
		if _, ok := contents[path]; !ok {
			t.Errorf("manifest.json points to %s, which is not there", path)
		}
	}
	for name, content := range contents {
		if want, blob := strings.CutPrefix(name, "blobs/sha256/"); blob && digest([]byte(content)) != "sha256:"+want {
			t.Errorf("%s has another digest", name)
		}
	}
}

func TestLayerHasParentFoldersFirst(t *testing.T) {
	raw, err := layer(spec().Files)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	reader := tar.NewReader(bytes.NewReader(raw))
	for header, err := reader.Next(); err == nil; header, err = reader.Next() {
		if !header.ModTime.Equal(epoch) {
			t.Errorf("%s has the time %s", header.Name, header.ModTime)
		}
		names = append(names, header.Name)
	}
	want := []string{"etc/", "etc/ssl/", "etc/ssl/certs/", "opt/", "opt/app/", "tmp/", "etc/group", "etc/passwd", "etc/ssl/certs/ca-certificates.crt", "opt/app/web"}
	if !slices.Equal(names, want) {
		t.Fatalf("got %v, want %v", names, want)
	}
}

func TestValidate(t *testing.T) {
	file := func(paths ...string) (files []File) {
		for _, p := range paths {
			files = append(files, File{Path: p})
		}
		return files
	}
	for name, tc := range map[string]struct {
		spec Spec
		want string
	}{
		"good":         {Spec{Name: "evenkeel/web:dev", Files: file("/web")}, ""},
		"no tag":       {Spec{Name: "evenkeel/web"}, "name:tag"},
		"upper case":   {Spec{Name: "Evenkeel/web:dev"}, "lower case"},
		"relative":     {Spec{Name: "a:b", Files: file("web")}, "absolute"},
		"climbing out": {Spec{Name: "a:b", Files: file("/../web")}, "plain"},
		"twice":        {Spec{Name: "a:b", Files: file("/web", "/web")}, "twice"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.spec.Validate()
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Fatalf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestCanonical(t *testing.T) {
	for name, want := range map[string]string{
		"web:dev":                 "docker.io/library/web:dev",
		"evenkeel/web:dev":        "docker.io/evenkeel/web:dev",
		"evenkeel.local/pause:1":  "evenkeel.local/pause:1",
		"localhost/web:dev":       "localhost/web:dev",
		"registry:5000/web/a:dev": "registry:5000/web/a:dev",
	} {
		if got := Canonical(name); got != want {
			t.Errorf("Canonical(%q) = %q, want %q", name, got, want)
		}
	}
}
