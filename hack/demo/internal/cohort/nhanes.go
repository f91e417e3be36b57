package cohort

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Items is how many scored items PHQ-9 has.
const Items = 9

// Blank is an item without an answer: blank, refused or don't know.
const Blank = -1

// Answers are a person's values for q1..q9.
type Answers [Items]int

// Row is one person of the survey.
type Row struct {
	Seq     string
	Answers Answers
}

// ReadRows reads the NHANES file.
func ReadRows(r io.Reader) ([]Row, error) {
	file := csv.NewReader(r)
	header, err := file.Read()
	if err != nil {
		return nil, err
	}
	columns, err := itemColumns(header)
	if err != nil {
		return nil, err
	}
	var rows []Row
	for {
		record, err := file.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		row, err := readRow(record, columns)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(rows)+2, err)
		}
		rows = append(rows, row)
	}
}

// itemColumns finds DPQ010..DPQ090; the first column is SEQN.
func itemColumns(header []string) ([Items]int, error) {
	var columns [Items]int
	for i := range columns {
		name := fmt.Sprintf("DPQ%02d0", i+1)
		columns[i] = slices.Index(header, name)
		if columns[i] < 0 {
			return columns, fmt.Errorf("header: the column %s is missing", name)
		}
	}
	return columns, nil
}

func readRow(record []string, columns [Items]int) (Row, error) {
	row := Row{Seq: strings.TrimSuffix(record[0], ".0")}
	for i, column := range columns {
		value, err := readValue(record[column])
		if err != nil {
			return row, err
		}
		row.Answers[i] = value
	}
	return row, nil
}

func readValue(text string) (int, error) {
	switch text {
	case "", "7.0", "9.0":
		return Blank, nil
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || value < 0 || value > 3 || value != float64(int(value)) {
		return 0, fmt.Errorf("%q is no answer to PHQ-9", text)
	}
	return int(value), nil
}

// Answered is how many items have an answer.
func (a Answers) Answered() int {
	n := 0
	for _, value := range a {
		if value != Blank {
			n++
		}
	}
	return n
}

// TakesPart reports whether the person answered anything.
func (a Answers) TakesPart() bool { return a.Answered() > 0 }
