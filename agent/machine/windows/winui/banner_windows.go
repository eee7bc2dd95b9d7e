package winui

import (
	"slices"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// banner is the bar that stays on top while the screen may be seen. It never takes the focus by itself; F6 in the chat box
// leads to it, Esc back. A person can move it sideways with the mouse.
type banner struct {
	frame
	b       machine.Banner
	text    *text
	dot     box
	acts    []*button
	hide    *button
	shift   int // of its middle from the monitor's, by dragging
	grabbed bool
	grabAt  int // where the pointer holds it
}

const (
	bannerEx   = win32.WSExTopmost | win32.WSExToolWindow | win32.WSExNoActivate
	bannerPad  = 10 // at 96 DPI
	raiseEvery = 2000
)

// showBanner brings the banner up to date; nil takes it away.
func (u *UI) showBanner(b *machine.Banner) {
	if b == nil {
		if u.banner != nil {
			u.banner.destroy()
			u.banner = nil
		}
		if u.hider != nil {
			u.hider.finish(false)
		}
		return
	}
	if u.banner == nil {
		n, err := u.newBanner()
		if err != nil {
			// Nobody looks without it.
			u.actions.in <- machine.Action{Kind: machine.ActionStopShare}
			return
		}
		u.banner = n
	}
	u.banner.update(*b)
}

func (u *UI) newBanner() (*banner, error) {
	n := &banner{frame: frame{ui: u}}
	if err := n.create(BannerClass, "Rejoin", win32.WSPopup, bannerEx); err != nil {
		return nil, err
	}
	n.guard.on = true
	n.text = n.addText("", bodyFont)
	win32.SetLong(n.text.hwnd, win32.GWLStyle, win32.Long(n.text.hwnd, win32.GWLStyle)|win32.SSEndEllip|win32.SSCenterImg)
	n.extra = n.message
	n.onDPI = func() { n.ui.thread.Do(n.layout) }
	n.onTimer = func() {
		const topmost = ^win32.HWND(0)
		win32.SetPos(n.hwnd, topmost, 0, 0, 0, 0, win32.SWPNoMove|win32.SWPNoSize|win32.SWPNoActivate)
	}
	n.onEscape = func() {
		if u.chat != nil {
			win32.SetForeground(u.chat.hwnd)
			win32.SetFocus(u.chat.input.hwnd)
		}
	}
	n.onGone = func() { u.banner = nil }
	if n.err != nil {
		n.destroy()
		return nil, n.err
	}
	win32.SetTimer(n.hwnd, 1, raiseEvery)
	return n, nil
}

// update shows b. When its buttons change, none may be pressed for a moment: a press may have been meant for the one that was
// there before.
func (n *banner) update(b machine.Banner) {
	old := n.b
	n.b = b
	n.setText(n.text, cut(oneLine(b.Text), 300))
	win32.SetText(n.hwnd, n.text.s)
	if n.guard.shown.IsZero() || !slices.Equal(old.Buttons, b.Buttons) || old.Hide != b.Hide {
		n.rebuild()
		n.guard.shownNow()
	}
	n.layout()
	win32.ShowWindow(n.hwnd, win32.SWShowNoActivate)
}

// rebuild makes the buttons anew.
func (n *banner) rebuild() {
	for _, b := range n.buttons {
		delete(buttons, b.hwnd)
		win32.DestroyWindow(b.hwnd)
	}
	n.buttons, n.tabs, n.acts, n.hide = nil, nil, nil, nil
	for _, spec := range n.b.Buttons {
		n.acts = append(n.acts, n.addButton(plainButton, cut(oneLine(spec.Label), 60), func() {
			n.ui.actions.in <- machine.Action{Kind: spec.Action}
		}))
	}
	if n.b.Hide != "" {
		n.hide = n.addButton(plainButton, cut(oneLine(n.b.Hide), 60), func() { n.ui.askHide(n.b) })
	}
	n.setLetters()
}

// layout gives the banner the size that its words need, at the top of the primary monitor: one row, or two where it would be
// wider than the monitor.
func (n *banner) layout() {
	if n.hwnd == 0 {
		return
	}
	t := n.theme
	pad, gap, high := t.px(bannerPad), t.px(8), t.px(32)
	area := primaryArea()
	dot := t.px(9)
	words, _ := t.measure(n.text.s, t.body, 0)
	words += dot + gap + t.px(4)
	keys := 0
	for _, b := range n.buttons {
		keys += b.width() + gap
	}
	limit := area.W() - 2*pad
	w, h, two := 2*pad+words+keys, 2*pad+high, false
	if w > limit {
		two = keys > 0
		w, h = min(limit, 2*pad+max(words, keys)), 2*pad+high
		if two {
			h += high + gap
		}
	}
	x := int(area.Left) + (area.W()-w)/2 + n.shift
	x = max(int(area.Left), min(x, int(area.Right)-w))
	win32.SetPos(n.hwnd, 0, x, int(area.Top), w, h, win32.SWPNoZOrder|win32.SWPNoActivate)
	n.dot = box{pad, pad + (high-dot)/2, dot, dot}
	room := w - 2*pad - dot - gap
	if !two {
		room -= keys
	}
	n.put(n.text.hwnd, box{pad + dot + gap, pad, max(0, room), high})
	at := box{w - pad - keys + gap, pad, 0, high}
	if two {
		at.x, at.y = pad, pad+high+gap
	}
	for _, b := range n.buttons {
		at.w = b.width()
		n.put(b.hwnd, at)
		at.x += at.w + gap
	}
	win32.Invalidate(n.hwnd)
}

// primaryArea is the primary monitor without the taskbar.
func primaryArea() win32.Rect {
	all, err := win32.Monitors()
	if err == nil {
		for _, m := range all {
			if m.Flags&1 != 0 {
				return m.Work
			}
		}
	}
	return win32.WorkArea(0)
}

func (n *banner) message(msg uint32, w, l uintptr) (uintptr, bool) {
	switch msg {
	case win32.WMPaint:
		win32.Paint(n.hwnd, n.draw)
		return 0, true
	case win32.WMCtlColorStatic:
		win32.SetTextColor(windows.Handle(w), n.theme.text)
		win32.SetBkColor(windows.Handle(w), n.theme.foot)
		return uintptr(n.theme.brushFoot), true
	case win32.WMMouseActivate:
		const noActivate = 3
		return noActivate, true
	case win32.WMDisplayChange:
		n.layout()
	case win32.WMLButtonDown, win32.WMMouseMove, win32.WMLButtonUp, win32.WMCaptureChanged:
		n.drag(msg, int(int16(l)))
		return 0, true
	}
	return 0, false
}

// drag moves the banner sideways by the mouse, a person's only: x is the pointer's place in it.
func (n *banner) drag(msg uint32, x int) {
	switch msg {
	case win32.WMLButtonDown:
		if n.takes(input{}) {
			n.grabbed, n.grabAt = true, x
			win32.SetCapture(n.hwnd)
		}
	case win32.WMMouseMove:
		if n.grabbed && n.takes(input{}) {
			n.shift += x - n.grabAt
			limit := primaryArea().W() / 2
			n.shift = max(-limit, min(n.shift, limit))
			n.layout()
		}
	case win32.WMLButtonUp:
		if n.grabbed {
			win32.ReleaseCapture()
		}
		n.grabbed = false
	case win32.WMCaptureChanged:
		n.grabbed = false
	}
}

func (n *banner) draw(dc windows.Handle, client win32.Rect) {
	t := n.theme
	tone := t.tone(n.b.Tone)
	brush, pen := win32.SolidBrush(tone), win32.Pen(1, tone)
	defer win32.DeleteObject(brush)
	defer win32.DeleteObject(pen)
	win32.FillRect(dc, client, brush)
	edge := int32(max(2, t.px(2)))
	win32.FillRect(dc, win32.Rect{Left: edge, Top: edge, Right: client.Right - edge, Bottom: client.Bottom - edge}, t.brushFoot)
	oldBrush, oldPen := win32.Select(dc, brush), win32.Select(dc, pen)
	win32.Ellipse(dc, rect(n.dot))
	win32.Select(dc, oldBrush)
	win32.Select(dc, oldPen)
}

// focusBanner leads the keyboard to the banner.
func (u *UI) focusBanner() {
	if u.banner == nil || len(u.banner.buttons) == 0 {
		return
	}
	win32.SetForeground(u.banner.hwnd)
	u.banner.reveal()
	win32.SetFocus(u.banner.buttons[0].hwnd)
}
