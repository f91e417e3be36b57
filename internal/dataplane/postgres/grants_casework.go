package postgres

// caseworkRights are narrow where a mistake would lose or rewrite something:
// append-only tables can be read and added to, answers and results only read.
func caseworkRights() []right {
	const p = "casework"
	return []right{
		{p, "USAGE", "SCHEMA", []string{"ek", "ek_casework"}},
		{p, "SELECT", "TABLE", []string{
			"ek.installation", "ek.key_fingerprint", "ek.heartbeat", "ek.meaning", "ek.round", "ek.round_session", "ek.round_tier",
			"ek.round_step", "ek.round_floor", "ek.directory", "ek.secret", "ek.school", "ek.staff_group", "ek.transport",
			"ek.channel", "ek.student", "ek.student_key", "ek.code", "ek.attempt", "ek.answer_event", "ek.talk_request",
			"ek.result", "ek.result_scale", "ek.case", "ek.obligation", "ek.obligation_cause", "ek.obligation_event",
			"ek.duty_person", "ek.duty_address", "ek.notification", "ek.referral", "ek.referral_event", "ek.inbound",
			"ek.follow_up", "ek.audit_entry", "ek.audit_link",
			"ek_casework.uncovered_sources", "ek_casework.baseless_obligations", "ek_casework.late_steps",
		}},
		// documents and what is projected from them: replaced as a whole at sync
		{p, "INSERT, UPDATE, DELETE", "TABLE", []string{
			"ek.meaning", "ek.round", "ek.round_session", "ek.round_tier", "ek.round_step", "ek.round_floor", "ek.directory",
			"ek.secret", "ek.school", "ek.staff_group", "ek.transport", "ek.channel", "ek.duty_person", "ek.duty_address",
		}},
		{p, "UPDATE (district_uid)", "TABLE", []string{"ek.installation"}},
		{p, "INSERT, UPDATE", "TABLE", []string{"ek.heartbeat", "ek.student", "ek.code", "ek.notification"}},
		// deleting a student's key is what erases the student
		{p, "INSERT, DELETE", "TABLE", []string{"ek.student_key"}},
		{p, "UPDATE (tier_rank, closed_at, closed_by)", "TABLE", []string{"ek.case"}},
		{p, "UPDATE (state, notified_at, owner, owned_at, contacted_at, outcome, closed_at, close_reason, step, repeats, next_step_at)",
			"TABLE", []string{"ek.obligation"}},
		{p, "UPDATE (channel, state, released_by, released_at, delivered_at, answered_at, tries, next_try_at, last_fault)",
			"TABLE", []string{"ek.referral"}},
		{p, "UPDATE (case_id, done_at, done_by)", "TABLE", []string{"ek.follow_up"}},
		{p, "INSERT", "TABLE", []string{
			"ek.obligation_event", "ek.referral_event", "ek.audit_entry", "ek.audit_link", "ek.inbound",
		}},
		{p, "DELETE", "TABLE", []string{"ek.inbound"}}, // replays older than the signature's tolerance
		{p, "EXECUTE", "FUNCTION", []string{
			"ek.raise_obligation", "ek.make_follow_up", "ek.require_durable", "ek.opaque_number", "ek.check_key",
		}},
	}
}
