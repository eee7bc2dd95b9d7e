package rfb

import (
	"image"
	"sync"
)

// maxDown is how many keys of a viewer are taken to be down at once.
const maxDown = 256

// input passes a viewer's keys, pointer and clipboard to the handler, and releases what is down at the end.
type input struct {
	c       *Conn
	handler Handler
	going   sync.WaitGroup

	mu   sync.Mutex // held while the handler runs
	down map[uint32]KeyEvent
	last PointerEvent
}

// open says whether the viewer may control.
func (in *input) open() bool {
	in.c.mu.Lock()
	defer in.c.mu.Unlock()
	return !in.c.st.paused && !in.c.st.blind
}

// keyID tells keys apart: by their place if it is known, since the keysym of one key changes with Shift.
func keyID(k KeyEvent) uint32 {
	if k.Scancode != 0 {
		return 1<<31 | k.Scancode
	}
	return k.Keysym &^ (1 << 31)
}

func (in *input) key(k KeyEvent) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.open() {
		return
	}
	if !k.Down {
		delete(in.down, keyID(k))
	} else if _, repeat := in.down[keyID(k)]; !repeat && len(in.down) == maxDown {
		return
	} else {
		in.down[keyID(k)] = k
	}
	in.handler.Key(k)
}

func (in *input) pointer(p PointerEvent) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.open() {
		return
	}
	in.last = p
	in.handler.Pointer(p)
}

func (in *input) clipboard(text string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.open() {
		in.handler.Clipboard(text)
	}
}

// release lets go of what is down.
func (in *input) release() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for id, k := range in.down {
		delete(in.down, id)
		k.Down = false
		in.handler.Key(k)
	}
	if in.last.Buttons != 0 {
		in.last.Buttons = 0
		in.handler.Pointer(in.last)
	}
}

// letGo releases in another goroutine: who calls may be the handler itself.
func (in *input) letGo() { in.going.Go(in.release) }

// end releases, and waits until the handler is not called any more.
func (in *input) end() {
	in.release()
	in.going.Wait()
}

// clamp brings p inside a picture.
func clamp(p, size image.Point) image.Point {
	return image.Pt(min(p.X, size.X-1), min(p.Y, size.Y-1))
}
