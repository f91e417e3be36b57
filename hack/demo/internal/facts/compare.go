package facts

import (
	"fmt"

	"github.com/evenkeel/evenkeel/hack/demo/internal/cohort"
	"github.com/evenkeel/evenkeel/hack/demo/internal/student"
)

// Figures adds a line per figure.
func (t *Table) Figures(where string, want, got cohort.Figures) {
	t.Equal(where, "participants", want.Participants, got.Participants)
	t.Equal(where, "scored", want.Scored, got.Scored)
	t.Equal(where, "undetermined", want.Undetermined, got.Undetermined)
	t.Equal(where, "bands "+join(cohort.Bands), join(want.Bands), join(got.Bands))
	t.Equal(where, "tiers "+join(cohort.Tiers), join(want.Tiers), join(got.Tiers))
	t.Equal(where, "obligations", want.Obligations, got.Obligations)
	t.Equal(where, "obligations with a critical answer", want.Critical, got.Critical)
	t.Equal(where, "obligations by decision alone", want.ByDecision, got.ByDecision)
	t.Equal(where, "referrals", want.Referrals, got.Referrals)
}

func join[T any](values [5]T) string {
	text := ""
	for i, v := range values {
		if i > 0 {
			text += " / "
		}
		text += fmt.Sprint(v)
	}
	return text
}

// Care adds what people must have done about every obligation and referral.
func (t *Table) Care(where string, want cohort.Figures, got Found) {
	t.Equal(where, "obligations contacted", want.Obligations, got.Contacted)
	t.Equal(where, "obligations closed", want.Obligations, got.Closed)
	t.Equal(where, "referrals released", want.Referrals, got.Released)
	t.Equal(where, "referrals delivered", want.Referrals, got.Delivered)
	t.Equal(where, "referrals answered", want.Referrals, got.Answered)
	t.Equal(where, "referrals attended", want.Referrals, got.Attended)
}

// Soundness adds what must be zero.
func (t *Table) Soundness(where string, got Found) {
	t.Equal(where, "students with two results", 0, got.Doubled)
	t.Equal(where, "items stored twice", 0, got.SavesTwice)
	t.Equal(where, "attempts not scored", 0, got.Unfinished)
	t.Equal(where, "sources without an obligation", 0, got.Uncovered)
	t.Equal(where, "obligations without a source", 0, got.Baseless)
	t.Equal(where, "obligations found late", 0, got.Late)
	t.Equal(where, "audit entries outside the chain", 0, got.AuditGap)
}

// Log compares the clients' log of acknowledgements with what is stored.
func (t *Table) Log(where, district string, log *student.Log, got Found) {
	saved := log.Receipts(district, student.Saved)
	lost, cut, unknown := 0, 0, 0
	for receipt, entry := range saved {
		switch items, stored := got.SaveItems[receipt]; {
		case !stored:
			lost++
		case items != entry.Items:
			cut++
		}
	}
	for receipt := range got.SaveItems {
		if _, acknowledged := saved[receipt]; !acknowledged {
			unknown++
		}
	}
	t.Equal(where, "acknowledged saves", len(saved), len(got.SaveItems))
	t.Equal(where, "acknowledged saves that are lost", 0, lost)
	t.Equal(where, "saves with more or fewer answers than sent", 0, cut)
	t.Equal(where, "stored saves that nobody sent", 0, unknown)
	t.submissions(where, log.Receipts(district, student.Submitted), got)
}

func (t *Table) submissions(where string, submitted map[string]student.Entry, got Found) {
	lost := 0
	for receipt := range submitted {
		if !got.Submissions[receipt] {
			lost++
		}
	}
	t.Equal(where, "acknowledged submissions", len(submitted), len(got.Submissions))
	t.Equal(where, "acknowledged submissions that are lost", 0, lost)
}
