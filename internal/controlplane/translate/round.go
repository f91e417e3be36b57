package translate

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// Meaning puts together what the answers of a round mean. The instruments are in the
// order in which they are asked.
func Meaning(round string, instruments []contract.Instrument, policy contract.Policy) contract.Meaning {
	return contract.Meaning{Version: contract.Version, Round: round, Instruments: instruments, Policy: policy}
}

// Control says when a round is open and for whom. Its revision is the syncer's to
// choose. The schools are those of the cohort, by the name of their School object; of
// the others no sessions are told.
func Control(round v1alpha1.ScreeningRound, meaning contract.Digest, schools []string, hold contract.Hold) contract.Control {
	opens, closes := Window(round.Spec)
	own := slices.DeleteFunc(SchoolSessions(round.Spec), func(s contract.SchoolSessions) bool { return !slices.Contains(schools, s.School) })
	return contract.Control{
		Version: contract.Version, Round: round.Name, MeaningDigest: meaning,
		OpensAt: opens, ClosesAt: closes, Sessions: Sessions(round.Spec), Overrides: own, Hold: hold,
		Cohort: contract.Cohort{Schools: sorted(schools), Stages: sorted(list(round.Spec.Cohort.Stages, stage))},
	}
}

// Window is when students can first and last answer, endAt considered.
func Window(spec v1alpha1.ScreeningRoundSpec) (opens, closes time.Time) {
	if len(spec.Sessions) == 0 {
		return time.Time{}, time.Time{}
	}
	opens = utc(spec.Sessions[0].From)
	closes = rollout.EffectiveClose(utc(spec.Sessions[len(spec.Sessions)-1].To), instant(spec.EndAt))
	return opens, later(opens, closes)
}

// Phase returns a phase of a round.
func Phase(spec v1alpha1.ScreeningRoundSpec, name v1alpha1.PhaseName) (v1alpha1.PhaseWindow, bool) {
	i := slices.IndexFunc(spec.Phases, func(p v1alpha1.PhaseWindow) bool { return p.Name == name })
	if i < 0 {
		return v1alpha1.PhaseWindow{}, false
	}
	return spec.Phases[i], true
}

// Sessions are the sessions of a round. The one that the closing falls into is cut;
// those after it stay, for one that has begun may not vanish when endAt lies in the past.
func Sessions(spec v1alpha1.ScreeningRoundSpec) []contract.Session {
	_, closes := Window(spec)
	return cut(spec.Sessions, closes)
}

// SchoolSessions are those of the schools that have their own, by name, cut like Sessions.
func SchoolSessions(spec v1alpha1.ScreeningRoundSpec) []contract.SchoolSessions {
	_, closes := Window(spec)
	out := list(spec.Schools, func(s v1alpha1.SchoolWindows) contract.SchoolSessions {
		return contract.SchoolSessions{School: s.Name, Sessions: cut(s.Sessions, closes)}
	})
	slices.SortFunc(out, func(a, b contract.SchoolSessions) int { return strings.Compare(a.School, b.School) })
	return out
}

// SessionsOf are the windows as they are written, whatever endAt says.
func SessionsOf(windows []v1alpha1.SessionWindow) []contract.Session {
	return list(windows, func(w v1alpha1.SessionWindow) contract.Session {
		return contract.Session{From: utc(w.From), To: utc(w.To)}
	})
}

// WindowsOf is the inverse of SessionsOf.
func WindowsOf(sessions []contract.Session) []v1alpha1.SessionWindow {
	return list(sessions, func(s contract.Session) v1alpha1.SessionWindow {
		return v1alpha1.SessionWindow{From: metav1.NewTime(s.From), To: metav1.NewTime(s.To)}
	})
}

func cut(windows []v1alpha1.SessionWindow, closes time.Time) []contract.Session {
	out := []contract.Session{}
	for _, s := range SessionsOf(windows) {
		if s.From.Before(closes) && s.To.After(closes) {
			s.To = closes
		}
		out = append(out, s)
	}
	return out
}

// Hold is the stricter of two holds.
func Hold(a, b contract.Hold) contract.Hold {
	strictness := []contract.Hold{contract.HoldNone, contract.HoldNew, contract.HoldAndDrain}
	return strictness[max(0, slices.Index(strictness, a), slices.Index(strictness, b))]
}

// HoldOf is what people ask of a round; nothing said is no hold.
func HoldOf(mode v1alpha1.SuspendMode) contract.Hold {
	switch mode {
	case v1alpha1.SuspendHold:
		return contract.HoldNew
	case v1alpha1.SuspendHoldAndDrain:
		return contract.HoldAndDrain
	}
	return contract.HoldNone
}

func stage(s v1alpha1.Stage) string { return string(s) }

func sorted(names []string) []string {
	out := slices.Clone(names)
	slices.Sort(out)
	return out
}

func instant(t *metav1.Time) *time.Time {
	if t == nil {
		return nil
	}
	return &t.Time
}

func utc(t metav1.Time) time.Time { return t.UTC() }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
