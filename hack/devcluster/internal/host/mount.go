package host

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
)

// UnmountBelow unmounts everything mounted below a folder, the deepest first.
func UnmountBelow(dir string) error {
	raw, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	var errs []error
	for _, target := range mountsBelow(string(raw), dir) {
		if err := syscall.Unmount(target, syscall.MNT_DETACH); err != nil && err != syscall.EINVAL {
			errs = append(errs, fmt.Errorf("unmount %s: %w", target, err))
		}
	}
	return errors.Join(errs...)
}

// mountsBelow lists mount points in the reverse order of mounting, which puts what
// lies on top of another mount before it.
func mountsBelow(mountinfo, dir string) []string {
	var targets []string
	for line := range strings.Lines(mountinfo) {
		const mountPoint = 4
		fields := strings.Fields(line)
		if len(fields) <= mountPoint {
			continue
		}
		target := unescape.Replace(fields[mountPoint])
		if strings.HasPrefix(target, dir+"/") {
			targets = append(targets, target)
		}
	}
	slices.Reverse(targets)
	return targets
}

// unescape undoes what the kernel does to blanks in mountinfo.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
