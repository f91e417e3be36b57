// Package seal keeps answers and names readable by nobody but scorer and casework.
//
// Every student has a key pair of their own (HPKE, RFC 9180: X25519, HKDF-SHA256,
// AES-256-GCM). Intake seals to the public key and cannot open what it sealed a
// few minutes later, when it has forgotten the envelope; the private key is stored wrapped under district.key, which
// intake never holds. Deleting the wrapped key shreds everything of that student.
//
// Look-ups use HMACs under keys of their own. Access codes live here too, since what
// the database stores of them is an HMAC.
package seal
