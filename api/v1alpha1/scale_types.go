package v1alpha1

// Scale is one score. docs/spec/instrument.md says how each method computes it.
//
// +kubebuilder:validation:XValidation:rule="has(self.count) == (self.method == 'Count')",message="count says which answers method Count counts: write it with that method, and with no other"
// +kubebuilder:validation:XValidation:rule="has(self.cases) == (self.method == 'Cases')",message="cases are the outcomes of method Cases: write them with that method, and with no other"
type Scale struct {
	// code by which policy rules refer to the score, such as total.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z]([a-zA-Z0-9_]*)$`
	Code string `json:"code,omitempty"`
	// items that make up the scale.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=20
	Items []string `json:"items,omitempty"`
	// reverse lists those of the items that are worded the other way round: they count as their
	// lowest plus their highest option less the answer.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=20
	Reverse []string `json:"reverse,omitempty"`
	// weights of the items that do not weigh 1.
	// +optional
	// +listType=map
	// +listMapKey=item
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	Weights []Weight `json:"weights,omitempty"`
	// method by which the score is computed.
	// +required
	// +kubebuilder:validation:Enum=Sum;Mean;Count;Cases
	Method string `json:"method,omitempty"`
	// count is the answers that method Count counts.
	// +optional
	Count CountRange `json:"count,omitzero"`
	// cases of method Cases, an algorithm of several conditions; the first that holds decides.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	Cases []Case `json:"cases,omitempty"`
	// maxMissing is how many of the asked items may be missing before the scale is Insufficient.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=199
	MaxMissing *int32 `json:"maxMissing,omitempty"`
	// missingAs is what stands for the items that may be missing: the mean of the answered ones
	// (Prorate), or 0, only where the form's manual says so (Zero).
	// +optional
	// +default="Prorate"
	// +kubebuilder:validation:Enum=Prorate;Zero
	MissingAs string `json:"missingAs,omitempty"`
	// multiply is the number by which the score is multiplied, such as 4 or "1.25".
	// +optional
	// +default=1
	Multiply Decimal `json:"multiply,omitzero"`
	// rounding of a score that is not whole. It is asked for because it decides who is on which side
	// of a cut-off.
	// +required
	// +kubebuilder:validation:Enum=None;HalfUp;HalfEven;Down;Up
	Rounding string `json:"rounding,omitempty"`
	// norms convert raw scores to standard ones. With norms the bands are of standard scores, and a
	// student whom none covers has no score on this scale.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=60
	Norms []Norm `json:"norms,omitempty"`
	// bands name ranges of the score, lowest first; exactly one for every score that can occur.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	Bands []Band `json:"bands,omitempty"`
	// worse is the end of the scale that calls for more help.
	// +optional
	// +default="Higher"
	// +kubebuilder:validation:Enum=Higher;Lower
	Worse string `json:"worse,omitempty"`
	// purpose of the scale. Grade: policies must answer every band, and a student without a score on
	// it is undetermined. Describe: policies may use it. Validity: only for quality.
	// +optional
	// +default="Grade"
	// +kubebuilder:validation:Enum=Grade;Describe;Validity
	Purpose string `json:"purpose,omitempty"`
	// source is where the rule comes from: a paper, manual or form.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Source string `json:"source,omitempty"`
}

// Weight is the weight of one item of a scale.
type Weight struct {
	// item is the code of the item.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=20
	Item string `json:"item,omitempty"`
	// weight of the item; items that are not listed weigh 1.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Weight int32 `json:"weight,omitempty"`
}

// CountRange is a range of answers, both ends included.
//
// +kubebuilder:validation:XValidation:rule="self.from <= self.to",message="from must not be greater than to: exchange the two"
type CountRange struct {
	// from is the least answer that counts.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	From *int32 `json:"from,omitempty"`
	// to is the greatest answer that counts.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	To *int32 `json:"to,omitempty"`
}

// Case is one outcome of an algorithm of several conditions.
type Case struct {
	// name of the outcome.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Name string `json:"name,omitempty"`
	// value of the scale when this case decides.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Value *int32 `json:"value,omitempty"`
	// when lists the conditions, all of which must hold. The last case has none: it is what is left.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	When []Condition `json:"when,omitempty"`
}

// Condition holds when enough, and not too many, of its tests hold.
//
// +kubebuilder:validation:XValidation:rule="has(self.atLeast) || has(self.atMost)",message="say how many of the tests must hold: write atLeast, atMost or both"
type Condition struct {
	// tests of answers.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	Tests []ItemTest `json:"tests,omitempty"`
	// atLeast is how many of the tests must hold; 0 when left out.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=50
	AtLeast *int32 `json:"atLeast,omitempty"`
	// atMost is how many of the tests may hold; all of them when left out.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=50
	AtMost *int32 `json:"atMost,omitempty"`
}

// Norm is the table that converts the raw scores of one group of students.
//
// +kubebuilder:validation:XValidation:rule="has(self.minAge) == has(self.maxAge)",message="an age group has two ends: write minAge and maxAge, or neither for any age"
// +kubebuilder:validation:XValidation:rule="has(self.minGrade) == has(self.maxGrade)",message="a group of grades has two ends: write minGrade and maxGrade, or neither for any grade"
type Norm struct {
	// sex of the students; Any covers everybody, and alone covers those whose sex is not known.
	// +required
	// +kubebuilder:validation:Enum=Any;Female;Male
	Sex string `json:"sex,omitempty"`
	// minAge is the youngest age in years.
	// +optional
	// +kubebuilder:validation:Minimum=3
	// +kubebuilder:validation:Maximum=120
	MinAge int32 `json:"minAge,omitempty"`
	// maxAge is the oldest age in years.
	// +optional
	// +kubebuilder:validation:Minimum=3
	// +kubebuilder:validation:Maximum=120
	MaxAge int32 `json:"maxAge,omitempty"`
	// minGrade is the lowest year of schooling; 1 is the first year of primary school.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=20
	MinGrade int32 `json:"minGrade,omitempty"`
	// maxGrade is the highest year of schooling.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=20
	MaxGrade int32 `json:"maxGrade,omitempty"`
	// rows of the table, in rising order, one for each raw score that can occur.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=600
	Rows []NormRow `json:"rows,omitempty"`
	// source is where the table comes from: the edition of the manual, and the page.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Source string `json:"source,omitempty"`
}

// NormRow is one line of a norm table.
type NormRow struct {
	// raw score.
	// +required
	Raw Decimal `json:"raw,omitzero"`
	// standard score.
	// +required
	Standard Decimal `json:"standard,omitzero"`
}

// Band is a named range of a score, both ends included.
type Band struct {
	// name of the band. It says how much follow-up is needed, never a diagnosis.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Name string `json:"name,omitempty"`
	// from is the lowest score of the band.
	// +required
	From Decimal `json:"from,omitzero"`
	// to is the highest score of the band.
	// +required
	To Decimal `json:"to,omitzero"`
}

// QualityRule is one way to find a careless or untrue response.
//
// +kubebuilder:validation:XValidation:rule="has(self.scale) == (self.check == 'ValidityScale')",message="scale is what check ValidityScale looks at: write it with that check, and with no other"
// +kubebuilder:validation:XValidation:rule="has(self.threshold) == (self.check in ['ValidityScale', 'LongestRun', 'Spread', 'SecondsPerItem'])",message="ValidityScale, LongestRun, Spread and SecondsPerItem need a threshold; the other checks have none"
type QualityRule struct {
	// check is what is looked at.
	// +required
	// +kubebuilder:validation:Enum=ValidityScale;LongestRun;Spread;SecondsPerItem;AllLowest;Duplicate;OutOfWindow
	Check string `json:"check,omitempty"`
	// scale of check ValidityScale; its purpose is Validity.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Scale string `json:"scale,omitempty"`
	// threshold of the check: the score from which ValidityScale finds the response, the number of
	// equal answers in a row from which LongestRun does, the standard deviation below which Spread
	// does, the seconds for an answered item below which SecondsPerItem does.
	// +optional
	Threshold Decimal `json:"threshold,omitzero"`
	// effect of a finding. Void: no score counts, the student is undetermined and asked again.
	// Flag: it is reported and changes nothing.
	// +required
	// +kubebuilder:validation:Enum=Void;Flag
	Effect string `json:"effect,omitempty"`
	// source is where the rule comes from: a paper, manual or form, or whose judgement it is.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Source string `json:"source,omitempty"`
}
