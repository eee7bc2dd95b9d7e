package rfb

import (
	"fmt"
	"slices"
	"sync"
)

// record is a handler that writes down what it gets.
type record struct {
	mu    sync.Mutex
	lines []string
}

func (h *record) add(format string, a ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, fmt.Sprintf(format, a...))
}

func (h *record) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.lines)
}

func (h *record) Key(k KeyEvent)         { h.add("key %#x %#x %t", k.Keysym, k.Scancode, k.Down) }
func (h *record) Pointer(p PointerEvent) { h.add("pointer %v %#x", p.At, p.Buttons) }
func (h *record) Clipboard(s string)     { h.add("clipboard %q", s) }
