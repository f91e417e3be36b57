package v1alpha1

// Labels, annotations and finalizers. They are API.
const (
	// LabelDistrict on a Namespace is the province's grant: its value is the district code.
	LabelDistrict = "screening.evenkeel.dev/district"
	// LabelCampaign on a ScreeningRound names the campaign that made it.
	LabelCampaign = "screening.evenkeel.dev/campaign"
	// LabelComponent on workloads is migrate, intake, scorer or casework.
	LabelComponent = "app.kubernetes.io/component"
	// AnnotationAbandon on a District, with its UID as the value, lets it be deleted with open obligations.
	AnnotationAbandon = "screening.evenkeel.dev/abandon"
	// AnnotationSecurityUpdate on a District, with the value "true", lets its data plane take a new image
	// while Stage1 is open.
	AnnotationSecurityUpdate = "screening.evenkeel.dev/security-update"
	// AnnotationRescore on a District asks for a comparison of all stored results with those of a second
	// scorer, once for every new value; status.rescore.lastHandled is the value that was answered last.
	AnnotationRescore = "screening.evenkeel.dev/rescore"
	// AnnotationSettled is the operator's own note on a District that is being deleted: with its UID as
	// the value, a report newer than the deletion has shown no open obligation.
	AnnotationSettled = "screening.evenkeel.dev/settled"
	// FinalizerDistrict holds a District until its workloads are gone in order.
	FinalizerDistrict = "screening.evenkeel.dev/district"
	// SecretTypeChannel is the one type of Secret that a ReferralChannel or transport may name.
	SecretTypeChannel = "screening.evenkeel.dev/channel"
	// FieldOwner is the operator's server-side-apply owner.
	FieldOwner = "evenkeel"
)
