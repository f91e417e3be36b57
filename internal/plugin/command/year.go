package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// schoolYear is when school years begin, which the operator is told by a flag of its own.
type schoolYear struct{ begins string }

func (y *schoolYear) flag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&y.begins, "school-year-begins", coverage.DefaultRule().YearBegins.String(), "month and day on which school years begin, as the operator is told")
}

// rule is the default one with these years.
func (y *schoolYear) rule() (coverage.Rule, error) {
	rule := coverage.DefaultRule()
	var err error
	if rule.YearBegins, err = coverage.ParseDayOfYear(y.begins); err != nil {
		return rule, fmt.Errorf("--school-year-begins: %w", err)
	}
	return rule, nil
}
