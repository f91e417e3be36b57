package pgtest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal/sealtest"
)

// Round and School are what the fixtures make, unless told otherwise.
const (
	Round  = "autumn-check-up-20260915"
	School = "fengtai-no-1"
)

// Keys are the keys of the test district.
func Keys() *seal.Keys { return sealtest.Keys(1) }

// Meaning is PHQ-9 under the policy of the design.
func Meaning() contract.Meaning {
	return contract.Meaning{
		Version: contract.Version, Round: Round,
		Instruments: []contract.Instrument{instrumenttest.PHQ9()},
		Policy:      escalationtest.GradedIntervention(),
	}
}

// OpenRound makes a school, a directory with a help card, and an open round around
// the clock: opened an hour ago, closing in an hour.
func (d *Database) OpenRound(t testing.TB) {
	t.Helper()
	d.Exec(t, `INSERT INTO ek.school (name, title_zh, title_en, phone) VALUES ($1, '丰台一中', 'Fengtai No. 1', '010-1000')
		ON CONFLICT DO NOTHING`, School)
	d.Exec(t, `INSERT INTO ek.directory (revision, digest, body) VALUES (1, '', $1) ON CONFLICT DO NOTHING`, mustJSON(contract.Directory{
		Version: contract.Version, Revision: 1, District: District, TimeZone: "Asia/Shanghai", CellFloor: 10,
		Name:     contract.Text{ZhCN: "丰台区", En: "Fengtai"},
		HelpCard: []contract.HelpLine{{Label: contract.Text{ZhCN: "全国心理援助热线", En: "National helpline"}, Phone: "12356"}},
	}))
	d.AddRound(t, Meaning(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
}

// AddRound makes a round with one session from opening to closing, and projects its
// meaning as casework does at sync.
func (d *Database) AddRound(t testing.TB, m contract.Meaning, opens, closes time.Time) {
	t.Helper()
	digest, err := contract.DigestOf(m)
	if err != nil {
		t.Fatal(err)
	}
	d.Exec(t, `INSERT INTO ek.meaning (digest, round, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, digest, m.Round, mustJSON(m))
	d.Exec(t, `INSERT INTO ek.round (round, meaning_digest, control_revision, control_digest, control, opens_at, closes_at,
		undetermined_rank, retest_within_days) VALUES ($1, $2, 1, '', '{}', $3, $4, $5, $6)`,
		m.Round, digest, opens, closes, rank(m.Policy, m.Policy.Undetermined.Tier), m.Policy.Undetermined.RetestWithinSchoolDays)
	d.Exec(t, `INSERT INTO ek.round_session (round, from_at, to_at) VALUES ($1, $2, $3)`, m.Round, opens, closes)
	for i, tier := range m.Policy.Tiers {
		d.addTier(t, m.Round, i, tier)
	}
	for class, name := range map[int]string{3: m.Policy.Critical.Immediate, 2: m.Policy.Critical.Urgent, 1: m.Policy.Critical.Review} {
		d.Exec(t, `INSERT INTO ek.round_floor (round, class, tier_rank) VALUES ($1, $2, $3)`, m.Round, class, rank(m.Policy, name))
	}
}

func (d *Database) addTier(t testing.TB, round string, i int, tier contract.Tier) {
	t.Helper()
	d.Exec(t, `INSERT INTO ek.round_tier (round, rank, name, lead, respond_within, does_notify, does_open_case,
		does_draft_referral, does_follow_up, channel_class, repeat_every)
		VALUES ($1, $2, $3, $4, make_interval(mins => $5), $6, $7, $8, $9, $10, make_interval(mins => $11))`,
		round, i, tier.Name, tier.Lead, tier.RespondWithinMinutes, tier.Does(contract.Notify), tier.Does(contract.OpenCase),
		tier.Does(contract.DraftReferral), tier.Does(contract.FollowUp), tier.ChannelClass, tier.RepeatEveryMinutes)
	d.Exec(t, `INSERT INTO ek.round_step (round, tier_rank, step, level) VALUES ($1, $2, 0, $3)`, round, i, tier.Lead)
	for k, step := range tier.OnOverdue {
		d.Exec(t, `INSERT INTO ek.round_step (round, tier_rank, step, level, after_deadline)
			VALUES ($1, $2, $3, $4, make_interval(mins => $5))`, round, i, k+1, step.Notify, step.AfterMinutes)
	}
}

func rank(p contract.Policy, tier string) int {
	for i, t := range p.Tiers {
		if t.Name == tier {
			return i
		}
	}
	panic("the policy has no tier " + tier)
}

func mustJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// Student is a student on the roster with an access code for Round.
type Student struct {
	ID   uuid.UUID
	Code seal.Code
}

// StudentWith says what is unusual about a student; its zero value is a boy or girl
// of sixteen whose guardian consented.
type StudentWith struct {
	Age     int    // 0: 16
	Consent string // "": Given
	School  string // "": School
	Round   string // "": Round
}

// AddStudent puts a student on the roster.
func (d *Database) AddStudent(t testing.TB, with StudentWith) Student {
	t.Helper()
	s := Student{ID: uuid.New(), Code: seal.NewCode()}
	key, err := Keys().NewStudentKey(s.ID)
	if err != nil {
		t.Fatal(err)
	}
	age := with.Age
	if age == 0 {
		age = 16
	}
	d.Exec(t, `INSERT INTO ek.student (id, school, stage, grade, class_label, seat, label, lookup, sealed_name, public_key, born,
		guardian_consent) VALUES ($1, $2, 'SeniorSecondary', 'Senior 1', 'Class 3', '7', $3, $4, '', $5, $6, $7)`,
		s.ID, or(with.School, School), fmt.Sprintf("高一3班 7号 李* %s", s.ID.String()[:4]), Keys().LookupHMAC(s.ID.String()), key.Public,
		time.Now().AddDate(-age, 0, -1), or(with.Consent, "Given"))
	d.Exec(t, `INSERT INTO ek.student_key (student_id, wrapped) VALUES ($1, $2)`, s.ID, key.Wrapped)
	d.Exec(t, `INSERT INTO ek.code (hmac, student_id, round) VALUES ($1, $2, $3)`, Keys().CodeHMAC(s.Code), s.ID, or(with.Round, Round))
	return s
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
