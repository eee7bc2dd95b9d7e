package desktop

import "unicode"

func (e *editor) key(k key) []change {
	switch {
	case k.ctrl && k.char != 0:
		e.shortcut(unicode.ToLower(k.char))
	case k.alt:
		return nil
	case k.char != 0:
		e.insert(string(k.char))
	default:
		e.command(k)
	}
	e.desk.text = string(e.text)
	return e.update()
}

// shortcut does what Ctrl with a letter stands for.
func (e *editor) shortcut(letter rune) {
	from, to := e.selected()
	switch letter {
	case 'a':
		e.anchor, e.caret = 0, len(e.text)
	case 'c', 'x':
		if from == to {
			return
		}
		e.desk.copied(string(e.text[from:to]))
		if letter == 'x' {
			e.insert("")
		}
	case 'v':
		e.insert(e.desk.clipboard)
	}
}

// command does what a named key stands for.
func (e *editor) command(k key) {
	switch k.name {
	case keyEnter:
		e.insert("\n")
	case keyTab:
		e.insert("    ")
	case keyBackspace, keyDelete:
		e.erase(k.name)
	default:
		e.move(k)
	}
}

// erase takes the selection out, or the character before or after the caret.
func (e *editor) erase(k keyName) {
	if e.caret == e.anchor {
		if k == keyBackspace {
			e.anchor = max(e.caret-1, 0)
		} else {
			e.anchor = min(e.caret+1, len(e.text))
		}
	}
	e.insert("")
}

func (e *editor) move(k key) {
	row, _ := e.place(e.caret)
	from, to := e.selected()
	switch k.name {
	case keyLeft:
		if from < to && !k.shift {
			e.moveTo(from, false)
		} else {
			e.moveTo(e.caret-1, k.shift)
		}
	case keyRight:
		if from < to && !k.shift {
			e.moveTo(to, false)
		} else {
			e.moveTo(e.caret+1, k.shift)
		}
	case keyUp:
		e.vertical(-1, k.shift)
	case keyDown:
		e.vertical(1, k.shift)
	case keyPageUp:
		e.vertical(-e.rows+1, k.shift)
	case keyPageDown:
		e.vertical(e.rows-1, k.shift)
	case keyHome:
		if k.ctrl {
			row = 0
		}
		e.moveTo(e.position(row, 0), k.shift)
	case keyEnd:
		if k.ctrl {
			row = len(e.lines) - 1
		}
		e.moveTo(e.position(row, e.cols), k.shift)
	}
}

// vertical moves by lines, in the column in which the way began.
func (e *editor) vertical(by int, selecting bool) {
	row, col := e.place(e.caret)
	goal := e.goal
	if goal < 0 {
		goal = col
	}
	e.moveTo(e.position(row+by, goal), selecting)
	e.goal = goal
}
