package desktop

import (
	"fmt"
	"image"
	"strings"
)

// Measures of the reader's page.
const (
	pageMargin   = 40
	textHeight   = 22
	sections     = 24
	scrollBar    = 16
	scrollStep   = 3 * textHeight // of a notch of the wheel
	smallestPart = 28             // of a scroll bar
)

// reader is the content of a document's window: text that is scrolled by the wheel, the scroll bar and the keyboard.
type reader struct {
	size   image.Point
	words  *words
	lines  []textLine
	height int // of the whole text
	offset int // of what is shown
	grab   int // where the scroll bar's part is held; -1: it isn't
}

type textLine struct {
	text string
	head bool
}

func newReader(size image.Point, w *words) *reader {
	r := &reader{size: size, words: w, grab: -1}
	width := size.X - scrollBar - 2*pageMargin
	for i := range sections {
		r.lines = append(r.lines, textLine{text: fmt.Sprintf(w.section, i+1), head: true})
		other := i + 1 + i/len(w.paragraphs)%(len(w.paragraphs)-1) // never the same one
		for _, n := range []int{i, other} {
			for _, l := range wrapText(textFace, w.paragraphs[n%len(w.paragraphs)], width) {
				r.lines = append(r.lines, textLine{text: l})
			}
			r.lines = append(r.lines, textLine{})
		}
	}
	r.height = len(r.lines)*textHeight + 2*pageMargin
	return r
}

// wrapText breaks a text into lines that are no wider than width.
func wrapText(f *face, text string, width int) []string {
	var lines []string
	now := ""
	for _, word := range strings.Split(text, " ") {
		longer := strings.TrimPrefix(now+" "+word, " ")
		if now != "" && f.width(longer) > width {
			lines = append(lines, now)
			longer = word
		}
		now = longer
	}
	return append(lines, now)
}

// page is where the text is.
func (r *reader) page() image.Rectangle { return image.Rect(0, 0, r.size.X-scrollBar, r.size.Y) }

// part is the scroll bar's part that can be held.
func (r *reader) part() image.Rectangle {
	long := max(r.size.Y*r.size.Y/r.height, smallestPart)
	y := (r.size.Y - long) * r.offset / (r.height - r.size.Y)
	return image.Rect(r.size.X-scrollBar+3, y, r.size.X-3, y+long)
}

func (r *reader) paint(c *canvas, at image.Rectangle) {
	c.fill(r.page().Add(at.Min), paper)
	c.fill(image.Rect(at.Max.X-scrollBar, at.Min.Y, at.Max.X, at.Max.Y), 0xe4e9ef)
	c.round(r.part().Add(at.Min), 5, 0x9aa6b3)
	text := c.within(r.page().Add(at.Min))
	top := at.Min.Y + pageMargin - r.offset
	first := max((c.clip.Min.Y-top)/textHeight-1, 0)
	for i := first; i < len(r.lines); i++ {
		y := top + i*textHeight
		if y-textHeight >= c.clip.Max.Y {
			break
		}
		if r.lines[i].head {
			text.text(headFace, at.Min.X+pageMargin, y+15, r.lines[i].text, 0x16508f)
		} else {
			text.text(textFace, at.Min.X+pageMargin, y+15, r.lines[i].text, ink)
		}
	}
}

func (r *reader) status() string {
	return fmt.Sprintf(r.words.page, r.offset*100/(r.height-r.size.Y))
}

// scrollTo shows the text from an offset on.
func (r *reader) scrollTo(offset int) []change {
	oldPart, oldStatus, old := r.part(), r.status(), r.offset
	r.offset = min(max(offset, 0), r.height-r.size.Y)
	by := r.offset - old
	if by == 0 {
		return nil
	}
	var out []change
	page := r.page()
	if height := page.Dy() - max(by, -by); height > 0 {
		to, from := max(-by, 0), max(by, 0)
		out = append(out, change{rect: image.Rect(0, to, page.Max.X, to+height), from: &image.Point{Y: from}})
		if by > 0 {
			page.Min.Y = height
		} else {
			page.Max.Y = -by
		}
	}
	out = append(out, change{rect: page}, change{rect: oldPart}, change{rect: r.part()})
	if r.status() != oldStatus {
		out = append(out, change{status: true})
	}
	return out
}

func (r *reader) press(at image.Point, _ bool) []change {
	part := r.part()
	switch {
	case at.X < r.size.X-scrollBar:
	case at.Y < part.Min.Y:
		return r.scrollTo(r.offset - r.size.Y + textHeight)
	case at.Y >= part.Max.Y:
		return r.scrollTo(r.offset + r.size.Y - textHeight)
	default:
		r.grab = at.Y - part.Min.Y
	}
	return nil
}

func (r *reader) drag(at image.Point) []change {
	if r.grab < 0 {
		return nil
	}
	way := r.size.Y - r.part().Dy()
	y := min(max(at.Y-r.grab, 0), way)
	return r.scrollTo(y * (r.height - r.size.Y) / way)
}

func (r *reader) release() { r.grab = -1 }

func (r *reader) wheel(notches int) []change { return r.scrollTo(r.offset + notches*scrollStep) }

func (r *reader) key(k key) []change {
	page := r.size.Y - textHeight
	switch k.name {
	case keyUp:
		return r.scrollTo(r.offset - textHeight)
	case keyDown:
		return r.scrollTo(r.offset + textHeight)
	case keyPageUp:
		return r.scrollTo(r.offset - page)
	case keyPageDown:
		return r.scrollTo(r.offset + page)
	case keyHome:
		return r.scrollTo(0)
	case keyEnd:
		return r.scrollTo(r.height)
	}
	if k.char == ' ' && !k.ctrl {
		return r.scrollTo(r.offset + page)
	}
	return nil
}

func (r *reader) focus(bool) []change      { return nil }
func (r *reader) beam(at image.Point) bool { return at.In(r.page()) }
