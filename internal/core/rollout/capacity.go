package rollout

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// CapacityPolicy says what becomes of a school for whose expected cases nobody is there.
type CapacityPolicy string

// The policies.
const (
	Required  CapacityPolicy = "Required"  // it is moved until it fits, or takes no part
	Preferred CapacityPolicy = "Preferred" // it is moved to where the excess is least, with a warning
	Ignore    CapacityPolicy = "Ignore"    // nobody is moved; also when the policy is empty
)

// Capacity is what a campaign says of the cases that it expects and of who takes them.
type Capacity struct {
	Policy          CapacityPolicy
	DaysPerSchool   int // on how many school days one school answers, at least; 0: all of Stage1's
	CounsellorCases int // that a full-time psych teacher takes in a week, a part-time one half of them; 0: not limited
	ProviderCases   int // that an engaged institution takes in a week at one school without psych teachers

	Tiers    []Tier  // of the escalation policy, severest first
	Declared []int64 // students per thousand in each of them; nil: as each district published before
}

// Tier is a tier of the escalation policy, as far as capacity is concerned.
type Tier struct {
	Name  string
	Class string // of the channels that its referrals go through; empty: it drafts none
}

// School is a school of the cohort.
type School struct {
	Name     string
	Students int // of the cohort's stages
	FullTime int // psych teachers
	PartTime int
	Provider bool // an institution is engaged
	Late     bool // declared after the district's round was settled, which goes on without it; a make-up round has it
}

// Channel is an agreement with a hospital or centre. A facility that several districts
// have agreements with is counted once, with the largest of their capacities; of that a
// district has no more than its own agreement says.
type Channel struct {
	Facility string // its official code
	Class    string
	Weekly   int           // referrals taken in a week
	From     calendar.Date // first and last day of the agreement
	Until    calendar.Date
}

// Week is what is expected of one week, in thousandths of a case.
type Week struct {
	Monday   calendar.Date
	Tiers    []TierLoad  // severest first
	Channels []ClassLoad // of the classes that referrals go through, by class
}

// TierLoad is the cases of one tier.
type TierLoad struct {
	Tier  string
	Cases int64
}

// ClassLoad is the referrals to one class of channels, and what the channels take of the
// districts from which they come.
type ClassLoad struct {
	Class    string
	Cases    int64
	Capacity int64
}

// Milli is how many units of a load make one case.
const Milli = 1000

func (c *Compiled) checkCapacity(faults *fault.List) {
	in := c.spec.Capacity
	faults.AddIf(!slices.Contains([]CapacityPolicy{"", Required, Preferred, Ignore}, in.Policy), "rollout.capacity.policy",
		"is %q; write Required, Preferred or Ignore", in.Policy)
	for _, number := range []struct {
		field string
		value int
	}{
		{"schoolDaysPerSchool", in.DaysPerSchool}, {"counsellorCasesPerWeek", in.CounsellorCases}, {"providerCasesPerWeek", in.ProviderCases},
	} {
		faults.AddIf(number.value < 0, "rollout.capacity."+number.field, "is negative; write 1 or more, or leave it out")
	}
	faults.AddIf(in.Declared != nil && len(in.Declared) != len(in.Tiers), "rollout.capacity.expected",
		"has %d tiers, the escalation policy has %d; write each of them once", len(in.Declared), len(in.Tiers))
	sum := int64(0)
	for _, rate := range in.Declared {
		faults.AddIf(rate < 0, "rollout.capacity.expected", "has a negative perThousand; write 0 to 1000")
		sum += rate
	}
	faults.AddIf(sum > 1000, "rollout.capacity.expected", "adds up to %d per thousand; a student has one tier, so write at most 1000", sum)
}

// rates are the students per thousand of each tier expected in a district; nil when
// nothing is known.
func (p planner) rates(d DistrictView) []int64 {
	if p.spec.Capacity.Declared != nil {
		return p.spec.Capacity.Declared
	}
	if len(d.Rates) != len(p.spec.Capacity.Tiers) {
		return nil
	}
	return d.Rates
}

// asked reports whether schools are moved for capacity's sake.
func (c Capacity) asked() bool { return c.Policy == Required || c.Policy == Preferred }

// limit is how many cases the counsellors of a school take in a week, in thousandths;
// false: as many as come.
func (c Capacity) limit(s School) (int64, bool) {
	if c.CounsellorCases == 0 {
		return 0, false
	}
	if s.FullTime+s.PartTime == 0 && s.Provider {
		return int64(c.ProviderCases) * Milli, true
	}
	return int64(c.CounsellorCases) * Milli * (2*int64(s.FullTime) + int64(s.PartTime)) / 2, true
}
