package command

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// errNotConfirmed is the answer no.
var errNotConfirmed = errors.New("nothing was changed")

// consent asks a person whether to do what was shown; a script says --yes.
type consent struct{ given bool }

func (c *consent) flag(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&c.given, "yes", "y", false, "do it without asking; needed where nobody can be asked")
}

// ask asks on standard error, so that standard output holds the answer alone.
func (c *consent) ask(p Program, question string) error {
	if c.given {
		return nil
	}
	if !p.Interactive {
		return errors.New("nobody can be asked here, and nothing was changed; look at the plan above and add --yes")
	}
	fmt.Fprintf(p.Streams.ErrOut, "%s [y/N] ", question)
	answer, _ := bufio.NewReader(p.Streams.In).ReadString('\n') // the end of the input is a no
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errNotConfirmed
}
