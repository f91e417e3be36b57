package contract

// Instrument is one version of one questionnaire: what is asked and how it is scored.
// The rules of every published form that it was made to express, and where they come
// from, are in docs/spec/instrument.md.
type Instrument struct {
	Code           string         `json:"code"`    // e.g. "phq-9"
	Version        string         `json:"version"` // e.g. "1"
	Title          Text           `json:"title"`
	Stem           Text           `json:"stem"` // the sentence before the first item
	MinAge         int            `json:"minAge"`
	MaxAge         int            `json:"maxAge"` // 0: no upper bound
	Administration Administration `json:"administration"`
	Items          []Item         `json:"items"`
	Scales         []Scale        `json:"scales"`
	Quality        []QualityRule  `json:"quality,omitempty"`
}

// Administration is who puts the questions.
type Administration string

// The administrations. An Interview is held by a trained adult face to face and is
// refused in Stage1.
const (
	SelfReport Administration = "SelfReport"
	Interview  Administration = "Interview"
)

// Item is one question. It is scored only by the scales that list it.
type Item struct {
	Code     string           `json:"code"`
	Text     Text             `json:"text"`
	Options  []Option         `json:"options"`
	Critical []CriticalAnswer `json:"critical,omitempty"`
	// AskWhen, unless empty, makes the item a gated one: it is asked when any of these
	// tests holds of earlier items. Not asked is not missing. A gated item that was
	// answered all the same counts as asked; its answer counts as any other. So does one
	// that a student refused, or did not know what to say to: somebody asked it, and it is
	// missing.
	AskWhen []ItemTest `json:"askWhen,omitempty"`
}

// Option is one possible answer to an item.
type Option struct {
	Value int  `json:"value"`
	Text  Text `json:"text"`
}

// ItemTest holds when the item's answer, as given and not reversed, lies in From..To,
// both included; with OrMissing also when the item was asked and has no value.
type ItemTest struct {
	Item      string `json:"item"`
	From      int    `json:"from"`
	To        int    `json:"to"`
	OrMissing bool   `json:"orMissing,omitempty"`
}

// CriticalAnswer says which class an answer value belongs to. It fires by itself,
// whatever any total is.
type CriticalAnswer struct {
	Value int   `json:"value"`
	Class Class `json:"class"`
}

// Class is how urgent a critical answer is.
type Class string

// The classes, most urgent first.
const (
	Immediate Class = "Immediate"
	Urgent    Class = "Urgent"
	Review    Class = "Review"
)

// Rank orders classes: 3 for Immediate, 2 for Urgent, 1 for Review, 0 for none.
func (c Class) Rank() int {
	switch c {
	case Immediate:
		return 3
	case Urgent:
		return 2
	case Review:
		return 1
	}
	return 0
}

// Scale is one score computed from items of its instrument.
//
// With k of the scale's asked items answered (k of n; an item that was not asked
// counts neither way), the raw value is, before rounding,
//
//	Sum    multiply x (sum of weighted values) x (Prorate: total weight / answered weight; Zero: 1)
//	Mean   multiply x (sum of weighted values) / (Prorate: answered weight; Zero: total weight)
//	Count  multiply x (answered items whose value lies in Count) x (Prorate: n/k; Zero: 1)
//	Cases  the value of the first case that holds
//
// computed exactly, as one fraction of whole numbers, rounded once as Rounding says and
// kept within the least and the greatest value that complete answers to the asked items
// can reach. A value is an item's answer, or lowest + highest option less the answer if
// the item is in Reverse. Rounding None gives the float64 nearest to the fraction. Total
// weight and n are those of the asked items. An answer that its item does not offer is
// no answer.
//
// A Sum, Mean or Count has always at least one answered item to go by: MaxMissing is
// less than the number of its items that have no gate. The tests of Cases are of the
// scale's own Items, so that what they look at is counted when it is missing; MaxMissing
// may allow all of them to be, and Reverse, Weights, Multiply and Norms have no part.
type Scale struct {
	Code       string       `json:"code"` // e.g. "total"; the name used in policy rules
	Items      []string     `json:"items"`
	Reverse    []string     `json:"reverse,omitempty"` // among Items
	Weights    []Weight     `json:"weights,omitempty"` // of items whose weight is not 1
	Method     Method       `json:"method"`
	Count      *CountRange  `json:"count,omitempty"` // of Method Count
	Cases      []Case       `json:"cases,omitempty"` // of Method Cases; the first that holds decides
	MaxMissing int          `json:"maxMissing"`      // more asked items missing than this: Insufficient
	MissingAs  MissingRule  `json:"missingAs"`
	Multiply   Multiplier   `json:"multiply"`
	Rounding   Rounding     `json:"rounding"`
	Norms      []Norm       `json:"norms,omitempty"` // none: the scale's value is the raw one
	Bands      []Band       `json:"bands"`           // lowest first; exactly one for every value that can occur
	Worse      Direction    `json:"worse"`
	Purpose    ScalePurpose `json:"purpose"`
}

// Weight is the weight of one item of a scale; others weigh 1.
type Weight struct {
	Item   string `json:"item"`
	Weight int    `json:"weight"` // 1..100
}

// Method is how a scale is computed.
type Method string

// The methods; Scale says what each computes.
const (
	Sum   Method = "Sum"
	Mean  Method = "Mean"
	Count Method = "Count"
	Cases Method = "Cases"
)

// CountRange is the answers that Method Count counts, both ends included.
type CountRange struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// Case is one outcome of an algorithm of several conditions, such as the PHQ-9's for
// major depressive syndrome. It holds when all its conditions do; a case without any
// always holds and comes last. Values are distinct; each is the value of the scale.
type Case struct {
	Name  string      `json:"name"`
	Value int         `json:"value"`
	When  []Condition `json:"when,omitempty"`
}

// Condition holds when at least AtLeast and at most AtMost of its tests hold.
type Condition struct {
	Tests   []ItemTest `json:"tests"`
	AtLeast int        `json:"atLeast"`
	AtMost  int        `json:"atMost"` // len(Tests) for no upper bound
}

// MissingRule is what stands for an item without a value, as long as no more than
// MaxMissing are missing.
type MissingRule string

// The missing rules. Zero is only for forms whose manual asks for it (PSC-35).
const (
	Prorate MissingRule = "Prorate" // the mean of the answered ones
	Zero    MissingRule = "Zero"
)

// Multiplier is the fraction Numerator/Denominator, both above 0: 4/1 for WHO-5, 5/4
// for the Zung scales.
type Multiplier struct {
	Numerator   int `json:"numerator"`
	Denominator int `json:"denominator"`
}

// Rounding is how a value that is not whole is rounded.
type Rounding string

// The roundings.
const (
	NotRounded Rounding = "None"
	HalfUp     Rounding = "HalfUp"
	HalfEven   Rounding = "HalfEven"
	Down       Rounding = "Down" // towards the lower whole number
	Up         Rounding = "Up"
)

// Norm converts raw values of one group of students to standard ones. With norms the
// scale's value is the standard one, and bands are of standard values; a student whom no
// norm covers has no value: Insufficient. The groups of a scale do not overlap.
type Norm struct {
	Sex      Sex       `json:"sex"` // SexAny: both
	MinAge   int       `json:"minAge,omitempty"`
	MaxAge   int       `json:"maxAge,omitempty"`   // both 0: any age
	MinGrade int       `json:"minGrade,omitempty"` // years of schooling, 1 = first year of primary
	MaxGrade int       `json:"maxGrade,omitempty"` // both 0: any grade
	Rows     []NormRow `json:"rows"`               // rising raw values, one for each that can occur
}

// NormRow is the standard value of one raw value.
type NormRow struct {
	Raw      float64 `json:"raw"`
	Standard float64 `json:"standard"`
}

// Sex is what norm tables tell students apart by.
type Sex string

// The sexes that norm tables know. SexUnknown is a student whose sex the roster does
// not say: only a norm for SexAny covers them.
const (
	SexUnknown Sex = ""
	SexAny     Sex = "Any"
	Female     Sex = "Female"
	Male       Sex = "Male"
)

// Band names a closed range of a scale's value.
type Band struct {
	Name string  `json:"name"`
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// Direction is which end of a scale calls for more help.
type Direction string

// The directions.
const (
	Higher Direction = "Higher"
	Lower  Direction = "Lower" // WHO-5
)

// ScalePurpose is what a scale is for.
type ScalePurpose string

// The purposes. A policy must have an answer to every band of a Grade scale, and a
// Grade scale that has no value makes the student undetermined. Describe scales are
// reported, and may be used in rules. Validity scales are for quality rules alone.
const (
	Grade    ScalePurpose = "Grade"
	Describe ScalePurpose = "Describe"
	Validity ScalePurpose = "Validity"
)

// QualityRule finds a careless or untrue response. It never touches critical answers.
type QualityRule struct {
	Check     QualityCheck  `json:"check"`
	Scale     string        `json:"scale,omitempty"` // of ValidityScale
	Threshold float64       `json:"threshold"`       // 0 where the check has none
	Effect    QualityEffect `json:"effect"`
}

// QualityCheck is one way to look at a response.
type QualityCheck string

// The checks (methods: the R package careless; MHT's manual for ValidityScale). They
// look at answers as given, over all items of the instrument; an item that was not asked
// is passed over. None of them looks at a response with fewer than two answered items.
// A threshold, and a duration, is the decimal number that was written: three answers in
// 9.6 s are not fewer than 3.2 s each.
const (
	ValidityScale  QualityCheck = "ValidityScale"  // value of Scale at or above Threshold
	LongestRun     QualityCheck = "LongestRun"     // Threshold or more equal answers in a row, in the order asked; an item left without an answer ends a run
	Spread         QualityCheck = "Spread"         // sample standard deviation over the answered items below Threshold
	SecondsPerItem QualityCheck = "SecondsPerItem" // fewer seconds per answered item than Threshold; needs a duration
	AllLowest      QualityCheck = "AllLowest"      // every asked item answered, each with its lowest option ("fake good")
	Duplicate      QualityCheck = "Duplicate"      // the same student or device answered already
	OutOfWindow    QualityCheck = "OutOfWindow"    // answered outside the session
)

// QualityEffect is what a finding leads to.
type QualityEffect string

// The effects. Void makes every scale of the instrument Invalid: the student is
// undetermined and asked again. Flag is reported and changes nothing.
const (
	Void QualityEffect = "Void"
	Flag QualityEffect = "Flag"
)
