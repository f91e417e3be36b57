package instruments

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// quality is every rule that judges responses: check, scale, threshold, effect.
var quality = map[string][]string{
	"ces-dc": {"LongestRun  10 Flag"}, "sds": {"LongestRun  10 Flag"}, "sas": {"LongestRun  10 Flag"},
	"mht":    {"ValidityScale validity 7 Void", "SecondsPerItem  2 Flag"},
	"mssmhs": {"SecondsPerItem  2 Flag", "AllLowest  0 Flag"}, "scl-90": {"SecondsPerItem  2 Flag", "AllLowest  0 Flag"},
	"dass-21": {"SecondsPerItem  2 Flag"}, "rcads-25": {"SecondsPerItem  2 Flag"}, "rcads-47": {"SecondsPerItem  2 Flag"},
	"scared-41": {"SecondsPerItem  2 Flag"}, "psc-35": {"SecondsPerItem  2 Flag"}, "y-psc": {"SecondsPerItem  2 Flag"},
}

// Only a manual's validity scale voids a response; what is judged here is reported and changes nothing.
func TestResponsesAreJudgedByTheseRules(t *testing.T) {
	for _, file := range files(t) {
		compiled := load(t, decode(t, file).Spec.Code)
		var got []string
		for _, rule := range compiled.Source().Quality {
			got = append(got, fmt.Sprintf("%s %s %v %s", rule.Check, rule.Scale, rule.Threshold, rule.Effect))
		}
		if diff := cmp.Diff(quality[compiled.Code()], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", compiled.Code(), diff)
		}
	}
}

// The same answer twenty times over passes items worded the other way round: it is found, and scored.
func TestOneAnswerToEverythingIsFlagged(t *testing.T) {
	for _, code := range []string{"ces-dc", "sds", "sas"} {
		compiled := load(t, code)
		got := compiled.Score(answers{all: 1}.response(t, compiled))
		if len(got.Findings) != 1 || got.Void || got.Scales[0].Band == "" {
			t.Errorf("%s: %v, void %v, %s", code, got.Findings, got.Void, score(got.Scales[0]))
		}
	}
}
