package postgres

// drillRights lets casework hold drills of the chain of duty, through functions alone.
func drillRights() []right {
	return []right{{"casework", "EXECUTE", "FUNCTION", []string{
		"ek_casework.drill", "ek_casework.begin_drill", "ek_casework.acknowledge_drill",
		"ek_casework.advance_drills", "ek_casework.claim_drill_calls", "ek_casework.drill_call_accepted", "ek_casework.drill_call_failed",
		"ek_casework.hear_receipt", "ek_casework.drill_report", "ek_casework.drill_facts",
	}}}
}
