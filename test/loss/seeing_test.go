package loss

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/test/district"
)

// copyOf lets a test change what students were told.
func copyOf(l *ledger) *ledger {
	c := &ledger{saves: slices.Clone(l.saves), submitted: slices.Clone(l.submitted), talks: slices.Clone(l.talks)}
	for i := range c.saves {
		c.saves[i].answers = slices.Clone(c.saves[i].answers)
	}
	return c
}

// harmless finds a save of a form without any Immediate answer.
func harmless(l *ledger) int {
	immediate := map[string]bool{}
	for _, s := range l.saves {
		immediate[s.formKey] = immediate[s.formKey] || s.worst() >= 2
	}
	return slices.IndexFunc(l.saves, func(s saved) bool { return !immediate[s.formKey] })
}

// An oracle that cannot see a fault proves nothing: each fault here must be seen by
// the check it is meant for, in a district where nothing else is wrong.
func TestTheOracleSees(t *testing.T) {
	d := start(t, district.Options{})
	run(t, d, d.Intake(), d.Scorer(), d.Clerk())
	students := newCrowd(d, d.IntakeURL(), 4)
	students.start(t.Context())
	waitFor(t, func() bool { return students.ledger.len() > 400 })
	if err := students.finish(); err != nil {
		t.Fatal(err)
	}
	settle(t, d)
	report(t, d, students.ledger)

	for name, f := range toldOtherwise() {
		t.Run(name, func(t *testing.T) {
			told := copyOf(students.ledger)
			f.change(told)
			expectSeen(t, d, told, f.seenBy)
		})
	}
	for _, f := range storedOtherwise() { // each stays: the next is of another kind
		t.Run(f.name, func(t *testing.T) {
			if err := d.Superuser("SET session_replication_role = replica; " + f.sql); err != nil {
				t.Fatal(err)
			}
			expectSeen(t, d, students.ledger, f.seenBy)
		})
	}
}

func expectSeen(t *testing.T, d *district.District, l *ledger, check string) {
	t.Helper()
	wrong, err := judge(t.Context(), d, l)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(wrong, func(line string) bool { return strings.HasPrefix(line, check) }) {
		t.Errorf("not seen by %q, only %q", check, wrong)
	}
}

type fault struct {
	seenBy string
	change func(*ledger)
}

// toldOtherwise are faults that look the same whether the database lacks something
// or students were told something else.
func toldOtherwise() map[string]fault {
	return map[string]fault{
		"a save that was lost": {"an acknowledged save", func(l *ledger) {
			lost := l.saves[0]
			lost.receipt, lost.number = uuid.New(), 99
			l.saves = append(l.saves, lost)
		}},
		"a save under another number":      {"an acknowledged save", func(l *ledger) { l.saves[0].number = 77 }},
		"a save that was stored twice":     {"nothing is stored", func(l *ledger) { l.saves = l.saves[1:] }},
		"a value that was changed":         {"stored answers", func(l *ledger) { l.saves[0].answers[0].Value = 9 }},
		"an obligation that was lost":      {"a danger signal", func(l *ledger) { l.saves[harmless(l)].answers = q9(3) }},
		"an obligation for nothing":        {"a danger signal", func(l *ledger) { l.talks = nil; l.saves = l.saves[:0] }},
		"a request that was lost":          {"a danger signal", func(l *ledger) { l.talks = append(l.talks, receipt{id: uuid.New()}) }},
		"a submission with another number": {"a submitted form", func(l *ledger) { l.submitted[0].id = uuid.New() }},
		"a form that never was submitted":  {"who was told", func(l *ledger) { l.submitted[0].student = uuid.New() }},
		"a result for nothing":             {"a submitted form", func(l *ledger) { l.submitted = l.submitted[1:] }},
	}
}

// storedOtherwise are faults of the database alone.
func storedOtherwise() []struct{ name, seenBy, sql string } {
	return []struct{ name, seenBy, sql string }{
		{"an answer stored twice", "stored answers", `INSERT INTO ek.answer_event (attempt_id, form_key_hash, save_no, instrument, item, sealed, class, disposition)
			SELECT attempt_id, form_key_hash, save_no, instrument, item, sealed, class, disposition FROM ek.answer_event WHERE class = 0 LIMIT 1`},
		{"a form that counts no more", "who was told", "UPDATE ek.result SET undetermined = true WHERE id IN (SELECT id FROM ek.result LIMIT 1)"},
		{"a source without its obligation", "the views", "DELETE FROM ek.obligation_cause WHERE (kind, ref) IN (SELECT kind, ref FROM ek.obligation_cause LIMIT 1)"},
		{"a result that was lost", "a submitted form", "DELETE FROM ek.result_scale; DELETE FROM ek.result WHERE id IN (SELECT id FROM ek.result LIMIT 1)"},
		{"an entry that was changed", "a deed is audited", "UPDATE ek.audit_entry SET actor = 'nobody' WHERE id = (SELECT min(id) FROM ek.audit_entry)"},
	}
}
