package command

import (
	"strings"
	"testing"
)

// A flag or argument that cannot be read is named, and answered with a line that works.
func TestMisuse(t *testing.T) {
	for args, want := range map[string]string{
		"plan --dif":                       "unknown flag: --dif; write it such as: kubectl evenkeel plan -f config/samples --at 2026-09-01T08:00:00+08:00; see kubectl evenkeel plan --help",
		"plan --at":                        "flag needs an argument: --at; write it such as",
		"plan --diff=maybe":                `invalid argument "maybe" for "--diff" flag; write`,
		"plan a b":                         "accepts at most 1 arg(s), received 2; write",
		"plan config/samples":              `"config/samples" is no name of a campaign; give a file with -f: kubectl evenkeel plan -f config/samples`,
		"plan campaign.yaml":               "kubectl evenkeel plan -f campaign.yaml",
		"plan nowhere -f " + samples:       `there is no campaign "nowhere"; there is autumn-check-up`,
		"plan nowhere":                     `there is no campaign "nowhere"`,
		"extend a --school-days three":     `invalid argument "three" for "--school-days" flag; write it such as: kubectl evenkeel extend autumn-check-up-20260915 -n fengtai --school-days 3;`,
		"trigger":                          "kubectl evenkeel trigger autumn-check-up --on 2026-11-25",
		"trigger a --on tomorrow":          `--on: "tomorrow" is not a date; write YYYY-MM-DD`,
		"validate config/samples":          `unexpected argument "config/samples" for "kubectl evenkeel validate"; write it such as: kubectl evenkeel validate -f`,
		"validate":                         "such as -f config/samples",
		"calendar import":                  "--time-zone Asia/Shanghai --term", // of an example over two lines
		"version --no":                     "unknown flag: --no; see kubectl evenkeel version --help",
		"plan -f ../../../docs/spec":       "name files, or the directory they are in",
		"validate -f nowhere.yaml":         "nowhere.yaml: there is no such file",
		"instrument export --code x --y z": "unknown flag: --y",
	} {
		if _, _, err := (world{}).run(t, strings.Fields(args)...); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "strconv") {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}
