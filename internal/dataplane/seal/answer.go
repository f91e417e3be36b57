package seal

import (
	"encoding/binary"

	"github.com/google/uuid"
)

// AnswerContext is what a sealed answer is bound to: moved to another attempt, save
// or item it does not open.
type AnswerContext struct {
	Attempt     uuid.UUID
	FormKeyHash []byte
	Save        int32
	Instrument  string
	Item        string
}

func (c AnswerContext) bytes() []byte {
	save := binary.BigEndian.AppendUint32(nil, uint32(c.Save))
	return join(c.Attempt[:], c.FormKeyHash, save, []byte(c.Instrument), []byte(c.Item))
}

// SealAnswer seals an answer's value; every value takes the same number of bytes.
func (e *Envelope) SealAnswer(c AnswerContext, value int32) []byte {
	return e.Seal(c.bytes(), binary.BigEndian.AppendUint32(nil, uint32(value)))
}

// OpenAnswer opens what SealAnswer sealed.
func (o *Opener) OpenAnswer(c AnswerContext, sealed []byte) (int32, error) {
	raw, err := o.Open(Answers, c.bytes(), sealed)
	if err != nil || len(raw) != 4 {
		return 0, ErrCannotOpen
	}
	return int32(binary.BigEndian.Uint32(raw)), nil
}
