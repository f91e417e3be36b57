// Package scorer turns finished forms into results and tiers.
//
// It finishes drafts whose session is over, claims finished attempts in batches,
// opens their answers with each student's own key, scores and decides by the meaning
// pinned for the round, and writes the result together with whatever it obliges to
// in one transaction. It also looks at every answer ever stored, accepted or not, and
// raises what should have been raised and was not.
package scorer
