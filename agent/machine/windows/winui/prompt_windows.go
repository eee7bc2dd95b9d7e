package winui

import (
	"time"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// prompt is a question with two equal buttons and, if it has a time, a countdown. Closing the window says no.
type prompt struct {
	frame
	p        machine.Prompt
	done     func(machine.Answer)
	deadline time.Time
	bar      box // the countdown: a bar and, to its right, the time
	finished bool
}

const (
	promptStyle = win32.WSPopup | win32.WSCaption | win32.WSSysMenu | win32.WSMinimizeBox
	promptEx    = win32.WSExTopmost | win32.WSExAppWindow
	tick        = 200 // ms between redraws of a countdown
)

func (u *UI) newPrompt(p machine.Prompt, done func(machine.Answer)) (*prompt, error) {
	w := &prompt{frame: frame{ui: u}, p: p, done: done}
	if err := w.create(PromptClass, p.Title, promptStyle, promptEx); err != nil {
		return nil, err
	}
	w.guard.on = true
	heading := w.addText(cut(oneLine(p.Heading), 200), headFont)
	quote := w.addText(cut(plain(p.Quote), 600), bodyFont)
	body := w.addText(cut(plain(p.Body), 1000), bodyFont)
	atZero := w.addText(cut(plain(p.AtZero), 400), smallFont)
	w.rows = func() []row {
		return []row{w.textRow(heading, 0), w.wellRow(quote, 12), w.textRow(body, 12), w.barRow(), w.textRow(atZero, 12)}
	}
	yes := w.addButton(plainButton, oneLine(p.Yes), func() { w.finish(machine.AnswerYes) })
	no := w.addButton(plainButton, oneLine(p.No), func() { w.finish(machine.AnswerNo) })
	w.foot = []*button{yes, no}
	w.setLetters()
	w.onClose = func() { w.closing() }
	w.onEscape = func() { w.finish(machine.AnswerNo) }
	w.onGone = func() { w.finish(machine.AnswerClosed) }
	w.onTimer = w.tick
	w.paint = w.drawBar
	if w.err != nil {
		w.destroy()
		return nil, w.err
	}
	w.appear()
	return w, nil
}

// appear puts the prompt before everything else and starts its time.
func (w *prompt) appear() {
	w.fit()
	win32.ShowWindow(w.hwnd, win32.SWShowNormal)
	win32.SetForeground(w.hwnd)
	win32.SetFocus(w.hwnd)
	win32.UpdateWindow(w.hwnd)
	if windows.GetForegroundWindow() != w.hwnd {
		win32.Flash(w.hwnd)
	}
	const question = 0x20
	win32.Beep(question)
	w.guard.shown = time.Now()
	w.deadline = w.guard.shown.Add(w.p.For)
	if w.p.For > 0 {
		win32.SetTimer(w.hwnd, 1, tick)
	}
}

// closing is the title bar's X, Alt+F4 or the system menu: no. It is not asked for its input's source, as no is the
// answer that permits nothing; but the first moments don't count here either.
func (w *prompt) closing() {
	if time.Since(w.guard.shown) >= mouseAfter {
		w.finish(machine.AnswerNo)
	}
}

func (w *prompt) tick() {
	if time.Until(w.deadline) <= 0 {
		w.finish(machine.AnswerTimeout)
		return
	}
	win32.InvalidateRect(w.hwnd, rect(w.bar))
}

func (w *prompt) finish(a machine.Answer) {
	if w.finished {
		return
	}
	w.finished = true
	w.destroy()
	w.done(a)
}

func (w *prompt) barRow() row {
	return row{
		gap: w.theme.px(12),
		height: func(int) int {
			if w.p.For <= 0 {
				return 0
			}
			_, h := w.theme.measure("0:00", w.theme.body, 0)
			return h
		},
		place: func(b box) { w.bar = b },
	}
}

func (w *prompt) drawBar(dc windows.Handle) {
	if w.p.For <= 0 {
		return
	}
	t := w.theme
	left := time.Until(w.deadline)
	if w.deadline.IsZero() {
		left = w.p.For
	}
	old := win32.Select(dc, t.body)
	win32.SetTextColor(dc, t.text)
	words := clock(left)
	tw, _ := t.measure(words, t.body, 0)
	wide, _ := t.measure(clock(w.p.For), t.body, 0)
	wide = max(wide, tw)
	at := w.bar
	at.x, at.w = w.bar.x+w.bar.w-tw, tw
	win32.DrawText(dc, words, rect(at), win32.DTSingleLine|win32.DTVCenter|win32.DTNoPrefix)
	win32.Select(dc, old)
	track := box{w.bar.x, w.bar.y + w.bar.h/2 - t.px(2), w.bar.w - wide - t.px(10), t.px(4)}
	win32.FillRect(dc, rect(track), t.brushLine)
	track.w = int(float64(track.w) * share(left, w.p.For))
	win32.FillRect(dc, rect(track), t.brushAccent)
}
