package escalation_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

func when(text string) func(*contract.Policy) {
	return func(p *contract.Policy) { p.Rules[2].When = text }
}

func TestCompileNamesTheFault(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		breakIt  func(*contract.Policy)
		wantPath []string
		wantText string
	}{
		"duplicate tier": {
			func(p *contract.Policy) { p.Tiers[3].Name = "High"; p.Rules = p.Rules[:2] },
			[]string{"tiers[3].name"}, `"High" is also tiers[1]`,
		},
		"action twice": {
			func(p *contract.Policy) { p.Tiers[3].Actions = append(p.Tiers[3].Actions, contract.FollowUp) },
			[]string{"tiers[3].actions[1]"}, "listed twice",
		},
		"negative repetition": {
			func(p *contract.Policy) { p.Tiers[0].RepeatEveryMinutes = -1 },
			[]string{"tiers[0].repeatEveryMinutes"}, "write the minutes",
		},
		"too many rules": {
			func(p *contract.Policy) {
				for i := range 98 {
					p.Rules = append(p.Rules, contract.Rule{Name: fmt.Sprint(i), When: p.Rules[2].When, Tier: "Low"})
				}
			},
			[]string{"rules"}, "at most 100",
		},
		"reserved tier": {
			func(p *contract.Policy) { p.Tiers[3].Name = "None"; p.Rules = p.Rules[:2] },
			[]string{"tiers[3].name"}, "reserved",
		},
		"tier without deadline": {
			func(p *contract.Policy) { p.Tiers[3].RespondWithinMinutes = 0 },
			[]string{"tiers[3].respondWithinMinutes"}, "write the minutes",
		},
		"case without notification": {
			func(p *contract.Policy) { p.Tiers[2].Actions = []contract.Action{contract.OpenCase} },
			[]string{"tiers[2]"}, "come together",
		},
		"chain without case": {
			func(p *contract.Policy) { p.Tiers[2].OnOverdue = p.Tiers[1].OnOverdue },
			[]string{"tiers[2]"}, "come together",
		},
		"referral without class": {
			func(p *contract.Policy) { p.Tiers[0].ChannelClass = "" },
			[]string{"tiers[0].channelClass"}, "write the class of channel",
		},
		"chain does not rise": {
			func(p *contract.Policy) { p.Tiers[0].OnOverdue[1].AfterMinutes = 0 },
			[]string{"tiers[0].onOverdue[1].afterMinutes"}, "the chain rises",
		},
		"unknown level": {
			func(p *contract.Policy) { p.Tiers[0].OnOverdue[1].Notify = "Mayor" },
			[]string{"tiers[0].onOverdue[1].notify"}, "write School, District or City",
		},
		"unknown action": {
			func(p *contract.Policy) { p.Tiers[3].Actions[0] = "Shrug" },
			[]string{"tiers[3].actions[0]"}, "unknown action",
		},
		"immediate to a tier that obliges nobody": {
			func(p *contract.Policy) { p.Critical.Immediate = "Moderate" },
			[]string{"critical.immediate", "critical.immediate"}, "has no OpenCase",
		},
		"urgent to a tier that does not exist": {
			func(p *contract.Policy) { p.Critical.Urgent = "Hihg" },
			[]string{"critical.urgent", "critical.urgent"}, `no tier "Hihg"`,
		},
		"undetermined to None": {
			func(p *contract.Policy) { p.Undetermined.Tier = "None" },
			[]string{"undetermined.tier"}, `no tier "None"`,
		},
		"machine release": {
			func(p *contract.Policy) { p.ReferralRelease = "Machine" },
			[]string{"referralRelease"}, "write Human",
		},
		"rule to unknown tier": {
			func(p *contract.Policy) { p.Rules[1].Tier = "Medium" },
			[]string{"rules[1].tier"}, `no tier "Medium"`,
		},
		"rules out of order": {
			func(p *contract.Policy) { p.Rules[0], p.Rules[1] = p.Rules[1], p.Rules[0] },
			[]string{"rules[1].tier"}, "order rules in falling severity",
		},
		"rule name twice": {
			func(p *contract.Policy) { p.Rules[1].Name = "mild" },
			[]string{"rules[2].name"}, "also rules[1]",
		},
		"unknown instrument": {when("scores['phq-8'].total >= 5"), []string{"rules[2].when"}, `no instrument "phq-8"`},
		"unknown scale":      {when("scores['phq-9'].sum >= 5"), []string{"rules[2].when"}, `no scale "sum"; write one of its scales (line 1, column 1)`},
		"unknown scale by index": {
			when("scores['phq-9']['sum'] >= 5"), []string{"rules[2].when"}, `no scale "sum"`,
		},
		"computed instrument": {
			when("scores['phq' + '-9'].total >= 5"), []string{"rules[2].when"}, "without naming an instrument",
		},
		"computed scale": {
			when("scores['phq-9']['to' + 'tal'] >= 5"), []string{"rules[2].when"}, "without naming a scale",
		},
		"scores as a whole": {when("size(scores) > 0"), []string{"rules[2].when"}, "without naming an instrument"},
		"scales as a whole": {
			when("scores['phq-9'].exists(s, scores['phq-9'][s] > 4)"),
			[]string{"rules[2].when", "rules[2].when"}, "without naming a scale",
		},
		"syntax":          {when("scores['phq-9'].total >="), []string{"rules[2].when"}, "does not compile"},
		"too long":        {when("true || " + strings.Repeat("true || ", 250) + "true"), []string{"rules[2].when"}, "limit 2000"},
		"not a condition": {when("scores['phq-9'].total"), []string{"rules[2].when"}, "write a condition that is true or false"},
		"dynamic result":  {when("dyn(scores['phq-9'].total)"), []string{"rules[2].when"}, "write a condition that is true or false"},
		"unknown name":    {when("answers['q9'] > 0"), []string{"rules[2].when"}, "undeclared reference"},
		"empty":           {when(""), []string{"rules[2].when"}, "is empty"},
		"divides by zero": {
			when("100 / int(scores['phq-9'].total) <= 20"), []string{"rules[2].when"}, "fails on scores that can occur",
		},
		"no decimal number beside a score": {
			when("[scores['phq-9'].total].exists(v, v == 5)"), []string{"rules[2].when"}, "write 15.0 for 15 (line 1, column 37)",
		},
		"true for nobody": {
			when("scores['phq-9'].total > 50"), []string{"rules", "rules[2].when"}, "scores['phq-9'].total is 0..27",
		},
		"contradicts itself": {
			func(p *contract.Policy) {
				p.Rules = append(p.Rules, contract.Rule{Name: "x", When: "scores['phq-9'].total < 3 && scores['phq-9'].total >= 3", Tier: "Low"})
			},
			[]string{"rules[3].when"}, "is true for no scores",
		},
		"between two whole numbers": {
			func(p *contract.Policy) {
				p.Rules = append(p.Rules, contract.Rule{Name: "x", When: "scores['phq-9'].total == 2.5", Tier: "Low"})
			},
			[]string{"rules[3].when"}, "is true for no scores",
		},
		"too costly": {
			when("[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d, a+b+c+d > scores['phq-9'].total - 100))))"),
			[]string{"rules[2].when"}, "cost limit",
		},
		"band uncaught": {
			when("scores['phq-9'].total >= 7"),
			[]string{"rules"}, "band uncaught: no rule matches scores['phq-9'].total 5..6",
		},
		"top uncaught": {
			func(p *contract.Policy) {
				for i := range p.Rules {
					p.Rules[i].When += " && scores['phq-9'].total < 27"
				}
			},
			[]string{"rules"}, "total 27..27",
		},
		"no rules": {
			func(p *contract.Policy) { p.Rules = nil },
			[]string{"rules"}, "total 5..27",
		},
		"all faults at once": {
			func(p *contract.Policy) {
				p.Tiers[3].RespondWithinMinutes, p.Undetermined.Tier, p.Rules[0].When = -1, "", "1"
			},
			[]string{"tiers[3].respondWithinMinutes", "undetermined.tier", "rules[0].when"}, "",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := escalationtest.GradedIntervention()
			tc.breakIt(&policy)
			_, err := escalation.Compile(policy, phq9())
			if err == nil {
				t.Fatal("compiled")
			}
			if diff := cmp.Diff(tc.wantPath, fault.Paths(err)); diff != "" {
				t.Errorf("paths (-want +got):\n%s\n%v", diff, err)
			}
			if !strings.Contains(err.Error(), tc.wantText) {
				t.Errorf("error %q does not say %q", err, tc.wantText)
			}
		})
	}
}

func phq9() []*instrument.Compiled {
	return []*instrument.Compiled{instrumenttest.MustCompile(instrumenttest.PHQ9())}
}

func TestCompileAccepts(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*contract.Policy){
		"the design's policy":          func(*contract.Policy) {},
		"scale by index":               when("scores['phq-9']['total'] >= 5"),
		"a condition for all":          when("true"),
		"several over a list":          when("[scores['phq-9'].total].exists(v, v >= 5)"),
		"a decimal number":             when("scores['phq-9'].total >= 4.5"),
		"a whole number that is equal": when("scores['phq-9'].total == 5 || 6 <= scores['phq-9'].total"),
		"one of a list":                when("scores['phq-9'].total in [5, 6, 7, 8, 9]"),
		"arithmetic":                   when("2 * scores['phq-9'].total - 1 >= 9"),
		"presence":                     when("has(scores['phq-9'].total) && scores['phq-9'].total >= 5"),
		"a milder tier with a shorter deadline": func(p *contract.Policy) {
			p.Tiers[3].RespondWithinMinutes = 10
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := escalationtest.GradedIntervention()
			change(&policy)
			if _, err := escalation.Compile(policy, phq9()); err != nil {
				t.Error(err)
			}
		})
	}
}

// second returns PHQ-9 under another code, to stand for a second questionnaire.
func second() *instrument.Compiled {
	in := instrumenttest.PHQ9()
	in.Code = "other"
	return instrumenttest.MustCompile(in)
}

func TestCoverageLooksAtEveryInstrument(t *testing.T) {
	t.Parallel()
	_, err := escalation.Compile(escalationtest.GradedIntervention(), append(phq9(), second()))
	if err == nil || !strings.Contains(err.Error(), "scores['other'].total 5..27") {
		t.Errorf("err = %v", err)
	}
}

func TestInstrumentListedTwice(t *testing.T) {
	t.Parallel()
	_, err := escalation.Compile(escalationtest.GradedIntervention(), append(phq9(), phq9()...))
	if diff := cmp.Diff([]string{"instruments[1]"}, fault.Paths(err)); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}
