package winscreen

import (
	"github.com/rejoin/rejoin/agent/machine"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine/windows/win32"
	"github.com/rejoin/rejoin/agent/machine/windows/winloop"
)

// signals hears, while somebody needs it, that the person at the PC uses mouse or keyboard, and that windows come, move and go.
// Its thread does nothing else: Windows holds up every mouse movement until a hook has answered.
type signals struct {
	log machine.Logger

	mu       sync.Mutex
	thread   *winloop.Thread
	users    int
	waiters  map[chan struct{}]bool
	injected uint32 // tick count of the last input event, when it was ours

	touched atomic.Int64 // by the person at the PC, Unix nanoseconds
	used    atomic.Int64 // by anybody, as far as is known
	hooked  atomic.Bool  // both hooks are installed

	// Only the thread touches these.
	hooks  []windows.Handle
	events []windows.Handle
}

// The hooks' procedures get no argument of ours, so there is one set of signals for the process.
var hooking atomic.Pointer[signals]

var mouseHook = sync.OnceValue(func() uintptr {
	return windows.NewCallback(func(code int32, w, l uintptr) uintptr {
		if code >= 0 && win32.FromLParam[win32.MouseHook](l).Flags&win32.MouseInjected == 0 {
			hooking.Load().touch()
		}
		return win32.NextHook(uintptr(code), w, l)
	})
})

var keyboardHook = sync.OnceValue(func() uintptr {
	return windows.NewCallback(func(code int32, w, l uintptr) uintptr {
		if code >= 0 && win32.FromLParam[win32.KeyboardHook](l).Flags&win32.KeyboardInjected == 0 {
			hooking.Load().touch()
		}
		return win32.NextHook(uintptr(code), w, l)
	})
})

var windowEvent = sync.OnceValue(func() uintptr {
	return windows.NewCallback(func(_ windows.Handle, _ uint32, _ win32.HWND, object, _ int32, _, _ uint32) uintptr {
		const mousePointer = -9 // its movements are seen by the hook
		if object != mousePointer {
			hooking.Load().kick()
		}
		return 0
	})
})

func newSignals(log machine.Logger) *signals {
	s := &signals{log: log, waiters: map[chan struct{}]bool{}}
	hooking.Store(s)
	return s
}

// acquire installs the hooks for one more user, release removes them with the last one. They return at once.
func (s *signals) acquire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users++
	if s.users > 1 {
		return
	}
	if s.thread == nil {
		thread, err := winloop.Start(nil)
		if err != nil {
			s.log.Warn("start the hooks' thread", "error", err)
			return
		}
		s.thread = thread
	}
	if at, ok := s.lastInput(); ok { // what happened before counts too
		s.touched.Store(max(s.touched.Load(), at.UnixNano()))
	}
	s.thread.Do(s.install)
}

func (s *signals) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users--
	if s.users == 0 && s.thread != nil {
		s.thread.Do(s.remove)
	}
}

func (s *signals) install() {
	for kind, proc := range map[int]uintptr{win32.HookMouseLL: mouseHook(), win32.HookKeyboardLL: keyboardHook()} {
		h, err := win32.SetHook(kind, proc)
		if err != nil {
			s.log.Warn("hook", "kind", kind, "error", err)
			continue
		}
		s.hooks = append(s.hooks, h)
	}
	s.hooked.Store(len(s.hooks) == 2)
	for _, r := range [...][2]uint32{
		{0x0003, 0x0017}, // EVENT_SYSTEM_FOREGROUND to MINIMIZEEND
		{0x8000, 0x800C}, // EVENT_OBJECT_CREATE to NAMECHANGE
		{0x800E, 0x800E}, // EVENT_OBJECT_VALUECHANGE
	} {
		if h := win32.WatchEvents(r[0], r[1], windowEvent()); h != 0 {
			s.events = append(s.events, h)
		}
	}
}

func (s *signals) remove() {
	s.hooked.Store(false)
	for _, h := range s.hooks {
		win32.Unhook(h)
	}
	for _, h := range s.events {
		win32.UnwatchEvents(h)
	}
	s.hooks, s.events = nil, nil
}

// subscribe returns a channel that gets a value at each sign of life; at most one is pending.
func (s *signals) subscribe() chan struct{} {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	s.waiters[c] = true
	s.mu.Unlock()
	return c
}

func (s *signals) unsubscribe(c chan struct{}) {
	s.mu.Lock()
	delete(s.waiters, c)
	s.mu.Unlock()
}

func (s *signals) kick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.waiters {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (s *signals) touch() {
	now := time.Now().UnixNano()
	s.touched.Store(now)
	s.used.Store(now)
	s.kick()
}

// ours is called after each event that we injected.
func (s *signals) ours() {
	tick, _ := win32.LastInput()
	s.mu.Lock()
	s.injected = tick
	s.mu.Unlock()
	s.used.Store(time.Now().UnixNano())
	s.kick()
}

// lastInput is when the session last had input, unless it was ours. The lock is held.
func (s *signals) lastInput() (time.Time, bool) {
	tick, ok := win32.LastInput()
	if !ok || tick == 0 || tick == s.injected {
		return time.Time{}, false
	}
	ago := uint32(windows.DurationSinceBoot().Milliseconds()) - tick
	if ago > 1<<31 {
		ago = 0
	}
	return time.Now().Add(-time.Duration(ago) * time.Millisecond), true
}

// when is the last time that the person at the PC used mouse or keyboard.
func (s *signals) when() time.Time {
	if !s.hooked.Load() {
		s.mu.Lock()
		if at, ok := s.lastInput(); ok {
			s.touched.Store(max(s.touched.Load(), at.UnixNano()))
		}
		s.mu.Unlock()
	}
	if at := s.touched.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}
