package score

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// Rejected is the status of every scale of a response that has cells which are no
// answers. It stands beside the statuses of instrument.ScaleResult.
const Rejected instrument.Status = "Rejected"

// Formats are the forms in which results are written.
var Formats = []string{"csv", "json", "table"}

// writer writes one row of results for each row of answers.
type writer interface {
	row(row *Row, results []instrument.Result) error
	flush() error
}

func newWriter(w io.Writer, format string, p *plan) (writer, error) {
	switch format {
	case "csv":
		return newCSVWriter(w, p)
	case "json":
		out := bufio.NewWriterSize(w, 64<<10)
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		return &jsonWriter{plan: p, out: out, encoder: encoder}, nil
	case "table":
		return newTableWriter(w, p)
	}
	return nil, fmt.Errorf("output %q is not known; write one of %s", format, strings.Join(Formats, ", "))
}

// status is a scale's status, or Rejected.
func status(row *Row, i int, scale instrument.ScaleResult) instrument.Status {
	if row.Rejected[i] {
		return Rejected
	}
	return scale.Status
}

// valued tells whether the scale has a value.
func valued(s instrument.Status) bool {
	return s == instrument.Scored || s == instrument.Prorated
}

func decimal(value float64) string { return strconv.FormatFloat(value, 'g', -1, 64) }

// passed adds the cells that are passed on.
func passed(to []string, row *Row) []string {
	for _, cells := range [][]string{row.ID, row.Keep} {
		for _, cell := range cells {
			to = append(to, inert(cell))
		}
	}
	return to
}

// csvWriter writes a column for each thing that is known of each scale.
type csvWriter struct {
	plan   *plan
	out    *csv.Writer
	record []string
}

func newCSVWriter(w io.Writer, p *plan) (*csvWriter, error) {
	c := &csvWriter{plan: p, out: csv.NewWriter(bufio.NewWriterSize(w, 64<<10))}
	return c, c.out.Write(csvHead(p))
}

func csvHead(p *plan) []string {
	head := []string{"row"}
	for _, columns := range [][]int{p.id, p.keep} {
		for _, column := range columns {
			head = append(head, inert(p.header.names[column]))
		}
	}
	for _, t := range p.targets {
		for _, scale := range t.Scales() {
			for _, what := range []string{"value", "raw", "basis", "band", "status", "missing"} {
				head = append(head, t.Code()+"."+scale.Code+"."+what)
			}
		}
		head = append(head, t.Code()+".critical", t.Code()+".criticalBlank", t.Code()+".findings")
	}
	if len(p.id) > 0 {
		head = append(head, "repeated")
	}
	return append(head, "issues")
}

func (c *csvWriter) row(row *Row, results []instrument.Result) error {
	record := append(c.record[:0], strconv.Itoa(row.Number))
	record = passed(record, row)
	for i := range results {
		for _, scale := range results[i].Scales {
			value, raw, band := "", "", ""
			state := status(row, i, scale)
			if valued(state) {
				value, raw, band = decimal(scale.Value), decimal(scale.Raw), scale.Band
			}
			record = append(record, value, raw, string(scale.Basis), band, string(state), strconv.Itoa(scale.Missing))
		}
		record = append(record, critical(results[i].Critical), strings.Join(results[i].CriticalBlank, " "), findings(row, i, results[i].Findings))
	}
	if len(c.plan.id) > 0 {
		record = append(record, repeated(row))
	}
	c.record = append(record, inert(issues(row.Issues)))
	return c.out.Write(c.record)
}

func (c *csvWriter) flush() error {
	c.out.Flush()
	return c.out.Error()
}

func repeated(row *Row) string {
	if row.Repeated {
		return "repeated"
	}
	return ""
}

func critical(hits []instrument.CriticalHit) string {
	if len(hits) == 0 {
		return ""
	}
	parts := make([]string, 0, len(hits))
	for _, hit := range hits {
		parts = append(parts, hit.Item+"="+strconv.Itoa(hit.Value)+" "+string(hit.Class))
	}
	return strings.Join(parts, "; ")
}

func findings(row *Row, i int, found []instrument.Finding) string {
	if len(found) == 0 || row.Rejected[i] {
		return ""
	}
	parts := make([]string, 0, len(found))
	for _, f := range found {
		parts = append(parts, strings.TrimSpace(string(f.Check)+" "+f.Scale)+" "+string(f.Effect))
	}
	return strings.Join(parts, "; ")
}

func issues(found []Issue) string {
	if len(found) == 0 {
		return ""
	}
	parts := make([]string, 0, len(found))
	for _, issue := range found {
		parts = append(parts, strings.TrimSpace(issue.Column+" "+issue.Problem))
	}
	return strings.Join(parts, "; ")
}

// jsonWriter writes JSON lines.
type jsonWriter struct {
	plan    *plan
	out     *bufio.Writer
	encoder *json.Encoder
}

type jsonRow struct {
	Row         int               `json:"row"`
	ID          map[string]string `json:"id,omitempty"`
	Keep        map[string]string `json:"keep,omitempty"`
	Repeated    bool              `json:"repeated,omitempty"`
	Instruments []jsonInstrument  `json:"instruments"`
	Issues      []Issue           `json:"issues,omitempty"`
}

type jsonInstrument struct {
	Code          string         `json:"code"`
	Version       string         `json:"version"`
	Scales        []jsonScale    `json:"scales"`
	Critical      []jsonCritical `json:"critical,omitempty"`
	CriticalBlank []string       `json:"criticalBlank,omitempty"`
	Findings      []jsonFinding  `json:"findings,omitempty"`
}

// jsonScale has no value, raw or band unless the scale is Scored or Prorated.
type jsonScale struct {
	Code    string   `json:"code"`
	Status  string   `json:"status"`
	Value   *float64 `json:"value,omitempty"`
	Raw     *float64 `json:"raw,omitempty"`
	Basis   string   `json:"basis"`
	Band    string   `json:"band,omitempty"`
	Missing int      `json:"missing"`
}

type jsonCritical struct {
	Item  string `json:"item"`
	Value int    `json:"value"`
	Class string `json:"class"`
}

type jsonFinding struct {
	Check  string `json:"check"`
	Scale  string `json:"scale,omitempty"`
	Effect string `json:"effect"`
}

func (j *jsonWriter) row(row *Row, results []instrument.Result) error {
	out := jsonRow{
		Row: row.Number, ID: j.named(j.plan.id, row.ID), Keep: j.named(j.plan.keep, row.Keep), Repeated: row.Repeated, Issues: row.Issues,
	}
	for i := range results {
		out.Instruments = append(out.Instruments, j.instrument(row, i, &results[i]))
	}
	return j.encoder.Encode(out)
}

func (j *jsonWriter) named(columns []int, values []string) map[string]string {
	if len(columns) == 0 {
		return nil
	}
	out := make(map[string]string, len(columns))
	for i, column := range columns {
		out[j.plan.header.names[column]] = values[i]
	}
	return out
}

func (j *jsonWriter) instrument(row *Row, i int, result *instrument.Result) jsonInstrument {
	t := &j.plan.targets[i]
	out := jsonInstrument{Code: t.Code(), Version: t.Version(), CriticalBlank: result.CriticalBlank}
	for k := range result.Scales {
		s := &result.Scales[k]
		state := status(row, i, *s)
		scale := jsonScale{Code: s.Code, Status: string(state), Basis: string(s.Basis), Missing: s.Missing}
		if valued(state) {
			scale.Value, scale.Raw, scale.Band = &s.Value, &s.Raw, s.Band
		}
		out.Scales = append(out.Scales, scale)
	}
	for _, hit := range result.Critical {
		out.Critical = append(out.Critical, jsonCritical{hit.Item, hit.Value, string(hit.Class)})
	}
	if !row.Rejected[i] {
		for _, f := range result.Findings {
			out.Findings = append(out.Findings, jsonFinding{string(f.Check), f.Scale, string(f.Effect)})
		}
	}
	return out
}

func (j *jsonWriter) flush() error { return j.out.Flush() }

// tableWriter writes columns for people: value and band, or the status of what has none.
// Columns are as wide as anything that can stand in them, so that rows need not be held.
type tableWriter struct {
	plan   *plan
	out    *bufio.Writer
	widths []int
}

func newTableWriter(w io.Writer, p *plan) (*tableWriter, error) {
	t := &tableWriter{plan: p, out: bufio.NewWriter(w)}
	head := []string{"ROW"}
	t.widths = append(t.widths, 7)
	for _, columns := range [][]int{p.id, p.keep} {
		for _, column := range columns {
			head = append(head, inert(short(p.header.names[column])))
			t.widths = append(t.widths, 10)
		}
	}
	for _, target := range p.targets {
		for _, scale := range target.Scales() {
			head = append(head, target.Code()+"."+scale.Code)
			widest := len(instrument.Insufficient)
			for _, band := range scale.Bands {
				widest = max(widest, len(band.Name)+len("100.5 "))
			}
			t.widths = append(t.widths, widest)
		}
		head = append(head, target.Code()+".critical")
		t.widths = append(t.widths, 0)
	}
	head = append(head, "ISSUES")
	t.widths = append(t.widths, 0)
	for i := range head {
		t.widths[i] = max(t.widths[i], len([]rune(head[i])))
	}
	return t, t.line(head)
}

func (t *tableWriter) line(cells []string) error {
	var out strings.Builder
	for i, cell := range cells {
		if cell == "" {
			cell = "-"
		}
		out.WriteString(cell)
		if i < len(cells)-1 {
			out.WriteString(strings.Repeat(" ", max(0, t.widths[i]-len([]rune(cell)))+2))
		}
	}
	_, err := t.out.WriteString(out.String() + "\n")
	return err
}

func (t *tableWriter) row(row *Row, results []instrument.Result) error {
	cells := passed([]string{strconv.Itoa(row.Number)}, row)
	for i := range results {
		for _, scale := range results[i].Scales {
			state := status(row, i, scale)
			text := string(state)
			if valued(state) {
				text = strconv.FormatFloat(scale.Value, 'g', 4, 64) + " " + scale.Band
			}
			cells = append(cells, text)
		}
		cells = append(cells, critical(results[i].Critical))
	}
	return t.line(append(cells, inert(issues(row.Issues))))
}

func (t *tableWriter) flush() error { return t.out.Flush() }
