package status

import (
	"cmp"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Report is the state of a province, or of one district, at a moment. Its JSON is meant for scripts.
type Report struct {
	Time        metav1.Time  `json:"time"`
	Health      Health       `json:"health"`
	Districts   []District   `json:"districts"`
	Campaigns   []Campaign   `json:"campaigns"`
	Rounds      []Round      `json:"rounds"`
	Channels    []Channel    `json:"channels"`
	Schools     []Schools    `json:"schools"`
	Policies    []Policy     `json:"policies"`
	Instruments []Instrument `json:"instruments"`
	Inspections []Inspection `json:"inspections"`
	// Findings are what a person should look at, the most urgent first.
	Findings []Finding `json:"findings"`
	// Unread lists what could not be read; the report is then a partial answer.
	Unread []Unread `json:"unread,omitempty"`
}

// Finding is one thing that is not as it should be.
type Finding struct {
	Health    Health `json:"health"`
	Object    string `json:"object"`
	Condition string `json:"condition"`
	Reason    string `json:"reason"`
	Message   string `json:"message,omitempty"`
}

// Compute makes the report.
func Compute(objects Objects, now time.Time) Report {
	report := Report{
		Time:        metav1.NewTime(now.UTC().Truncate(time.Second)),
		Districts:   each(objects.Districts, district),
		Campaigns:   each(objects.Campaigns, campaign),
		Rounds:      each(objects.Rounds, round),
		Channels:    each(objects.Channels, channel),
		Schools:     schools(objects.Schools),
		Policies:    each(objects.Policies, policy),
		Instruments: each(objects.Instruments, instrument),
		Inspections: each(objects.Inspections, inspection),
		Findings:    findings(objects),
		Unread:      objects.Unread,
	}
	report.Health = report.health()
	return report
}

// health is the worst of what is reported. What is being worked on in the province's own objects, such as
// a draft, does not colour the whole.
func (r Report) health() Health {
	out := Neutral
	for _, d := range r.Districts {
		out = worst(out, d.Health)
	}
	for _, round := range r.Rounds {
		out = worst(out, round.Health)
	}
	for _, channel := range r.Channels {
		out = worst(out, channel.Usable.Health, channel.Ready.Health)
	}
	for _, f := range r.Findings {
		if f.Health == Attention {
			out = Attention
		}
	}
	return out
}

// each converts objects in the order of namespace and name, whatever the order of the API server.
func each[T any, P interface {
	*T
	metav1.Object
}, R any](objects []T, one func(P) R) []R {
	sorted := make([]P, 0, len(objects))
	for i := range objects {
		sorted = append(sorted, &objects[i])
	}
	slices.SortFunc(sorted, func(a, b P) int {
		return cmp.Or(cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
	})
	out := make([]R, 0, len(sorted))
	for _, object := range sorted {
		out = append(out, one(object))
	}
	return out
}
