package v1alpha1

// Condition types. Ready, Reconciling and Stalled follow kstatus and mean "understood and applied";
// the truth about the world is in the other types.
const (
	// ConditionReady is True when the object is understood and applied.
	//
	// Reasons when True: Applied.
	// Reasons when False: Progressing, Invalid, NotAuthorised, Terminating.
	// Reasons when Unknown: Pending.
	ConditionReady = "Ready"
	// ConditionReconciling is True while the operator is waiting for something or working. It is
	// absent otherwise.
	//
	// Reasons when True: Progressing, ReferenceMissing, Terminating.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True when only an edit of this very object can help. It is absent otherwise.
	//
	// Reasons when True: Invalid, NotAuthorised.
	ConditionStalled = "Stalled"

	// ConditionAuthorised on a District is True when its Namespace carries the province's grant.
	//
	// Reasons when True: Granted. When False: GrantMissing, GrantMismatch, NameMismatch.
	ConditionAuthorised = "Authorised"
	// ConditionProvisioned on a District is True when migration ran and all processes are available.
	//
	// Reasons when True: Available. When False: Migrating, MigrationFailed, RolesMissing,
	// RollingOut, NotAuthorised, Forbidden.
	ConditionProvisioned = "Provisioned"
	// ConditionKeysReady on a District is True when the key material is the one the database knows.
	//
	// Reasons when True: FingerprintMatches. When False: KeyMissing, KeyMismatch.
	// When Unknown: NoReport.
	ConditionKeysReady = "KeysReady"
	// ConditionReporting on a District is True while its casework answers the exchange and takes the
	// directory it is given.
	//
	// Reasons when True: ReportReceived. When False: Unreachable, ReportRefused, DirectoryRefused.
	// When Unknown: NoReport.
	ConditionReporting = "Reporting"
	// ConditionDutyChainReady on a District is True when every level has a person on duty and
	// transports answer.
	//
	// Reasons when True: Reachable. When False: Unreachable. When Unknown: NoReport.
	ConditionDutyChainReady = "DutyChainReady"
	// ConditionSignalsCovered on a District is True when every source that obliges has its obligation
	// and no step of the chain is late.
	//
	// Reasons when True: Covered. When False: Uncovered, Late. When Unknown: NoReport.
	ConditionSignalsCovered = "SignalsCovered"
	// ConditionScoresVerified on a District is True when a second scorer, which goes through all stored
	// results every night, agrees with each of them.
	//
	// Reasons when True: ScoresAgree. When False: ScoresDiffer. When Unknown: NotYet, Overdue, NoReport.
	ConditionScoresVerified = "ScoresVerified"

	// ConditionUsable on a ReferralChannel is True when referrals can be sent through it now.
	//
	// Reasons when True: Reachable. When False: AgreementExpired, AgreementNotYetValid,
	// SecretMissing, SecretInvalid, Unreachable. When Unknown: NotProbed.
	ConditionUsable = "Usable"
	// ConditionScreeningReady on a School is True when it may be screened.
	//
	// Reasons when True: Staffed. When False: NoPsychTeacher, ProviderExpired, DistrictMissing, AreaUnknown.
	ConditionScreeningReady = "ScreeningReady"
	// ConditionInUse on an Instrument or EscalationPolicy is True while a round that has not been
	// released uses it.
	//
	// Reasons when True: RoundsUseIt. When False: NotUsed.
	ConditionInUse = "InUse"
	// ConditionUsableInRounds on an Instrument is True when rounds may use it.
	//
	// Reasons when True: Approved. When False: Draft, Retired, TextMissing, Invalid.
	ConditionUsableInRounds = "UsableInRounds"

	// ConditionGatesPassed on a ScreeningRound is True when nothing stands in the way of opening.
	//
	// Reasons when True: Passed, NotStricter (a deadline or floor of the district's own has no
	// effect, the policy's holds). When False: CampaignNotFound, Suspended, SchoolsClaimed,
	// DistrictNotReady, InstrumentNotUsable, PolicyInvalid, ChannelNotUsable, DutyChainNotReady, SchoolsNotStaffed.
	// When Unknown: NoReport (only once the round has opened; before, what is unknown does not pass).
	ConditionGatesPassed = "GatesPassed"
	// ConditionMeaningPinned on a ScreeningRound is True when the data plane holds its meaning.
	//
	// Reasons when True: Pinned. When False: NotYet, Refused. When Unknown: NoReport.
	ConditionMeaningPinned = "MeaningPinned"
	// ConditionOpen on a ScreeningRound is True while students can answer, by the district's clock.
	//
	// Reasons when True: Open. When False: Scheduled, Held, Closed, Released. When Unknown: NoReport.
	ConditionOpen = "Open"
	// ConditionIntervening on a ScreeningRound is True during the Intervention phase.
	//
	// Reasons when True: InPhase. When False: NotInPhase.
	ConditionIntervening = "Intervening"
	// ConditionReleased on a ScreeningRound is True when its suppressed figures are final.
	//
	// Reasons when True: Released. When False: NotYet.
	ConditionReleased = "Released"
	// ConditionPlanned on a ScreeningCampaign is True when every selected district has its rounds.
	//
	// Reasons when True: Planned. When False: Suspended, Blocked, NothingSelected, NothingDue.
	ConditionPlanned = "Planned"
	// ConditionCapacityFits on a ScreeningCampaign, there only while spec.rollout.capacity asks for it
	// (Required or Preferred), is True when counsellors and channels can take what the plan expects.
	//
	// Reasons when True: Fits. When False: SchoolsLeftOut (Required: some take no part), CapacityExceeded
	// (Preferred: some weeks bring more), NoExpectedRates (nothing is known to compare with).
	ConditionCapacityFits = "CapacityFits"
)

// Condition reasons. They are API: documented with the condition types above.
const (
	ReasonPending          = "Pending"
	ReasonApplied          = "Applied"
	ReasonProgressing      = "Progressing"
	ReasonInvalid          = "Invalid"
	ReasonNotAuthorised    = "NotAuthorised"
	ReasonTerminating      = "Terminating"
	ReasonReferenceMissing = "ReferenceMissing"

	ReasonGranted       = "Granted"
	ReasonGrantMissing  = "GrantMissing"
	ReasonGrantMismatch = "GrantMismatch"
	ReasonNameMismatch  = "NameMismatch"

	ReasonAvailable       = "Available"
	ReasonMigrating       = "Migrating"
	ReasonMigrationFailed = "MigrationFailed"
	ReasonRolesMissing    = "RolesMissing"
	ReasonRollingOut      = "RollingOut"
	ReasonForbidden       = "Forbidden"

	ReasonFingerprintMatches = "FingerprintMatches"
	ReasonKeyMissing         = "KeyMissing"
	ReasonKeyMismatch        = "KeyMismatch"
	ReasonNoReport           = "NoReport"
	ReasonReportReceived     = "ReportReceived"
	ReasonReportRefused      = "ReportRefused"
	ReasonDirectoryRefused   = "DirectoryRefused"
	ReasonReachable          = "Reachable"
	ReasonUnreachable        = "Unreachable"
	ReasonCovered            = "Covered"
	ReasonUncovered          = "Uncovered"
	ReasonLate               = "Late"
	ReasonScoresAgree        = "ScoresAgree"
	ReasonScoresDiffer       = "ScoresDiffer"
	ReasonOverdue            = "Overdue"

	ReasonAgreementExpired     = "AgreementExpired"
	ReasonAgreementNotYetValid = "AgreementNotYetValid"
	ReasonSecretMissing        = "SecretMissing"
	ReasonSecretInvalid        = "SecretInvalid"
	ReasonNotProbed            = "NotProbed"

	ReasonStaffed         = "Staffed"
	ReasonNoPsychTeacher  = "NoPsychTeacher"
	ReasonProviderExpired = "ProviderExpired"
	ReasonDistrictMissing = "DistrictMissing"
	ReasonAreaUnknown     = "AreaUnknown"

	ReasonRoundsUseIt = "RoundsUseIt"
	ReasonNotUsed     = "NotUsed"
	ReasonApproved    = "Approved"
	ReasonDraft       = "Draft"
	ReasonRetired     = "Retired"
	ReasonTextMissing = "TextMissing"

	ReasonPassed              = "Passed"
	ReasonCampaignNotFound    = "CampaignNotFound"
	ReasonSuspended           = "Suspended"
	ReasonDistrictNotReady    = "DistrictNotReady"
	ReasonInstrumentNotUsable = "InstrumentNotUsable"
	ReasonNotStricter         = "NotStricter"
	ReasonPolicyInvalid       = "PolicyInvalid"
	ReasonChannelNotUsable    = "ChannelNotUsable"
	ReasonDutyChainNotReady   = "DutyChainNotReady"
	ReasonSchoolsNotStaffed   = "SchoolsNotStaffed"
	ReasonSchoolsClaimed      = "SchoolsClaimed"
	ReasonPinned              = "Pinned"
	ReasonNotYet              = "NotYet"
	ReasonRefused             = "Refused"
	ReasonOpen                = "Open"
	ReasonScheduled           = "Scheduled"
	ReasonHeld                = "Held"
	ReasonClosed              = "Closed"
	ReasonReleased            = "Released"
	ReasonInPhase             = "InPhase"
	ReasonNotInPhase          = "NotInPhase"

	ReasonPlanned         = "Planned"
	ReasonBlocked         = "Blocked"
	ReasonNothingSelected = "NothingSelected"
	ReasonNothingDue      = "NothingDue"

	ReasonFits             = "Fits"
	ReasonSchoolsLeftOut   = "SchoolsLeftOut"
	ReasonCapacityExceeded = "CapacityExceeded"
	ReasonNoExpectedRates  = "NoExpectedRates"
)
