package machine

import (
	"context"
	"errors"
	"image"
	"time"

	"github.com/rejoin/rejoin/rfb"
)

// Screen is the PC's picture, mouse, keyboard and clipboard. Nothing here decides: nobody calls it without a local grant,
// which the agent's guard checks.
type Screen interface {
	// Monitors lists what the desktop consists of, the primary monitor first. It is cheap.
	Monitors() ([]Monitor, error)
	// Capture opens a monitor. Only one goroutine uses a Capturer; several may be open at once.
	Capture(monitor string) (Capturer, error)
	// Windows lists the top-level windows that a customer might want to keep to themselves, front to back, without the agent's
	// own.
	Windows() ([]Window, error)
	// Exclude names the windows that no Capturer shows from now on: what is visible of them is covered in plain grey, and so
	// are the agent's own prompts always. A window that is gone is forgotten.
	Exclude(windows []string)
	// Input types and points.
	Input() Input
	// Clipboard is the user's.
	Clipboard() Clipboard
}

// Monitor is one screen of the desktop, in physical pixels.
type Monitor struct {
	ID      string // stable while it is plugged in, over restarts too, e.g. `\\.\DISPLAY1`
	Name    string
	Bounds  image.Rectangle // within the virtual desktop, whose origin is the primary monitor's corner
	Primary bool
}

// Window is a program's window.
type Window struct {
	ID    string
	Title string
	App   string // the program's name
}

// Capturer takes pictures of one monitor.
type Capturer interface {
	// Size is the picture's.
	Size() image.Point
	// Wait returns when the picture, the pointer or the cursor may have changed since the last Draw; at once before the
	// first one. It costs no processor time while nothing changes. It returns ctx's error when that ends, [ErrSecureDesktop]
	// while another desktop is shown (call it again: it returns nil once the user's is back), and [ErrDisplayChanged] when the
	// monitor is gone or of another size: open it anew.
	Wait(ctx context.Context) error
	// Draw brings fb, which is of Size and holds what the last Draw left in it, up to date. Errors are those of Wait.
	Draw(fb *rfb.Framebuffer) (Shot, error)
	Close()
}

// Shot is what came of a Draw.
type Shot struct {
	Damage  rfb.Damage
	Pointer image.Point // within the picture; outside of it while the pointer is on another monitor
	Cursor  *rfb.Cursor // nil: as before, or not to be had
	Covered int         // excluded windows, visible or not
}

// Errors of a [Capturer].
var (
	ErrSecureDesktop  = errors.New("machine: the secure desktop is shown") // UAC, lock screen, sign-in screen
	ErrDisplayChanged = errors.New("machine: the display has changed")
	ErrNoScreen       = errors.New("machine: there is no such monitor")
)

// Input is the mouse and the keyboard. Its methods may be called from several goroutines, and return at once.
type Input interface {
	// Key presses or releases a key. byChar asks for the character that the keysym stands for, whatever the PC's layout;
	// otherwise the scancode decides, as if the key had been pressed on this PC's keyboard.
	Key(e rfb.KeyEvent, byChar bool) error
	// Pointer moves the pointer to a point of a monitor, exact to the pixel, and presses or releases buttons.
	Pointer(monitor string, e rfb.PointerEvent) error
	// Release lets go of every key and button that was pressed through this interface.
	Release()
	// Touched is when the person at the PC last used mouse or keyboard themselves; injected input does not count.
	Touched() time.Time
}

// Clipboard is text only.
type Clipboard interface {
	// Text is the present text, "" if there is none, at most max bytes of UTF-8 (else [ErrTooLong]), LF line ends.
	Text(max int) (string, error)
	SetText(text string) error
	// Changes receives a value after somebody else than SetText has changed it; at most one is pending.
	Changes() <-chan struct{}
}

// ErrTooLong is a clipboard that holds more text than was asked for.
var ErrTooLong = errors.New("machine: the text is too long")
