package referral

// Status is how far a referral has come at the hospital.
type Status string

// The statuses a hospital may answer, in order. Declined and Closed are final.
const (
	Accepted  Status = "accepted"
	Scheduled Status = "scheduled"
	Attended  Status = "attended"
	Closed    Status = "closed"
	Declined  Status = "declined"
)

// Known reports whether s is a status a hospital may send.
func (s Status) Known() bool { return s == Declined || s.rank() > 0 }

func (s Status) rank() int {
	switch s {
	case Accepted:
		return 1
	case Scheduled:
		return 2
	case Attended:
		return 3
	case Closed:
		return 4
	}
	return 0
}

// DecideAnswer reports whether a hospital's answer moves a referral forward from
// what it last answered ("" for nothing). Answers never go back; a visit that took
// place cannot be declined afterwards.
func DecideAnswer(last, next Status) bool {
	switch {
	case last == Declined || last == Closed:
		return false
	case next == Declined:
		return last.rank() < Attended.rank()
	}
	return next.rank() > last.rank()
}
