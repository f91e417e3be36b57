package intake

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// HelpCard is shown on every page.
type HelpCard struct {
	Name    contract.Text       `json:"name"`
	Lines   []contract.HelpLine `json:"lines"`
	Schools []HelpSchool        `json:"schools"`
}

// HelpSchool is a school as a student knows it.
type HelpSchool struct {
	Name  string        `json:"name"`
	Title contract.Text `json:"title"`
	Phone string        `json:"phone"`
}

// School finds a school; the zero value when there is none of that name.
func (h HelpCard) School(name string) HelpSchool {
	for _, s := range h.Schools {
		if s.Name == name {
			return s
		}
	}
	return HelpSchool{}
}

// questionnaire is a round's meaning as intake needs it: which answers exist and what
// class each is of, and the view that may be shown.
type questionnaire struct {
	instruments []*instrument.Compiled
	byCode      map[string]*instrument.Compiled
}

// forAge lists the instruments meant for an age, in the order in which they are asked.
func (q *questionnaire) forAge(age int) []*instrument.Compiled {
	var out []*instrument.Compiled
	for _, c := range q.instruments {
		if in := c.Source(); age >= in.MinAge && (in.MaxAge == 0 || age <= in.MaxAge) {
			out = append(out, c)
		}
	}
	return out
}

const helpTTL = 15 * time.Second

// library keeps what does not change (meanings, by digest) and what may be a little
// old (the help card). It holds nothing about any student.
type library struct {
	store store

	mu             sync.Mutex
	questionnaires map[contract.Digest]*questionnaire
	help           HelpCard
	helpUntil      time.Time
}

func newLibrary(s store) *library {
	return &library{store: s, questionnaires: map[contract.Digest]*questionnaire{}}
}

func (l *library) questionnaire(ctx context.Context, digest contract.Digest) (*questionnaire, error) {
	l.mu.Lock()
	q, ok := l.questionnaires[digest]
	l.mu.Unlock()
	if ok {
		return q, nil
	}
	meaning, err := l.store.meaning(ctx, digest)
	if err != nil {
		return nil, err
	}
	if q, err = compile(meaning); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.questionnaires) >= 64 { // rounds come and go; a process lives for months
		clear(l.questionnaires)
	}
	l.questionnaires[digest] = q
	return q, nil
}

func compile(m contract.Meaning) (*questionnaire, error) {
	q := &questionnaire{byCode: map[string]*instrument.Compiled{}}
	for _, in := range m.Instruments {
		c, err := instrument.Compile(in)
		if err != nil {
			return nil, fmt.Errorf("instrument %s of a pinned meaning: %w", in.Code, err)
		}
		q.instruments = append(q.instruments, c)
		q.byCode[in.Code] = c
	}
	return q, nil
}

// helpCard returns the help card, at worst the last one known: a page never fails for
// want of it.
func (l *library) helpCard(ctx context.Context, now time.Time) HelpCard {
	l.mu.Lock()
	known, fresh := l.help, now.Before(l.helpUntil)
	l.mu.Unlock()
	if fresh {
		return known
	}
	card, err := l.store.helpCard(ctx)
	if err != nil {
		return known
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.help, l.helpUntil = card, now.Add(helpTTL)
	return card
}

// shownInstrument is an instrument without what students must not see: scales, bands
// and classes.
type shownInstrument struct {
	Code    string        `json:"code"`
	Version string        `json:"version"`
	Title   contract.Text `json:"title"`
	Stem    contract.Text `json:"stem"`
	Items   []shownItem   `json:"items"`
}

type shownItem struct {
	Code    string            `json:"code"`
	Text    contract.Text     `json:"text"`
	Options []contract.Option `json:"options"`
}

func shown(compiled []*instrument.Compiled) []shownInstrument {
	out := make([]shownInstrument, 0, len(compiled))
	for _, c := range compiled {
		in := c.Source()
		view := shownInstrument{Code: in.Code, Version: in.Version, Title: in.Title, Stem: in.Stem}
		for _, item := range in.Items {
			view.Items = append(view.Items, shownItem{item.Code, item.Text, item.Options})
		}
		out = append(out, view)
	}
	return out
}

// ItemRef names an item of a form.
type ItemRef struct {
	Instrument string `json:"instrument"`
	Item       string `json:"item"`
}

func (r ItemRef) key() string { return r.Instrument + "/" + r.Item }

// remaining lists the items without an answer, in the order in which they are asked.
func remaining(compiled []*instrument.Compiled, answered []string) []ItemRef {
	done := make(map[string]bool, len(answered))
	for _, key := range answered {
		done[key] = true
	}
	out := []ItemRef{}
	for _, c := range compiled {
		for _, item := range c.Source().Items {
			if ref := (ItemRef{c.Code(), item.Code}); !done[ref.key()] {
				out = append(out, ref)
			}
		}
	}
	return out
}
