package host

import (
	"net"
	"slices"
)

// HasAddress says whether one of the machine's links carries the address.
func HasAddress(address string) bool {
	addrs, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(addrs, func(a net.Addr) bool {
		prefix, ok := a.(*net.IPNet)
		return ok && prefix.IP.String() == address
	})
}
