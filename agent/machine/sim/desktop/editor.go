package desktop

import (
	"fmt"
	"image"
	"slices"

	"golang.org/x/text/unicode/norm"
)

// maxText is how many characters the editor's file may have; what is typed or pasted beyond is dropped.
const maxText = 100_000

// Measures of the editor's text.
const (
	cellWidth  = 9
	cellHeight = 20
	margin     = 10
)

// editor is the content of the editor's window. Its text wraps where the window ends.
type editor struct {
	desk       *Desktop // whose clipboard and file it uses
	cols, rows int
	text       []rune
	caret      int
	anchor     int // the selection's other end
	top        int // first line that is shown
	goal       int // column for moving up and down; -1: the caret's
	focused    bool

	lines []extent
	shown [][]cell // what was drawn last, to tell what differs
	said  string   // status that was drawn last
}

// extent is a line on the screen: the characters from start to end. hard: it ends because the line ends.
type extent struct {
	start, end int
	hard       bool
}

// cell is a place for a character; one more than cols is there for the caret after the last one.
type cell struct {
	char            rune
	selected, caret bool
}

func newEditor(size image.Point, d *Desktop) *editor {
	e := &editor{desk: d, cols: (size.X-2*margin)/cellWidth - 1, rows: (size.Y - 2*margin) / cellHeight, goal: -1}
	e.text = []rune(d.text)
	e.caret, e.anchor = len(e.text), len(e.text)
	e.update()
	return e
}

// wrap finds the lines.
func (e *editor) wrap() {
	e.lines = e.lines[:0]
	start := 0
	for i, r := range e.text {
		switch {
		case r == '\n':
			e.lines = append(e.lines, extent{start, i, true})
			start = i + 1
		case i-start == e.cols:
			e.lines = append(e.lines, extent{start, i, false})
			start = i
		}
	}
	e.lines = append(e.lines, extent{start, len(e.text), true})
}

// place is the line and column of a position.
func (e *editor) place(at int) (row, col int) {
	row, found := slices.BinarySearchFunc(e.lines, at, func(x extent, at int) int { return x.start - at })
	if !found {
		row--
	}
	return row, at - e.lines[row].start
}

// position is that of a line and column, which need not exist.
func (e *editor) position(row, col int) int {
	row = min(max(row, 0), len(e.lines)-1)
	x := e.lines[row]
	last := x.end
	if !x.hard && last > x.start {
		last-- // the end of a wrapped line is the next one's beginning
	}
	return min(x.start+max(col, 0), last)
}

func (e *editor) selected() (from, to int) { return min(e.caret, e.anchor), max(e.caret, e.anchor) }

// insert puts text in the place of the selection.
func (e *editor) insert(s string) {
	from, to := e.selected()
	add := []rune(norm.NFC.String(s))
	add = slices.DeleteFunc(add, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f })
	if room := maxText - len(e.text) + (to - from); len(add) > room {
		add = add[:room]
	}
	e.text = slices.Replace(e.text, from, to, add...)
	e.caret = from + len(add)
	e.anchor, e.goal = e.caret, -1
}

// update brings everything in line with the text and the caret, and says what is to be drawn.
func (e *editor) update() []change {
	e.wrap()
	oldTop := e.top
	row, _ := e.place(e.caret)
	e.top = min(max(e.top, row-e.rows+1), row)
	e.top = max(min(e.top, len(e.lines)-e.rows), 0)
	return e.redraw(oldTop)
}

// redraw compares what shall be seen with what is.
func (e *editor) redraw(oldTop int) []change {
	var out []change
	if by := e.top - oldTop; by != 0 && by < e.rows && -by < e.rows && len(e.shown) == e.rows {
		out = append(out, e.shift(by))
	}
	now := e.look()
	for i, cells := range now {
		first, last := 0, e.cols
		if i < len(e.shown) && e.shown[i] != nil {
			for first <= last && e.shown[i][first] == cells[first] {
				first++
			}
			for last >= first && e.shown[i][last] == cells[last] {
				last--
			}
		}
		if first <= last {
			out = append(out, change{rect: image.Rect(margin+first*cellWidth, margin+i*cellHeight, margin+(last+1)*cellWidth, margin+(i+1)*cellHeight)})
		}
	}
	e.shown = now
	if s := e.status(); s != e.said {
		e.said = s
		out = append(out, change{status: true})
	}
	return out
}

// shift moves what is shown up by so many lines.
func (e *editor) shift(by int) change {
	height := (e.rows - max(by, -by)) * cellHeight
	from, to := margin+max(by, 0)*cellHeight, margin+max(-by, 0)*cellHeight
	moved := make([][]cell, e.rows)
	for i := range moved {
		if j := i + by; j >= 0 && j < e.rows {
			moved[i] = e.shown[j]
		}
	}
	e.shown = moved
	return change{rect: image.Rect(margin, to, margin+(e.cols+1)*cellWidth, to+height), from: &image.Point{X: margin, Y: from}}
}

// look is what shall be seen.
func (e *editor) look() [][]cell {
	from, to := e.selected()
	caretRow, caretCol := e.place(e.caret)
	out := make([][]cell, e.rows)
	for i := range out {
		out[i] = make([]cell, e.cols+1)
		if e.top+i >= len(e.lines) {
			continue
		}
		x := e.lines[e.top+i]
		for j := range out[i] {
			at := x.start + j
			if at < x.end {
				out[i][j].char = e.text[at]
			}
			out[i][j].selected = at >= from && at < to && (at < x.end || x.hard && at == x.end)
		}
		if e.focused && e.top+i == caretRow {
			out[i][caretCol].caret = true
		}
	}
	return out
}

func (e *editor) paint(c *canvas, r image.Rectangle) {
	c.fill(r, paper)
	for i, cells := range e.shown {
		y := r.Min.Y + margin + i*cellHeight
		if y >= c.clip.Max.Y || y+cellHeight <= c.clip.Min.Y {
			continue
		}
		for j, cell := range cells {
			if cell.char == 0 && !cell.selected && !cell.caret {
				continue
			}
			x := r.Min.X + margin + j*cellWidth
			place := image.Rect(x, y, x+cellWidth, y+cellHeight)
			if cell.selected {
				c.fill(place, selection)
			}
			if cell.char > ' ' {
				c.within(place).char(monoFace, x, y+15, cell.char, ink)
			}
			if cell.caret {
				c.fill(image.Rect(x, y+2, x+1, y+cellHeight-2), black)
			}
		}
	}
}

func (e *editor) status() string {
	row, col := 1, 1
	for _, r := range e.text[:e.caret] {
		if col++; r == '\n' {
			row, col = row+1, 1
		}
	}
	return fmt.Sprintf(e.desk.words.row, row, col)
}

func (e *editor) beam(image.Point) bool { return true }

func (e *editor) focus(has bool) []change {
	e.focused = has
	return e.redraw(e.top)
}

// aim is the position nearest to a point.
func (e *editor) aim(at image.Point) int {
	return e.position(e.top+floorDiv(at.Y-margin, cellHeight), floorDiv(at.X-margin+cellWidth/2, cellWidth))
}

func floorDiv(a, b int) int {
	if a < 0 {
		return -((-a + b - 1) / b)
	}
	return a / b
}

func (e *editor) press(at image.Point, shift bool) []change {
	e.moveTo(e.aim(at), shift)
	return e.update()
}

func (e *editor) drag(at image.Point) []change {
	e.moveTo(e.aim(at), true)
	return e.update()
}

func (e *editor) release() {}

func (e *editor) wheel(notches int) []change {
	old := e.top
	e.top = max(min(e.top+3*notches, len(e.lines)-e.rows), 0)
	return e.redraw(old)
}

// moveTo puts the caret somewhere; selecting keeps the selection's other end where it is.
func (e *editor) moveTo(at int, selecting bool) {
	e.caret, e.goal = min(max(at, 0), len(e.text)), -1
	if !selecting {
		e.anchor = e.caret
	}
}
