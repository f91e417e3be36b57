// Package instrumenttest provides contract documents of real questionnaires to tests.
package instrumenttest

import (
	"fmt"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// PHQ9Code is the code of PHQ9; PHQ9Critical is the item about being better off dead.
const (
	PHQ9Code     = "phq-9"
	PHQ9Critical = "q9"
)

// phq9Items is the wording of the nine items: no permission is required to
// reproduce, translate, display or distribute it. The Chinese is that seen in three
// independent copies and is not confirmed against the official sheet.
var phq9Items = []contract.Text{
	{ZhCN: "做事时提不起劲或没有兴趣", En: "Little interest or pleasure in doing things"},
	{ZhCN: "感到心情低落、沮丧或绝望", En: "Feeling down, depressed, or hopeless"},
	{ZhCN: "入睡困难、睡不安稳或睡眠过多", En: "Trouble falling or staying asleep, or sleeping too much"},
	{ZhCN: "感觉疲倦或没有活力", En: "Feeling tired or having little energy"},
	{ZhCN: "食欲不振或吃太多", En: "Poor appetite or overeating"},
	{ZhCN: "觉得自己很糟，或觉得自己很失败，或让自己或家人失望", En: "Feeling bad about yourself, or that you are a failure or have let yourself or your family down"},
	{ZhCN: "对事物专注有困难，例如阅读报纸或看电视时", En: "Trouble concentrating on things, such as reading the newspaper or watching television"},
	{ZhCN: "动作或说话速度缓慢到别人已经察觉，或正好相反——烦躁或坐立不安、动来动去的情况更胜于平常", En: "Moving or speaking so slowly that other people could have noticed? Or the opposite: being so fidgety or restless that you have been moving around a lot more than usual"},
	{ZhCN: "有不如死掉或用某种方式伤害自己的念头", En: "Thoughts that you would be better off dead or of hurting yourself in some way"},
}

var phq9Options = []contract.Text{
	{ZhCN: "完全不会", En: "Not at all"},
	{ZhCN: "好几天", En: "Several days"},
	{ZhCN: "一半以上的天数", En: "More than half the days"},
	{ZhCN: "几乎每天", En: "Nearly every day"},
}

// PHQ9 returns a fresh document of the nine scored items q1..q9 of PHQ-9, each 0..3,
// with the scale "total" 0..27 (at most 2 missing items are prorated) and q9 critical:
// 1 is Urgent, 2 and 3 are Immediate (instruments note, 2a and 2e). The stem's Chinese
// is the usual one, unconfirmed.
func PHQ9() contract.Instrument {
	in := contract.Instrument{
		Code:    PHQ9Code,
		Version: "1",
		Title:   contract.Text{ZhCN: "PHQ-9 健康问卷", En: "PHQ-9 health questionnaire"},
		Stem: contract.Text{
			ZhCN: "在过去的两个星期，有多少时候您受到以下任何问题所困扰？",
			En:   "Over the last 2 weeks, how often have you been bothered by any of the following problems?",
		},
		MinAge:         12,
		Administration: contract.SelfReport,
		Scales:         []contract.Scale{phq9Total()},
	}
	for i, text := range phq9Items {
		code := fmt.Sprintf("q%d", i+1)
		in.Items = append(in.Items, contract.Item{Code: code, Text: text, Options: options(phq9Options)})
		in.Scales[0].Items = append(in.Scales[0].Items, code)
	}
	in.Items[8].Critical = []contract.CriticalAnswer{
		{Value: 1, Class: contract.Urgent},
		{Value: 2, Class: contract.Immediate},
		{Value: 3, Class: contract.Immediate},
	}
	return in
}

// phq9Total is the total without its items: the sum of the answered items, times nine,
// divided by the number answered, half up (PHQ-9 manual).
func phq9Total() contract.Scale {
	return contract.Scale{
		Code: "total", Method: contract.Sum, MaxMissing: 2, MissingAs: contract.Prorate,
		Multiply: contract.Multiplier{Numerator: 1, Denominator: 1}, Rounding: contract.HalfUp,
		Worse: contract.Higher, Purpose: contract.Grade, Bands: phq9Bands(),
	}
}

func phq9Bands() []contract.Band {
	return []contract.Band{
		{Name: "None", From: 0, To: 4},
		{Name: "Mild", From: 5, To: 9},
		{Name: "Moderate", From: 10, To: 14},
		{Name: "ModeratelySevere", From: 15, To: 19},
		{Name: "Severe", From: 20, To: 27},
	}
}

func options(texts []contract.Text) []contract.Option {
	out := make([]contract.Option, 0, len(texts))
	for value, text := range texts {
		out = append(out, contract.Option{Value: value, Text: text})
	}
	return out
}

// Answers builds a response to q1, q2, ... from values in order; a negative value is
// left Blank, and so is what follows the last.
func Answers(values ...int) *instrument.Response {
	response := &instrument.Response{}
	for _, value := range values {
		answer := instrument.Answer{Value: value}
		if value < 0 {
			answer = instrument.Answer{Missing: instrument.Blank}
		}
		response.Answers = append(response.Answers, answer)
	}
	return response
}

// MustCompile compiles a document that a test relies on; it panics on a fault.
func MustCompile(in contract.Instrument) *instrument.Compiled {
	compiled, err := instrument.Compile(in)
	if err != nil {
		panic(err)
	}
	return compiled
}
