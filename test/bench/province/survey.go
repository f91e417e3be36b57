package main

import (
	"fmt"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

const (
	items     = 60
	scales    = 6
	tiers     = 5 // of the policy, and None
	mostValue = 4 // of an answer; the least is 0
	critical  = items - 1
)

var scaleCodes = [scales]string{"mood", "worry", "anger", "study", "people", "sleep"}

// survey is a made-up form of the size of a large school questionnaire: 60 items of
// 0..4 in six interleaved scales of ten, three of each reversed, at most two missing
// completed, four bands; the last item is critical. With quality, answers without care
// are looked for too.
func survey(quality bool) contract.Instrument {
	in := contract.Instrument{Code: "survey", Version: "1", Administration: contract.SelfReport}
	for i := range items {
		item := contract.Item{Code: fmt.Sprintf("i%d", i+1)}
		for value := range mostValue + 1 {
			item.Options = append(item.Options, contract.Option{Value: value})
		}
		in.Items = append(in.Items, item)
	}
	in.Items[critical].Critical = []contract.CriticalAnswer{
		{Value: 1, Class: contract.Review}, {Value: 2, Class: contract.Urgent},
		{Value: 3, Class: contract.Immediate}, {Value: 4, Class: contract.Immediate},
	}
	for k, code := range scaleCodes {
		s := contract.Scale{
			Code: code, Method: contract.Sum, MaxMissing: 2, MissingAs: contract.Prorate,
			Multiply: contract.Multiplier{Numerator: 1, Denominator: 1}, Rounding: contract.HalfUp,
			Worse: contract.Higher, Purpose: contract.Grade, Bands: []contract.Band{
				{Name: "Low", From: 0, To: 17}, {Name: "Some", From: 18, To: 23},
				{Name: "Raised", From: 24, To: 29}, {Name: "High", From: 30, To: 40},
			},
		}
		for i := k; i < items; i += scales {
			s.Items = append(s.Items, in.Items[i].Code)
			if reversed(i) {
				s.Reverse = append(s.Reverse, in.Items[i].Code)
			}
		}
		in.Scales = append(in.Scales, s)
	}
	if quality {
		in.Quality = []contract.QualityRule{
			{Check: contract.LongestRun, Threshold: 12, Effect: contract.Void},
			{Check: contract.Spread, Threshold: 0.3, Effect: contract.Flag},
			{Check: contract.AllLowest, Effect: contract.Flag},
		}
	}
	return in
}

// reversed tells three items of every scale: the second, the fifth and the eighth.
func reversed(item int) bool { return item/scales%3 == 1 }

// policy has four tiers and three rules, each about all six scales.
func policy() contract.Policy {
	chain := []contract.ChainStep{{AfterMinutes: 0, Notify: contract.District}}
	duty := []contract.Action{contract.OpenCase, contract.Notify}
	follow := []contract.Action{contract.FollowUp}
	return contract.Policy{
		Name: "province",
		Tiers: []contract.Tier{
			{Name: "Severe", Lead: contract.City, RespondWithinMinutes: 30, Actions: duty, OnOverdue: chain},
			{Name: "High", Lead: contract.District, RespondWithinMinutes: 480, Actions: duty, OnOverdue: chain},
			{Name: "Moderate", Lead: contract.District, RespondWithinMinutes: 10080, Actions: follow},
			{Name: "Low", Lead: contract.School, RespondWithinMinutes: 20160, Actions: follow},
		},
		Critical:        contract.CriticalFloors{Immediate: "Severe", Urgent: "High", Review: "Moderate"},
		Undetermined:    contract.Undetermined{Tier: "Moderate", RetestWithinSchoolDays: 5},
		ReferralRelease: contract.Human,
		Rules: []contract.Rule{
			{Name: "high", When: anyScale(30), Tier: "High"},
			{Name: "raised", When: anyScale(24), Tier: "Moderate"},
			{Name: "some", When: anyScale(18), Tier: "Low"},
		},
	}
}

func anyScale(from int) string {
	text := ""
	for i, code := range scaleCodes {
		if i > 0 {
			text += " || "
		}
		text += fmt.Sprintf("scores.survey.%s >= %d", code, from)
	}
	return text
}

// compiled is the survey and the policy, ready to use.
type compiled struct {
	survey *instrument.Compiled
	policy *escalation.Compiled
}

func compile(quality bool) (compiled, error) {
	in, err := instrument.Compile(survey(quality))
	if err != nil {
		return compiled{}, err
	}
	p, err := escalation.Compile(policy(), []*instrument.Compiled{in})
	return compiled{in, p}, err
}
