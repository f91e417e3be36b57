// Package simulate plays the other side of a district's borders for the demo: an
// OpenID Connect issuer, gateways that reach duty staff, a hospital, and an ingress
// that ends TLS. It is written from docs/spec/partners.md alone and shares no code
// with the data plane, so that an error in one is not mirrored by the other.
package simulate
