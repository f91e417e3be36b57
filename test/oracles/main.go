// Command oracles holds the scoring against figures that are not ours: R's psych on the
// data of psychTools, HL7's FHIRPath engine on exported Questionnaires, and the known
// facts of the real answers. It writes what it compared to docs/oracles.md and fails when
// anything differs. hack/oracles.sh installs what it needs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	page := flag.String("page", "docs/oracles.md", "where to write what was compared")
	engine := flag.String("engine", "dist/oracles", "directory in which npm installed fhirpath")
	answers := flag.String("answers", "test/data", "directory of the real answers")
	forms := flag.Int("forms", 200, "random forms for each instrument")
	flag.Parse()
	if err := run(context.Background(), *page, *engine, *answers, *forms); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, page, engine, answers string, forms int) error {
	instruments, err := shipped(ctx, "config/instruments")
	if err != nil {
		return err
	}
	report := report{}
	if err := report.psych(ctx); err != nil {
		return fmt.Errorf("psych: %w", err)
	}
	if err := report.fhirpath(ctx, engine, instruments, forms); err != nil {
		return fmt.Errorf("fhirpath: %w", err)
	}
	if err := report.facts(ctx, answers, instruments); err != nil {
		return fmt.Errorf("facts: %w", err)
	}
	text := report.page(time.Now().UTC())
	fmt.Print(text)
	return errors.Join(os.WriteFile(page, []byte(text), 0o644), report.err())
}

// report is what was compared, as parts of a page, and what differed.
type report struct {
	versions []string // "R 4.2.2"
	sections []string
	failures []string
}

// differ notes a difference; of many only the first few are printed.
func (r *report) differ(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

const printedFailures = 20

func (r *report) err() error {
	if len(r.failures) == 0 {
		return nil
	}
	shown := r.failures[:min(len(r.failures), printedFailures)]
	return fmt.Errorf("%d differences:\n%s", len(r.failures), strings.Join(shown, "\n"))
}

func (r *report) page(at time.Time) string {
	verdict := "Everything agrees."
	if len(r.failures) > 0 {
		verdict = fmt.Sprintf("**%d differences.**", len(r.failures))
	}
	return fmt.Sprintf(`# Oracles that are not ours

Written by %smake oracles%s on %s at commit %s, with %s. %s

%s`, "`", "`", at.Format(time.DateOnly), commit(), strings.Join(r.versions, ", "), verdict, strings.Join(r.sections, "\n"))
}
