package integration

const (
	exchange = "from must not be later than to: exchange the two dates"
	httpsURL = "url must be an https address with a host, such as https://hospital.example/referrals"
)

func phases(items ...any) edit { return set(list(items...), "spec", "template", "spec", "phases") }

func stage1(pairs ...any) map[string]any {
	phase := fields("name", "Stage1", "session", fields("from", "09:00", "to", "16:30"))
	for i := 0; i < len(pairs); i += 2 {
		phase[pairs[i].(string)] = pairs[i+1]
	}
	return phase
}

func extraDates(dates ...any) edit { return set(list(dates...), "spec", "schedule", "extraDates") }

func rollout(pairs ...any) edit { return set(fields(pairs...), "spec", "rollout") }

func capacity(pairs ...any) edit { return rollout("capacity", fields(pairs...)) }

func expected(tier string, perThousand int64) map[string]any {
	return fields("tier", tier, "perThousand", perThousand)
}

func exceptions(pairs ...any) edit {
	one := fields("name", "Own days", "district", "fengtai", "school", "no-8")
	for i := 0; i < len(pairs); i += 2 {
		one[pairs[i].(string)] = pairs[i+1]
	}
	return set(list(one), "spec", "exceptions")
}

var approved = reviewed("Approved")

// reviewed is a state of review that reviewers who compared the English wording leave.
func reviewed(state string) edit {
	return func(obj map[string]any) { // a review of its own for every object: edits that follow may change it
		set("Confirmed", "spec", "languages", 1, "state")(obj)
		set(fields("state", state, "by", list("Board")), "spec", "review")(obj)
	}
}

// firstScale changes the first scale of an instrument.
func firstScale(pairs ...any) edit {
	var edits []edit
	for i := 0; i < len(pairs); i += 2 {
		edits = append(edits, set(pairs[i+1], "spec", "scales", 0, pairs[i]))
	}
	return all(edits...)
}

// decides is a scale of one case with one condition.
func decides(condition map[string]any) edit {
	condition["tests"] = list(fields("item", "q1", "from", int64(2), "to", int64(3)))
	cases := list(fields("name", "Some", "value", int64(1), "when", list(condition)), fields("name", "Nothing", "value", int64(0)))
	return firstScale("method", "Cases", "cases", cases)
}

func norm(pairs ...any) edit {
	table := fields("sex", "Any", "source", "Manual", "rows", list(fields("raw", int64(0), "standard", "40.5")))
	for i := 0; i < len(pairs); i += 2 {
		table[pairs[i].(string)] = pairs[i+1]
	}
	return firstScale("norms", list(table))
}

func quality(check string, pairs ...any) edit {
	q := fields("check", check, "effect", "Flag", "source", "Judgement")
	for i := 0; i < len(pairs); i += 2 {
		q[pairs[i].(string)] = pairs[i+1]
	}
	return set(list(q), "spec", "quality")
}

func findings(items ...any) edit { return set(list(items...), "spec", "findings") }

// notMet is a finding that is to be rectified, changed.
func notMet(pairs ...any) map[string]any {
	one := fields("school", "lotus-pond", "item", "CounsellingRoom", "result", "NotMet", "foundOn", "2026-12-03", "rectifyBy", "2026-12-17")
	for i := 0; i < len(pairs); i += 2 {
		one[pairs[i].(string)] = pairs[i+1]
	}
	return one
}

// celExamples holds, for every CEL rule, what it accepts and what it rejects.
var celExamples = []example{
	{rule: rule{"AcademicCalendar", "spec", "a make-up day must lie within a term"},
		reject: set(list("2026-08-30"), "spec", "makeUpDays")},
	{rule: rule{"AcademicCalendar", "spec", "terms must not overlap"},
		reject: set("2027-01-22", "spec", "terms", 1, "from")},
	{rule: rule{"AcademicCalendar", "spec.terms[]", exchange},
		reject: all(unset("spec", "makeUpDays"), set("2026-08-31", "spec", "terms", 0, "to"))},
	{rule: rule{"AcademicCalendar", "spec.closures[]", exchange},
		reject: set("2026-09-01", "spec", "closures", 0, "to")},
	{rule: rule{"AcademicCalendar", "spec.exceptions[]", "an exception says nothing: give closures or makeUpDays"},
		accept: exceptions("makeUpDays", list("2026-10-17")),
		reject: exceptions()},
	{rule: rule{"AcademicCalendar", "spec.exceptions[].closures[]", exchange},
		accept: exceptions("closures", list(fields("name", "Sports day", "from", "2026-10-16", "to", "2026-10-16"))),
		reject: exceptions("closures", list(fields("name", "Sports day", "from", "2026-10-16", "to", "2026-10-15")))},

	{rule: rule{"ScreeningCampaign", "", "the name of a campaign has at most 50 characters: round names are made from it"},
		accept: set("c2345678901234567890123456789012345678901234567890", "metadata", "name"),
		reject: set("c23456789012345678901234567890123456789012345678901", "metadata", "name")},
	{rule: rule{"ScreeningCampaign", "spec.schedule", "give either cron or startDate"},
		accept: set(fields("startDate", "2026-09-15"), "spec", "schedule"),
		reject: set("2026-09-15", "spec", "schedule", "startDate")},
	{rule: rule{"ScreeningCampaign", "spec.schedule", "cron has five fields and no time zone: set spec.timeZone instead"},
		reject: set("CRON_TZ=Asia/Shanghai 0 8 15 9 *", "spec", "schedule", "cron")},
	{rule: rule{"ScreeningCampaign", "spec.template.spec.phases", "phases must include Stage1"},
		reject: phases(fields("name", "Publicity", "schoolDays", int64(3)))},
	{rule: rule{"ScreeningCampaign", "spec.template.spec.phases[]", "give either schoolDays or dates"},
		accept: phases(stage1("dates", fields("from", "2026-09-15", "to", "2026-09-16"))),
		reject: phases(stage1("schoolDays", int64(2), "dates", fields("from", "2026-09-15", "to", "2026-09-16")))},
	{rule: rule{"ScreeningCampaign", "spec.template.spec.phases[]", "Stage1, and no other phase, has a session"},
		reject: phases(fields("name", "Stage1", "schoolDays", int64(3)))},
	{rule: rule{"ScreeningCampaign", "spec.template.spec.phases[].dates", exchange},
		accept: phases(stage1("dates", fields("from", "2026-09-15", "to", "2026-09-15"))),
		reject: phases(stage1("dates", fields("from", "2026-09-15", "to", "2026-09-14")))},
	{rule: rule{"ScreeningCampaign", "spec.template.spec.phases[].session", "from must be earlier than to; write 24:00 for the end of the day"},
		accept: phases(stage1("schoolDays", int64(2), "session", fields("from", "00:00", "to", "24:00"))),
		reject: phases(stage1("schoolDays", int64(2), "session", fields("from", "16:30", "to", "09:00")))},

	{rule: rule{"ScreeningCampaign", "spec", "dates cannot be shifted from wave to wave: give the phases schoolDays, or take pilot and maxConcurrentDistricts out of rollout"},
		accept: all(rollout("order", list("fengtai")), phases(stage1("dates", fields("from", "2026-09-15", "to", "2026-09-16")))),
		reject: all(rollout("maxConcurrentDistricts", int64(2)), phases(stage1("dates", fields("from", "2026-09-15", "to", "2026-09-16"))))},
	{rule: rule{"ScreeningCampaign", "spec", "dates cannot be shifted to schedule.extraDates: give the phases schoolDays, or take extraDates out"},
		accept: all(extraDates("2026-11-02"), phases(stage1("schoolDays", int64(2)))),
		reject: all(extraDates("2026-11-02"), phases(stage1("dates", fields("from", "2026-09-15", "to", "2026-09-16"))))},
	{rule: rule{"ScreeningCampaign", "spec", "schoolDaysPerSchool is more than the school days of Stage1: write at most as many"},
		accept: all(capacity("schoolDaysPerSchool", int64(2)), phases(stage1("schoolDays", int64(2)))),
		reject: all(capacity("schoolDaysPerSchool", int64(3)), phases(stage1("schoolDays", int64(2))))},
	{rule: rule{"ScreeningCampaign", "spec.rollout", "a district is in pilot and in order: take it out of one of them"},
		accept: rollout("pilot", list("fengtai"), "order", list("kaizhou")),
		reject: rollout("pilot", list("fengtai"), "order", list("kaizhou", "fengtai"))},
	{rule: rule{"ScreeningCampaign", "spec.rollout", "pilot has more districts than maxConcurrentDistricts: raise it or make pilot shorter"},
		accept: rollout("pilot", list("fengtai"), "maxConcurrentDistricts", int64(1)),
		reject: rollout("pilot", list("fengtai", "kaizhou"), "maxConcurrentDistricts", int64(1))},
	{rule: rule{"ScreeningCampaign", "spec.rollout.capacity", "expected adds up to more than 1000 per thousand, and a student has one tier: write smaller rates"},
		accept: capacity("expected", list(expected("Severe", 11), expected("High", 989))),
		reject: capacity("expected", list(expected("Severe", 12), expected("High", 989)))},

	{rule: rule{"Instrument", "spec", "code and version cannot change: create another Instrument"}, was: all(),
		reject: set("2", "spec", "version")},
	{rule: rule{"Instrument", "spec", "the wording of an approved instrument cannot change: create another version, or set review.state to Retired"}, was: approved,
		accept: set("Another holder", "spec", "licence", "holder"),
		reject: set("Another stem", "spec", "stem", "en")},
	{rule: rule{"Instrument", "spec", "the meaning of an approved instrument cannot change: create another version, or set review.state to Retired"}, was: approved,
		accept: set("Another holder", "spec", "licence", "holder"),
		reject: quality("AllLowest")},
	{rule: rule{"Instrument", "spec", "an approved instrument has a language whose wording was compared with the published form: set the state of one of languages to Confirmed"},
		accept: approved,
		reject: all(approved, set("Unconfirmed", "spec", "languages", 1, "state"))},
	{rule: rule{"Instrument", "spec", "an approved instrument can only be retired: set review.state to Retired"}, was: approved,
		accept: reviewed("Retired"),
		reject: reviewed("Draft")},
	{rule: rule{"Instrument", "spec", "a retired instrument stays retired: create another version"}, was: reviewed("Retired"),
		reject: approved},
	{rule: rule{"Instrument", "spec.review", "an approved or retired instrument names its reviewers in review.by"},
		accept: approved,
		reject: all(approved, unset("spec", "review", "by"))},
	{rule: rule{"Instrument", "spec.ageRange", "minYears must not be greater than maxYears"},
		accept: set(int64(18), "spec", "ageRange", "maxYears"),
		reject: set(int64(11), "spec", "ageRange", "maxYears")},
	{rule: rule{"Instrument", "spec.scales[]", "count says which answers method Count counts: write it with that method, and with no other"},
		accept: firstScale("method", "Count", "count", fields("from", int64(2), "to", int64(3))),
		reject: firstScale("method", "Count")},
	{rule: rule{"Instrument", "spec.scales[]", "cases are the outcomes of method Cases: write them with that method, and with no other"},
		accept: decides(fields("atLeast", int64(1))),
		reject: all(decides(fields("atLeast", int64(1))), firstScale("method", "Sum"))},
	{rule: rule{"Instrument", "spec.scales[].count", "from must not be greater than to: exchange the two"},
		accept: firstScale("method", "Count", "count", fields("from", int64(2), "to", int64(2))),
		reject: firstScale("method", "Count", "count", fields("from", int64(3), "to", int64(2)))},
	{rule: rule{"Instrument", "spec.scales[].cases[].when[]", "say how many of the tests must hold: write atLeast, atMost or both"},
		accept: decides(fields("atMost", int64(0))),
		reject: decides(fields())},
	{rule: rule{"Instrument", "spec.scales[].norms[]", "an age group has two ends: write minAge and maxAge, or neither for any age"},
		accept: norm("minAge", int64(8), "maxAge", int64(8)),
		reject: norm("minAge", int64(8))},
	{rule: rule{"Instrument", "spec.scales[].norms[]", "a group of grades has two ends: write minGrade and maxGrade, or neither for any grade"},
		accept: norm("minGrade", int64(4), "maxGrade", int64(6)),
		reject: norm("maxGrade", int64(6))},
	{rule: rule{"Instrument", "spec.quality[]", "scale is what check ValidityScale looks at: write it with that check, and with no other"},
		accept: quality("ValidityScale", "scale", "total", "threshold", int64(7)),
		reject: quality("ValidityScale", "threshold", int64(7))},
	{rule: rule{"Instrument", "spec.quality[]", "ValidityScale, LongestRun, Spread and SecondsPerItem need a threshold; the other checks have none"},
		accept: quality("Spread", "threshold", "0.5"),
		reject: quality("Spread")},

	{rule: rule{"EscalationPolicy", "spec", "critical and undetermined must name tiers that are listed in tiers"},
		reject: set("Nowhere", "spec", "undetermined", "tier")},
	{rule: rule{"EscalationPolicy", "spec", "every rule must name a tier that is listed in tiers"},
		reject: set("Nowhere", "spec", "rules", 0, "tier")},
	{rule: rule{"EscalationPolicy", "spec", "critical.immediate and critical.urgent must name tiers that list the action Notify"},
		reject: set("Moderate", "spec", "critical", "urgent")},
	{rule: rule{"EscalationPolicy", "spec.tiers[]", "the tier name None is reserved: choose another"},
		reject: all(set("None", "spec", "tiers", 3, "name"), set("None", "spec", "rules", 2, "tier"))},
	{rule: rule{"EscalationPolicy", "spec.tiers[]", "OpenCase, Notify and a non-empty onOverdue come together: give all three or none"},
		reject: unset("spec", "tiers", 1, "onOverdue")},
	{rule: rule{"EscalationPolicy", "spec.tiers[]", "a tier that drafts referrals needs channelClass"},
		reject: unset("spec", "tiers", 0, "channelClass")},
	{rule: rule{"EscalationPolicy", "spec.tiers[]", "a tier that drafts referrals must also list OpenCase, Notify and onOverdue"},
		reject: all(set(list("FollowUp", "DraftReferral"), "spec", "tiers", 2, "actions"), set("Psychiatric", "spec", "tiers", 2, "channelClass"))},
	{rule: rule{"EscalationPolicy", "spec.tiers[].onOverdue", "two steps of a chain cannot have the same afterMinutes"},
		reject: set(int64(0), "spec", "tiers", 0, "onOverdue", 1, "afterMinutes")},

	{rule: rule{"District", "", "the name of a district has at most 40 characters: its workloads are named after it"},
		reject: set("d2345678901234567890123456789012345678901", "metadata", "name")},
	{rule: rule{"District", "spec", "code cannot change: the district's database and roles are named after it"}, was: all(),
		reject: set("110107", "spec", "code")},
	{rule: rule{"District", "spec", "database.name cannot change: the district's answers are in it"}, was: all(),
		reject: set("other", "spec", "database", "name")},
	{rule: rule{"District", "spec", "staff names an area that is not listed in areas"},
		reject: set("north", "spec", "staff", 3, "area")},
	{rule: rule{"District", "spec.narrowing.session", "from must be earlier than to; write 24:00 for the end of the day"},
		accept: set(fields("from", "10:00", "to", "24:00"), "spec", "narrowing", "session"),
		reject: set(fields("from", "12:00", "to", "12:00"), "spec", "narrowing", "session")},
	{rule: rule{"District", "spec.narrowing.withoutSessions[]", exchange},
		accept: set(list(fields("name", "Examinations", "from", "2026-10-20", "to", "2026-10-20")), "spec", "narrowing", "withoutSessions"),
		reject: set(list(fields("name", "Examinations", "from", "2026-10-20", "to", "2026-10-19")), "spec", "narrowing", "withoutSessions")},
	{rule: rule{"District", "spec.coverage.dueBy", "not a day of every year: write one such as 05-31"},
		accept: set("02-28", "spec", "coverage", "dueBy"), reject: set("02-29", "spec", "coverage", "dueBy")},
	{rule: rule{"District", "spec.staff[]", "the roles SchoolDuty and ClassTeacher, and no others, name a school"},
		reject: unset("spec", "staff", 4, "school")},
	{rule: rule{"District", "spec.staff[]", "the role AreaCoordinator, and no other, names an area"},
		reject: unset("spec", "staff", 3, "area")},
	{rule: rule{"District", "spec.identityProvider.issuer", "issuer must be an https address"},
		reject: set("http://id.example.cn", "spec", "identityProvider", "issuer")},
	{rule: rule{"District", "spec.transports[].endpoint.url", httpsURL},
		reject: set("http://sms.example.cn", "spec", "transports", 0, "endpoint", "url")},
	{rule: rule{"District", "spec.addresses.students", "students must be a complete address, such as https://xinli.example.cn"},
		reject: set("xinli", "spec", "addresses", "students")},
	{rule: rule{"District", "spec.addresses.staff", "staff must be a complete address, such as https://xinli-staff.example.cn"},
		reject: set("xinli", "spec", "addresses", "staff")},
	{rule: rule{"District", "spec.network.egress[].cidr", "cidr is not a CIDR such as 10.0.0.5/32"},
		reject: set("10.0.0.5", "spec", "network", "egress", 0, "cidr")},
	{rule: rule{"District", "spec.network.ingressCIDRs", "an entry is not a CIDR such as 10.0.0.0/8"},
		reject: set(list("10.0.0.0/8", "everywhere"), "spec", "network", "ingressCIDRs")},

	{rule: rule{"ReferralChannel", "spec.agreement", "validFrom must not be later than validUntil: exchange the two dates"},
		reject: set("2026-08-31", "spec", "agreement", "validUntil")},
	{rule: rule{"ReferralChannel", "spec.endpoint.url", httpsURL},
		reject: set("hospital.example", "spec", "endpoint", "url")},

	{rule: rule{"Inspection", "spec", "seed cannot change once it is written: the draw follows from it"}, was: set("08 15", "spec", "seed"),
		reject: set("08 16", "spec", "seed")},
	{rule: rule{"Inspection", "spec", "areas cannot change: the list of schools was made with them; make another Inspection"}, was: all(),
		accept: set("08 15", "spec", "seed"), reject: unset("spec", "areas")},
	{rule: rule{"Inspection", "spec", "a finding cannot be taken back: write rectifiedOn when it is rectified"}, was: findings(notMet()),
		accept: findings(notMet("rectifiedOn", "2026-12-10", "document", "2026-17"), notMet("item", "Training")),
		reject: unset("spec", "findings")},
	{rule: rule{"Inspection", "spec.schools", "schools cannot change: make another Inspection"}, was: all(),
		reject: set(int64(2), "spec", "schools")},
	{rule: rule{"Inspection", "spec.seedSource", "seedSource cannot change: a draw is only fair when it was named beforehand"}, was: all(),
		reject: set("Another draw", "spec", "seedSource")},
	{rule: rule{"Inspection", "spec.seed", "seed must be what everybody types alike: ASCII letters, digits and signs with single spaces between them, such as 2026137 04 09 15"},
		accept: set("2026137 04 09 15", "spec", "seed"), reject: set("2026137 04 09 15\n", "spec", "seed")},
	{rule: rule{"Inspection", "spec.findings[]", "a finding NotMet, and no other, has rectifyBy, the day by which it is to be rectified"},
		accept: findings(notMet()), reject: findings(notMet("result", "Met"))},
	{rule: rule{"Inspection", "spec.findings[]", "rectifiedOn is for a finding NotMet and not before foundOn"},
		accept: findings(notMet("rectifiedOn", "2026-12-03")), reject: findings(notMet("rectifiedOn", "2026-12-02"))},
	{rule: rule{"Inspection", "spec.findings[]", "rectifyBy must not be before foundOn"},
		accept: findings(notMet("rectifyBy", "2026-12-03")), reject: findings(notMet("rectifyBy", "2026-12-02"))},
	{rule: rule{"Inspection", "spec.findings[]",
		"of a finding only rectifiedOn and document may be written later; what was found, and by when it is to be rectified, stays"},
		was: findings(notMet()), accept: findings(notMet("rectifiedOn", "2026-12-10")), reject: findings(notMet("rectifyBy", "2027-01-31"))},
}
