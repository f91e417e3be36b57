package main

import (
	"context"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// tolerance is how far a score may lie from R's, which adds and divides in another order.
const tolerance = 1e-12

//go:embed psych.R
var psychScript string

// psych compares with psych::scoreItems: its script writes answers, keys and scores.
func (r *report) psych(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "oracles-psych-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	script := filepath.Join(dir, "psych.R")
	if err := os.WriteFile(script, []byte(psychScript), 0o600); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "Rscript", script, dir)
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return err
	}
	if err := r.psychVersions(dir); err != nil {
		return err
	}
	rows := ""
	for _, name := range []string{"bfi", "epi"} {
		row, err := r.psychSet(dir, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		rows += row
	}
	r.sections = append(r.sections, psychSection+rows)
	return nil
}

const psychSection = `## R: psych::scoreItems
The people and keys of psychTools: bfi (25 items of 1 to 6, five scales with reverse keys) and epi (57 items of two answers,
five scales, the lie scale among them). Keys, answers and results are read from R at run time; none of the data is kept here.

Missing answers are made to mean the same on both sides. psych imputes the median of the sample by default, so that one
student's score depends on the others; impute = "none" gives the mean of the answered items, which is our Mean with Prorate,
and as a total the sum of the answered ones, which is our Sum with Zero of options that begin at 0: R's total less the lowest
option for each answer. A Sum with Prorate is compared with R's mean times the number of items. Who answered nothing on a scale
has no mean in R and is Insufficient here. Every score is computed twice, by ScoreInto and by ScoreColumns, and both must lie
within 1e-12 of R's; the number of missing answers must be the same.

| data | people | scales | reversed keys | missing answers | values compared | of them without a score | greatest difference |
|---|---|---|---|---|---|---|---|
`

func (r *report) psychVersions(dir string) error {
	raw, err := os.ReadFile(filepath.Join(dir, "versions.json"))
	if err != nil {
		return err
	}
	versions := map[string]string{}
	if err := json.Unmarshal(raw, &versions); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		r.versions = append(r.versions, name+" "+versions[name])
	}
	return nil
}

// scored is one data set as R wrote it: tables by row, NaN for nothing.
type scored struct {
	name                          string
	items, scales                 []string
	answers, means, totals, blank [][]float64
	Keys                          map[string][]string
	Min, Max                      int
}

func (r *report) psychSet(dir, name string) (string, error) {
	set, err := readScored(dir, name)
	if err != nil {
		return "", err
	}
	c := comparison{report: r, set: set}
	for _, variant := range []struct {
		method  contract.Method
		missing contract.MissingRule
		lowest  int // option of our items
		want    func(row, scale int) float64
	}{
		{contract.Mean, contract.Prorate, set.Min, func(row, scale int) float64 { return set.means[row][scale] }},
		{contract.Sum, contract.Zero, 0, c.sumAnswered},
		{contract.Sum, contract.Prorate, set.Min, c.sumProrated},
	} {
		if err := c.compare(set.instrument(variant.method, variant.missing, variant.lowest), variant.lowest, variant.want); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %d | %d | %.2g |\n", name, len(set.answers), len(set.scales), set.reversed(),
		set.missing(), c.values, c.without, c.greatest), nil
}

func (s scored) reversed() int {
	n := 0
	for _, keys := range s.Keys {
		for _, key := range keys {
			if strings.HasPrefix(key, "-") {
				n++
			}
		}
	}
	return n
}

func (s scored) missing() int {
	n := 0
	for _, row := range s.answers {
		for _, value := range row {
			if math.IsNaN(value) {
				n++
			}
		}
	}
	return n
}

// instrument is the data set as a questionnaire whose options begin at lowest: a scale
// for each of R's, in R's order.
func (s scored) instrument(method contract.Method, missing contract.MissingRule, lowest int) contract.Instrument {
	in := contract.Instrument{Code: s.name, Version: "1", Administration: contract.SelfReport}
	for _, code := range s.items {
		item := contract.Item{Code: code}
		for value := s.Min; value <= s.Max; value++ {
			item.Options = append(item.Options, contract.Option{Value: value - s.Min + lowest})
		}
		in.Items = append(in.Items, item)
	}
	for _, name := range s.scales {
		scale := contract.Scale{
			Code: name, Method: method, MissingAs: missing, MaxMissing: len(s.Keys[name]) - 1,
			Multiply: contract.Multiplier{Numerator: 1, Denominator: 1}, Rounding: contract.NotRounded,
			Worse: contract.Higher, Purpose: contract.Describe,
			Bands: []contract.Band{{Name: "Any", From: 0, To: float64(len(s.Keys[name]) * s.Max)}},
		}
		for _, key := range s.Keys[name] {
			code, reverse := strings.CutPrefix(key, "-")
			scale.Items = append(scale.Items, code)
			if reverse {
				scale.Reverse = append(scale.Reverse, code)
			}
		}
		in.Scales = append(in.Scales, scale)
	}
	return in
}

// comparison counts what was compared.
type comparison struct {
	report          *report
	set             scored
	values, without int
	greatest        float64
}

func (c *comparison) sumAnswered(row, scale int) float64 {
	if math.IsNaN(c.set.means[row][scale]) {
		return math.NaN() // R adds nothing up to 0
	}
	answered := float64(c.items(scale)) - c.set.blank[row][scale]
	return c.set.totals[row][scale] - answered*float64(c.set.Min)
}

func (c *comparison) items(scale int) int { return len(c.set.Keys[c.set.scales[scale]]) }

func (c *comparison) sumProrated(row, scale int) float64 {
	return c.set.means[row][scale] * float64(c.items(scale))
}

func (c *comparison) compare(in contract.Instrument, lowest int, want func(row, scale int) float64) error {
	shift := float64(lowest - c.set.Min)
	compiled, err := instrument.Compile(in)
	if err != nil {
		return err
	}
	columns := instrument.Columns{Rows: len(c.set.answers), Items: make([][]int8, len(in.Items))}
	for i := range columns.Items {
		columns.Items[i] = make([]int8, columns.Rows)
	}
	for row, answers := range c.set.answers {
		for i, value := range answers {
			columns.Items[i][row] = code(value + shift)
		}
	}
	var bulk instrument.ColumnScores
	compiled.ScoreColumns(&columns, &bulk)
	var one instrument.Result
	response := compiled.NewResponse()
	for row, answers := range c.set.answers {
		for i, value := range answers {
			response.Answers[i] = answer(value + shift)
		}
		compiled.ScoreInto(response, &one)
		for i, s := range one.Scales {
			place := fmt.Sprintf("%s row %d, %s of %s", c.set.name, row+1, in.Scales[i].Method, s.Code)
			c.check(place, want(row, i), s.Status, s.Value, s.Missing, c.set.blank[row][i])
			column := bulk.Scales[i]
			c.check(place+" in bulk", want(row, i), column.Status[row].Status(), column.Value[row], int(column.Missing[row]), c.set.blank[row][i])
		}
	}
	return nil
}

func (c *comparison) check(place string, want float64, status instrument.Status, value float64, missing int, wantMissing float64) {
	c.values++
	if float64(missing) != wantMissing {
		c.report.differ("%s: %d missing, R says %g", place, missing, wantMissing)
	}
	has := status == instrument.Scored || status == instrument.Prorated
	if math.IsNaN(want) || !has {
		c.without++
		if has || !math.IsNaN(want) {
			c.report.differ("%s: %s %v, R says %v", place, status, value, want)
		}
		return
	}
	difference := math.Abs(value - want)
	c.greatest = max(c.greatest, difference)
	if difference > tolerance {
		c.report.differ("%s: %v, R says %v", place, value, want)
	}
}

func code(value float64) int8 {
	if math.IsNaN(value) {
		return instrument.BlankCode
	}
	return int8(value)
}

func answer(value float64) instrument.Answer {
	if math.IsNaN(value) {
		return instrument.Answer{Missing: instrument.Blank}
	}
	return instrument.Answer{Value: int(value)}
}

func readScored(dir, name string) (scored, error) {
	s := scored{name: name}
	raw, err := os.ReadFile(filepath.Join(dir, name+".json"))
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, err
	}
	for _, table := range []struct {
		file   string
		header *[]string
		rows   *[][]float64
	}{
		{"items", &s.items, &s.answers}, {"means", &s.scales, &s.means}, {"totals", &s.scales, &s.totals}, {"missing", &s.scales, &s.blank},
	} {
		if *table.header, *table.rows, err = readTable(filepath.Join(dir, name+"-"+table.file+".csv")); err != nil {
			return s, err
		}
	}
	return s, nil
}

func readTable(path string) (header []string, rows [][]float64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, nil, err
	}
	for _, record := range records[1:] {
		row := make([]float64, len(record))
		for i, text := range record {
			row[i] = math.NaN()
			if text == "" {
				continue
			}
			if row[i], err = strconv.ParseFloat(text, 64); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", path, err)
			}
		}
		rows = append(rows, row)
	}
	return records[0], rows, nil
}
