package integration

func gate(name string, pairs ...any) edit {
	one := fields("name", name, "enforcement", "Required")
	for i := 0; i < len(pairs); i += 2 {
		one[pairs[i].(string)] = pairs[i+1]
	}
	return set(list(one), "spec", "gates")
}

func gateException(gate string, pairs ...any) edit {
	one := fields("name", "late", "gate", gate, "district", "fengtai", "grantedBy", "市教委德育处", "until", "2026-10-31")
	for i := 0; i < len(pairs); i += 2 {
		one[pairs[i].(string)] = pairs[i+1]
	}
	return set(list(one), "spec", "gateExceptions")
}

func init() {
	of := func(path, message string) rule { return rule{"ScreeningCampaign", path, message} }
	celExamples = append(celExamples,
		example{rule: of("spec.gates[]", "Staffing, ReferralChannel and DutyChain are always Required: a child who signals danger must find somebody"),
			accept: gate("Training", "enforcement", "Advisory"),
			reject: gate("DutyChain", "enforcement", "Advisory")},
		example{rule: of("spec.gates[]", "withinDays is for Publicity, Training and DutyDrill: take it out here"),
			accept: gate("DutyDrill", "withinDays", int64(7)),
			reject: gate("CounsellingRoom", "withinDays", int64(7))},
		example{rule: of("spec.gates[]", "hoursPerWeek is for CounsellingRoom: take it out here"),
			accept: gate("CounsellingRoom", "hoursPerWeek", int64(10)),
			reject: gate("Training", "hoursPerWeek", int64(10))},
		example{rule: of("spec.gateExceptions[]", "an exception from Publicity, Training, Staffing or CounsellingRoom, and no other, lists schools"),
			accept: gateException("Training", "schools", list("lotus-pond")),
			reject: gateException("Training")},
		example{rule: of("spec.gateExceptions[]", "an exception from ExpertGroup, and no other, lists areas"),
			accept: gateException("ExpertGroup", "areas", list("east")),
			reject: gateException("DutyDrill", "areas", list("east"))},
	)
}
