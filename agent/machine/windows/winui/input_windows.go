package winui

import (
	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// entry is a single line to type in, with a hint that shows while it is empty.
type entry struct {
	frame *frame
	hwnd  win32.HWND
	hint  string
	old   uintptr
}

// entries of all windows, by handle. Only the UI's thread touches it.
var entries = map[win32.HWND]*entry{}

var entryProc = windows.NewCallback(func(h win32.HWND, msg uint32, w, l uintptr) uintptr {
	e := entries[h]
	if e == nil {
		return win32.DefWindowProc(h, msg, w, l)
	}
	if msg == win32.WMChar && w == 1 { // Ctrl+A, which the old EDIT control doesn't know
		win32.SendMessage(h, win32.EMSetSel, 0, ^uintptr(0))
		return 0
	}
	r := win32.CallWindowProc(e.old, h, msg, w, l)
	switch msg {
	case win32.WMPaint:
		e.drawHint()
	case win32.WMDestroy:
		delete(entries, h)
	}
	return r
})

// addEntry makes an input for at most limit UTF-16 units. The name is what a screen reader calls it.
func (f *frame) addEntry(name, value string, limit int) *entry {
	e := &entry{frame: f, hint: name}
	// A label just before an input in the z-order gives it its accessible name; this one is for ears only.
	win32.CreateWindow("STATIC", name, win32.WSChild|win32.SSNoPrefix, 0, 0, 0, 0, 0, f.hwnd, 0)
	h, err := win32.CreateWindow("EDIT", value, win32.WSChild|win32.WSVisible|win32.WSTabStop|win32.ESAutoHScroll, 0, 0, 0, 0, 0, f.hwnd, 0)
	if err != nil {
		f.err = err
		return e
	}
	e.hwnd = h
	entries[h] = e
	e.old = win32.SetLong(h, win32.GWLWndProc, entryProc)
	win32.SendMessage(h, win32.EMSetLimitText, uintptr(limit), 0)
	e.useFont()
	f.tabs = append(f.tabs, h)
	return e
}

func (e *entry) useFont() { win32.SendMessage(e.hwnd, win32.WMSetFont, uintptr(e.frame.theme.body), 1) }

// focus puts the caret into the input, with all of its text selected, so that typing replaces it.
func (e *entry) focus() {
	win32.SetFocus(e.hwnd)
	win32.SendMessage(e.hwnd, win32.EMSetSel, 0, ^uintptr(0))
}

func (e *entry) text() string { return win32.Text(e.hwnd) }

func (e *entry) setText(s string) {
	win32.SetText(e.hwnd, s)
	win32.Invalidate(e.hwnd)
}

// place puts the input inside a well of the given box.
func (e *entry) place(b box) {
	f := e.frame
	f.wells = append(f.wells, b)
	_, h := f.theme.measure("Ag", f.theme.body, 0)
	f.put(e.hwnd, box{b.x + f.theme.px(10), b.y + (b.h-h)/2, b.w - f.theme.px(20), h})
}

func (e *entry) drawHint() {
	if e.hint == "" || win32.Text(e.hwnd) != "" {
		return
	}
	t := e.frame.theme
	dc := win32.GetDC(e.hwnd)
	defer win32.ReleaseDC(e.hwnd, dc)
	old := win32.Select(dc, t.body)
	defer win32.Select(dc, old)
	win32.Transparent(dc)
	win32.SetTextColor(dc, t.muted)
	r := win32.ClientRect(e.hwnd)
	r.Left += int32(t.px(1))
	win32.DrawText(dc, e.hint, r, win32.DTSingleLine|win32.DTVCenter|win32.DTNoPrefix|win32.DTEndEllipsis)
}
