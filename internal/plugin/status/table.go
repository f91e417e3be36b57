package status

import "github.com/evenkeel/evenkeel/internal/plugin/table"

// Style says how text is shown.
type Style struct {
	// Colour paints healths.
	Colour bool
}

var colours = map[Health]table.Colour{Healthy: table.Green, Working: table.Yellow, Attention: table.Red}

// paint colours text by health.
func (s Style) paint(h Health, text string) string { return colours[h].Paint(text, s.Colour) }

func (s Style) bold(text string) string { return table.Bold.Paint(text, s.Colour) }

func cell(text string, h Health) table.Cell { return table.Cell{Text: text, Colour: colours[h]} }

func plain(text string) table.Cell { return table.Cell{Text: text} }

func (s State) cell() table.Cell       { return cell(s.text(), s.Health) }
func (s State) reasonCell() table.Cell { return cell(s.reason(), s.Health) }
