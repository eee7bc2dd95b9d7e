package agent

import (
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/internal/wire"
	"github.com/rejoin/rejoin/rfb"
)

const (
	// theirTurn is how long mouse and keyboard stay the customer's alone after they were last used at the PC.
	theirTurn = 700 * time.Millisecond
	// maxClipboard is the longest text that goes from one clipboard to the other, in bytes.
	maxClipboard = 1 << 20
)

var _ rfb.Handler = (*viewer)(nil)

// Key implements [rfb.Handler]. What was pressed here is released whoever controls meanwhile.
func (w *viewer) Key(k rfb.KeyEvent) {
	w.all.gate.RLock()
	defer w.all.gate.RUnlock()
	w.hands.Lock()
	defer w.hands.Unlock()
	id := uint64(k.Scancode)<<32 | uint64(k.Keysym)
	if k.Down && !w.mayTouch() || !k.Down && !w.down[id] {
		return
	}
	if k.Down {
		w.down[id] = true
	} else {
		delete(w.down, id)
	}
	if err := w.all.screen.Input().Key(k, w.wish.Keyboard == wire.KeyboardCharacter); err != nil {
		w.all.log.Warn("a key was not taken", "err", err)
	}
}

// Pointer implements [rfb.Handler].
func (w *viewer) Pointer(p rfb.PointerEvent) {
	w.all.gate.RLock()
	defer w.all.gate.RUnlock()
	w.hands.Lock()
	defer w.hands.Unlock()
	if !w.mayTouch() {
		if p.Buttons &= w.held; w.held == 0 || p.Buttons == w.held || !w.controls(w.all.permit) {
			return
		}
	}
	w.held = p.Buttons
	if err := w.all.screen.Input().Pointer(w.monitorID(), p); err != nil {
		w.all.log.Warn("the pointer was not moved", "err", err)
	}
}

// Clipboard implements [rfb.Handler].
func (w *viewer) Clipboard(text string) {
	w.all.gate.RLock()
	defer w.all.gate.RUnlock()
	if !w.controls(w.all.permit) {
		return
	}
	if err := w.all.screen.Clipboard().SetText(text); err != nil {
		w.all.log.Warn("the clipboard was not taken", "err", err)
	}
}

// mayTouch tells whether this viewer may type and point right now. The gate is held.
func (w *viewer) mayTouch() bool {
	if !w.controls(w.all.permit) {
		clear(w.down)
		w.held = 0
		return false
	}
	if time.Since(w.all.screen.Input().Touched()) < theirTurn {
		w.all.theirs()
		return false
	}
	return true
}

func (w *viewer) monitorID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.show.monitor.ID
}

// theirs tells the viewers that the customer's own hands come first, until those rest.
func (v *viewers) theirs() {
	if v.busy.Swap(true) {
		return
	}
	go v.refresh()
	var look func()
	look = func() {
		if rest := theirTurn - time.Since(v.screen.Input().Touched()); rest > 0 {
			time.AfterFunc(rest, look)
			return
		}
		v.busy.Store(false)
		v.refresh()
	}
	time.AfterFunc(theirTurn, look)
}

// shareClipboard gives the PC's clipboard to whoever controls it, whenever it changes, until quit is closed.
func (v *viewers) shareClipboard(quit <-chan struct{}) {
	board := v.screen.Clipboard()
	for {
		select {
		case <-quit:
			return
		case <-board.Changes():
			v.clipboardChanged(board)
		}
	}
}

func (v *viewers) clipboardChanged(board machine.Clipboard) {
	v.gate.RLock()
	defer v.gate.RUnlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	var to []*viewer
	for _, w := range v.open {
		if w.controls(v.permit) {
			to = append(to, w)
		}
	}
	if len(to) == 0 {
		return // nobody reads it
	}
	text, err := board.Text(maxClipboard)
	if err != nil {
		v.log.Warn("the clipboard could not be read", "err", err)
		return
	}
	for _, w := range to {
		w.mu.Lock()
		if w.conn != nil {
			w.conn.SetClipboard(text)
		}
		w.mu.Unlock()
	}
}
