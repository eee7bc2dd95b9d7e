package winui

import (
	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// key handles the keys of a window before the controls see them: Tab, Enter, Esc and Alt with a letter. Windows' own
// IsDialogMessage isn't used, as it has a default button and presses buttons by message.
func (f *frame) key(m *win32.Msg) bool {
	switch m.Message {
	case win32.WMKeyDown:
		switch m.WParam {
		case win32.VKTab:
			f.reveal()
			f.moveFocus(win32.KeyDown(win32.VKShift))
			return true
		case win32.VKReturn:
			f.enter()
			return true
		case win32.VKF6:
			f.ui.focusBanner()
			return true
		case win32.VKEscape:
			if f.onEscape != nil && f.takes(input{key: true}) {
				f.onEscape()
			}
			return true
		}
	case win32.WMChar:
		// Their WM_KEYDOWN has been dealt with; an EDIT would beep.
		return m.WParam == win32.VKTab || m.WParam == win32.VKReturn || m.WParam == win32.VKEscape
	case win32.WMSysKeyDown:
		if m.WParam == win32.VKMenu {
			f.reveal()
			return false
		}
		for _, b := range f.buttons {
			if b.letter != 0 && uintptr(b.letter) == m.WParam && visible(b.hwnd) {
				win32.SetFocus(b.hwnd)
				b.press()
				return true
			}
		}
	}
	return false
}

func (f *frame) enter() {
	focus := win32.Focus()
	for _, b := range f.buttons {
		if b.hwnd == focus {
			b.press()
			return
		}
	}
	if f.onEnter != nil && f.takes(input{key: true}) {
		f.onEnter()
	}
}

// reveal underlines the mnemonics once the keyboard is used.
func (f *frame) reveal() {
	if f.showKeys {
		return
	}
	f.showKeys = true
	for _, b := range f.buttons {
		win32.Invalidate(b.hwnd)
	}
}

func (f *frame) moveFocus(back bool) {
	var stops []win32.HWND
	at := -1
	for _, h := range f.tabs {
		if visible(h) && win32.Long(h, win32.GWLStyle)&win32.WSDisabled == 0 {
			if h == win32.Focus() {
				at = len(stops)
			}
			stops = append(stops, h)
		}
	}
	if len(stops) == 0 {
		return
	}
	switch {
	case back && at <= 0:
		at = len(stops) - 1
	case back:
		at--
	default:
		at = (at + 1) % len(stops)
	}
	win32.SetFocus(stops[at])
}

func visible(h win32.HWND) bool { return windows.IsWindowVisible(h) }
