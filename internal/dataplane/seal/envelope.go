package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hpke"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// Purpose separates what is sealed to the same student.
type Purpose string

// The purposes.
const (
	Answers Purpose = "evenkeel answer v1"
	Scores  Purpose = "evenkeel scores v1"
	Roster  Purpose = "evenkeel roster v1" // name and school-roll number
)

const (
	version   = 1
	encSize   = 32
	minSealed = 1 + encSize + 12 + 16 // version, encapsulated key, nonce, tag
)

// ErrCannotOpen is all there is to say about a sealed value that does not open:
// wrong key, wrong context or changed bytes.
var ErrCannotOpen = errors.New("the sealed value cannot be opened with this key and context")

func suite() (hpke.KDF, hpke.AEAD) { return hpke.HKDFSHA256(), hpke.AES256GCM() }

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Envelope seals values of one occasion to one student. It costs one key agreement
// however many values it seals, and its key is gone with it.
type Envelope struct {
	enc  []byte
	aead cipher.AEAD
}

// NewEnvelope makes an envelope to a student's public key.
func NewEnvelope(publicKey []byte, purpose Purpose) (*Envelope, error) {
	public, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(publicKey)
	if err != nil {
		return nil, fmt.Errorf("reading a public key: %w", err)
	}
	kdf, aead := suite()
	enc, sender, err := hpke.NewSender(public, kdf, aead, []byte(purpose))
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	key, err := sender.Export("values", 32)
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	gcm, err := newAEAD(key)
	return &Envelope{enc: enc, aead: gcm}, err
}

// Seal seals a value, bound to its context. The length of a value shows: callers
// encode values of one kind in one length.
func (e *Envelope) Seal(context, value []byte) []byte {
	out := make([]byte, 0, minSealed+len(value))
	out = append(out, version)
	out = append(out, e.enc...)
	return e.aead.Seal(out, nil, value, context)
}

// Opener opens what was sealed to one student.
type Opener struct {
	private hpke.PrivateKey
	keys    map[string]cipher.AEAD // by purpose and encapsulated key
}

// Open opens a sealed value.
func (o *Opener) Open(purpose Purpose, context, sealed []byte) ([]byte, error) {
	if len(sealed) < minSealed || sealed[0] != version {
		return nil, ErrCannotOpen
	}
	aead, err := o.agree(purpose, sealed[1:1+encSize])
	if err != nil {
		return nil, ErrCannotOpen
	}
	value, err := aead.Open(nil, nil, sealed[1+encSize:], context)
	if err != nil {
		return nil, ErrCannotOpen
	}
	return value, nil
}

// agree remembers keys: the answers of one save share theirs.
func (o *Opener) agree(purpose Purpose, enc []byte) (cipher.AEAD, error) {
	id := string(purpose) + string(enc)
	if aead, ok := o.keys[id]; ok {
		return aead, nil
	}
	kdf, suiteAEAD := suite()
	recipient, err := hpke.NewRecipient(enc, o.private, kdf, suiteAEAD, []byte(purpose))
	if err != nil {
		return nil, err
	}
	key, err := recipient.Export("values", 32)
	if err != nil {
		return nil, err
	}
	aead, err := newAEAD(key)
	if err == nil {
		o.keys[id] = aead
	}
	return aead, err
}

// StudentKey is a student's key pair as the database keeps it.
type StudentKey struct {
	Public  []byte
	Wrapped []byte // the private key under district.key, bound to the student
}

// NewStudentKey makes a key pair for a student.
func (k *Keys) NewStudentKey(student uuid.UUID) (StudentKey, error) {
	private, err := hpke.DHKEM(ecdh.X25519()).GenerateKey()
	if err != nil {
		return StudentKey{}, err
	}
	raw, err := private.Bytes()
	if err != nil {
		return StudentKey{}, err
	}
	return StudentKey{
		Public:  private.PublicKey().Bytes(),
		Wrapped: k.wrap.Seal(nil, nil, raw, student[:]),
	}, nil
}

// Opener unwraps a student's private key.
func (k *Keys) Opener(student uuid.UUID, wrapped []byte) (*Opener, error) {
	raw, err := k.wrap.Open(nil, nil, wrapped, student[:])
	if err != nil {
		return nil, ErrCannotOpen
	}
	private, err := hpke.DHKEM(ecdh.X25519()).NewPrivateKey(raw)
	if err != nil {
		return nil, ErrCannotOpen
	}
	return &Opener{private: private, keys: map[string]cipher.AEAD{}}, nil
}

// SealSecret seals a secret that is no student's (a channel's, an address of duty
// staff) under district.key, bound to what it is and whose.
func (k *Keys) SealSecret(kind, name string, value []byte) []byte {
	return k.secret.Seal(nil, nil, value, join([]byte(kind), []byte(name)))
}

// OpenSecret opens what SealSecret sealed.
func (k *Keys) OpenSecret(kind, name string, sealed []byte) ([]byte, error) {
	value, err := k.secret.Open(nil, nil, sealed, join([]byte(kind), []byte(name)))
	if err != nil {
		return nil, ErrCannotOpen
	}
	return value, nil
}
