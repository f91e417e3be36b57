// Package notify tells duty staff of obligations through the district's gateways,
// hears the gateways' receipts, and probes gateways and hospitals.
//
// Every transport has a queue and workers of its own, so that one which is down
// never delays another. A notification is tried until a gateway takes it, for as long as
// nobody has reached the child. It names an obligation and an address, never a child.
// Calls of drills wait in queues of their own, behind whatever is real.
package notify
