// Package webhook speaks Standard Webhooks with gateways and hospitals, in both
// directions, as docs/spec/partners.md describes. It knows nothing of what the
// messages mean.
package webhook
