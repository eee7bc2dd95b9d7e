package hub

import "time"

// JumpWall makes the wall clock seem to have stepped forward by d.
func (h *Hub) JumpWall(d time.Duration) { h.clock.skip(-d) }
