package intake

import (
	"errors"

	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
)

// refusal is an outcome other than success: what the API answers, and the same for a
// student to read in Chinese.
type refusal struct {
	fault *fault.Error
	zh    string
}

func (r refusal) Error() string { return r.fault.Error() }

// Unwrap lets fault.Of find what to answer.
func (r refusal) Unwrap() error { return r.fault }

func refuse(code fault.Code, field, en, remedy, zh string) refusal {
	return refusal{fault.New(code, field, en, remedy), zh}
}

// openRefusals are why a code opens no form; the names are those of
// ek_intake.open_form.
var openRefusals = map[string]refusal{
	"Wrong": refuse(fault.NotFound, "code", "no such access code", "check the code, or ask your teacher for it",
		"没有这个验证码。请核对后再试，或向老师询问。"),
	"Throttled": refuse(fault.TooMany, "code", "too many wrong codes from this school", "check the code and try again in a minute; a right code always works",
		"本校输错的次数太多。请核对验证码，一分钟后再试；正确的验证码随时有效。"),
	"Frozen": refuse(fault.Forbidden, "code", "this code is frozen", "ask your teacher for a new code",
		"这个验证码已停用。请向老师要一个新的。"),
	"Used": refuse(fault.Gone, "code", "this code has been used: the form was submitted", "there is nothing more to do; if that was not you, tell your teacher",
		"这个验证码对应的问卷已经提交，不需要再做什么。如果不是你本人提交的，请告诉老师。"),
	"Declined": refuse(fault.Conflict, "code", "taking part was declined with this code", "if you have changed your mind, ask your teacher for a new code",
		"你已选择不参加。如果改变主意，请向老师要一个新的验证码。"),
	"ConsentMissing": refuse(fault.Forbidden, "consent", "your guardian's consent is not recorded yet", "ask your teacher to have it recorded, then enter the code again",
		"还没有登记监护人的同意。请让老师登记后再输入验证码。"),
	"ConsentRefused": refuse(fault.Forbidden, "consent", "your guardian did not consent", "you need not do anything",
		"监护人没有同意参加，你不需要做什么。"),
	"NotAsked": refuse(fault.Gone, "code", "you have answered this school year, or chose not to", "there is nothing more to do; if you think that is wrong, tell your teacher",
		"本学年你已经答过问卷，或已选择不参加，这次不需要再做什么。如有疑问，请告诉老师。"),
	"NotYetOpen": refuse(fault.Forbidden, "round", "the round has not opened yet", "come back when your school's session begins",
		"问卷还没有开始。请在学校安排的时间再来。"),
	"Closed": refuse(fault.Gone, "round", "the round is over", "there is nothing more to do",
		"本次问卷已经结束，不需要再做什么。"),
	"Held": refuse(fault.Conflict, "round", "the round is on hold", "wait until your teacher says that it goes on",
		"问卷暂停中。请等老师通知后再继续。"),
	"OutsideSession": refuse(fault.Forbidden, "round", "it is outside your school's session", "come back in your school's session",
		"现在不是学校安排的答题时间。请在安排的时间再来。"),
}

// formRefusals are why an action on an open form is refused; the names are those of
// ek.disposition. What was sent is stored all the same.
var formRefusals = map[string]refusal{
	"Conflict": refuse(fault.Conflict, "save", "this save number was used for other content", "send it with the next save number",
		"这次保存与之前的不一致，请再保存一次。"),
	"Held": refuse(fault.Conflict, "round", "the round is on hold", "send it again, with the next save number, when it goes on",
		"问卷暂停中。请等老师通知后再继续。"),
	"AfterClosing": refuse(fault.Gone, "round", "the round is over", "there is nothing more to do",
		"本次问卷已经结束，不需要再做什么。"),
	"Finished": refuse(fault.Gone, "formKey", "this form is finished", "enter your code again if your school's session is still on",
		"这份问卷已经完成。如果还在答题时间内，可以重新输入验证码。"),
	"Unconfirmed": refuse(fault.Conflict, "confirm", "it was not confirmed who is answering", "begin first, then send it again with the next save number",
		"请先确认是你本人，再开始作答。"),
	"AssentMissing": refuse(fault.Invalid, "assent", "your own agreement is needed from the age of 14", "agree, or decline to take part",
		"满14岁需要你本人同意。请勾选同意，或选择不参加。"),
}

var (
	errCodeTyped = refuse(fault.Invalid, "code", "this is not a whole access code", "type all 11 characters; spaces and hyphens do not matter",
		"验证码不完整或有误。请输入全部11个字符，空格和横线可有可无。")
	errNoForm = refuse(fault.NotFound, "formKey", "no such form", "enter your access code",
		"没有打开的问卷。请输入验证码。")
	errNotConfirmed = refuse(fault.Invalid, "confirm", "it was not confirmed who is answering", "send confirm: true if this is you; otherwise enter your own code",
		"请先确认是你本人；如果不是，请输入你自己的验证码。")
	errNotForAge = refuse(fault.Forbidden, "age", "this round has no questions for your age", "you need not do anything",
		"本次问卷没有适合你年龄的题目，你不需要做什么。")
	errAway = refuse(fault.Unavailable, "", "the service is not available for a moment", "send the same again",
		"服务暂时不可用，请稍后再试。你的内容没有丢失，请再提交一次。")
	errAnswers = refuse(fault.Invalid, "answers", "some answers are not of this form", "send those with an item and a value that the form offers",
		"有些回答无法识别，其余的已经保存。请检查后再试。")
)

// chinese is what a page says beside the English of an error.
func chinese(err error) string {
	var r refusal
	if errors.As(err, &r) {
		return r.zh
	}
	switch fault.Of(err).Code {
	case fault.NotFound:
		return "没有这个页面。请从首页重新开始。"
	case fault.TooLarge, fault.WrongType, fault.BadRequest:
		return "提交的内容无法识别。请返回重试。"
	}
	return "出了一点问题，请稍后再试，或告诉老师。"
}
