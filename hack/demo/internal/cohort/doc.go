// Package cohort makes the demo's students from the real answers of
// test/data/nhanes-2017-2018-dpq.csv and works out what must come of them. It scores by
// the rules of docs and nothing of the product's own code, so that it can be its oracle.
package cohort
