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
	return err == nil && containsAny(addrs, []string{address})
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

// RemoveLinks removes every link that carries one of the addresses: the bridge, and
// the hosts' ends of the pods' links. The kernel removes the latter too, in its own
// time, after the pods; a script that looks at once would still see them.
func RemoveLinks(ctx context.Context, addresses ...string) error {
	links, err := net.Interfaces()
	if err != nil {
		return err
	}
	var errs []error
	for _, link := range links {
		if !carries(link, addresses) {
			continue
		}
		err := run(ctx, "ip", "link", "delete", link.Name)
		if _, gone := net.InterfaceByName(link.Name); gone == nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func carries(link net.Interface, addresses []string) bool {
	addrs, err := link.Addrs()
	return err == nil && containsAny(addrs, addresses)
}

func containsAny(addrs []net.Addr, addresses []string) bool {
	return slices.ContainsFunc(addrs, func(a net.Addr) bool {
		prefix, ok := a.(*net.IPNet)
		return ok && slices.Contains(addresses, prefix.IP.String())
	})
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
