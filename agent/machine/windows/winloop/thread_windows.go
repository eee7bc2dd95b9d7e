package winloop

import (
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// Handler gets the messages of one window, on its thread. With done false the message goes to DefWindowProc.
type Handler func(msg uint32, w, l uintptr) (result uintptr, done bool)

// Thread is a message loop. Do may be called from anywhere; all else only on the thread itself.
type Thread struct {
	wake   win32.HWND // hidden: receives wmDo
	filter func(*win32.Msg) bool

	mu     sync.Mutex
	queue  []func()
	posted bool // a wake-up is on its way
}

const (
	wakeClass = "RejoinLoop"
	wmDo      = win32.WMApp + 0x100
)

// handlers of all threads' windows. A window's messages come on its own thread, so the lock is never contended for long.
var (
	handlersMu sync.RWMutex
	handlers   = map[win32.HWND]Handler{}
)

var wndProc = sync.OnceValue(func() uintptr {
	return windows.NewCallback(func(h win32.HWND, msg uint32, w, l uintptr) uintptr {
		handlersMu.RLock()
		handle := handlers[h]
		handlersMu.RUnlock()
		if handle != nil {
			if r, done := handle(msg, w, l); done {
				return r
			}
		}
		return win32.DefWindowProc(h, msg, w, l)
	})
})

var registerWake = sync.OnceValue(func() error { return RegisterClass(wakeClass, 0, 0) })

// RegisterClass registers a window class whose windows are served by [Thread.Handle]. Zero for icon and background leaves
// them out.
func RegisterClass(name string, icon, background windows.Handle) error {
	return win32.RegisterClass(&win32.WndClass{
		WndProc: wndProc(), Instance: win32.Module(), Icon: icon, IconSm: icon, Cursor: win32.ArrowCursor(),
		Background: background, ClassName: win32.UTF16(name),
	})
}

// Start starts a thread. filter, which may be nil, sees each posted message first and keeps it by returning true.
func Start(filter func(*win32.Msg) bool) (*Thread, error) {
	if err := registerWake(); err != nil {
		return nil, fmt.Errorf("register the loop's window class: %w", err)
	}
	t := &Thread{filter: filter}
	ready := make(chan error)
	go t.run(ready)
	if err := <-ready; err != nil {
		return nil, err
	}
	return t, nil
}

func (t *Thread) run(ready chan<- error) {
	runtime.LockOSThread() // for ever: the windows live and die with the thread
	var err error
	// Not a message-only window: those are left out of broadcasts, and their messages can't be found by FindWindow.
	t.wake, err = win32.CreateWindow(wakeClass, "", win32.WSPopup, win32.WSExToolWindow|win32.WSExNoActivate, 0, 0, 0, 0, 0, 0)
	if err != nil {
		ready <- fmt.Errorf("create the loop's window: %w", err)
		return
	}
	t.Handle(t.wake, func(msg uint32, _, _ uintptr) (uintptr, bool) {
		if msg == wmDo {
			t.drain()
			return 0, true
		}
		return 0, false
	})
	close(ready)
	for {
		var m win32.Msg
		more, err := win32.GetMessage(&m)
		if err != nil || !more {
			return
		}
		if t.filter == nil || !t.filter(&m) {
			win32.Dispatch(&m)
		}
	}
}

// Do runs f on the thread, after everything handed over before. It returns at once.
func (t *Thread) Do(f func()) {
	t.mu.Lock()
	t.queue = append(t.queue, f)
	post := !t.posted
	t.posted = true
	t.mu.Unlock()
	if post && win32.PostMessage(t.wake, wmDo, 0, 0) != nil {
		// The queue of a hung thread is full: f runs with the next wake-up that gets through.
		t.mu.Lock()
		t.posted = false
		t.mu.Unlock()
	}
}

func (t *Thread) drain() {
	t.mu.Lock()
	queue := t.queue
	t.queue, t.posted = nil, false
	t.mu.Unlock()
	for _, f := range queue {
		f()
	}
}

// Handle makes handle serve the window's messages, until it is destroyed.
func (t *Thread) Handle(h win32.HWND, handle Handler) {
	handlersMu.Lock()
	handlers[h] = handle
	handlersMu.Unlock()
}

// Forget ends what Handle began.
func (t *Thread) Forget(h win32.HWND) {
	handlersMu.Lock()
	delete(handlers, h)
	handlersMu.Unlock()
}
