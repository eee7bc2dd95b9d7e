package winui

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/logo"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
	"github.com/rejoin/rejoin/agent/machine/windows/winloop"
)

// The window classes; the chat box's is public so that a second start can find the first one's window.
const (
	ChatClass   = "RejoinChat"
	PromptClass = "RejoinPrompt"
	CodeClass   = "RejoinCode"
	NoticeClass = "RejoinNotice"
	BannerClass = "RejoinBanner"
	HideClass   = "RejoinHide"
)

// OwnClasses are those of the windows that must not be in a picture of the screen: what asks for consent, and what tells who
// looks. The chat box is not among them.
func OwnClasses() []string { return []string{PromptClass, CodeClass, BannerClass, HideClass} }

// UI implements [machine.UI].
type UI struct {
	thread  *winloop.Thread
	actions *actionQueue

	// Only the thread touches these.
	frames map[win32.HWND]*frame
	chat   *chat
	banner *banner
	hider  *hider
	list   func() ([]machine.Window, error) // of what may be hidden
}

var registerClasses = sync.OnceValue(func() error {
	size := max(win32.Metric(win32.SMCxIcon), 16)
	icon := win32.Icon(size, logo.BGRA(size))
	for _, class := range []string{ChatClass, PromptClass, CodeClass, NoticeClass, BannerClass, HideClass} {
		if err := winloop.RegisterClass(class, icon, 0); err != nil {
			return fmt.Errorf("register window class %s: %w", class, err)
		}
	}
	return nil
})

// New starts the UI's thread. No window appears yet.
func New() (*UI, error) {
	win32.MakeDPIAware()
	if err := registerClasses(); err != nil {
		return nil, err
	}
	u := &UI{actions: newActionQueue(), frames: map[win32.HWND]*frame{}}
	// The rich edit control of the transcript; without it the chat box falls back to a plain one.
	_ = windows.NewLazySystemDLL("msftedit.dll").Load()
	thread, err := winloop.Start(u.filter)
	if err != nil {
		return nil, fmt.Errorf("start the user interface: %w", err)
	}
	u.thread = thread
	return u, nil
}

// filter finds the window a key is for.
func (u *UI) filter(m *win32.Msg) bool {
	switch m.Message {
	case win32.WMKeyDown, win32.WMChar, win32.WMSysKeyDown:
		f := u.frames[m.HWnd]
		if f == nil {
			f = u.frames[win32.Root(m.HWnd)]
		}
		return f != nil && f.key(m)
	}
	return false
}

// Show implements [machine.UI].
func (u *UI) Show(v machine.View) { u.thread.Do(func() { u.show(v) }) }

// Raise brings the uppermost window to the front, for a second start of the program.
func (u *UI) Raise() {
	u.thread.Do(func() {
		for h := range u.frames {
			if u.banner != nil && h == u.banner.hwnd {
				continue
			}
			if win32.Iconic(h) {
				win32.ShowWindow(h, win32.SWRestore)
			}
			win32.SetForeground(h)
		}
	})
}

// Actions implements [machine.UI].
func (u *UI) Actions() <-chan machine.Action { return u.actions.out }

// Close implements [machine.UI].
func (u *UI) Close() {
	u.thread.Do(func() {
		u.chat, u.banner, u.hider = nil, nil, nil
		for _, f := range u.frames {
			if f.onGone != nil {
				f.onGone()
			}
			f.destroy()
		}
	})
}

// Ask implements [machine.UI].
func (u *UI) Ask(ctx context.Context, p machine.Prompt) (machine.Answer, error) {
	if err := ctx.Err(); err != nil {
		return machine.AnswerClosed, nil
	}
	answered := make(chan machine.Answer, 1)
	failed := make(chan error, 1)
	var w *prompt
	u.thread.Do(func() {
		var err error
		if w, err = u.newPrompt(p, func(a machine.Answer) { answered <- a }); err != nil {
			failed <- err
		}
	})
	select {
	case a := <-answered:
		return a, nil
	case err := <-failed:
		return "", fmt.Errorf("show the prompt: %w", err)
	case <-ctx.Done():
		u.thread.Do(func() {
			if w != nil {
				w.finish(machine.AnswerClosed)
			}
		})
		select {
		case a := <-answered: // perhaps one that came just before
			return a, nil
		case err := <-failed:
			return "", fmt.Errorf("show the prompt: %w", err)
		}
	}
}

// AskCode implements [machine.UI].
func (u *UI) AskCode(ctx context.Context, form machine.CodeForm) (code, server string, ok bool) {
	type typed struct {
		code, server string
		ok           bool
	}
	done := make(chan typed, 1)
	var w *codeWindow
	u.thread.Do(func() {
		var err error
		if w, err = u.newCode(form, func(c, s string, ok bool) { done <- typed{c, s, ok} }); err != nil {
			done <- typed{}
		}
	})
	select {
	case t := <-done:
		return t.code, t.server, t.ok
	case <-ctx.Done():
		u.thread.Do(func() {
			if w != nil {
				w.finish(false)
			}
		})
		return "", "", false
	}
}

// Tell implements [machine.UI].
func (u *UI) Tell(ctx context.Context, n machine.Notice) {
	done := make(chan struct{}, 1)
	var w *notice
	u.thread.Do(func() {
		var err error
		if w, err = u.newNotice(n, func() { done <- struct{}{} }); err != nil {
			done <- struct{}{}
		}
	})
	select {
	case <-done:
	case <-ctx.Done():
		u.thread.Do(func() {
			if w != nil {
				w.finish()
			}
		})
	}
}

// actionQueue hands actions on in order and never makes the UI's thread wait, nor loses one.
type actionQueue struct {
	in  chan machine.Action
	out chan machine.Action
}

func newActionQueue() *actionQueue {
	q := &actionQueue{in: make(chan machine.Action), out: make(chan machine.Action)}
	go q.run()
	return q
}

func (q *actionQueue) run() {
	var waiting []machine.Action
	for {
		var out chan machine.Action
		var next machine.Action
		if len(waiting) > 0 {
			out, next = q.out, waiting[0]
		}
		select {
		case a := <-q.in:
			waiting = append(waiting, a)
		case out <- next:
			waiting = waiting[1:]
		}
	}
}
