package score

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// Summary is what a run did: counts, and the numbers of rows to look at.
type Summary struct {
	Rows        int // read, and written
	Rejected    int // of them without a score on some instrument, for cells that are no answers
	Repeated    int // of them with an id that came before
	Instruments []Tally
	Issues      []IssueCount // the most frequent first
	Comparisons []Comparison
	Garbled     int // rows with characters that the encoding does not have
	FirstGarble int
	Suspicions  []string // why no score can be relied on, although cells could be read
	Hints       []string // what a person should look at, although every cell could be read
}

// Tally counts the results on one instrument.
type Tally struct {
	Code          string
	Critical      int // rows with a critical answer
	CriticalBlank int // rows with a critical item that was asked and has no value
	Void          int
	Scales        []ScaleTally
	asksCritical  bool
}

// ScaleTally counts the results on one scale.
type ScaleTally struct {
	Code     string
	Statuses map[instrument.Status]int
	Bands    map[string]int
	bands    []string // in the scale's order
	noNorm   int      // rows with every item and without a score
}

// IssueCount counts one rule that cells of one column broke.
type IssueCount struct {
	Issue
	Count int
	Rows  rows
}

// maxIssues bounds the kinds of issues that are told apart.
const maxIssues = 10_000

func newSummary(p *plan) *Summary {
	s := &Summary{}
	for _, t := range p.targets {
		tally := Tally{Code: t.Code(), asksCritical: len(t.CriticalItems()) > 0}
		for _, scale := range t.Scales() {
			one := ScaleTally{Code: scale.Code, Statuses: map[instrument.Status]int{}, Bands: map[string]int{}}
			for _, band := range scale.Bands {
				one.bands = append(one.bands, band.Name)
			}
			tally.Scales = append(tally.Scales, one)
		}
		s.Instruments = append(s.Instruments, tally)
	}
	for _, t := range p.totals {
		s.Comparisons = append(s.Comparisons, Comparison{Check: t.name})
	}
	return s
}

// tallier adds rows to a summary.
type tallier struct {
	*Summary
	plan      *plan
	tolerance float64
	issues    map[Issue]*IssueCount
}

func (t *tallier) add(row *Row, results []instrument.Result) {
	t.Rows++
	if row.Repeated {
		t.Repeated++
	}
	if slices.Contains(row.Rejected, true) {
		t.Rejected++
	}
	for _, issue := range row.Issues {
		t.issue(row.Number, issue)
	}
	for i := range results {
		t.instrument(row, i, &results[i])
	}
	for i, total := range t.plan.totals {
		result := results[total.instrument].Scales[total.scale]
		t.Comparisons[i].add(total, row, result, row.Rejected[total.instrument], t.tolerance)
	}
}

func (t *tallier) issue(number int, issue Issue) {
	count := t.issues[issue]
	if count == nil {
		if len(t.issues) == maxIssues {
			return
		}
		count = &IssueCount{Issue: issue}
		t.issues[issue] = count
	}
	count.Count++
	count.Rows.add(number)
}

func (t *tallier) instrument(row *Row, i int, result *instrument.Result) {
	tally := &t.Instruments[i]
	if len(result.Critical) > 0 {
		tally.Critical++
	}
	if len(result.CriticalBlank) > 0 {
		tally.CriticalBlank++
	}
	if result.Void && !row.Rejected[i] {
		tally.Void++
	}
	for k, scale := range result.Scales {
		state := status(row, i, scale)
		tally.Scales[k].Statuses[state]++
		if valued(state) {
			tally.Scales[k].Bands[scale.Band]++
		}
		if state == instrument.Insufficient && scale.Missing == 0 {
			tally.Scales[k].noNorm++
		}
	}
}

func (t *tallier) finish(s *Source) Summary {
	for _, count := range t.issues {
		t.Issues = append(t.Issues, *count)
	}
	slices.SortFunc(t.Issues, func(a, b IssueCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Rows[0], b.Rows[0]), cmp.Compare(a.Column, b.Column))
	})
	t.Garbled, t.FirstGarble = s.table.Unreadable()
	for _, tally := range t.Instruments {
		for _, scale := range tally.Scales {
			if scale.noNorm > 0 {
				t.Hints = append(t.Hints, fmt.Sprintf("%s.%s: %s with every answer and no score, for no norm fits the student; norms may need --sex, --age or --grade", tally.Code, scale.Code, counted(scale.noNorm, "row")))
			}
		}
	}
	t.Suspicions = s.Suspicions(t.Rows)
	for i := range s.plan.targets {
		target := &s.plan.targets[i]
		if hint := target.unknownPairs(); hint != "" {
			t.Hints = append(t.Hints, target.Code()+": "+hint)
		}
		if target.byCode && target.match.goesOn > 0 {
			t.Hints = append(t.Hints, target.Code()+": the table has more columns that are called like items; are they of this instrument?")
		}
	}
	return *t.Summary
}

// Clean tells that there were rows, every one was scored, every total agrees and nothing
// is suspected of the table as a whole.
func (s Summary) Clean() bool {
	return s.Rows > 0 && len(s.Issues) == 0 && len(s.Suspicions) == 0 && !slices.ContainsFunc(s.Comparisons, func(c Comparison) bool { return c.Differ+c.OnlyFile+c.OnlyHere > 0 })
}

// Write prints the summary for people.
func (s Summary) Write(w io.Writer) {
	fmt.Fprintf(w, "%s read and written, %s rejected\n", counted(s.Rows, "row"), thousands(s.Rejected))
	if s.Repeated > 0 {
		fmt.Fprintf(w, "%s with an id that came before\n", counted(s.Repeated, "row"))
	}
	for _, tally := range s.Instruments {
		for _, scale := range tally.Scales {
			scale.write(w, tally.Code)
		}
		if tally.asksCritical {
			fmt.Fprintf(w, "%s: critical answers in %s, critical items without an answer in %s\n", tally.Code, counted(tally.Critical, "row"), counted(tally.CriticalBlank, "row"))
		}
		if tally.Void > 0 {
			fmt.Fprintf(w, "%s: %s void\n", tally.Code, counted(tally.Void, "response"))
		}
	}
	for _, c := range s.Comparisons {
		c.write(w)
	}
	s.problems(w)
	for _, hint := range s.Hints {
		fmt.Fprintln(w, "look: "+hint)
	}
	for _, suspicion := range s.Suspicions {
		fmt.Fprintln(w, "SUSPICION: "+suspicion)
	}
}

var statuses = []instrument.Status{instrument.Scored, instrument.Prorated, instrument.Insufficient, instrument.Invalid, Rejected}

func (s ScaleTally) write(w io.Writer, code string) {
	var parts, bands []string
	for _, state := range statuses {
		if n := s.Statuses[state]; n > 0 {
			parts = append(parts, thousands(n)+" "+string(state))
		}
	}
	for _, band := range s.bands {
		bands = append(bands, band+" "+thousands(s.Bands[band]))
	}
	if len(parts) == 0 {
		return // there was no row
	}
	fmt.Fprintf(w, "%s.%s: %s; %s\n", code, s.Code, strings.Join(parts, ", "), strings.Join(bands, ", "))
}

func (c Comparison) write(w io.Writer) {
	fmt.Fprintf(w, "%s: equal in %s", c.Check, counted(c.Equal, "row"))
	for _, part := range []struct {
		n    int
		text string
	}{{c.Neither, "with no value on either side"}, {c.OnlyFile, "with a value in the table only"}, {c.OnlyHere, "with a value here only"}} {
		if part.n > 0 {
			fmt.Fprintf(w, ", %s %s", thousands(part.n), part.text)
		}
	}
	fmt.Fprintf(w, ", different in %s", thousands(c.Differ))
	if c.Differ > 0 {
		fmt.Fprintf(w, " (%s of them prorated; by %s at most)", thousands(c.Prorated), strconv.FormatFloat(c.Largest, 'g', 4, 64))
	}
	if len(c.Rows) > 0 {
		fmt.Fprintf(w, "; %s", c.Rows.text(c.Differ+c.OnlyFile+c.OnlyHere))
	}
	fmt.Fprintln(w)
}

// problems lists what is wrong with cells, rule by rule, with the columns and rows to
// look at.
func (s Summary) problems(w io.Writer) {
	const most = 20
	broken := s.byRule()
	for _, rule := range broken[:min(len(broken), most)] {
		where := ": " + rule.Rows.text(rule.Count)
		if rule.columns > 1 {
			where = ", as in " + rule.Rows.text(len(rule.Rows))
		}
		fmt.Fprintf(w, "%s %s, %s%s", rule.Column, rule.Problem, counted(rule.Count, "time"), where)
		if remedy := remedies[rule.Problem]; remedy != "" {
			fmt.Fprint(w, "; "+remedy)
		}
		fmt.Fprintln(w)
	}
	if more := len(broken) - most; more > 0 {
		fmt.Fprintf(w, "and %d more kinds of issues; the column issues of the output has all\n", more)
	}
	if s.Garbled > 0 {
		fmt.Fprintf(w, "%s with characters that the encoding does not have, the first is row %d; give --encoding\n", counted(s.Garbled, "row"), s.FirstGarble)
	}
}

// brokenRule is a rule, and in how many columns it is broken.
type brokenRule struct {
	IssueCount
	columns int
}

// byRule joins the issues that break the same rule: its Column is all of theirs, its
// Rows are of the column where it is broken most.
func (s Summary) byRule() []brokenRule {
	const most = 8 // columns named
	var broken []brokenRule
	columns := map[string][]string{}
	for _, issue := range s.Issues {
		at := slices.IndexFunc(broken, func(b brokenRule) bool { return b.Problem == issue.Problem })
		if at < 0 {
			at, broken = len(broken), append(broken, brokenRule{IssueCount: IssueCount{Issue: Issue{Problem: issue.Problem}, Rows: issue.Rows}})
		}
		broken[at].Count += issue.Count
		columns[issue.Problem] = append(columns[issue.Problem], issue.where())
	}
	for i, rule := range broken {
		named := columns[rule.Problem]
		broken[i].columns = len(named)
		broken[i].Column = strings.Join(named[:min(len(named), most)], ", ")
		if more := len(named) - most; more > 0 {
			broken[i].Column += fmt.Sprintf(" and %d more columns", more)
		}
	}
	return broken
}

// where is the column and, of an answer, the item.
func (i IssueCount) where() string {
	switch {
	case i.Column == "":
		return "the row"
	case i.Item == "":
		return fmt.Sprintf("column %q", short(i.Column))
	}
	return fmt.Sprintf("column %q (%s)", short(i.Column), i.Item)
}

func (r rows) text(of int) string {
	texts := make([]string, 0, len(r))
	for _, number := range r {
		texts = append(texts, strconv.Itoa(number))
	}
	text := "rows " + strings.Join(texts, ", ")
	if len(r) == 1 && of == 1 {
		text = "row " + texts[0]
	}
	if of > len(r) {
		text += fmt.Sprintf(" and %s more", thousands(of-len(r)))
	}
	return text
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

// thousands writes 5533 as 5,533.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
