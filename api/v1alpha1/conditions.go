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
	// ConditionDutyDrillAcknowledged on a District is True when a drill of the chain of duty has been acknowledged
	// at every level within the last day.
	//
	// Reasons when True: Acknowledged. When False: NeverDrilled, DrillTooOld. When Unknown: NoReport.
	ConditionDutyDrillAcknowledged = "DutyDrillAcknowledged"
	// ConditionAnnualScreeningMet on a School, District or ScreeningCampaign is True when as many students as
	// the province's rule asks for were screened in the present school year: of the school, or of every school.
	//
	// Reasons when True: Met. When False: InProgress, DueSoon (less than sixty days are left), Overdue (the day by which
	// it should have been has passed; the school year has not). When Unknown: NoReport, NobodyOnRoster.
	ConditionAnnualScreeningMet = "AnnualScreeningMet"
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
	// effect, the policy's holds), AdvisoryNotMet (a gate that is Advisory is shut). When False: CampaignNotFound, Suspended, SchoolsClaimed,
	// DistrictNotReady, InstrumentNotUsable, PolicyInvalid, ChannelNotUsable, DutyChainNotReady, SchoolsNotStaffed,
	// and where they are Required DrillNotAcknowledged, PublicityMissing, TrainingMissing, CounsellingRoomClosed, AreaUncovered.
	// When Unknown: NoReport (only once the round has opened; before, what is unknown does not pass).
	ConditionGatesPassed = "GatesPassed"
	// The gates of a ScreeningRound, each a condition of its own that names the schools, areas, instruments or
	// channel classes at fault. Those that a campaign has a say in are listed in its spec.gates.
	//
	// Reasons when True: Passed, ExceptionGranted. When False: the reason of GatesPassed that is beside it, or AdvisoryNotMet of
	// a gate that is Advisory and holds nobody up. When Unknown: NoReport.
	ConditionInstrumentsUsable    = "InstrumentsUsable"    // InstrumentNotUsable
	ConditionPolicyCompiles       = "PolicyCompiles"       // PolicyInvalid
	ConditionChannelsUsable       = "ChannelsUsable"       // ChannelNotUsable
	ConditionDutyChainReachable   = "DutyChainReachable"   // DutyChainNotReady
	ConditionDutyDrillHeld        = "DutyDrillHeld"        // DrillNotAcknowledged
	ConditionSchoolsStaffed       = "SchoolsStaffed"       // SchoolsNotStaffed
	ConditionSchoolsTrained       = "SchoolsTrained"       // TrainingMissing
	ConditionPublicityHeld        = "PublicityHeld"        // PublicityMissing
	ConditionCounsellingRoomsOpen = "CounsellingRoomsOpen" // CounsellingRoomClosed
	ConditionAreasCovered         = "AreasCovered"         // AreaUncovered
	// ConditionReplanned on a ScreeningRound is there, and True, once its window has changed; status.lastReplan has the
	// last change, with the dates before and after. It is False while a round that has not opened cannot be planned anew, and
	// so keeps its last plan, for spec.narrowing of the District leaves it no session.
	//
	// Reasons when True: Moved (before it opened), Extended. When False: NarrowingLeavesNothing, NarrowingInvalid.
	ConditionReplanned = "Replanned"
	// ConditionExtended on a ScreeningRound, there only while spec.extendSchoolDays asks for it, is True when the
	// days are in its sessions.
	//
	// Reasons when True: Extended. When False: NotYet, CampaignNotFound, CalendarEnds, Closed.
	ConditionExtended = "Extended"
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
	// Reasons when True: Planned. When False: Suspended, Blocked, NothingSelected, NothingDue, RunSkipped (the run that was due
	// has no rounds and cannot be started any more).
	ConditionPlanned = "Planned"
	// ConditionCapacityFits on a ScreeningCampaign, there only while spec.rollout.capacity asks for it
	// (Required or Preferred), is True when counsellors and channels can take what the plan expects.
	//
	// Reasons when True: Fits. When False: SchoolsLeftOut (Required: some take no part), CapacityExceeded
	// (Preferred: some weeks bring more), NoExpectedRates (nothing is known to compare with).
	ConditionCapacityFits = "CapacityFits"

	// ConditionDrawn on an Inspection is True when its schools are drawn.
	//
	// Reasons when True: Drawn. When False: WaitingForSeed, NoSchools, TooManySchools (for one list), SeedBeforeList (the
	// seed was there before the schools were listed, so that the draw could have been chosen). When Unknown: Pending.
	ConditionDrawn = "Drawn"
	// ConditionRectified on an Inspection is True when no finding is to be rectified.
	//
	// Reasons when True: NothingOpen. When False: Open, Overdue, SchoolNotDrawn (one that is to be rectified is of a
	// school that was not drawn). When Unknown: Pending.
	ConditionRectified = "Rectified"
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
	ReasonRunSkipped      = "RunSkipped"

	ReasonFits             = "Fits"
	ReasonSchoolsLeftOut   = "SchoolsLeftOut"
	ReasonCapacityExceeded = "CapacityExceeded"
	ReasonNoExpectedRates  = "NoExpectedRates"

	ReasonAcknowledged   = "Acknowledged"
	ReasonNeverDrilled   = "NeverDrilled"
	ReasonDrillTooOld    = "DrillTooOld"
	ReasonMet            = "Met"
	ReasonInProgress     = "InProgress"
	ReasonDueSoon        = "DueSoon"
	ReasonNobodyOnRoster = "NobodyOnRoster"

	ReasonAdvisoryNotMet         = "AdvisoryNotMet"
	ReasonExceptionGranted       = "ExceptionGranted"
	ReasonDrillNotAcknowledged   = "DrillNotAcknowledged"
	ReasonPublicityMissing       = "PublicityMissing"
	ReasonTrainingMissing        = "TrainingMissing"
	ReasonCounsellingRoomClosed  = "CounsellingRoomClosed"
	ReasonAreaUncovered          = "AreaUncovered"
	ReasonMoved                  = "Moved"
	ReasonNarrowingLeavesNothing = "NarrowingLeavesNothing"
	ReasonNarrowingInvalid       = "NarrowingInvalid"
	ReasonExtended               = "Extended"
	ReasonCalendarEnds           = "CalendarEnds"

	ReasonDrawn          = "Drawn"
	ReasonWaitingForSeed = "WaitingForSeed"
	ReasonNoSchools      = "NoSchools"
	ReasonSeedBeforeList = "SeedBeforeList"
	ReasonTooManySchools = "TooManySchools"
	ReasonNothingOpen    = "NothingOpen"
	ReasonSchoolNotDrawn = "SchoolNotDrawn"
)
