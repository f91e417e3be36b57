package simulate

import (
	"math"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// Plan is in how many weeks how many students would answer, and who is there for them.
type Plan struct {
	Weeks    float64 // above 0: the students answer evenly spread over them
	Students int     // whose answers are expected; 0: as many as in the file
	Teachers Teachers
	Channels map[string]int // referrals a week, by class; nil: not known
}

// Teachers is the psych teachers of the schools; both 0: not known.
type Teachers struct {
	FullTime int `json:"fullTime"`
	PartTime int `json:"partTime"`
}

// Work is what a week of screening asks of people.
type Work struct {
	Weeks    float64       `json:"weeks"`
	Students int           `json:"students"` // expected to answer
	Levels   []LevelWork   `json:"levels"`
	Channels []ChannelWork `json:"channels"`
}

// LevelWork is the students per week whom a level leads. Support lists those whom it
// supports another level with.
type LevelWork struct {
	Level       contract.Level `json:"level"`
	Obligations float64        `json:"obligations"`
	FollowUps   float64        `json:"followUps"`
	Support     float64        `json:"support"`
	Teachers    *Teachers      `json:"teachers,omitempty"`   // of School
	PerTeacher  float64        `json:"perTeacher,omitempty"` // led and supported, a week, by each psych teacher
}

// ChannelWork is the referrals per week that are drafted to a class of channels. A person
// sends them, so fewer may arrive.
type ChannelWork struct {
	Class     string  `json:"class"`
	Referrals float64 `json:"referrals"`
	Capacity  *int    `json:"capacity,omitempty"` // a week; absent: not known
	Over      bool    `json:"over"`
	// WeeksToClear is how long the facilities take for all referrals of the Weeks, 0 when that
	// is never or not known.
	WeeksToClear float64 `json:"weeksToClear,omitempty"`
}

// levelOrder is the levels, the farthest from the student first.
var levelOrder = []contract.Level{contract.City, contract.District, contract.School}

// work spreads a policy's outcome over the weeks of the plan.
func (p *Plan) work(t *tally) Work {
	w := Work{Weeks: p.Weeks, Students: p.Students, Channels: []ChannelWork{}}
	if w.Students == 0 {
		w.Students = t.students
	}
	weekly := func(tier contract.Tier) float64 {
		return float64(t.byTier[tier.Name]) / float64(max(t.students, 1)) * float64(w.Students) / p.Weeks
	}
	tiers := t.policy.Policy().Tiers
	for _, level := range levelOrder {
		w.Levels = append(w.Levels, levelWork(level, tiers, weekly))
	}
	p.share(&w.Levels[len(w.Levels)-1])
	for _, class := range classes(tiers) {
		w.Channels = append(w.Channels, p.channel(class, referrals(class, tiers, weekly)))
	}
	return w
}

func levelWork(level contract.Level, tiers []contract.Tier, weekly func(contract.Tier) float64) LevelWork {
	work := LevelWork{Level: level}
	for _, tier := range tiers {
		switch {
		case tier.Lead == level && tier.Does(contract.Notify):
			work.Obligations += weekly(tier)
		case tier.Lead == level:
			work.FollowUps += weekly(tier)
		case slices.Contains(tier.With, level):
			work.Support += weekly(tier)
		}
	}
	return work
}

// classes are the classes of channel that the tiers refer to, in the order of the tiers.
func classes(tiers []contract.Tier) (out []string) {
	for _, tier := range tiers {
		if tier.Does(contract.DraftReferral) && !slices.Contains(out, tier.ChannelClass) {
			out = append(out, tier.ChannelClass)
		}
	}
	return out
}

func referrals(class string, tiers []contract.Tier, weekly func(contract.Tier) float64) (sum float64) {
	for _, tier := range tiers {
		if tier.Does(contract.DraftReferral) && tier.ChannelClass == class {
			sum += weekly(tier)
		}
	}
	return sum
}

// share divides the schools' work among their psych teachers.
func (p *Plan) share(school *LevelWork) {
	if n := p.Teachers.FullTime + p.Teachers.PartTime; n > 0 {
		teachers := p.Teachers
		school.Teachers = &teachers
		school.PerTeacher = (school.Obligations + school.FollowUps + school.Support) / float64(n)
	}
}

func (p *Plan) channel(class string, referrals float64) ChannelWork {
	out := ChannelWork{Class: class, Referrals: referrals}
	if p.Channels == nil {
		return out
	}
	capacity := p.Channels[class]
	out.Capacity, out.Over = &capacity, referrals > float64(capacity)
	if capacity > 0 {
		out.WeeksToClear = math.Max(p.Weeks, referrals*p.Weeks/float64(capacity))
	}
	return out
}
