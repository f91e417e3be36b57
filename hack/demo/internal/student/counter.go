package student

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Counter counts things by name; the zero value and nil are ready for use.
type Counter struct {
	mu     sync.Mutex
	counts map[string]int
}

// Add counts one.
func (c *Counter) Add(name string) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[name]++
}

// Total is the sum of all counts.
func (c *Counter) Total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := 0
	for _, n := range c.counts {
		sum += n
	}
	return sum
}

// String lists the counts by name.
func (c *Counter) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(c.counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, c.counts[name]))
	}
	return strings.Join(parts, ", ")
}
