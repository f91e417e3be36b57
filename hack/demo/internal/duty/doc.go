// Package duty plays the people on duty: they see notifications at the gateways, sign in
// at the issuer, own, contact and close obligations in casework, and release referrals.
package duty
