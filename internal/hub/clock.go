package hub

import (
	"sync"
	"time"
)

// clock is the server's time. It never goes back, not even over restarts, and steps of the wall clock do not reach it:
// it starts at the wall's time (or at the last alive mark, if the wall is behind that) and then follows the monotonic
// clock. A forward step of the wall is taken over only by [clock.skip], together with the credit for it.
type clock struct {
	mu    sync.Mutex
	base  time.Time // without monotonic part
	start time.Time // with it
}

func (c *clock) reset(notBefore time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.start = time.Now()
	c.base = c.start.Round(0).UTC()
	if c.base.Before(notBefore) {
		c.base = notBefore
	}
}

// now is exact to the microsecond, which is what the database keeps.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base.Add(time.Since(c.start)).Truncate(time.Microsecond)
}

// behind is by how much the wall clock is ahead.
func (c *clock) behind() time.Duration {
	now := c.now()
	return time.Now().Round(0).Sub(now)
}

// skip sets the clock forward by d.
func (c *clock) skip(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = c.base.Add(d)
}
