package winui

import (
	"strings"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// codeWindow asks for the connect code and, if need be, the server.
type codeWindow struct {
	frame
	done         func(code, server string, ok bool)
	code, server *entry
	finished     bool
}

const (
	codeLimit   = 64  // ten digits, with whatever comes along when pasting
	serverLimit = 300 // a host name has at most 253 characters
)

func (u *UI) newCode(form machine.CodeForm, done func(code, server string, ok bool)) (*codeWindow, error) {
	w := &codeWindow{frame: frame{ui: u}, done: done}
	if err := w.create(CodeClass, form.Title, promptStyle, win32.WSExAppWindow); err != nil {
		return nil, err
	}
	heading := w.addText(cut(oneLine(form.Heading), 200), headFont)
	body := w.addText(cut(plain(form.Body), 1000), bodyFont)
	problem := w.addText(cut(plain(form.Error), 400), bodyFont)
	problem.color = func(t *theme) uint32 { return t.warn }
	codeLabel := w.addText(oneLine(form.CodeLabel), smallFont)
	w.code = w.addEntry("", form.Code, codeLimit)
	serverLabel := w.addText(oneLine(form.ServerLabel), smallFont)
	if serverLabel.s != "" {
		w.server = w.addEntry("", form.Server, serverLimit)
	}
	w.rows = func() []row {
		rows := []row{w.textRow(heading, 0), w.textRow(body, 12), w.textRow(problem, 12), w.textRow(codeLabel, 12), w.entryRow(w.code)}
		if w.server != nil {
			rows = append(rows, w.textRow(serverLabel, 12), w.entryRow(w.server))
		}
		return rows
	}
	ok := w.addButton(plainButton, oneLine(form.OK), func() { w.finish(true) })
	cancel := w.addButton(plainButton, oneLine(form.Cancel), func() { w.finish(false) })
	w.foot = []*button{ok, cancel}
	w.setLetters()
	w.onEnter = func() { w.finish(true) }
	w.onEscape = func() { w.finish(false) }
	w.onClose, w.onGone = w.onEscape, w.onEscape
	w.onDPI = func() {
		w.code.useFont()
		if w.server != nil {
			w.server.useFont()
		}
	}
	if w.err != nil {
		w.destroy()
		return nil, w.err
	}
	w.fit()
	win32.ShowWindow(w.hwnd, win32.SWShowNormal)
	win32.SetForeground(w.hwnd)
	w.code.focus()
	return w, nil
}

func (w *codeWindow) entryRow(e *entry) row {
	return row{gap: w.theme.px(4), height: func(int) int { return w.theme.px(32) }, place: e.place}
}

func (w *codeWindow) finish(ok bool) {
	if w.finished {
		return
	}
	code, server := strings.TrimSpace(w.code.text()), ""
	if w.server != nil {
		server = strings.TrimSpace(w.server.text())
	}
	if ok && code == "" {
		w.code.focus()
		return
	}
	w.finished = true
	w.destroy()
	w.done(code, server, ok)
}
