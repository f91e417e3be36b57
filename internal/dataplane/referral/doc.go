// Package referral sends released referrals to hospitals and hears their answers.
//
// A referral is drafted by the machine with its obligation and released by a person
// after a contact (ek_casework.release_referral). What a hospital is told has no field
// for a child; what it answers moves the referral forward and nothing else.
package referral
