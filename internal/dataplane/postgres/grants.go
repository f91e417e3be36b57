package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// right is one line of the table of rights: what a process may do on some objects.
type right struct {
	process string
	do      string   // e.g. "SELECT" or "UPDATE (state, finished_at)"
	on      string   // SCHEMA, TABLE or FUNCTION
	objects []string // qualified; a function by its name alone
}

// rights is the whole truth about who may do what: whatever is not in it is revoked
// on every run of Migrate. Casework's lines are in grants_casework.go and grants_drill.go.
func rights() []right {
	return append([]right{
		{"intake", "USAGE", "SCHEMA", []string{"ek_intake"}},
		{"intake", "EXECUTE", "FUNCTION", []string{
			"ek_intake.open_form", "ek_intake.form", "ek_intake.begin_form", "ek_intake.record", "ek_intake.submit",
			"ek_intake.talk", "ek_intake.decline", "ek_intake.rounds", "ek_intake.meaning", "ek_intake.help_card",
			"ek_intake.check_key", "ek_intake.wake_scorer", "ek_intake.ready",
		}},

		{"scorer", "USAGE", "SCHEMA", []string{"ek", "ek_scorer"}},
		{"scorer", "SELECT", "TABLE", []string{
			"ek.installation", "ek.meaning", "ek.round", "ek.round_tier", "ek.round_floor", "ek.attempt", "ek.answer_event",
			"ek.result", "ek.result_scale", "ek.obligation_cause", "ek.student_key",
		}},
		{"scorer", "SELECT (id, public_key)", "TABLE", []string{"ek.student"}},
		{"scorer", "UPDATE (state, finished_at, scoring_tries, scoring_next_at, scored_at, failed, recheck)", "TABLE", []string{"ek.attempt"}},
		{"scorer", "INSERT", "TABLE", []string{"ek.result", "ek.result_scale"}},
		{"scorer", "SELECT, INSERT, UPDATE", "TABLE", []string{"ek.heartbeat", "ek.score_difference"}},
		{"scorer", "SELECT, UPDATE (after, compared)", "TABLE", []string{"ek.rescore_run"}},
		{"scorer", "EXECUTE", "FUNCTION", []string{
			"ek.raise_obligation", "ek.make_follow_up", "ek.require_durable", "ek.check_key", "ek_scorer.take_rescore", "ek_scorer.finish_rescore",
		}},
	}, slices.Concat(caseworkRights(), drillRights(), auditorRights())...)
}

// auditorRights lets a demonstration compare exact figures; no sealed column.
func auditorRights() []right {
	return []right{
		{auditor, "USAGE", "SCHEMA", []string{"ek", "ek_casework"}},
		{auditor, "SELECT", "TABLE", []string{
			"ek.installation", "ek.round", "ek.round_tier", "ek.round_step", "ek.round_floor", "ek.attempt", "ek.result_scale",
			"ek.case", "ek.obligation", "ek.obligation_cause", "ek.obligation_event", "ek.notification", "ek.referral",
			"ek.referral_event", "ek.follow_up", "ek.audit_entry", "ek.audit_link", "ek.save", "ek.talk_request", "ek.heartbeat",
			"ek.rescore_run", "ek.score_difference",
			"ek_casework.uncovered_sources", "ek_casework.baseless_obligations", "ek_casework.late_steps",
		}},
		{auditor, "SELECT (id, attempt_id, student_id, round, meaning_digest, tier_rank, undetermined, rule, obliges, scored_at)", "TABLE", []string{"ek.result"}},
		{auditor, "SELECT (id, attempt_id, form_key_hash, save_no, instrument, item, class, disposition, received_at)", "TABLE", []string{"ek.answer_event"}},
		{auditor, "SELECT (id, school, stage, grade, guardian_consent, active)", "TABLE", []string{"ek.student"}},
	}
}

// grant applies the table of rights in the caller's transaction: nobody ever sees
// a moment with fewer or more of them.
func grant(ctx context.Context, tx pgx.Tx, district string) error {
	granted := append([]string{}, Processes...)
	var exists bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)",
		RoleName(district, auditor)).Scan(&exists); err != nil {
		return err
	}
	if exists {
		granted = append(granted, auditor)
	}
	statements := closeToAll()
	for _, process := range granted {
		statements = append(statements, closeTo(RoleName(district, process))...)
	}
	for _, r := range rights() {
		if r.process != auditor || exists {
			statements = append(statements, r.statements(district)...)
		}
	}
	for _, statement := range statements {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("applying %q: %w", statement, Describe(err))
		}
	}
	return GrantConnect(ctx, tx, district)
}

const schemas = "ek, ek_intake, ek_scorer, ek_casework"

func closeToAll() []string {
	return []string{
		"REVOKE ALL ON SCHEMA public FROM PUBLIC",
		"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA " + schemas + " FROM PUBLIC",
		"ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
	}
}

func closeTo(role string) []string {
	to := quote(role)
	return []string{
		"REVOKE ALL ON ALL TABLES IN SCHEMA " + schemas + " FROM " + to,
		"REVOKE ALL ON ALL SEQUENCES IN SCHEMA " + schemas + " FROM " + to,
		"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA " + schemas + " FROM " + to,
		"REVOKE ALL ON SCHEMA " + schemas + ", public FROM " + to,
	}
}

func (r right) statements(district string) []string {
	var out []string
	for _, object := range r.objects {
		out = append(out, fmt.Sprintf("GRANT %s ON %s %s TO %s", r.do, r.on, quoteObject(object), quote(RoleName(district, r.process))))
	}
	return out
}

// quoteObject quotes because one of our tables is called case.
func quoteObject(name string) string {
	return pgx.Identifier(strings.Split(name, ".")).Sanitize()
}

// GrantConnect closes the current database to every role but the district's own:
// roles are server-wide, and PUBLIC may connect to any database by default.
func GrantConnect(ctx context.Context, tx pgx.Tx, district string) error {
	_, err := tx.Exec(ctx, `DO $$
DECLARE r text;
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    FOR r IN SELECT rolname FROM pg_roles WHERE rolname = ANY (ARRAY[`+quotedNames(district)+`]) LOOP
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), r);
    END LOOP;
END $$`)
	return Describe(err)
}

func quotedNames(district string) string {
	var names []string
	for _, process := range append(append([]string{}, Processes...), auditor) {
		names = append(names, "'"+RoleName(district, process)+"'")
	}
	return strings.Join(names, ", ")
}
