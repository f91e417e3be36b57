package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
)

// HasAddress says whether one of the machine's links carries the address.
func HasAddress(address string) bool {
	addrs, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(addrs, func(a net.Addr) bool {
		prefix, ok := a.(*net.IPNet)
		return ok && prefix.IP.String() == address
	})
}

// EnsureBridge makes the bridge that carries the node's address. It has no ports;
// the address is local whether or not the link has a carrier.
func EnsureBridge(ctx context.Context, name, address string) error {
	if HasAddress(address) {
		return nil
	}
	if _, err := net.InterfaceByName(name); err != nil {
		if err := run(ctx, "ip", "link", "add", name, "type", "bridge"); err != nil {
			return err
		}
	}
	if err := run(ctx, "ip", "address", "replace", address+"/32", "dev", name); err != nil {
		return err
	}
	return run(ctx, "ip", "link", "set", name, "up")
}

// RemoveBridge removes the bridge if it is there.
func RemoveBridge(ctx context.Context, name string) error {
	if _, err := net.InterfaceByName(name); err != nil {
		return nil
	}
	return run(ctx, "ip", "link", "delete", name)
}

// RemoveProxyTables removes the tables kube-proxy leaves when it stops.
func RemoveProxyTables(ctx context.Context) error {
	output, err := exec.CommandContext(ctx, "nft", "list", "tables").Output()
	if err != nil {
		return fmt.Errorf("list the nftables: %w; is the package nftables installed?", err)
	}
	var errs []error
	for line := range strings.Lines(string(output)) {
		fields := strings.Fields(line) // "table ip kube-proxy"
		if len(fields) == 3 && fields[2] == "kube-proxy" {
			errs = append(errs, run(ctx, "nft", "delete", "table", fields[1], fields[2]))
		}
	}
	return errors.Join(errs...)
}

func run(ctx context.Context, name string, args ...string) error {
	output, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(string(output)))
	}
	return nil
}
