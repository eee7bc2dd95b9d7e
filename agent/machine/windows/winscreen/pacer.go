package winscreen

import "time"

const (
	pollFast = 15 * time.Millisecond
	pollSlow = time.Second
	// fastFor is how long after something happened the monitor is looked at often.
	fastFor = time.Second
	// hintFor is how long after a sign that need not mean anything.
	hintFor = 150 * time.Millisecond
)

// pacer decides how often the monitor is looked at where Windows doesn't tell of changes.
type pacer struct{ last, hinted time.Time }

// wake says that something happened.
func (p *pacer) wake(now time.Time) { p.last = now }

// hint says that something may happen now: a window came or went, or another program is in front.
func (p *pacer) hint(now time.Time) { p.hinted = now }

// interval is the time between two looks: short for a while after something happened, then ever longer, up to pollSlow.
func (p *pacer) interval(now time.Time) time.Duration {
	quiet := now.Sub(p.last) - fastFor
	if quiet <= 0 || now.Sub(p.hinted) < hintFor {
		return pollFast
	}
	return min(pollSlow, pollFast+quiet/8)
}
