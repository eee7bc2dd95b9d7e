package winui

import (
	"context"
	"strings"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// chat is the chat box. Only the agent closes it: the customer's X asks whether the session shall end.
type chat struct {
	frame
	view    machine.View
	status  *text
	dot     box
	sharing *text
	stop    *button
	script  *transcript
	input   *entry
	send    *button
	end     *button
	asking  bool // the question before the end is on the screen
}

const (
	chatStyle  = win32.WSPopup | win32.WSCaption | win32.WSSysMenu | win32.WSMinimizeBox | win32.WSThickFrame
	chatHeight = 470
	chatLimit  = 4000 // UTF-16 units, so never more characters than the protocol takes
)

func (u *UI) show(v machine.View) {
	defer u.showBanner(v.Banner) // also if there can be no chat box
	fresh := u.chat == nil
	if fresh {
		c, err := u.newChat(v)
		if err != nil {
			return
		}
		u.chat = c
	}
	u.chat.update(v)
	if fresh {
		u.chat.appear()
	}
}

func (u *UI) newChat(v machine.View) (*chat, error) {
	c := &chat{frame: frame{ui: u}}
	if err := c.create(ChatClass, v.Title, chatStyle, win32.WSExAppWindow); err != nil {
		return nil, err
	}
	c.status = c.addText("", smallFont)
	c.status.color = func(t *theme) uint32 { return t.text }
	c.sharing = c.addText("", smallFont)
	c.stop = c.addButton(linkButton, "", func() { c.act(machine.Action{Kind: machine.ActionStopShare}) })
	c.script = c.addTranscript()
	c.input = c.addEntry(oneLine(v.Input), "", chatLimit)
	c.send = c.addButton(primaryButton, "", c.sendLine)
	c.end = c.addButton(plainButton, "", c.askEnd)
	c.foot = []*button{c.end}
	c.rows = c.chatRows
	c.paint = c.drawDot
	c.onEnter = c.sendLine
	c.onClose = c.askEnd
	c.extra = c.limits
	c.onDPI = func() {
		c.input.useFont()
		c.script.rebuild()
	}
	if c.err != nil {
		c.destroy()
		return nil, c.err
	}
	return c, nil
}

// appear shows the new chat box at the lower right, where it hides least.
func (c *chat) appear() {
	t := c.theme
	w, h := win32.OuterSize(t.px(baseWidth), t.px(chatHeight), c.style, c.ex, t.dpi)
	area := win32.WorkArea(c.hwnd)
	w, h = min(w, area.W()), min(h, area.H())
	gap := t.px(24)
	win32.SetPos(c.hwnd, 0, max(int(area.Left), int(area.Right)-w-gap), max(int(area.Top), int(area.Bottom)-h-gap), w, h,
		win32.SWPNoZOrder|win32.SWPNoActivate)
	c.arrange()
	win32.ShowWindow(c.hwnd, win32.SWShowNormal)
	win32.SetForeground(c.hwnd)
	win32.SetFocus(c.input.hwnd)
}

func (c *chat) act(a machine.Action) { c.ui.actions.in <- a }

func (c *chat) sendLine() {
	line := strings.TrimSpace(c.input.text())
	if line == "" || !c.view.CanSend {
		return
	}
	c.input.setText("")
	win32.SetFocus(c.input.hwnd)
	c.act(machine.Action{Kind: machine.ActionSend, Text: line})
}

// askEnd asks before the session ends. Without a question to ask the box is only made small: the agent closes it.
func (c *chat) askEnd() {
	if c.view.EndAsk.Yes == "" {
		win32.ShowWindow(c.hwnd, win32.SWMinimize)
		return
	}
	if c.asking {
		return
	}
	c.asking = true
	question, u := c.view.EndAsk, c.ui
	go func() {
		answer, err := u.Ask(context.Background(), question)
		u.thread.Do(func() { c.asking = false })
		if err != nil || answer == machine.AnswerYes {
			u.actions.in <- machine.Action{Kind: machine.ActionEnd}
		}
	}()
}

// update shows v, touching only what changed.
func (c *chat) update(v machine.View) {
	old := c.view
	c.view = v
	if title := oneLine(v.Title); title != win32.Text(c.hwnd) {
		win32.SetText(c.hwnd, title)
	}
	c.setText(c.status, cut(oneLine(v.Status), 300))
	c.setText(c.sharing, cut(oneLine(v.Sharing), 160))
	c.stop.setLabel(oneLine(v.StopShare))
	c.stop.show(v.Sharing != "" && v.StopShare != "")
	c.send.setLabel(oneLine(v.Send))
	c.send.show(v.Send != "")
	c.end.setLabel(oneLine(v.End))
	c.end.show(v.End != "")
	if hint := oneLine(v.Input); hint != c.input.hint {
		c.input.hint = hint
		win32.Invalidate(c.input.hwnd)
	}
	win32.Enable(c.send.hwnd, v.CanSend)
	win32.Enable(c.input.hwnd, v.CanSend || v.Input != "")
	c.script.show(v.Lines)
	if old.Tone != v.Tone || old.Sharing != v.Sharing || old.Send != v.Send || old.StopShare != v.StopShare || old.Status != v.Status {
		c.setLetters()
		c.arrange()
	}
	for _, b := range c.buttons {
		win32.Invalidate(b.hwnd)
	}
}

func (c *chat) chatRows() []row {
	t := c.theme
	_, line := t.measure("Ag", t.small, 0)
	return []row{
		{height: func(w int) int {
			_, h := t.measure(c.status.s, t.small, w-t.px(18))
			return max(h, line)
		}, place: c.placeStatus},
		{gap: t.px(6), height: func(int) int {
			if c.view.Sharing == "" {
				return 0
			}
			return line + t.px(4)
		}, place: c.placeSharing},
		{gap: t.px(12), height: func(int) int { return t.px(120) }, grow: true, place: c.placeScript},
		{gap: t.px(12), height: func(int) int { return t.px(32) }, place: c.placeInput},
	}
}

func (c *chat) placeStatus(b box) {
	t := c.theme
	d := t.px(9)
	_, line := t.measure("Ag", t.small, 0)
	c.dot = box{b.x + t.px(1), b.y + (line-d)/2, d, d}
	shift := t.px(18)
	c.put(c.status.hwnd, box{b.x + shift, b.y, b.w - shift, b.h})
}

func (c *chat) placeSharing(b box) {
	w := c.stop.width()
	shift := c.theme.px(18)
	c.put(c.sharing.hwnd, box{b.x + shift, b.y + c.theme.px(2), b.w - w - shift - c.theme.px(8), b.h})
	c.put(c.stop.hwnd, box{b.x + b.w - w, b.y, w, b.h})
}

func (c *chat) placeScript(b box) {
	c.wells = append(c.wells, b)
	c.put(c.script.hwnd, box{b.x + c.theme.px(12), b.y + c.theme.px(6), b.w - c.theme.px(20), b.h - c.theme.px(12)})
	c.script.bottom()
}

func (c *chat) placeInput(b box) {
	w := max(c.send.width(), c.theme.px(72))
	c.input.place(box{b.x, b.y, b.w - w - c.theme.px(8), b.h})
	c.put(c.send.hwnd, box{b.x + b.w - w, b.y, w, b.h})
}

// drawDot draws the status' tone, and the eye beside who sees the screen. The words say the same.
func (c *chat) drawDot(dc windows.Handle) {
	t := c.theme
	tone := t.tone(c.view.Tone)
	brush, pen := win32.SolidBrush(tone), win32.Pen(1, tone)
	defer win32.DeleteObject(brush)
	defer win32.DeleteObject(pen)
	oldBrush, oldPen := win32.Select(dc, brush), win32.Select(dc, pen)
	win32.Ellipse(dc, rect(c.dot))
	win32.Select(dc, oldBrush)
	win32.Select(dc, oldPen)
}

// limits keeps the box from being made too small to use.
func (c *chat) limits(msg uint32, w, l uintptr) (uintptr, bool) {
	if msg != win32.WMGetMinMaxInfo {
		return 0, false
	}
	ow, oh := win32.OuterSize(c.theme.px(340), c.theme.px(330), c.style, c.ex, c.theme.dpi)
	win32.FromLParam[win32.MinMaxInfo](l).MinTrack = win32.Point{X: int32(ow), Y: int32(oh)}
	return 0, true
}
