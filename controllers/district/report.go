package district

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
)

// facts returns the report that speaks for the district now.
func facts(o observed, now time.Time) (contract.Report, bool) {
	if o.last == nil || now.Sub(o.last.At) > board.FreshFor {
		return contract.Report{}, false
	}
	return o.last.Report, true
}

// unreported is a condition about which no report speaks: as it was while the
// exchange has just begun, else Unknown.
func unreported(o observed, kind string) metav1.Condition {
	was := meta.FindStatusCondition(o.district.Status.Conditions, kind)
	if was != nil && o.latest == nil && o.early {
		return *was
	}
	return conditions.Unknown(kind, v1alpha1.ReasonNoReport, "No report speaks for the district")
}

func reporting(o observed, now time.Time) metav1.Condition {
	kind := v1alpha1.ConditionReporting
	_, fresh := facts(o, now)
	switch {
	case o.latest == nil:
		return unreported(o, kind)
	case o.latest.Fault == v1alpha1.ReasonReportRefused:
		return conditions.False(kind, v1alpha1.ReasonReportRefused, "The last report held what a report may not hold and was dropped")
	case fresh && refusesDirectory(*o.latest):
		return conditions.False(kind, v1alpha1.ReasonDirectoryRefused,
			"Casework refuses the district's directory and keeps the one before; its log names the field")
	case fresh:
		return conditions.True(kind, v1alpha1.ReasonReportReceived, "Casework answers the exchange")
	case o.latest.OK:
		return conditions.Unknown(kind, v1alpha1.ReasonNoReport, "The exchange has paused")
	}
	return conditions.False(kind, v1alpha1.ReasonUnreachable, "Casework has not answered the exchange for a minute")
}

// refusesDirectory tells a directory that does not fit from one that is only old or
// raced by another operator, which the next turn settles.
func refusesDirectory(r board.Reading) bool {
	return slices.ContainsFunc(r.Refusals, func(f contract.Refusal) bool {
		return f.Kind == contract.KindDirectory && f.Reason != contract.RefusedStale
	})
}

func dutyChain(o observed, now time.Time) metav1.Condition {
	kind := v1alpha1.ConditionDutyChainReady
	if r, known := facts(o, now); known {
		switch r.DutyChain {
		case contract.Reachable:
			return conditions.True(kind, v1alpha1.ReasonReachable, "Every level has a person on duty, and transports answer")
		case contract.Unreachable:
			return conditions.False(kind, v1alpha1.ReasonUnreachable, "A level has nobody on duty, or a transport does not answer")
		}
	}
	return unreported(o, kind)
}

func signalsCovered(o observed, now time.Time) metav1.Condition {
	kind := v1alpha1.ConditionSignalsCovered
	r, known := facts(o, now)
	switch {
	case !known:
		return unreported(o, kind)
	case !r.Covered:
		return conditions.False(kind, v1alpha1.ReasonUncovered, "A source that obliges has no obligation, or the reverse")
	case !r.OnTime:
		return conditions.False(kind, v1alpha1.ReasonLate, "A step of the chain of duty is late")
	}
	return conditions.True(kind, v1alpha1.ReasonCovered, "Every source that obliges has its obligation, and no step is late")
}

// rescoreWithin is how old the last comparison of scores may be: a night and half a day.
const rescoreWithin = 36 * time.Hour

func scoresVerified(o observed, now time.Time) metav1.Condition {
	kind := v1alpha1.ConditionScoresVerified
	r, known := facts(o, now)
	switch {
	case !known:
		return unreported(o, kind)
	case r.Rescore == nil:
		return conditions.Unknown(kind, v1alpha1.ReasonNotYet, "Stored results have not been compared yet; this is done every night")
	case r.Rescore.Outcome == contract.ScoresDiffer:
		return conditions.False(kind, v1alpha1.ReasonScoresDiffer,
			"A second scorer does not agree with a stored result; the district's database says where, and its duty staff have the follow-ups")
	case now.Sub(finished(*r.Rescore)) > rescoreWithin:
		return conditions.Unknown(kind, v1alpha1.ReasonOverdue, "Stored results have not been compared for a day and a half; look at the scorer's log")
	}
	return conditions.True(kind, v1alpha1.ReasonScoresAgree, "A second scorer agrees with every stored result")
}

func finished(r contract.Rescore) time.Time { return time.Unix(r.FinishedAtUnix, 0) }

// recordRescore notes when scores were compared last. The district knows of a request
// only its reference: the annotation is recognised by it.
func recordRescore(after *v1alpha1.District, r *contract.Rescore) {
	if r == nil {
		return
	}
	s := &after.Status.Rescore
	s.FinishedTime, s.Compared = metav1.NewTime(finished(*r)), &r.Compared
	if asked := after.Annotations[v1alpha1.AnnotationRescore]; asked != "" && contract.RefOf(asked) == r.Asked {
		s.LastHandled = cut(asked)
	}
}

// longestRequest is what status keeps of a request.
const longestRequest = 256

func cut(request string) string {
	if runes := []rune(request); len(runes) > longestRequest {
		return string(runes[:longestRequest])
	}
	return request
}

// reportWait is when a report that speaks now stops speaking.
func reportWait(o observed, now time.Time) time.Duration {
	switch {
	case o.latest == nil && o.early:
		return board.FirstTurn
	case o.latest == nil || o.latest.OK || o.last == nil:
		return 0
	}
	return max(0, board.FreshFor-now.Sub(o.last.At)+time.Second)
}
