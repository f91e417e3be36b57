// Package status computes and prints the state of a province or of one district. It is pure: objects and
// the time in, a report and text out.
package status

import "github.com/evenkeel/evenkeel/api/v1alpha1"

// Objects is everything a report is made from.
type Objects struct {
	Districts   []v1alpha1.District
	Schools     []v1alpha1.School
	Channels    []v1alpha1.ReferralChannel
	Rounds      []v1alpha1.ScreeningRound
	Campaigns   []v1alpha1.ScreeningCampaign
	Policies    []v1alpha1.EscalationPolicy
	Instruments []v1alpha1.Instrument
	Inspections []v1alpha1.Inspection
	// Unread lists what could not be read; the report is then a partial answer.
	Unread []Unread
}

// Unread is a kind that could not be read.
type Unread struct {
	// Resource in the plural, such as schools.
	Resource string `json:"resource"`
	// Reason in one sentence.
	Reason string `json:"reason"`
}
