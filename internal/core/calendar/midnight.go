package calendar

import "time"

// In returns the first instant of the day in a zone, also where the clock shows midnight twice or not at all.
func (d Date) In(zone *time.Location) time.Time { return instant(d.utc(), zone) }
