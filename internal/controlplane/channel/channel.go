// Package channel reads what a ReferralChannel or a transport refers to: its
// Secret and the instants of its agreement. Errors say what to write and never
// what was written.
package channel

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// The keys of a channel Secret: what signs our calls, and what verifies theirs.
const (
	KeySend    = "send"
	KeyReceive = "receive"
)

const (
	secretPrefix = "whsec_"
	secretBytes  = 24
)

// Secrets are the two Standard Webhooks secrets of a channel, whsec_ and base64.
type Secrets struct {
	Send, Receive []byte
}

// ReadSecrets returns the secrets, or what is wrong with the Secret.
func ReadSecrets(secret *corev1.Secret) (Secrets, error) {
	if secret.Type != v1alpha1.SecretTypeChannel {
		return Secrets{}, fmt.Errorf("Secret %s is not of the type %s: create it anew with that type", secret.Name, v1alpha1.SecretTypeChannel)
	}
	send, err := read(secret, KeySend)
	if err != nil {
		return Secrets{}, err
	}
	receive, err := read(secret, KeyReceive)
	if err != nil {
		return Secrets{}, err
	}
	return Secrets{Send: send, Receive: receive}, nil
}

func read(secret *corev1.Secret, key string) ([]byte, error) {
	value := bytes.TrimSpace(secret.Data[key])
	encoded, prefixed := bytes.CutPrefix(value, []byte(secretPrefix))
	raw, err := base64.StdEncoding.DecodeString(string(encoded))
	switch {
	case len(value) == 0:
		return nil, fmt.Errorf("Secret %s has no %s: add it as whsec_ followed by base64", secret.Name, key)
	case !prefixed || err != nil:
		return nil, fmt.Errorf("%s in Secret %s is not whsec_ followed by base64", key, secret.Name)
	case len(raw) < secretBytes:
		return nil, fmt.Errorf("%s in Secret %s is shorter than %d bytes: use openssl rand -base64 32", key, secret.Name, secretBytes)
	}
	return value, nil
}

// Window returns the instants between which an agreement is valid, from the first
// day's beginning to the last day's end, the end not included.
func Window(a v1alpha1.Agreement, zone *time.Location) (from, until time.Time, err error) {
	if from, err = startOf(a.ValidFrom, zone); err != nil {
		return from, until, fmt.Errorf("agreement.validFrom: %w", err)
	}
	if until, err = EndOf(a.ValidUntil, zone); err != nil {
		return from, until, fmt.Errorf("agreement.validUntil: %w", err)
	}
	return from, until, nil
}

// EndOf returns the instant at which a civil day is over.
func EndOf(day v1alpha1.Civil, zone *time.Location) (time.Time, error) {
	start, err := startOf(day, zone)
	if err != nil {
		return start, err
	}
	return time.Date(start.Year(), start.Month(), start.Day()+1, 0, 0, 0, 0, zone), nil
}

func startOf(day v1alpha1.Civil, zone *time.Location) (time.Time, error) {
	start, err := time.ParseInLocation(time.DateOnly, string(day), zone)
	if err != nil {
		return start, fmt.Errorf("%s is not a day of the calendar: write one such as 2026-09-01", day)
	}
	return start, nil
}
