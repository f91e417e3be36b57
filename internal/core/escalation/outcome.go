package escalation

// outcomes is a set of what a condition can come to. Of known scores it holds exactly
// one; while some scores are still open (reach.go) it can hold several.
type outcomes uint8

// The three outcomes that CEL knows. A condition fails when a score that it needs is
// not there.
const (
	no outcomes = 1 << iota
	yes
	fails
)

// not, both and either are CEL's !, && and ||, of every member of the sets: a failure
// is absorbed by a no of && and by a yes of ||, whichever side it is on.
func not(a outcomes) outcomes {
	return a&no<<1 | a&yes>>1 | a&fails
}

func both(a, b outcomes) outcomes {
	r := (a | b) & no
	if a&b&yes != 0 {
		r |= yes
	}
	if a&fails != 0 && b&(yes|fails) != 0 || b&fails != 0 && a&(yes|fails) != 0 {
		r |= fails
	}
	return r
}

func either(a, b outcomes) outcomes { return not(both(not(a), not(b))) }

// verdict is the set of one outcome that a truth value stands for.
func verdict(truth bool) outcomes {
	if truth {
		return yes
	}
	return no
}
