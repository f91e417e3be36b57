package score

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/internal/tabular"
)

// Flags are those of every command that reads answers.
type Flags struct {
	instruments []string
	file        string
	mappingFile string
	maps        []string
	columns     []string
	absent      []string
	offsets     []string
	values      []string
	missing     []string
	recoded     []string
	id, keep    []string
	sexes       []string
	mapping     Mapping
	invalid     string
	strict      bool

	encoding, delimiter, sheet string
	headerRow                  int
	noHeader                   bool
}

// Bind adds the flags to a command.
func (f *Flags) Bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVarP(&f.instruments, "instrument", "i", nil, "instrument: a path, or the code of one that ships, such as phq-9; may be repeated")
	flags.StringVarP(&f.file, "file", "f", "-", "table of answers, CSV or XLSX; - is standard input")
	flags.StringVar(&f.mappingFile, "columns-from", "", "a YAML file that says what the columns are")
	flags.StringSliceVar(&f.maps, "map", nil, "ITEM=COLUMN, or q1..q9=D1..D9; a column is named or numbered, as #3")
	flags.StringArrayVar(&f.columns, "columns", nil, "numbers of the columns that hold the items in their order, such as 3-11 or 2,5,7-13")
	flags.StringSliceVar(&f.absent, "absent", nil, "items that the table does not have; they count as left blank")
	flags.StringSliceVar(&f.offsets, "offset", nil, "number to add to numbers: -1 when the table counts from 1 and the instrument from 0; 0 says that it counts alike")
	flags.StringSliceVar(&f.values, "values", nil, "TEXT=NUMBER: what stands for which answer; the instrument's own texts are known")
	flags.StringSliceVar(&f.missing, "missing", nil, "CODE or CODE=Blank|Refused|DontKnow: what stands for no answer")
	flags.StringSliceVar(&f.recoded, "recoded", nil, "items whose numbers the table holds already reversed; texts are taken as they were ticked")
	flags.StringSliceVar(&f.id, "id", nil, "columns that tell students apart; passed on, and a row whose id came before is a duplicate")
	flags.StringSliceVar(&f.keep, "keep", nil, "columns to pass on")
	flags.StringVar(&f.mapping.Sex, "sex", "", "column of the sex, for norms")
	flags.StringSliceVar(&f.sexes, "sexes", nil, "TEXT=Female|Male: what stands in the column of the sex")
	flags.StringVar(&f.mapping.Age, "age", "", "column of the age in years, for norms")
	flags.StringVar(&f.mapping.Grade, "grade", "", "column of the years of schooling, for norms")
	flags.StringVar(&f.mapping.Seconds, "seconds", "", "column of the seconds that answering took")
	flags.StringVar(&f.invalid, "invalid", string(Reject), "what becomes of cells that are no answers: reject (the row has no score), missing (they count as blank) or stop")
	flags.BoolVar(&f.strict, "strict", false, "the same as --invalid stop")
	flags.StringVar(&f.encoding, "encoding", "", "of CSV, where it is not found out rightly: "+strings.Join(tabular.Encodings(), ", "))
	flags.StringVar(&f.delimiter, "delimiter", "", "of CSV, where it is not found out rightly: a comma, a semicolon, a bar, or tab")
	flags.StringVar(&f.sheet, "sheet", "", "of XLSX: name or number; the first without it")
	flags.IntVar(&f.headerRow, "header-row", 1, "the row that names the columns")
	flags.BoolVar(&f.noHeader, "no-header", false, "the first row is answers already; columns are called 1, 2, 3, ...")
	fixed := cobra.FixedCompletions
	_ = cmd.RegisterFlagCompletionFunc("instrument", fixed(Shipped(), cobra.ShellCompDirectiveDefault)) // fails only for unknown flags
	_ = cmd.RegisterFlagCompletionFunc("invalid", fixed([]string{string(Reject), string(Missing), string(Stop)}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("encoding", fixed(tabular.Encodings(), cobra.ShellCompDirectiveNoFileComp))
}

// Input loads the instruments and gathers what the flags and the mapping file say. A
// flag wins over the file.
func (f *Flags) Input(ctx context.Context, stdin io.Reader) (Input, error) {
	in := Input{Path: f.file, Stdin: stdin, Invalid: Invalid(f.invalid)}
	if f.strict {
		in.Invalid = Stop
	}
	if in.Invalid != Reject && in.Invalid != Missing && in.Invalid != Stop {
		return in, fmt.Errorf("--invalid %q is not known; write reject, missing or stop", f.invalid)
	}
	if len(f.instruments) == 0 {
		return in, fmt.Errorf("no instrument is named; give -i PATH, or -i CODE with one of %s", strings.Join(Shipped(), ", "))
	}
	var err error
	if in.Table, err = f.table(); err != nil {
		return in, err
	}
	if in.Instruments, err = Load(ctx, f.instruments); err != nil {
		return in, err
	}
	if f.mappingFile != "" {
		if in.Mapping, err = ReadMapping(f.mappingFile); err != nil {
			return in, err
		}
	}
	return in, f.override(&in.Mapping, in.Instruments)
}

func (f *Flags) table() (tabular.Options, error) {
	o := tabular.Options{Encoding: f.encoding, Sheet: f.sheet, HeaderRow: f.headerRow}
	if f.noHeader {
		o.HeaderRow = tabular.NoHeader
	} else if f.headerRow < 1 {
		return o, errors.New("--header-row is the number of a row, from 1; write --no-header when there is none")
	}
	switch f.delimiter {
	case "":
	case "tab", `\t`:
		o.Delimiter = '\t'
	default:
		delimiter, size := utf8.DecodeRuneInString(f.delimiter)
		if size != len(f.delimiter) {
			return o, fmt.Errorf("--delimiter %q is more than one character; write a comma, a semicolon, a bar, or tab", f.delimiter)
		}
		o.Delimiter = delimiter
	}
	return o, nil
}

func (f *Flags) override(m *Mapping, instruments []Instrument) error {
	for _, flag := range []struct {
		texts    []string
		everyone bool // without an instrument's code it is for all of them
		add      func(*Items, string) error
	}{
		{f.maps, false, addMap},
		{f.columns, false, addColumns},
		{f.absent, false, func(items *Items, text string) error { items.Absent = append(items.Absent, text); return nil }},
		{f.recoded, false, func(items *Items, text string) error { items.Recoded = append(items.Recoded, text); return nil }},
		{f.offsets, true, addOffset},
		{f.values, true, addValue},
		{f.missing, true, addMissing},
	} {
		for _, text := range flag.texts {
			if err := m.change(text, instruments, flag.everyone, flag.add); err != nil {
				return err
			}
		}
	}
	for _, text := range f.sexes {
		name, sex, found := strings.Cut(text, "=")
		if !found {
			return fmt.Errorf("--sexes %q is no pair; write TEXT=Female or TEXT=Male", text)
		}
		set(&m.Sexes, name, sex)
	}
	for _, field := range []struct{ from, to *[]string }{{&f.id, &m.ID}, {&f.keep, &m.Keep}} {
		if len(*field.from) > 0 {
			*field.to = *field.from
		}
	}
	for _, field := range []struct{ from, to *string }{
		{&f.mapping.Sex, &m.Sex}, {&f.mapping.Age, &m.Age}, {&f.mapping.Grade, &m.Grade}, {&f.mapping.Seconds, &m.Seconds},
	} {
		if *field.from != "" {
			*field.to = *field.from
		}
	}
	return nil
}
