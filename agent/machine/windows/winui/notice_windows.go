package winui

import (
	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// notice is a message with one button.
type notice struct {
	frame
	done     func()
	finished bool
}

func (u *UI) newNotice(n machine.Notice, done func()) (*notice, error) {
	w := &notice{frame: frame{ui: u}, done: done}
	if err := w.create(NoticeClass, n.Title, promptStyle, win32.WSExAppWindow); err != nil {
		return nil, err
	}
	heading := w.addText(cut(oneLine(n.Heading), 200), headFont)
	body := w.addText(cut(plain(n.Body), 1000), bodyFont)
	w.rows = func() []row { return []row{w.textRow(heading, 0), w.textRow(body, 12)} }
	ok := w.addButton(plainButton, oneLine(n.OK), w.finish)
	w.foot = []*button{ok}
	w.setLetters()
	w.onClose, w.onEscape, w.onEnter, w.onGone = w.finish, w.finish, w.finish, w.finish
	if w.err != nil {
		w.destroy()
		return nil, w.err
	}
	w.fit()
	win32.ShowWindow(w.hwnd, win32.SWShowNormal)
	win32.SetForeground(w.hwnd)
	win32.SetFocus(ok.hwnd)
	return w, nil
}

func (w *notice) finish() {
	if !w.finished {
		w.finished = true
		w.destroy()
		w.done()
	}
}
