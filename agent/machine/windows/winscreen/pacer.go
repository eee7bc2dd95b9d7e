package winscreen

import "time"

const (
	pollFast = 15 * time.Millisecond
	pollSlow = time.Second
	// fastFor is how long after something happened the monitor is looked at often.
	fastFor = time.Second
)

// pacer decides how often the monitor is looked at where Windows doesn't tell of changes.
type pacer struct{ last time.Time }

// wake says that something happened, or may be about to.
func (p *pacer) wake(now time.Time) { p.last = now }

// interval is the time between two looks: short for a while after something happened, then ever longer, up to pollSlow.
func (p *pacer) interval(now time.Time) time.Duration {
	quiet := now.Sub(p.last) - fastFor
	if quiet <= 0 {
		return pollFast
	}
	return min(pollSlow, pollFast+quiet/8)
}
