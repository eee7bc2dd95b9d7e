package desktop

import (
	"fmt"
	"image"
	"slices"

	"github.com/rejoin/rejoin/agent/machine"
)

// App is a program of the simulated PC.
type App string

const (
	AppEditor App = "editor" // a plain text editor; its file outlives the desktop
	AppReader App = "reader" // a long document to scroll
	AppPhotos App = "photos"
)

// apps are all programs, in the task bar's order.
var apps = []App{AppEditor, AppReader, AppPhotos}

// Measures of a window.
const (
	titleHeight  = 32
	statusHeight = 24
	buttonWidth  = 46
	corner       = 8
)

// window is one of a program's windows: a title bar, content, and a status bar, so that round corners touch neither text nor
// picture.
type window struct {
	id        string
	app       App
	title     string
	rect      image.Rectangle
	minimised bool
	content   content
}

// content is what a program shows. Points are relative to its upper left corner.
type content interface {
	paint(c *canvas, r image.Rectangle)
	status() string
	press(at image.Point, shift bool) []change
	drag(at image.Point) []change
	release()
	wheel(notches int) []change // positive: towards the end
	key(k key) []change
	focus(has bool) []change
	beam(at image.Point) bool // whether there is text under the point
}

// change is what became of a content: an area drawn anew, or moved, or the status bar.
type change struct {
	rect   image.Rectangle
	from   *image.Point // of a move to rect
	status bool
}

// key is a key that went down.
type key struct {
	char             rune // 0 if it is a named one
	name             keyName
	shift, ctrl, alt bool
}

func (w *window) contentRect() image.Rectangle {
	return image.Rect(w.rect.Min.X+1, w.rect.Min.Y+titleHeight, w.rect.Max.X-1, w.rect.Max.Y-statusHeight)
}

func (w *window) titleRect() image.Rectangle {
	return image.Rect(w.rect.Min.X, w.rect.Min.Y, w.rect.Max.X, w.rect.Min.Y+titleHeight)
}

func (w *window) statusRect() image.Rectangle {
	return image.Rect(w.rect.Min.X, w.rect.Max.Y-statusHeight, w.rect.Max.X, w.rect.Max.Y)
}

// button is the title bar's nth button from the right: 0 closes, 1 minimises.
func (w *window) button(n int) image.Rectangle {
	right := w.rect.Max.X - n*buttonWidth
	return image.Rect(right-buttonWidth, w.rect.Min.Y, right, w.rect.Min.Y+titleHeight)
}

// corners are the squares in which what lies below can be seen.
func (w *window) corners() []image.Rectangle {
	r, c := w.rect, corner
	return []image.Rectangle{
		image.Rect(r.Min.X, r.Min.Y, r.Min.X+c, r.Min.Y+c), image.Rect(r.Max.X-c, r.Min.Y, r.Max.X, r.Min.Y+c),
		image.Rect(r.Min.X, r.Max.Y-c, r.Min.X+c, r.Max.Y), image.Rect(r.Max.X-c, r.Max.Y-c, r.Max.X, r.Max.Y),
	}
}

// opaque are the areas through which nothing can be seen.
func (w *window) opaque() []image.Rectangle {
	return []image.Rectangle{
		image.Rect(w.rect.Min.X+corner, w.rect.Min.Y, w.rect.Max.X-corner, w.rect.Max.Y),
		image.Rect(w.rect.Min.X, w.rect.Min.Y+corner, w.rect.Max.X, w.rect.Max.Y-corner),
	}
}

func (w *window) paint(c *canvas, active, excluded bool) {
	if excluded {
		c.round(w.rect, corner, covered)
		return
	}
	c.round(w.rect, corner, 0x8d99a6)
	c.round(w.rect.Inset(1), corner-1, pane)
	title := w.titleRect()
	col := faint
	if active {
		col = ink
	}
	paintIcon(c, w.app, image.Rect(title.Min.X+10, title.Min.Y+8, title.Min.X+26, title.Min.Y+24))
	bar := c.within(image.Rect(title.Min.X, title.Min.Y, w.button(1).Min.X, title.Max.Y))
	bar.text(uiFace, title.Min.X+34, title.Min.Y+21, w.title, col)
	paintCross(c, centre(w.button(0)), col)
	m := centre(w.button(1))
	c.fill(image.Rect(m.X-5, m.Y, m.X+5, m.Y+1), col)
	r := w.contentRect()
	c.fill(image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y), line)
	if part := c.within(r); !part.clip.Empty() {
		w.content.paint(part, r)
	}
	c.text(uiFace, w.rect.Min.X+14, w.rect.Max.Y-8, w.content.status(), faint)
}

func centre(r image.Rectangle) image.Point { return r.Min.Add(r.Max).Div(2) }

func paintCross(c *canvas, m image.Point, col colour) {
	for i := -5; i <= 5; i++ {
		for _, y := range []int{i, -i} {
			c.blend(m.X+i, m.Y+y, col, 0xff)
			c.blend(m.X+i+1, m.Y+y, col, 0x60)
		}
	}
}

// front is the window in front of all others that has the keyboard; nil if the desktop itself has.
func (d *Desktop) front() *window {
	if !d.focused || len(d.windows) == 0 || d.windows[0].minimised {
		return nil
	}
	return d.windows[0]
}

func (d *Desktop) windowOf(app App) *window {
	for _, w := range d.windows {
		if w.app == app {
			return w
		}
	}
	return nil
}

// under is the window at a point.
func (d *Desktop) under(at image.Point) *window {
	for _, w := range d.windows {
		if !w.minimised && at.In(w.rect) {
			return w
		}
	}
	return nil
}

// open starts a program, or brings its window to the front.
func (d *Desktop) open(app App) {
	w := d.windowOf(app)
	if w == nil {
		w = d.newWindow(app)
		w.minimised = true // not to be seen until it is raised
		d.windows = append(d.windows, w)
		d.news = true
	}
	d.raise(w)
}

func (d *Desktop) newWindow(app App) *window {
	d.lastID++
	w := &window{id: fmt.Sprintf("0x%08X", 0x10000+d.lastID*0x22), app: app}
	at, size := image.Pt(0, 0), image.Pt(0, 0)
	switch app {
	case AppEditor:
		at, size = image.Pt(150, 90), image.Pt(640, 440)
	case AppReader:
		at, size = image.Pt(520, 50), image.Pt(660, 620)
	case AppPhotos:
		at, size = image.Pt(220, 180), image.Pt(600, 480)
	}
	w.rect = image.Rectangle{at, at.Add(size)}
	inner := w.contentRect().Size()
	switch app {
	case AppEditor:
		w.content = newEditor(inner, d)
	case AppReader:
		w.content = newReader(inner, d.words)
	case AppPhotos:
		w.content = newAlbum(inner)
	}
	w.title = d.titleOf(app)
	return w
}

func (d *Desktop) titleOf(app App) string {
	switch app {
	case AppEditor:
		return d.words.notes + " – " + d.words.editor
	case AppReader:
		return d.words.manual + " – " + d.words.reader
	}
	return d.words.garden + " – " + d.words.photos
}

func (d *Desktop) nameOf(app App) string {
	switch app {
	case AppEditor:
		return d.words.editor
	case AppReader:
		return d.words.reader
	}
	return d.words.photos
}

// raise brings a window to the front and gives it the keyboard.
func (d *Desktop) raise(w *window) {
	if d.front() == w && !w.minimised {
		return
	}
	hidden := w.minimised || d.windows[0] != w
	d.unfocus()
	w.minimised = false
	i := slices.Index(d.windows, w)
	d.windows = slices.Insert(slices.Delete(d.windows, i, i+1), 0, w)
	d.focused = true
	d.changes(w, w.content.focus(true))
	if hidden {
		d.redraw(w.rect)
	} else {
		d.redraw(w.titleRect())
	}
	d.redraw(d.barButton(w.app))
}

// unfocus takes the keyboard from the window that has it.
func (d *Desktop) unfocus() {
	w := d.front()
	if w == nil {
		return
	}
	d.changes(w, w.content.focus(false))
	d.focused = false
	d.redraw(w.titleRect())
	d.redraw(d.barButton(w.app))
}

// minimise hides a window; the next one gets the keyboard.
func (d *Desktop) minimise(w *window) {
	d.unfocus()
	w.minimised = true
	i := slices.Index(d.windows, w)
	d.windows = append(slices.Delete(d.windows, i, i+1), w)
	d.redraw(w.rect)
	d.redraw(d.barButton(w.app))
	d.focusNext()
}

// closeWindow ends a program.
func (d *Desktop) closeWindow(w *window) {
	d.unfocus()
	d.windows = slices.DeleteFunc(d.windows, func(x *window) bool { return x == w })
	for s := range d.screens {
		delete(s.excluded, w.id)
	}
	d.redraw(w.rect)
	d.redraw(d.barButton(w.app))
	d.news = true
	d.focusNext()
}

func (d *Desktop) focusNext() {
	if len(d.windows) > 0 && !d.windows[0].minimised {
		d.raise(d.windows[0])
	}
}

// list is what [machine.Screen] says of the windows, front to back.
func (d *Desktop) list() []machine.Window {
	out := make([]machine.Window, 0, len(d.windows))
	for _, w := range d.windows {
		out = append(out, machine.Window{ID: w.id, Title: w.title, App: d.nameOf(w.app)})
	}
	return out
}
