package loss

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/test/district"
)

// saved is one acknowledged save.
type saved struct {
	student  uuid.UUID
	formKey  string
	number   int
	status   int
	receipt  uuid.UUID
	answers  []district.Item // those of the form; a bad one beside them is not stored
	conflict bool            // the number was used for other content before
	tries    int
	began    time.Time // the try that was answered
}

func (s saved) hash() [32]byte { return sha256.Sum256([]byte(s.formKey)) }

// worst is the severest answer to the critical item in the save, 0 for none.
func (s saved) worst() int {
	worst := 0
	for _, a := range s.answers {
		if a.Item == critical {
			worst = max(worst, a.Value)
		}
	}
	return worst
}

// receipt is an acknowledged submission or request to talk.
type receipt struct {
	student uuid.UUID
	formKey string
	id      uuid.UUID
}

func (r receipt) hash() [32]byte { return sha256.Sum256([]byte(r.formKey)) }

// ledger is what students were told: the oracle's only source.
type ledger struct {
	mu        sync.Mutex
	saves     []saved
	submitted []receipt
	talks     []receipt
	repeated  int // calls that were made more than once
}

func (l *ledger) addSave(s saved) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.saves = append(l.saves, s)
}

func (l *ledger) addSubmitted(r receipt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.submitted = append(l.submitted, r)
}

func (l *ledger) addTalk(r receipt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.talks = append(l.talks, r)
}

func (l *ledger) addTries(tries int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.repeated += tries - 1
}

func (l *ledger) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.saves) + len(l.submitted) + len(l.talks)
}
