// Package debian installs what the cluster needs from the distribution.
package debian

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/host"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/ui"
)

// Packages the cluster needs. runc is Debian's because one built without
// libseccomp refuses the seccomp profiles that pods ask for.
var Packages = []string{
	"ca-certificates", "conntrack", "containernetworking-plugins", "ethtool", "iproute2",
	"iptables", "nftables", "postgresql", "runc", "socat",
}

// noMainCluster keeps the postgresql package from starting a server of its own
// when it is installed. It is read only then, so it is removed afterwards.
const noMainCluster = "/etc/postgresql-common/createcluster.d/evenkeel-devcluster.conf"

// Install adds the packages that are missing.
func Install(ctx context.Context, out *ui.Output) error {
	missing, err := Missing(ctx)
	if err != nil || len(missing) == 0 {
		return err
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("installing %s needs root", strings.Join(missing, " "))
	}
	if slices.Contains(missing, "postgresql") {
		dropIn := host.File{Path: noMainCluster, Content: []byte("create_main_cluster = false\n"), Mode: 0o644}
		if err := host.WriteFiles([]host.File{dropIn}); err != nil {
			return err
		}
		defer removeDropIn()
	}
	step := out.Step("install " + strings.Join(missing, " "))
	err = install(ctx, missing)
	step.Done(err)
	return err
}

func install(ctx context.Context, packages []string) error {
	if err := apt(ctx, "update"); err != nil {
		return err
	}
	return apt(ctx, append([]string{"install", "--yes", "--no-install-recommends"}, packages...)...)
}

// Missing asks dpkg which packages are not installed.
func Missing(ctx context.Context) ([]string, error) {
	if _, err := exec.LookPath("dpkg-query"); err != nil {
		return nil, fmt.Errorf("this is not Debian: %w; install by hand: %s", err, strings.Join(Packages, " "))
	}
	args := append([]string{"--show", "--showformat", "${Package} ${db:Status-Status}\n"}, Packages...)
	output, err := exec.CommandContext(ctx, "dpkg-query", args...).Output()
	// It exits 1 when it does not know a package, and still lists the others.
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return nil, fmt.Errorf("ask dpkg what is installed: %w", err)
	}
	return missingFrom(string(output), Packages), nil
}

func missingFrom(dpkg string, wanted []string) []string {
	installed := map[string]bool{}
	for line := range strings.Lines(dpkg) {
		if name, status, _ := strings.Cut(strings.TrimSpace(line), " "); status == "installed" {
			installed[name] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { return installed[name] })
}

func apt(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"--quiet", "-o", "Dpkg::Options::=--force-confold", "-o", "DPkg::Lock::Timeout=300"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get %s: %w\n%s", args[0], err, tail(string(output), 15))
	}
	return nil
}

// removeDropIn also removes the folders it made, as far as they are empty.
func removeDropIn() {
	_ = os.Remove(noMainCluster)
	_ = os.Remove(filepath.Dir(noMainCluster))
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
