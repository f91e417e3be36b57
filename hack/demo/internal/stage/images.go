package stage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
)

// registry is the made-up registry of images that are loaded, never pulled.
const registry = "evenkeel.local"

// Images are the two images of the demo.
type Images struct{ Product, Simulators string }

// BuildImages builds the static binaries, writes them into images and loads these into
// the cluster. An image is named after its content, so that a change is rolled out.
func (c *Cluster) BuildImages(ctx context.Context) (Images, error) {
	images := Images{Product: c.Image, Simulators: c.SimulatorsImage}
	var err error
	if images.Product == "" {
		images.Product, err = c.image(ctx, "evenkeel", "./cmd/manager", "./cmd/district")
		if err != nil {
			return images, err
		}
	}
	if images.Simulators == "" {
		images.Simulators, err = c.image(ctx, "simulators", "./hack/demo/cmd/simulators")
	}
	return images, err
}

func (c *Cluster) image(ctx context.Context, name string, packages ...string) (string, error) {
	out := c.State.Path("bin-" + name)
	args := append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", out + "/"}, packages...)
	if _, err := c.Tools.runIn(ctx, c.Root, []string{"CGO_ENABLED=0"}, nil, "go", args...); err != nil {
		return "", err
	}
	var binaries []string
	for _, p := range packages {
		binaries = append(binaries, filepath.Join(out, filepath.Base(p)))
	}
	digest, err := digestOf(binaries)
	if err != nil {
		return "", err
	}
	image := registry + "/" + name + ":demo-" + digest[:12]
	loaded, err := c.State.Read("run/image-" + name)
	if err != nil || string(loaded) == image {
		return image, err
	}
	tar := c.State.Path(name + ".tar")
	if _, err := c.Tools.Dev(ctx, append([]string{"image", "--name", image, "--out", tar}, binaries...)...); err != nil {
		return "", err
	}
	if _, err := c.Tools.Dev(ctx, "load", tar); err != nil {
		return "", err
	}
	if err := os.Remove(tar); err != nil {
		return "", err
	}
	return image, c.State.Write("run/image-"+name, []byte(image))
}

func digestOf(files []string) (string, error) {
	hash := sha256.New()
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			return "", err
		}
		_, err = io.Copy(hash, file)
		file.Close()
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
