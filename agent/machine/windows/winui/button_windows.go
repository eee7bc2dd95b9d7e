package winui

import (
	"strings"
	"time"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

type buttonLook int

const (
	plainButton buttonLook = iota
	primaryButton
	linkButton
	checkButton // a box to tick
)

// button is a push button that draws itself, and that a guard protects: see the package's comment.
type button struct {
	frame  *frame
	hwnd   win32.HWND
	look   buttonLook
	label  string
	letter rune
	click  func()
	old    uintptr // the class's own window procedure
	passed bool    // the message being handled has passed the guard
	hot    bool
	ticked bool // of a checkButton
}

// buttons of all windows, by handle. Only the UI's thread touches it.
var buttons = map[win32.HWND]*button{}

var buttonProc = windows.NewCallback(func(h win32.HWND, msg uint32, w, l uintptr) uintptr {
	b := buttons[h]
	if b == nil {
		return win32.DefWindowProc(h, msg, w, l)
	}
	return b.handle(msg, w, l)
})

func (f *frame) addButton(look buttonLook, label string, click func()) *button {
	b := &button{frame: f, look: look, label: label, click: click}
	h, err := win32.CreateWindow("BUTTON", label, win32.WSChild|win32.WSVisible|win32.WSTabStop|win32.BSOwnerDraw, 0, 0, 0, 0, 0, f.hwnd, 0)
	if err != nil {
		f.err = err
		return b
	}
	b.hwnd = h
	buttons[h] = b
	b.old = win32.SetLong(h, win32.GWLWndProc, buttonProc)
	f.buttons = append(f.buttons, b)
	f.tabs = append(f.tabs, h)
	return b
}

func (b *button) handle(msg uint32, w, l uintptr) uintptr {
	next := func() uintptr { return win32.CallWindowProc(b.old, b.hwnd, msg, w, l) }
	switch msg {
	case win32.WMLButtonDown, win32.WMLButtonUp, win32.WMLButtonDblClk:
		return b.guarded(input{}, next)
	case win32.WMKeyDown, win32.WMKeyUp, win32.WMChar:
		if w != win32.VKSpace {
			return next()
		}
		return b.guarded(input{key: true}, next)
	case win32.WMMouseMove:
		if !b.hot {
			b.hot = true
			win32.TrackLeave(b.hwnd)
			win32.Invalidate(b.hwnd)
		}
	case win32.WMMouseLeave:
		b.hot = false
		win32.Invalidate(b.hwnd)
	case win32.WMSetFocus, win32.WMKillFocus:
		win32.Invalidate(b.hwnd)
	}
	return next()
}

// guarded lets the button act on a message only if the window's guard does.
func (b *button) guarded(in input, next func() uintptr) uintptr {
	if !b.frame.takes(in) {
		return 0
	}
	was := b.passed
	b.passed = true
	defer func() { b.passed = was }()
	return next()
}

// clicked is called for the button's WM_COMMAND. One that no guarded message caused was sent by a program.
func (b *button) clicked() {
	if b.passed || !b.frame.guard.on {
		b.click()
	}
}

// press is a key press that the frame's keyboard handling found to be for this button.
func (b *button) press() {
	if b.frame.takes(input{key: true}) {
		b.click()
	}
}

// takes asks the guard about the message being handled now.
func (f *frame) takes(in input) bool {
	src, known := win32.CurrentInput()
	// Before Windows 8 nobody tells; Go programs don't run there.
	in.hardware = known && src.Origin == win32.OriginHardware
	return f.guard.takes(in, time.Now())
}

func (b *button) setLabel(label string) {
	if b.label != label {
		b.label = label
		win32.SetText(b.hwnd, label)
		win32.Invalidate(b.hwnd)
	}
}

func (b *button) show(on bool) {
	if on {
		win32.ShowWindow(b.hwnd, win32.SWShowNoActivate)
	} else {
		win32.ShowWindow(b.hwnd, win32.SWHide)
	}
}

// width is how wide the label needs the button to be.
func (b *button) width() int {
	t := b.frame.theme
	if b.look == linkButton {
		w, _ := t.measure(b.label, t.small, 0)
		return w + t.px(8)
	}
	w, _ := t.measure(b.label, t.body, 0)
	return w + t.px(28)
}

func (b *button) draw(d *win32.DrawItem) {
	t := b.frame.theme
	all := box{0, 0, d.Rect.W(), d.Rect.H()}
	win32.Buffered(d.DC, d.Rect, func(dc windows.Handle) {
		win32.Transparent(dc)
		focus := d.State&win32.ODSFocus != 0
		back, font, color := t.brushFoot, t.body, t.text
		switch b.look {
		case checkButton:
			b.drawCheck(dc, all)
			return
		case linkButton:
			back, font = t.brushPage, t.under
			win32.FillRect(dc, rect(all), back)
			if b.hot {
				color = t.accent
			}
		case primaryButton:
			win32.FillRect(dc, rect(all), t.brushPage)
			if d.State&win32.ODSDisabled != 0 {
				t.panel(dc, all, t.brushFoot, t.penLine)
			} else {
				color = t.onAccent
				t.panel(dc, all, t.brushAccent, t.penLine)
			}
		default:
			win32.FillRect(dc, rect(all), back)
			face := t.brushBtn
			if d.State&win32.ODSSelected != 0 {
				face = t.brushPressed
			} else if b.hot {
				face = t.brushHot
			}
			t.panel(dc, all, face, t.penLine)
		}
		if d.State&win32.ODSDisabled != 0 {
			color = t.muted
		}
		if focus {
			b.drawFocus(dc, all)
		}
		win32.SetTextColor(dc, color)
		old := win32.Select(dc, font)
		format := uint32(win32.DTCenter | win32.DTVCenter | win32.DTSingleLine | win32.DTEndEllipsis)
		label := withMnemonic(b.label, b.letter)
		if !b.frame.showKeys {
			label, format = b.label, format|win32.DTNoPrefix
		}
		win32.DrawText(dc, label, rect(all), format)
		win32.Select(dc, old)
	})
}

// check shows a checkButton's label and whether it is ticked; screen readers hear the mark with the label.
func (b *button) check(label string, ticked bool) {
	b.ticked = ticked
	mark := "☐ "
	if ticked {
		mark = "☑ "
	}
	b.setLabel(mark + label)
	win32.Invalidate(b.hwnd)
}

func (b *button) drawCheck(dc windows.Handle, all box) {
	t := b.frame.theme
	win32.FillRect(dc, rect(all), t.brushPage)
	if win32.Focus() == b.hwnd {
		t.panel(dc, all.inset(t.px(1), t.px(1)), t.brushPage, t.penAccent)
	} else if b.hot {
		t.panel(dc, all, t.brushHot, t.penLine)
	}
	side := t.px(16)
	mark := box{t.px(8), (all.h - side) / 2, side, side}
	face, pen := t.brushBtn, t.penLine
	if b.ticked {
		face, pen = t.brushAccent, t.penAccent
	}
	t.panel(dc, mark, face, pen)
	if b.ticked {
		t.tick(dc, mark)
	}
	old := win32.Select(dc, t.body)
	win32.SetTextColor(dc, t.text)
	_, label, _ := strings.Cut(b.label, " ")
	words := box{mark.x + side + t.px(10), 0, all.w - mark.x - side - t.px(18), all.h}
	win32.DrawText(dc, label, rect(words), win32.DTVCenter|win32.DTSingleLine|win32.DTEndEllipsis|win32.DTNoPrefix)
	win32.Select(dc, old)
}

// tick draws a check mark; not every font has one.
func (t *theme) tick(dc windows.Handle, b box) {
	pen := win32.Pen(max(2, t.px(2)), t.onAccent)
	defer win32.DeleteObject(pen)
	old := win32.Select(dc, pen)
	defer win32.Select(dc, old)
	at := func(x, y int) win32.Point { return win32.Point{X: int32(b.x + b.w*x/16), Y: int32(b.y + b.h*y/16)} }
	win32.Polyline(dc, []win32.Point{at(4, 8), at(7, 11), at(12, 5)})
}

func (b *button) drawFocus(dc windows.Handle, all box) {
	t := b.frame.theme
	pen, face := t.penAccent, t.brushBtn
	if b.look == linkButton {
		face = t.brushPage
	}
	if b.look == primaryButton {
		white := win32.Pen(max(1, t.px(1)), t.onAccent)
		defer win32.DeleteObject(white)
		t.panel(dc, all.inset(t.px(2), t.px(2)), t.brushAccent, white)
		return
	}
	t.panel(dc, all.inset(t.px(1), t.px(1)), face, pen)
}
