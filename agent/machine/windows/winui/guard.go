package winui

import "time"

const (
	mouseAfter = 500 * time.Millisecond
	keysAfter  = time.Second
)

// input is one press of a mouse button or key, as far as a guard cares.
type input struct {
	key      bool
	hardware bool // a device, as Windows says
}

// guard decides which input may answer a window. The zero guard takes anything, for windows that ask for no consent.
type guard struct {
	on    bool
	shown time.Time // zero: not on the screen yet
}

// shownNow begins the time in which nothing is taken.
func (g *guard) shownNow() { g.shown = time.Now() }

// takes tells whether in, arriving now, may act.
func (g *guard) takes(in input, now time.Time) bool {
	if !g.on {
		return true
	}
	if !in.hardware || g.shown.IsZero() {
		return false
	}
	after := mouseAfter
	if in.key {
		after = keysAfter
	}
	return now.Sub(g.shown) >= after
}
