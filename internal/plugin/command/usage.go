package command

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// guide has a command and those under it answer flags and arguments that cannot be read with an example.
func guide(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(misused)
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return misused(cmd, err)
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		guide(sub)
	}
}

// misused says what is wrong with a command line, and how one is written.
func misused(cmd *cobra.Command, err error) error {
	what, _, _ := strings.Cut(err.Error(), ": strconv.") // by which function a number was read helps nobody
	what = strings.Replace(what, "unknown command", "unexpected argument", 1)
	if cmd.Example == "" {
		return fmt.Errorf("%s; see %s --help", what, cmd.CommandPath())
	}
	return fmt.Errorf("%s; write it such as: %s; see %s --help", what, firstExample(cmd), cmd.CommandPath())
}

func firstExample(cmd *cobra.Command) string {
	first, _, _ := strings.Cut(strings.ReplaceAll(cmd.Example, "\\\n", ""), "\n")
	return strings.Join(strings.Fields(first), " ")
}
