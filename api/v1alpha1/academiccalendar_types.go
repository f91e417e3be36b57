package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AcademicCalendarSpec says which civil days are school days: the weekdays of a term that are not
// closures, and the make-up days.
//
// +kubebuilder:validation:XValidation:rule="!has(self.makeUpDays) || self.makeUpDays.all(d, self.terms.exists(t, t.from <= d && d <= t.to))",message="a make-up day must lie within a term"
// +kubebuilder:validation:XValidation:rule="self.terms.all(a, self.terms.filter(b, b.from <= a.to && a.from <= b.to).size() == 1)",message="terms must not overlap"
type AcademicCalendarSpec struct {
	// schoolYear is the year the calendar is for, such as 2026-2027.
	// +required
	// +kubebuilder:validation:MinLength=9
	// +kubebuilder:validation:MaxLength=9
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{4}$`
	SchoolYear string `json:"schoolYear,omitempty"`
	// timeZone in which the days are days, such as Asia/Shanghai.
	// +required
	TimeZone TimeZone `json:"timeZone,omitempty"`
	// schoolWeek lists the days of the week on which school is held; Monday to Friday when left out.
	// +optional
	// +listType=set
	// +default=["Monday","Tuesday","Wednesday","Thursday","Friday"]
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	SchoolWeek []Weekday `json:"schoolWeek,omitempty"`
	// terms of the year.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=6
	Terms []Term `json:"terms,omitempty"`
	// closures are days within terms without school.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=60
	Closures []Closure `json:"closures,omitempty"`
	// makeUpDays are days outside the school week on which school is held; none may be in a closure.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=60
	MakeUpDays []Civil `json:"makeUpDays,omitempty"`
	// exceptions are the days on which a district, or one of its schools, departs from all that.
	// What is said of a school goes before what is said of its district.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=500
	Exceptions []CalendarException `json:"exceptions,omitempty"`
}

// CalendarException is the days of one district's or one school's own.
//
// +kubebuilder:validation:XValidation:rule="has(self.closures) || has(self.makeUpDays)",message="an exception says nothing: give closures or makeUpDays"
type CalendarException struct {
	// name of the exception, such as sports day of No. 8.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
	// district is the name of the District.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	District string `json:"district,omitempty"`
	// school is the name of the School; the whole district when left out.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	School string `json:"school,omitempty"`
	// closures are days without school.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	Closures []Closure `json:"closures,omitempty"`
	// makeUpDays are days of a term on which school is held, whatever the calendar says of them.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	MakeUpDays []Civil `json:"makeUpDays,omitempty"`
}

// Weekday is a day of the week.
//
// +kubebuilder:validation:Enum=Monday;Tuesday;Wednesday;Thursday;Friday;Saturday;Sunday
type Weekday string

// Term is a part of the school year.
//
// +kubebuilder:validation:XValidation:rule="self.from <= self.to",message="from must not be later than to: exchange the two dates"
type Term struct {
	// name of the term.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
	// from is the first day of the term.
	// +required
	From Civil `json:"from,omitempty"`
	// to is the last day of the term.
	// +required
	To Civil `json:"to,omitempty"`
}

// Closure is a run of days without school.
//
// +kubebuilder:validation:XValidation:rule="self.from <= self.to",message="from must not be later than to: exchange the two dates"
type Closure struct {
	// name of the closure, such as National Day.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
	// from is the first day without school.
	// +required
	From Civil `json:"from,omitempty"`
	// to is the last day without school.
	// +required
	To Civil `json:"to,omitempty"`
}

// AcademicCalendarStatus is what the operator found.
//
// +kubebuilder:validation:MinProperties=1
type AcademicCalendarStatus struct {
	// conditions of the object: Ready.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +patchStrategy=merge
	// +patchMergeKey=type
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`
	// observedGeneration is the generation the conditions speak of.
	// +optional
	// +kubebuilder:validation:Minimum=1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
}

// AcademicCalendar says which days are school days.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=acal,categories=screening
// +kubebuilder:printcolumn:name="Year",type=string,JSONPath=`.spec.schoolYear`
// +kubebuilder:printcolumn:name="Zone",type=string,JSONPath=`.spec.timeZone`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type AcademicCalendar struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is the calendar.
	// +required
	Spec AcademicCalendarSpec `json:"spec,omitzero"`
	// status is what the operator found.
	// +optional
	// +default={"conditions": [{"type": "Ready", "status": "Unknown", "reason": "Pending", "message": "Waiting for the operator", "lastTransitionTime": "1970-01-01T00:00:00Z"}]}
	Status AcademicCalendarStatus `json:"status,omitzero"`
}

// AcademicCalendarList is a list of objects of the kind AcademicCalendar.
//
// +kubebuilder:object:root=true
type AcademicCalendarList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []AcademicCalendar `json:"items"`
}
