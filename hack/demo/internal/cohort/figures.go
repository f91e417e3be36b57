package cohort

// Bands of the PHQ-9 total, lowest first, as the demo's Instrument names them.
var Bands = [5]string{"None", "Mild", "Moderate", "ModeratelySevere", "Severe"}

// Tiers of the demo's policy, severest first, then None.
var Tiers = [5]string{"Severe", "High", "Moderate", "Low", "None"}

// Figures are what must be found in a district, or in both together.
type Figures struct {
	Invited      int    `json:"invited"`
	Participants int    `json:"participants"`
	Scored       int    `json:"scored"`
	Undetermined int    `json:"undetermined"` // in the tier of what could not be decided
	Bands        [5]int `json:"bands"`        // of the scored
	Tiers        [5]int `json:"tiers"`
	Obligations  int    `json:"obligations"`
	Critical     int    `json:"critical"`   // obligations with a critical answer among their causes
	ByDecision   int    `json:"byDecision"` // obligations by decision alone
	Referrals    int    `json:"referrals"`
}

// Known are the figures of the whole file, from test/data/README.md.
var Known = Figures{
	Invited: 5533, Participants: 5093, Scored: 5086, Undetermined: 9,
	Bands:       [5]int{3784, 840, 293, 124, 45},
	Tiers:       [5]int{56, 229, 250, 791, 3767},
	Obligations: 285, Critical: 192, ByDecision: 93, Referrals: 56,
}

// Expect works out the figures of a group of people.
func Expect(people []Answers) Figures {
	var f Figures
	for _, a := range people {
		f.Invited++
		if a.TakesPart() {
			f.add(a)
		}
	}
	return f
}

// Plus adds the figures of another group.
func (f Figures) Plus(g Figures) Figures {
	f.Invited += g.Invited
	f.Participants += g.Participants
	f.Scored += g.Scored
	f.Undetermined += g.Undetermined
	for i := range f.Bands {
		f.Bands[i] += g.Bands[i]
		f.Tiers[i] += g.Tiers[i]
	}
	f.Obligations += g.Obligations
	f.Critical += g.Critical
	f.ByDecision += g.ByDecision
	f.Referrals += g.Referrals
	return f
}

func (f *Figures) add(a Answers) {
	f.Participants++
	total, scored := a.total()
	if scored {
		f.Scored++
		f.Bands[band(total)]++
	}
	tier, undetermined := a.tier()
	f.Tiers[tier]++
	if undetermined {
		f.Undetermined++
	}
	if tier <= tierHigh {
		f.Obligations++
	}
	if tier == tierSevere {
		f.Referrals++
	}
	switch critical := a[Items-1] >= 1; {
	case critical:
		f.Critical++
	case tier <= tierHigh:
		f.ByDecision++
	}
}

const (
	tierSevere = iota
	tierHigh
	tierModerate
	tierLow
	tierNone
)

// total is the sum of the answered items x 9 / answered, half up, with at most two
// missing.
func (a Answers) total() (int, bool) {
	sum, answered := 0, a.Answered()
	for _, value := range a {
		sum += max(value, 0)
	}
	if answered < Items-2 {
		return 0, false
	}
	return (2*sum*Items + answered) / (2 * answered), true
}

func band(total int) int {
	for i, from := range []int{20, 15, 10, 5} {
		if total >= from {
			return len(Bands) - 1 - i
		}
	}
	return 0
}

// tier is the severest of item 9's floor, the total's rule and the floor of what could
// not be decided; the second result says that this last one decided.
func (a Answers) tier() (int, bool) {
	total, scored := a.total()
	unclear := !scored || a[Items-1] == Blank
	switch {
	case a[Items-1] >= 2:
		return tierSevere, false
	case a[Items-1] == 1, total >= 15:
		return tierHigh, false
	case total >= 10:
		return tierModerate, unclear
	case unclear:
		return tierModerate, true
	case total >= 5:
		return tierLow, false
	}
	return tierNone, false
}
