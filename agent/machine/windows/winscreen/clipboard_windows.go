package winscreen

import (
	"fmt"
	"sync"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
	"github.com/rejoin/rejoin/agent/machine/windows/winloop"
)

// clipboard implements [machine.Clipboard]. Text that a password manager marks as not for other programs counts as none.
type clipboard struct {
	err     error // why there is no thread
	thread  *winloop.Thread
	changes chan struct{}

	// Only the thread touches these.
	hwnd    win32.HWND
	sets    uint32   // the clipboard's sequence number after SetText
	private []uint32 // formats that say: look away
}

const (
	clipboardClass = "RejoinClipboard"
	// Another program has the clipboard open for a moment only, as a rule.
	openTries = 20
	openEvery = 10 * time.Millisecond
)

var registerClipboard = sync.OnceValue(func() error { return winloop.RegisterClass(clipboardClass, 0, 0) })

func newClipboard(log machine.Logger) *clipboard {
	c := &clipboard{changes: make(chan struct{}, 1)}
	if c.err = registerClipboard(); c.err == nil {
		c.thread, c.err = winloop.Start(nil)
	}
	if c.err == nil {
		c.do(func() { c.err = c.listen() })
	}
	if c.err != nil {
		log.Warn("watch the clipboard", "error", c.err)
	}
	return c
}

// do runs f on the thread and waits.
func (c *clipboard) do(f func()) {
	done := make(chan struct{})
	c.thread.Do(func() {
		defer close(done)
		f()
	})
	<-done
}

func (c *clipboard) listen() error {
	h, err := win32.CreateWindow(clipboardClass, "", 0, 0, 0, 0, 0, 0, win32.MessageOnly, 0)
	if err != nil {
		return err
	}
	c.hwnd = h
	c.sets = win32.ClipboardSequence() // what it holds now is no change
	for _, name := range []string{"ExcludeClipboardContentFromMonitorProcessing", "Clipboard Viewer Ignore"} {
		c.private = append(c.private, win32.ClipboardFormat(name))
	}
	c.thread.Handle(h, func(msg uint32, _, _ uintptr) (uintptr, bool) {
		if msg != win32.WMClipboardUpdate {
			return 0, false
		}
		if win32.ClipboardSequence() != c.sets {
			select {
			case c.changes <- struct{}{}:
			default:
			}
		}
		return 0, true
	})
	return win32.ListenClipboard(h)
}

// open opens the clipboard, waiting a little for a program that has it open.
func (c *clipboard) open() (err error) {
	for range openTries {
		if err = win32.OpenClipboard(c.hwnd); err == nil {
			return nil
		}
		time.Sleep(openEvery)
	}
	return err
}

// Text implements [machine.Clipboard].
func (c *clipboard) Text(limit int) (text string, err error) {
	if c.hwnd == 0 {
		return "", c.err
	}
	c.do(func() {
		if err = c.open(); err != nil {
			return
		}
		defer win32.CloseClipboard()
		for _, format := range c.private {
			if format != 0 && win32.ClipboardHas(format) {
				return
			}
		}
		win32.ClipboardText(func(units []uint16) { text, err = fromClipboard(units, limit) })
	})
	return text, err
}

// SetText implements [machine.Clipboard].
func (c *clipboard) SetText(text string) (err error) {
	if c.hwnd == 0 {
		return c.err
	}
	units, err := toClipboard(text)
	if err != nil {
		return err
	}
	c.do(func() {
		if err = c.open(); err != nil {
			return
		}
		if err = win32.SetClipboardText(units); err != nil {
			err = fmt.Errorf("put text on the clipboard: %w", err)
		}
		win32.CloseClipboard()
		// Closing changes the number as well. The thread hears of the change only after this.
		c.sets = win32.ClipboardSequence()
	})
	return err
}

// Changes implements [machine.Clipboard].
func (c *clipboard) Changes() <-chan struct{} { return c.changes }

var _ machine.Clipboard = (*clipboard)(nil)
