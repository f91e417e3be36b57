package instruments

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// answers are what a student put: a value for every item, and exceptions.
type answers struct {
	all   int // to every item that has no exception
	put   map[key]int
	blank key
}

func (a answers) response(t *testing.T, c *instrument.Compiled) *instrument.Response {
	t.Helper()
	r := c.NewResponse()
	for i, item := range c.Source().Items {
		if len(item.AskWhen) == 0 { // gated items are answered by name
			r.Answers[i] = instrument.Answer{Value: a.all}
		}
	}
	for k, value := range a.put {
		each(t, c, k, func(i int) { r.Answers[i] = instrument.Answer{Value: value} })
	}
	each(t, c, a.blank, func(i int) { r.Answers[i] = instrument.Answer{Missing: instrument.Blank} })
	return r
}

func each(t *testing.T, c *instrument.Compiled, k key, put func(position int)) {
	t.Helper()
	if k == "" {
		return
	}
	for _, item := range k.items(t) {
		position, ok := c.Position(item)
		if !ok {
			t.Fatalf("%s has no item %s", c.Code(), item)
		}
		put(position)
	}
}

// score is what a test expects of one scale, such as "Scored 10 Moderate".
func score(s instrument.ScaleResult) string {
	if s.Band == "" {
		return string(s.Status)
	}
	return fmt.Sprintf("%s %.6g %s", s.Status, s.Value, s.Band)
}

func scores(r instrument.Result, like map[string]string) map[string]string {
	out := map[string]string{}
	for _, s := range r.Scales {
		if _, asked := like[s.Code]; asked {
			out[s.Code] = score(s)
		}
	}
	return out
}

type vector struct {
	answers
	want map[string]string
}

func one(want string) map[string]string { return map[string]string{"total": want} }

// vectors are worked out by hand from the publications' rules.
var vectors = map[string]map[string]vector{
	"phq-9": {
		"lowest":                {answers{}, one("Scored 0 None")},
		"highest":               {answers{all: 3}, one("Scored 27 Severe")},
		"4":                     {answers{put: map[key]int{"1-4": 1}}, one("Scored 4 None")},
		"5":                     {answers{put: map[key]int{"1-5": 1}}, one("Scored 5 Mild")},
		"9":                     {answers{all: 1}, one("Scored 9 Mild")},
		"10":                    {answers{all: 1, put: map[key]int{"3": 2}}, one("Scored 10 Moderate")},
		"14":                    {answers{all: 1, put: map[key]int{"1-5": 2}}, one("Scored 14 Moderate")},
		"15":                    {answers{all: 1, put: map[key]int{"1-6": 2}}, one("Scored 15 ModeratelySevere")},
		"19":                    {answers{all: 2, put: map[key]int{"9": 3}}, one("Scored 19 ModeratelySevere")},
		"20":                    {answers{all: 2, put: map[key]int{"8-9": 3}}, one("Scored 20 Severe")},
		"9 of 8 is 10.1 of 9":   {answers{all: 1, put: map[key]int{"1": 2}, blank: "4"}, one("Prorated 10 Moderate")},
		"7 of 7, two blank":     {answers{all: 1, blank: "8-9"}, one("Prorated 9 Mild")},
		"half is rounded up":    {answers{put: map[key]int{"1": 3, "2": 1}, blank: "3"}, one("Prorated 5 Mild")}, // 4 x 9/8 = 4.5
		"three blank":           {answers{all: 3, blank: "1-3"}, one("Insufficient")},
		"five at 2, one is 1":   {answers{put: map[key]int{"1,3-6": 2}}, map[string]string{"syndrome": "Scored 2 MajorPattern"}},
		"item 9 counts at 1":    {answers{put: map[key]int{"2-5": 2, "9": 1}}, map[string]string{"syndrome": "Scored 2 MajorPattern"}},
		"item 8 does not":       {answers{put: map[key]int{"2-5": 2, "8": 1}}, map[string]string{"syndrome": "Scored 1 OtherPattern"}},
		"five without 1 and 2":  {answers{put: map[key]int{"3-7": 3}}, map[string]string{"syndrome": "Scored 0 NoPattern"}},
		"two with 1":            {answers{put: map[key]int{"1,7": 2}}, map[string]string{"syndrome": "Scored 1 OtherPattern"}},
		"1 alone":               {answers{put: map[key]int{"1": 3}}, map[string]string{"syndrome": "Scored 0 NoPattern"}},
		"complete forms only":   {answers{put: map[key]int{"1-5": 3}, blank: "6"}, map[string]string{"syndrome": "Insufficient"}},
		"a pattern is no grade": {answers{all: 1}, map[string]string{"syndrome": "Scored 0 NoPattern", "total": "Scored 9 Mild"}},
	},
	"phq-2": {
		"2":         {answers{all: 1}, one("Scored 2 None")},
		"3":         {answers{all: 1, put: map[key]int{"1": 2}}, one("Scored 3 FollowUp")},
		"one blank": {answers{all: 3, blank: "1"}, one("Insufficient")},
	},
	"gad-2": {
		"2":         {answers{all: 1}, one("Scored 2 None")},
		"3":         {answers{put: map[key]int{"2": 3}}, one("Scored 3 FollowUp")},
		"one blank": {answers{all: 3, blank: "2"}, one("Insufficient")},
	},
	"phq-4": {
		"2 and 1":                        {answers{put: map[key]int{"1": 2, "3": 1}}, map[string]string{"total": "Scored 3 Mild", "anxiety": "Scored 2 None", "depression": "Scored 1 None"}},
		"anxiety 3":                      {answers{put: map[key]int{"1": 2, "2": 1}}, map[string]string{"total": "Scored 3 Mild", "anxiety": "Scored 3 FollowUp", "depression": "Scored 0 None"}},
		"depression 3":                   {answers{put: map[key]int{"3": 2, "4": 1}}, map[string]string{"total": "Scored 3 Mild", "anxiety": "Scored 0 None", "depression": "Scored 3 FollowUp"}},
		"2":                              {answers{put: map[key]int{"1": 1, "3": 1}}, one("Scored 2 None")},
		"6":                              {answers{all: 1, put: map[key]int{"1-2": 2}}, one("Scored 6 Moderate")},
		"8":                              {answers{all: 2}, one("Scored 8 Moderate")},
		"9":                              {answers{all: 2, put: map[key]int{"1": 3}}, one("Scored 9 Severe")},
		"one blank leaves its half open": {answers{all: 3, blank: "1"}, map[string]string{"total": "Insufficient", "anxiety": "Insufficient", "depression": "Scored 6 FollowUp"}},
	},
	"gad-7": {
		"4":                  {answers{put: map[key]int{"1-4": 1}}, one("Scored 4 None")},
		"5":                  {answers{put: map[key]int{"1-5": 1}}, one("Scored 5 Mild")},
		"9":                  {answers{all: 1, put: map[key]int{"1-2": 2}}, one("Scored 9 Mild")},
		"10":                 {answers{all: 1, put: map[key]int{"1-3": 2}}, one("Scored 10 Moderate")},
		"14":                 {answers{all: 2}, one("Scored 14 Moderate")},
		"15":                 {answers{all: 2, put: map[key]int{"7": 3}}, one("Scored 15 Severe")},
		"8 of 6 is 9.3 of 7": {answers{all: 1, put: map[key]int{"1-2": 2}, blank: "7"}, one("Prorated 9 Mild")},
		"two blank":          {answers{all: 3, blank: "1-2"}, one("Insufficient")},
	},
	"phq-a": {
		"the items after the ninth are not scored": {answers{put: map[key]int{"1-9": 3, "10-13": 1}}, one("Scored 27 Severe")},
		"only the ninth": {answers{put: map[key]int{"9": 1}}, one("Scored 1 None")},
		"two blank":      {answers{put: map[key]int{"1-7": 1}, blank: "8-9"}, one("Prorated 9 Mild")},
		"three blank":    {answers{all: 1, blank: "7-9"}, one("Insufficient")},
		"extras blank":   {answers{all: 1, blank: "10-13"}, one("Scored 9 Mild")},
	},
	"ces-dc": {
		"not at all to everything": {answers{}, one("Scored 12 None")}, // 4 reversed x 3
		"best":                     {answers{put: map[key]int{"4,8,12,16": 3}}, one("Scored 0 None")},
		"worst":                    {answers{all: 3, put: map[key]int{"4,8,12,16": 0}}, one("Scored 60 FollowUp")},
		"15 is not over 15":        {answers{put: map[key]int{"1": 3}}, one("Scored 15 None")},
		"16 is":                    {answers{put: map[key]int{"1": 3, "2": 1}}, one("Scored 16 FollowUp")},
		"a blank is no zero":       {answers{all: 1, blank: "4,8"}, one("Prorated 22 FollowUp")}, // 16 + 2 x 2 = 20 of 18; x 20/18 = 22.2
		"three blank":              {answers{all: 3, blank: "1-3"}, one("Insufficient")},
	},
	"dass-21": {
		"lowest":  {answers{}, map[string]string{"depression": "Scored 0 None", "anxiety": "Scored 0 None", "stress": "Scored 0 None"}},
		"highest": {answers{all: 3}, map[string]string{"depression": "Scored 42 ExtremelySevere", "anxiety": "Scored 42 ExtremelySevere", "stress": "Scored 42 ExtremelySevere"}},
		"all 1":   {answers{all: 1}, map[string]string{"depression": "Scored 14 Moderate", "anxiety": "Scored 14 Moderate", "stress": "Scored 14 None"}},
		"depression 8, 10": {answers{put: map[key]int{"3,5,10,13": 1, "2,4,7": 1, "1,6,8,11,12,14,18": 1}},
			map[string]string{"depression": "Scored 8 None", "anxiety": "Scored 6 None", "stress": "Scored 14 None"}},
		"one more each": {answers{put: map[key]int{"3,5,10,13,16": 1, "2,4,7,9": 1, "1,6,8,11,12,14": 1, "18": 2}},
			map[string]string{"depression": "Scored 10 Mild", "anxiety": "Scored 8 Mild", "stress": "Scored 16 Mild"}},
		"20 and 21 doubled": {answers{put: map[key]int{"2,4,7": 3, "9": 1, "3,5,10": 3, "13": 1, "1,6,8": 3, "11": 1}},
			map[string]string{"depression": "Scored 20 Moderate", "anxiety": "Scored 20 ExtremelySevere", "stress": "Scored 20 Moderate"}},
		"one blank": {answers{all: 1, blank: "3"}, map[string]string{"depression": "Prorated 14 Moderate", "anxiety": "Scored 14 Moderate"}},
		"two blank": {answers{all: 1, blank: "3,5"}, map[string]string{"depression": "Insufficient", "stress": "Scored 14 None"}},
	},
	"who-5": {
		"best":      {answers{all: 5}, one("Scored 100 Adequate")},
		"worst":     {answers{}, one("Scored 0 VeryLow")},
		"13 of 25":  {answers{all: 3, put: map[key]int{"1-2": 2}}, one("Scored 52 Adequate")},
		"12 of 25":  {answers{all: 2, put: map[key]int{"1-2": 3}}, one("Scored 48 Low")},
		"8 of 25":   {answers{all: 2, put: map[key]int{"1-2": 1}}, one("Scored 32 Low")},
		"7 of 25":   {answers{all: 1, put: map[key]int{"1-2": 2}}, one("Scored 28 VeryLow")},
		"one blank": {answers{all: 5, blank: "3"}, one("Insufficient")},
	},
	"mht": {
		"all no":  {answers{}, map[string]string{"total": "Scored 0 None", "learningAnxiety": "Scored 0 None", "validity": "Scored 0 Credible"}},
		"all yes": {answers{all: 1}, map[string]string{"total": "Invalid", "fear": "Invalid", "validity": "Scored 10 NotCredible"}},
		"all yes but the validity items": {answers{all: 1, put: map[key]int{"82-100/2": 0}},
			map[string]string{"total": "Scored 90 FollowUp", "learningAnxiety": "Scored 15 FollowUp", "fear": "Scored 10 FollowUp", "impulsiveness": "Scored 10 FollowUp", "validity": "Scored 0 Credible"}},
		"64":              {answers{put: map[key]int{"1-64": 1}}, one("Scored 64 None")},
		"65":              {answers{put: map[key]int{"1-65": 1}}, one("Scored 65 FollowUp")},
		"content 7 and 8": {answers{put: map[key]int{"1-7": 1, "16-23": 1}}, map[string]string{"learningAnxiety": "Scored 7 None", "socialAnxiety": "Scored 8 FollowUp"}},
		"validity 6":      {answers{put: map[key]int{"82-92/2": 1}}, map[string]string{"total": "Scored 0 None", "validity": "Scored 6 Credible"}},
		"validity 7":      {answers{put: map[key]int{"82-94/2": 1}}, map[string]string{"total": "Invalid", "validity": "Scored 7 NotCredible"}},
		"odd items are impulsiveness": {answers{put: map[key]int{"81-99/2": 1}},
			map[string]string{"impulsiveness": "Scored 10 FollowUp", "validity": "Scored 0 Credible", "total": "Scored 10 None"}},
		"one blank of ten":  {answers{put: map[key]int{"71-77": 1}, blank: "80"}, map[string]string{"fear": "Prorated 8 FollowUp"}}, // 7 x 10/9 = 7.8
		"two blank of ten":  {answers{put: map[key]int{"71-77": 1}, blank: "79-80"}, map[string]string{"fear": "Insufficient", "total": "Prorated 7 None"}},
		"nine blank of all": {answers{blank: "1-9"}, one("Insufficient")},
	},
	"mssmhs": {
		"lowest":  {answers{all: 1}, map[string]string{"total": "Scored 1 None", "depression": "Scored 1 None"}},
		"highest": {answers{all: 5}, map[string]string{"total": "Scored 5 Severe", "depression": "Scored 5 Severe"}},
		"one factor at 2": {answers{all: 1, put: map[key]int{"5,13,14,16,44,57": 2}},
			map[string]string{"total": "Scored 1.1 None", "depression": "Scored 2 Mild", "anxiety": "Scored 1 None"}},
		"11 of 6":   {answers{all: 1, put: map[key]int{"5,13,14,16,44": 2}}, map[string]string{"depression": "Scored 1.83333 None"}},
		"119 of 60": {answers{all: 2, put: map[key]int{"5": 1}}, map[string]string{"total": "Scored 1.98333 None", "depression": "Scored 1.83333 None", "obsessive": "Scored 2 Mild"}},
		"3, 4, 5": {answers{all: 3, put: map[key]int{"6,15,34,43,46,56": 4, "5,13,14,16,44,57": 5}},
			map[string]string{"obsessive": "Scored 3 Moderate", "anxiety": "Scored 4 RatherSevere", "depression": "Scored 5 Severe"}},
		"one blank of six":  {answers{all: 2, blank: "5"}, map[string]string{"depression": "Prorated 2 Mild", "total": "Prorated 2 Mild"}},
		"two blank of six":  {answers{all: 2, blank: "5,13"}, map[string]string{"depression": "Insufficient", "total": "Prorated 2 Mild"}},
		"seven blank of 60": {answers{all: 2, blank: "1-7"}, map[string]string{"total": "Insufficient"}},
	},
	"scl-90": {
		"lowest":          {answers{all: 1}, map[string]string{"total": "Scored 90 None", "positiveItems": "Scored 0 None", "other": "Scored 1 None"}},
		"highest":         {answers{all: 5}, map[string]string{"total": "Scored 450 FollowUp", "positiveItems": "Scored 90 FollowUp", "depression": "Scored 5 FollowUp"}},
		"70 items of 2":   {answers{all: 1, put: map[key]int{"1-70": 2}}, map[string]string{"total": "Scored 160 FollowUp", "positiveItems": "Scored 70 FollowUp"}},
		"159":             {answers{all: 1, put: map[key]int{"1-69": 2}}, map[string]string{"total": "Scored 159 None"}},
		"43 positive":     {answers{all: 1, put: map[key]int{"1-43": 2}}, map[string]string{"positiveItems": "Scored 43 None", "total": "Scored 133 None"}},
		"44 positive":     {answers{all: 1, put: map[key]int{"1-44": 2}}, map[string]string{"positiveItems": "Scored 44 FollowUp"}},
		"item 89 counts":  {answers{all: 1, put: map[key]int{"89": 5}}, map[string]string{"other": "Scored 1.57143 None", "total": "Scored 94 None"}},
		"25 of 13 items":  {answers{all: 2, put: map[key]int{"79": 1}}, map[string]string{"depression": "Scored 1.92308 None", "anxiety": "Scored 2 FollowUp"}},
		"one blank of 13": {answers{all: 2, blank: "79"}, map[string]string{"depression": "Prorated 2 FollowUp", "total": "Prorated 180 FollowUp"}},
		"two blank of 13": {answers{all: 2, blank: "71,79"}, map[string]string{"depression": "Insufficient"}},
	},
	"rcads-47": {
		"highest":        {answers{all: 3}, map[string]string{"depression": "Scored 30 Raw", "anxiety": "Scored 111 Raw", "total": "Scored 141 Raw"}},
		"two blank":      {answers{all: 1, blank: "2,6"}, map[string]string{"depression": "Prorated 10 Raw", "anxiety": "Scored 37 Raw", "total": "Prorated 47 Raw"}},
		"three blank":    {answers{all: 1, blank: "2,6,11"}, map[string]string{"depression": "Insufficient", "total": "Prorated 47 Raw"}},
		"rounded":        {answers{all: 0, put: map[key]int{"4": 3, "7": 1}, blank: "43"}, map[string]string{"socialPhobia": "Prorated 5 Raw"}}, // 4 x 9/8
		"thirteen blank": {answers{all: 1, blank: "1-13"}, map[string]string{"total": "Insufficient"}},
	},
	"rcads-25": {
		"item 22 is anxiety": {answers{put: map[key]int{"22": 3}}, map[string]string{"anxiety": "Scored 3 Raw", "depression": "Scored 0 Raw", "total": "Scored 3 Raw"}},
		"highest":            {answers{all: 3}, map[string]string{"anxiety": "Scored 45 Raw", "depression": "Scored 30 Raw", "total": "Scored 75 Raw"}},
		"three blank":        {answers{all: 1, blank: "1,4,8"}, map[string]string{"anxiety": "Scored 15 Raw", "depression": "Insufficient", "total": "Prorated 25 Raw"}},
	},
	"scared-41": {
		"highest": {answers{all: 2}, map[string]string{"total": "Scored 82 FollowUp", "schoolAvoidance": "Scored 8 FollowUp"}},
		"24":      {answers{put: map[key]int{"1-24": 1}}, one("Scored 24 None")},
		"25":      {answers{put: map[key]int{"1-25": 1}}, one("Scored 25 FollowUp")},
		"below each cut-off": {answers{put: map[key]int{"1,6,9": 2, "5,7,14,21": 2, "4,8": 2, "3,10,26": 2, "32": 1, "2": 2}},
			map[string]string{"panic": "Scored 6 None", "generalAnxiety": "Scored 8 None", "separationAnxiety": "Scored 4 None", "socialAnxiety": "Scored 7 None", "schoolAvoidance": "Scored 2 None"}},
		"at each cut-off": {answers{put: map[key]int{"1,6,9": 2, "12": 1, "5,7,14,21": 2, "23": 1, "4,8": 2, "13": 1, "3,10,26,32": 2, "2": 2, "11": 1}},
			map[string]string{"panic": "Scored 7 FollowUp", "generalAnxiety": "Scored 9 FollowUp", "separationAnxiety": "Scored 5 FollowUp", "socialAnxiety": "Scored 8 FollowUp", "schoolAvoidance": "Scored 3 FollowUp"}},
		"four items allow no blank": {answers{all: 1, blank: "36"}, map[string]string{"schoolAvoidance": "Insufficient", "total": "Prorated 41 FollowUp"}},
	},
	"psc-17": {
		"14": {answers{put: map[key]int{"1-14": 1}}, one("Scored 14 None")},
		"15": {answers{put: map[key]int{"1-15": 1}}, one("Scored 15 FollowUp")},
		"each cut-off": {answers{put: map[key]int{"2,6": 2, "9": 1, "1,3,7": 2, "13": 1, "4,5,8": 2, "10": 1}},
			map[string]string{"internalizing": "Scored 5 FollowUp", "attention": "Scored 7 FollowUp", "externalizing": "Scored 7 FollowUp", "total": "Scored 19 FollowUp"}},
		"below": {answers{put: map[key]int{"2,6": 2, "1,3,7": 2, "4,5,8": 2}},
			map[string]string{"internalizing": "Scored 4 None", "attention": "Scored 6 None", "externalizing": "Scored 6 None"}},
	},
	"psc-35": {
		"27":                          {answers{put: map[key]int{"1-27": 1}}, one("Scored 27 None")},
		"28":                          {answers{put: map[key]int{"1-28": 1}}, one("Scored 28 FollowUp")},
		"three blanks count as 0":     {answers{all: 1, blank: "1-3"}, one("Prorated 32 FollowUp")},
		"four blanks are invalid":     {answers{all: 2, blank: "1-3,5"}, one("Insufficient")},
		"attention, items 4 7 8 9 14": {answers{put: map[key]int{"4,7,8": 2, "9": 1}}, map[string]string{"attention": "Scored 7 FollowUp", "internalizing": "Scored 0 None"}},
	},
	"y-psc": {
		"29":                      {answers{put: map[key]int{"1-29": 1}}, one("Scored 29 None")},
		"30":                      {answers{put: map[key]int{"1-30": 1}}, one("Scored 30 FollowUp")},
		"four blanks are invalid": {answers{all: 2, blank: "1-3,5"}, one("Insufficient")},
	},
	"mhc-sf": {
		"flourishing":                            {answers{all: 3, put: map[key]int{"3": 4, "4-9": 4}}, map[string]string{"category": "Scored 2 Flourishing"}},
		"five of the eleven are not enough":      {answers{all: 3, put: map[key]int{"3": 4, "4-8": 5}}, map[string]string{"category": "Scored 1 Moderate"}},
		"nor six without one of the first three": {answers{all: 3, put: map[key]int{"4-14": 5}}, map[string]string{"category": "Scored 1 Moderate"}},
		"languishing":                            {answers{all: 3, put: map[key]int{"1": 1, "9-14": 0}}, map[string]string{"category": "Scored 0 Languishing", "total": "Scored 22 Raw"}},
		"2 and 3 are neither":                    {answers{all: 2}, map[string]string{"category": "Scored 1 Moderate", "emotional": "Scored 6 Raw", "social": "Scored 10 Raw", "psychological": "Scored 12 Raw"}},
		"one blank":                              {answers{all: 5, blank: "1"}, map[string]string{"category": "Insufficient", "social": "Scored 25 Raw"}},
	},
	"isi": {
		"7":         {answers{all: 1}, one("Scored 7 None")},
		"8":         {answers{all: 1, put: map[key]int{"1": 2}}, one("Scored 8 Mild")},
		"14":        {answers{all: 2}, one("Scored 14 Mild")},
		"15":        {answers{all: 2, put: map[key]int{"1": 3}}, one("Scored 15 Moderate")},
		"21":        {answers{all: 3}, one("Scored 21 Moderate")},
		"22":        {answers{all: 3, put: map[key]int{"1": 4}}, one("Scored 22 Severe")},
		"28":        {answers{all: 4}, one("Scored 28 Severe")},
		"one blank": {answers{all: 4, blank: "7"}, one("Insufficient")},
	},
	"kads-6": {
		"5":         {answers{put: map[key]int{"1-5": 1}}, one("Scored 5 None")},
		"6":         {answers{all: 1}, one("Scored 6 FollowUp")},
		"one blank": {answers{all: 3, blank: "1"}, one("Insufficient")},
	},
	"sds": {
		"all 1":            {answers{all: 1}, one("Scored 62 FollowUp")}, // 10 + 10 x 4 = 50, x 1.25 = 62.5
		"best":             {answers{all: 1, put: map[key]int{"2,5,6,11,12,14,16-18,20": 4}}, one("Scored 25 None")},
		"worst":            {answers{all: 4, put: map[key]int{"2,5,6,11,12,14,16-18,20": 1}}, one("Scored 100 FollowUp")},
		"raw 32":           {answers{all: 1, put: map[key]int{"2,5,6,11,12,14,16-18": 3}}, one("Scored 40 None")},              // 10 + 9 x 2 + 4 = 32
		"52.5 is below 53": {answers{all: 2, put: map[key]int{"2,5,6,11,12,14,16-18,20": 3, "1,3": 3}}, one("Scored 52 None")}, // 20 + 20 + 2 = 42
		"53.75":            {answers{all: 2, put: map[key]int{"2,5,6,11,12,14,16-18,20": 3, "1,3,4": 3}}, one("Scored 53 FollowUp")},
		"three blank":      {answers{all: 2, blank: "1-3"}, one("Insufficient")},
	},
	"sas": {
		"all 1":       {answers{all: 1}, one("Scored 43 None")}, // 15 + 5 x 4 = 35, x 1.25 = 43.75
		"best":        {answers{all: 1, put: map[key]int{"5,9,13,17,19": 4}}, one("Scored 25 None")},
		"raw 39":      {answers{all: 1, put: map[key]int{"1-4": 2}}, one("Scored 48 None")}, // 48.75
		"raw 40":      {answers{all: 1, put: map[key]int{"1-4,6": 2}}, one("Scored 50 FollowUp")},
		"three blank": {answers{all: 2, blank: "1-3"}, one("Insufficient")},
	},
}

func TestScoresAreThoseOfThePublications(t *testing.T) {
	for code, cases := range vectors {
		compiled := load(t, code)
		for name, v := range cases {
			t.Run(code+"/"+name, func(t *testing.T) {
				got := compiled.Score(v.response(t, compiled))
				if diff := cmp.Diff(v.want, scores(got, v.want)); diff != "" {
					t.Errorf("(-by hand +scored):\n%s", diff)
				}
			})
		}
	}
}

// Without norm tables every value is the raw one, and says so.
func TestEveryValueIsRaw(t *testing.T) {
	for _, file := range files(t) {
		compiled := load(t, decode(t, file).Spec.Code)
		for _, s := range compiled.Score(compiled.NewResponse()).Scales {
			if s.Basis != instrument.Raw {
				t.Errorf("%s %s is %s", compiled.Code(), s.Code, s.Basis)
			}
		}
	}
}

// A form of which nothing was answered has no score: blanks are never zeros. ASQ's refusals are positive.
func TestAnEmptyFormHasNoScore(t *testing.T) {
	for _, file := range files(t) {
		compiled := load(t, decode(t, file).Spec.Code)
		for _, s := range compiled.Score(compiled.NewResponse()).Scales {
			want := instrument.Insufficient
			if compiled.Code() == "asq" {
				want = instrument.Prorated
			}
			if s.Status != want {
				t.Errorf("%s %s is %s", compiled.Code(), s.Code, score(s))
			}
		}
	}
}

func TestMHTIsVoidAtSevenAndKeepsItsCriticalAnswers(t *testing.T) {
	compiled := load(t, "mht")
	got := compiled.Score(answers{put: map[key]int{"82-94/2": 1, "85": 1, "97": 1}}.response(t, compiled))
	if !got.Void || len(got.Findings) != 1 || got.Findings[0].Check != contract.ValidityScale {
		t.Errorf("void is %v with %v", got.Void, got.Findings)
	}
	hits := []instrument.CriticalHit{{Item: "q85", Value: 1, Class: contract.Urgent}, {Item: "q97", Value: 1, Class: contract.Urgent}}
	if diff := cmp.Diff(hits, got.Critical); diff != "" {
		t.Errorf("critical answers (-want +got):\n%s", diff)
	}
	if slices.ContainsFunc(got.Scales, func(s instrument.ScaleResult) bool { return s.Code != "validity" && s.Status != instrument.Invalid }) {
		t.Errorf("scales are %v", got.Scales)
	}
}
