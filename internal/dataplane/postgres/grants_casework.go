package postgres

// caseworkRights: casework works through functions that take the subject and the
// groups of whoever asks, or that belong to its workers. It has no right on any
// table that speaks of a student; what it writes itself are the documents of the
// exchange and what is projected from them.
func caseworkRights() []right {
	const p = "casework"
	return []right{
		{p, "USAGE", "SCHEMA", []string{"ek", "ek_casework"}},
		{p, "SELECT, INSERT, UPDATE, DELETE", "TABLE", []string{
			"ek.meaning", "ek.round", "ek.round_session", "ek.round_tier", "ek.round_step", "ek.round_floor", "ek.directory",
			"ek.secret", "ek.school", "ek.staff_group", "ek.transport", "ek.channel",
		}},
		{p, "SELECT, UPDATE (district_uid, rescore_asked)", "TABLE", []string{"ek.installation"}},
		{p, "SELECT", "TABLE", []string{"ek.key_fingerprint", "ek.heartbeat"}},
		{p, "EXECUTE", "FUNCTION", caseworkFunctions},
	}
}

var caseworkFunctions = []string{
	"ek.check_key", "ek.require_durable",
	// for people
	"ek_casework.own", "ek_casework.contact", "ek_casework.close_obligation", "ek_casework.worklist", "ek_casework.obligation_record",
	"ek_casework.follow_ups", "ek_casework.staff_roles", "ek_casework.referrals", "ek_casework.release_referral",
	"ek_casework.known_students", "ek_casework.roster_schools", "ek_casework.upsert_students", "ek_casework.code_holders",
	"ek_casework.store_codes", "ek_casework.replace_duty", "ek_casework.duty_names", "ek_casework.not_screened",
	"ek_casework.students_left",
	// for its workers
	"ek_casework.advance_due", "ek_casework.sweep", "ek_casework.claim_notifications", "ek_casework.notification_accepted",
	"ek_casework.notification_failed", "ek_casework.store_probe", "ek_casework.claim_probes", "ek_casework.claim_referrals",
	"ek_casework.referral_delivered", "ek_casework.referral_failed", "ek_casework.chain_audit", "ek_casework.take_release",
	"ek_casework.store_release", "ek_casework.forget_messages", "ek_casework.facts",
	"ek_casework.count_coverage", "ek_casework.coverage_report", "ek_casework.coverage_facts",
	"ek_casework.rescore_facts", "ek_casework.rescore_report", "ek_casework.score_differences",
	// for partners and the exchange
	"ek_casework.store_receipt", "ek_casework.hear_hospital", "ek_casework.store_hospital_answer", "ek_casework.report",
	"ek_casework.cut_drafts", "ek_casework.audit", "ek_casework.audit_chain", "ek_casework.audit_head", "ek_casework.audit_unlinked",
}
