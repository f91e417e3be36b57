package score

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/tabular"
)

// The rules that a cell can break.
const (
	notKnown  = "is neither a number nor a text that is known for an answer"
	notWhole  = "is not a whole number"
	notOption = "is not an answer of the item"
	notSex    = "is no sex that is known"
	noResult  = "is a formula without a stored result"
)

// remedies say what to do about a rule that was broken; they are said once, in reports.
var remedies = map[string]string{
	notKnown:  "give --values TEXT=NUMBER if it is an answer, or --missing TEXT if it stands for none",
	notWhole:  "are these the columns of the answers?",
	notOption: "give --missing CODE if it stands for no answer, or --offset if the table counts otherwise",
	noResult:  "open the workbook in a spreadsheet and save it again",
	notSex:    "give --sexes, such as --sexes 1=Male,2=Female",
}

// blanks are the texts that programs write for nothing. They count as left blank unless
// the mapping says otherwise.
var blanks = []string{"na", "n/a", "#n/a", "<na>", "nan", "null", "#null!", ".", "-", "--"}

// cells turns the cells of one item's column into answers.
type cells struct {
	offset  int
	recoded int // lowest + highest option of an item that is already reversed; otherwise notRecoded
	options []int
	known   map[string]cell // texts given or of the options, by key
	seen    map[string]cell // cells as they stand, so that each text is looked at once
	unknown int             // cells so far with a text that is not known
	others  int             // cells so far with anything else
}

// cell is what one text means: an answer, or the rule that it breaks.
type cell struct {
	answer instrument.Answer
	fault  string
	edge   edge
}

// edge is where a number lies, seen from the item's answers. Tables that count from
// another number than the instrument show by it.
type edge uint8

const (
	within edge = iota
	lowest
	highest
	below // by one
	above // by one
)

const (
	notRecoded = -1
	maxSeen    = 4096 // a column of answers has few texts; one of something else has many
)

func newCells(in Instrument, position int, items Items) (*cells, error) {
	item := in.Source().Items[position]
	c := &cells{offset: items.offset(), recoded: notRecoded, known: map[string]cell{}, seen: map[string]cell{}}
	for _, option := range item.Options {
		c.options = append(c.options, option.Value)
	}
	if slices.ContainsFunc(items.Recoded, func(code string) bool { return strings.EqualFold(code, item.Code) }) {
		c.recoded = slices.Min(c.options) + slices.Max(c.options)
	}
	for _, text := range blanks {
		c.known[text] = cell{answer: instrument.Answer{Missing: instrument.Blank}}
	}
	c.addTexts(in.Spec, position)
	for _, text := range slices.Sorted(maps.Keys(items.Values)) {
		value := items.Values[text]
		if !slices.Contains(c.options, value) {
			return nil, fmt.Errorf("values %q=%d: item %s of %s has no such answer; its answers are %s", text, value, item.Code, in.Code(), join(c.options))
		}
		c.known[key(text)] = given(value)
		if _, numeric := number(key(text)); numeric {
			c.known[key(text)] = c.turned(value)
		}
	}
	for _, text := range slices.Sorted(maps.Keys(items.Missing)) {
		kind, err := missingKind(items.Missing[text])
		if err != nil {
			return nil, err
		}
		if value, err := strconv.Atoi(key(text)); err == nil && slices.Contains(c.options, value+c.offset) {
			return nil, fmt.Errorf("missing %q: it is an answer of item %s of %s; write it for one instrument, as CODE:%s", text, item.Code, in.Code(), text)
		}
		c.known[key(text)] = cell{answer: instrument.Answer{Missing: kind}}
	}
	c.known[""] = cell{answer: instrument.Answer{Missing: instrument.Blank}}
	return c, nil
}

// addTexts adds the wording of the item's options in every language. A text that two
// options share means neither.
func (c *cells) addTexts(spec v1alpha1.InstrumentSpec, position int) {
	shared := map[string]bool{}
	for _, option := range optionsOf(spec, position) {
		for _, text := range []string{option.Text.ZhCN, option.Text.En} {
			text = plain(text)
			if _, numeric := number(text); numeric {
				continue // numbers are read by the mapping's offset
			}
			if _, twice := c.known[text]; text == "" || shared[text] || twice && !c.means(text, int(*option.Value)) {
				shared[text] = true
				delete(c.known, text)
				continue
			}
			c.known[text] = given(int(*option.Value))
		}
	}
}

func (c *cells) means(text string, value int) bool {
	return c.known[text].answer == given(value).answer
}

func optionsOf(spec v1alpha1.InstrumentSpec, position int) []v1alpha1.Option {
	for _, set := range spec.OptionSets {
		if set.Name == spec.Items[position].OptionSet {
			return set.Options
		}
	}
	return nil
}

// given is an answer as it was given. Texts are: whoever reverses an item in a table
// reverses its numbers, and a text goes on saying what was ticked.
func given(value int) cell { return cell{answer: instrument.Answer{Value: value}} }

// turned is the answer that a number of the table stands for, which may be reversed.
func (c *cells) turned(value int) cell {
	if c.recoded == notRecoded {
		return given(value)
	}
	if value = c.recoded - value; !slices.Contains(c.options, value) {
		return cell{fault: notOption}
	}
	return given(value)
}

// read says what a cell means.
func (c *cells) read(text string) cell {
	if found, ok := c.seen[text]; ok {
		return found
	}
	found := c.understand(text)
	if len(c.seen) < maxSeen {
		c.seen[strings.Clone(text)] = found
	}
	return found
}

func (c *cells) understand(text string) cell {
	name := key(text)
	if found, ok := c.known[name]; ok {
		return found
	}
	if value, ok := number(name); ok {
		return c.number(value)
	}
	if found, ok := c.known[unnumbered(name)]; ok && unnumbered(name) != "" {
		return found
	}
	if text == tabular.NoResult {
		return cell{fault: noResult}
	}
	if bare := unquoted(name); bare != "" && bare != name {
		return c.understand(bare)
	}
	return cell{fault: notKnown}
}

func (c *cells) number(value float64) cell {
	if value != math.Trunc(value) {
		return cell{fault: notWhole}
	}
	if math.Abs(value) > 1e6 {
		return cell{fault: notOption}
	}
	whole := int(value) + c.offset
	read := cell{fault: notOption}
	if slices.Contains(c.options, whole) {
		read = c.turned(whole)
	}
	read.edge = c.edge(whole)
	return read
}

func (c *cells) edge(value int) edge {
	switch value {
	case slices.Min(c.options):
		return lowest
	case slices.Max(c.options):
		return highest
	case slices.Min(c.options) - 1:
		return below
	case slices.Max(c.options) + 1:
		return above
	}
	return within
}

func join(values []int) string {
	texts := make([]string, 0, len(values))
	for _, value := range values {
		texts = append(texts, strconv.Itoa(value))
	}
	return strings.Join(texts, ", ")
}
