package inspection

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/draw"
	"github.com/evenkeel/evenkeel/internal/plugin/table"
)

// Report is a draw and what it follows from. Of a draw that was recorded it says whether it is that one.
type Report struct {
	Inspection string       `json:"inspection"`
	Namespace  string       `json:"namespace,omitempty"`
	District   string       `json:"district"` // code
	Seed       string       `json:"seed"`
	SeedSource string       `json:"seedSource,omitempty"`
	ListedTime *metav1.Time `json:"listedTime,omitempty"`
	Listed     []string     `json:"listed"`
	Drawn      []Place      `json:"drawn"`
	Recorded   []string     `json:"recorded,omitempty"` // status.drawn
	Right      *bool        `json:"right,omitempty"`    // recorded is drawn
}

// Place is a school in the order of the draw, from 1.
type Place struct {
	Place  int    `json:"place"`
	School string `json:"school"`
	Digest string `json:"digest"`
}

// Compute draws n of the schools.
func Compute(o draw.Occasion, schools []string, n int) Report {
	r := Report{Inspection: o.Inspection, District: o.District, Seed: o.Seed, Listed: schools}
	for i, p := range draw.Compute(o, schools, n) {
		r.Drawn = append(r.Drawn, Place{Place: i + 1, School: p.School, Digest: p.Digest})
	}
	return r
}

// Verify draws again what an Inspection has recorded. The error says why there is nothing to draw again.
func Verify(i v1alpha1.Inspection, code string) (Report, error) {
	switch {
	case len(i.Status.Drawn) == 0:
		return Report{}, fmt.Errorf("nothing has been drawn yet for Inspection %s: %s", i.Name, why(i))
	case i.Spec.Seed == "" || len(i.Status.Listed) == 0:
		return Report{}, fmt.Errorf("schools are recorded as drawn for Inspection %s without a seed or a list: the draw cannot be verified", i.Name)
	}
	r := Compute(draw.Occasion{Seed: i.Spec.Seed, District: code, Inspection: i.Name}, i.Status.Listed, int(i.Spec.Schools))
	r.Namespace, r.SeedSource, r.ListedTime, r.Recorded = i.Namespace, i.Spec.SeedSource, i.Status.ListedTime, i.Status.Drawn
	r.Right = new(slices.Equal(r.Recorded, schools(r.Drawn)))
	return r, nil
}

func schools(places []Place) (names []string) {
	for _, p := range places {
		names = append(names, p.School)
	}
	return names
}

func why(i v1alpha1.Inspection) string {
	for _, c := range i.Status.Conditions {
		if c.Type == v1alpha1.ConditionDrawn {
			return c.Message
		}
	}
	return "the operator has not looked at it"
}

// Write prints the draw for people.
func (r Report) Write(w io.Writer, coloured bool) {
	t := table.Table{Head: []string{"PLACE", "SCHOOL", "DIGEST"}, Numbers: []int{0}}
	if r.Right != nil {
		t.Head = append(t.Head, "RECORDED")
	}
	for _, p := range r.Drawn {
		row := []table.Cell{{Text: strconv.Itoa(p.Place)}, {Text: p.School}, {Text: p.Digest}}
		if r.Right != nil {
			row = append(row, r.recorded(p))
		}
		t.Cells(row...)
	}
	t.Write(w, coloured)
	fmt.Fprintf(w, "\n%s\n", r.summary())
}

// recorded is what the object has at a place.
func (r Report) recorded(p Place) table.Cell {
	switch {
	case p.Place > len(r.Recorded):
		return table.Cell{Text: "nothing", Colour: table.Red}
	case r.Recorded[p.Place-1] != p.School:
		return table.Cell{Text: r.Recorded[p.Place-1], Colour: table.Red}
	}
	return table.Cell{Text: "the same", Colour: table.Green}
}

func (r Report) summary() string {
	text := fmt.Sprintf("%d of %d schools, by the seed %q for Inspection %s in district %s", len(r.Drawn), len(r.Listed), r.Seed, r.Inspection, r.District)
	if r.Right == nil {
		return text
	}
	listed := "at a time that is not recorded"
	if r.ListedTime != nil {
		listed = "at " + r.ListedTime.UTC().Format("2006-01-02 15:04 UTC")
	}
	verdict := "RIGHT: the schools recorded as drawn follow from list and seed."
	if !*r.Right {
		verdict = fmt.Sprintf("WRONG: recorded are %d schools that do not follow from list and seed.", len(r.Recorded))
	}
	return text + fmt.Sprintf("\nSchools were listed %s; compare with when the seed was published: %s\n%s", listed, r.SeedSource, verdict)
}
