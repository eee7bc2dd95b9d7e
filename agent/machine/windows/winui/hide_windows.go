package winui

import (
	"slices"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// hider is the window in which the customer chooses what stays hidden. Only a person's mouse and keyboard choose.
type hider struct {
	frame
	choices  []choice
	others   []string // hidden ones that are not in the list
	page     int
	boxes    []*button // of one page; those without a window are hidden
	heading  *text
	finished bool
}

// hidePage is how many windows are shown at once.
const hidePage = 10

// SetWindows says where the list of windows that may be hidden comes from. It is called on a goroutine of its own.
func (u *UI) SetWindows(list func() ([]machine.Window, error)) {
	u.thread.Do(func() { u.list = list })
}

// askHide shows the list, or brings it to the front.
func (u *UI) askHide(b machine.Banner) {
	if u.hider != nil {
		win32.SetForeground(u.hider.hwnd)
		return
	}
	list := u.list
	if list == nil {
		return
	}
	go func() {
		all, err := list()
		u.thread.Do(func() {
			if err == nil && u.hider == nil && u.banner != nil {
				u.newHider(b, all)
			}
		})
	}()
}

func (u *UI) newHider(b machine.Banner, all []machine.Window) {
	h := &hider{frame: frame{ui: u}, choices: choices(slices.Concat(b.Screens, all), b.Hidden)}
	if h.create(HideClass, b.Hide, promptStyle, win32.WSExTopmost|win32.WSExAppWindow) != nil {
		return
	}
	h.others = unlisted(h.choices, b.Hidden)
	h.guard.on = true
	h.heading = h.addText(cut(oneLine(b.HideAsk), 200), headFont)
	for i := range min(hidePage, len(h.choices)) {
		h.boxes = append(h.boxes, h.addButton(checkButton, "", func() { h.toggle(i) }))
	}
	h.rows = func() []row {
		rows := []row{h.textRow(h.heading, 0)}
		for i, b := range h.boxes {
			gap := h.theme.px(2)
			if i == 0 {
				gap = h.theme.px(12)
			}
			rows = append(rows, row{gap: gap, height: func(int) int { return h.theme.px(30) }, place: func(at box) { h.put(b.hwnd, at) }})
		}
		return rows
	}
	ok := h.addButton(plainButton, "OK", func() { h.finish(true) })
	h.foot = []*button{ok}
	if len(h.choices) > hidePage {
		back := h.addButton(plainButton, "‹", func() { h.turn(-1) })
		next := h.addButton(plainButton, "›", func() { h.turn(1) })
		h.foot = []*button{back, next, ok}
	}
	h.onEnter = func() { h.finish(true) }
	h.onEscape = func() { h.finish(false) }
	h.onClose = func() { h.finish(false) }
	h.onGone = func() { u.hider = nil }
	if h.err != nil {
		h.destroy()
		return
	}
	u.hider = h
	h.turn(0)
	h.appear()
}

func (h *hider) appear() {
	h.fit()
	win32.ShowWindow(h.hwnd, win32.SWShowNormal)
	win32.SetForeground(h.hwnd)
	if len(h.boxes) > 0 {
		win32.SetFocus(h.boxes[0].hwnd)
	}
	h.guard.shownNow()
}

// turn shows another page.
func (h *hider) turn(by int) {
	pages := (len(h.choices) + hidePage - 1) / hidePage
	h.page = max(0, min(h.page+by, pages-1))
	for i, b := range h.boxes {
		at := h.page*hidePage + i
		b.show(at < len(h.choices))
		if at < len(h.choices) {
			b.check(h.choices[at].label, h.choices[at].hidden)
		}
	}
	h.guard.shownNow() // a press may have been meant for the page before
}

func (h *hider) toggle(i int) {
	at := h.page*hidePage + i
	if at < len(h.choices) {
		c := &h.choices[at]
		c.hidden = !c.hidden
		h.boxes[i].check(c.label, c.hidden)
	}
}

func (h *hider) finish(ok bool) {
	if h.finished {
		return
	}
	h.finished = true
	h.ui.hider = nil
	h.destroy()
	if !ok {
		return
	}
	ids := slices.Clone(h.others)
	for _, c := range h.choices {
		if c.hidden {
			ids = append(ids, c.id)
		}
	}
	slices.Sort(ids)
	h.ui.actions.in <- machine.Action{Kind: machine.ActionHide, Windows: ids}
}
