package v1alpha1

// Text is what a person reads, in Chinese first and English beside it.
//
// +kubebuilder:validation:MinProperties=1
type Text struct {
	// zhCN is the text in simplified Chinese. A suicide question is never translated here: leave it
	// empty until a reviewer has compared the wording with the official sheet.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1000
	ZhCN string `json:"zhCN,omitempty"`
	// en is the text in English.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1000
	En string `json:"en,omitempty"`
}

// ObjectReference names an object of a kind that the field fixes, cluster-scoped or in the same namespace.
type ObjectReference struct {
	// name of the object.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
}

// Stage is a stage of schooling.
//
// +kubebuilder:validation:Enum=PrimaryUpper;JuniorSecondary;SeniorSecondary;Vocational
type Stage string

// The stages of schooling.
const (
	StagePrimaryUpper    Stage = "PrimaryUpper"
	StageJuniorSecondary Stage = "JuniorSecondary"
	StageSeniorSecondary Stage = "SeniorSecondary"
	StageVocational      Stage = "Vocational"
)

// Level is a level of the care hierarchy.
//
// +kubebuilder:validation:Enum=School;District;City
type Level string

// The levels, nearest to the student first.
const (
	LevelSchool   Level = "School"
	LevelDistrict Level = "District"
	LevelCity     Level = "City"
)

// InstrumentKey names one version of one instrument.
type InstrumentKey struct {
	// code of the instrument, such as phq-9.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Code string `json:"code,omitempty"`
	// version of the instrument, such as "1".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=20
	Version string `json:"version,omitempty"`
}

// Civil is a date without a time zone, written 2026-09-01.
//
// +kubebuilder:validation:MinLength=10
// +kubebuilder:validation:MaxLength=10
// +kubebuilder:validation:Pattern=`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`
type Civil string

// ClockTime is a time of day, written 08:30; 24:00 is the end of the day.
//
// +kubebuilder:validation:MinLength=5
// +kubebuilder:validation:MaxLength=5
// +kubebuilder:validation:Pattern=`^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`
type ClockTime string

// DateRange is a range of civil dates, both ends included.
//
// +kubebuilder:validation:XValidation:rule="self.from <= self.to",message="from must not be later than to: exchange the two dates"
type DateRange struct {
	// from is the first day.
	// +required
	From Civil `json:"from,omitempty"`
	// to is the last day.
	// +required
	To Civil `json:"to,omitempty"`
}

// SessionHours are the hours of a day in which students answer.
//
// +kubebuilder:validation:XValidation:rule="self.from < self.to",message="from must be earlier than to; write 24:00 for the end of the day"
type SessionHours struct {
	// from is when access codes start to open forms.
	// +required
	From ClockTime `json:"from,omitempty"`
	// to is when drafts are finalised.
	// +required
	To ClockTime `json:"to,omitempty"`
}

// TimeZone is a name of the time-zone database, such as Asia/Shanghai; never an offset.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:Pattern=`^(UTC|[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)+)$`
type TimeZone string

// DayOfYear is a day of every year, written 05-31.
//
// +kubebuilder:validation:MinLength=5
// +kubebuilder:validation:MaxLength=5
// +kubebuilder:validation:Pattern=`^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`
// +kubebuilder:validation:XValidation:rule="!(self in ['02-29','02-30','02-31','04-31','06-31','09-31','11-31'])",message="not a day of every year: write one such as 05-31"
type DayOfYear string
