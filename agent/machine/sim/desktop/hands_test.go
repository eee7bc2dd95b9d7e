package desktop

import (
	"errors"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/rfb"
)

const (
	shiftKey = 0x2a
	ctrlKey  = 0x1d
	altgrKey = 0x38 | 0x80
	enterKey = 0x1c
)

// TestLayouts: the same places on three keyboards, typed by scancode.
func TestLayouts(t *testing.T) {
	type press struct {
		key  uint32
		held []uint32
	}
	altgr, shift := []uint32{altgrKey}, []uint32{shiftKey}
	for _, c := range []struct {
		locale string
		keys   []press
		want   string
	}{
		{"en-US", []press{{0x15, nil}, {0x2c, shift}, {0x03, shift}, {0x1a, nil}, {0x29, nil}, {0x2b, shift}}, "yZ@[`|"},
		{"de-DE", []press{{0x15, nil}, {0x2c, shift}, {0x12, altgr}, {0x10, altgr}, {0x1a, nil}, {0x28, shift}, {0x0c, nil}, {0x56, altgr}, {0x32, altgr}, {0x1b, altgr}}, "zY€@üÄß|µ~"},
		{"de-AT", []press{{0x0d, nil}, {0x12, nil}, {0x29, nil}, {0x1e, nil}, {0x0d, shift}, {0x39, nil}, {0x29, nil}, {0x29, nil}}, "éâ`^^"},
		{"fr-FR", []press{{0x10, nil}, {0x1e, nil}, {0x03, nil}, {0x03, shift}, {0x0b, altgr}, {0x12, altgr}, {0x1a, nil}, {0x12, nil}, {0x1a, shift}, {0x17, nil}, {0x0a, altgr}, {0x03, altgr}, {0x31, nil}, {0x1a, nil}, {0x2d, nil}}, "aqé2@€êï^ñ^x"},
		{"pt-BR", []press{{0x10, nil}}, "q"},
	} {
		d := newDesk(t, c.locale, AppEditor)
		for _, p := range c.keys {
			d.stroke(p.key, p.held...)
		}
		if got := d.Text(); got != c.want {
			t.Errorf("%s: typed %q, want %q", c.locale, got, c.want)
		}
	}
}

func TestCapsLockAndCtrlAlt(t *testing.T) {
	d := newDesk(t, "de-DE", AppEditor)
	d.stroke(0x3a)
	d.stroke(0x1e)
	d.stroke(0x27)
	d.stroke(0x02)
	d.stroke(0x1e, shiftKey)
	d.stroke(0x3a)
	d.stroke(0x1e)
	d.stroke(0x12, ctrlKey, 0x38) // Ctrl with Alt is AltGr
	if got := d.Text(); got != "AÖ1aa€" {
		t.Errorf("typed %q", got)
	}
}

// TestCharacters: by character, whatever the layout has, in the forms in which viewers send keysyms.
func TestCharacters(t *testing.T) {
	d := newDesk(t, "en-US", AppEditor)
	d.typed("Łódź, Dvořák, Œuvre €5 – ça va?")
	for _, sym := range []uint32{0x20ac, 0x1f8, 0x13bd, 0x1e8, 0xffb7, 0xff0d, 0x1000041, 0x01d800, 0xffffffff, 0} {
		d.key(rfb.KeyEvent{Keysym: sym, Down: true}, true)
		d.key(rfb.KeyEvent{Keysym: sym}, true)
	}
	if got, want := d.Text(), "Łódź, Dvořák, Œuvre €5 – ça va?€řœč7\nA"; got != want {
		t.Errorf("typed %q, want %q", got, want)
	}
	d.eye(first).look()
}

func TestEditing(t *testing.T) {
	const left, right, up, down, home, end = 0x4b | 0x80, 0x4d | 0x80, 0x48 | 0x80, 0x50 | 0x80, 0x47 | 0x80, 0x4f | 0x80
	d := newDesk(t, "en-US", AppEditor)
	d.typed("one")
	d.stroke(enterKey)
	d.typed("twenty")
	d.stroke(up)
	d.typed("!")
	d.stroke(down)
	d.stroke(0x0e) // backspace: the caret came back to where the line above ended
	d.stroke(home, shiftKey)
	d.stroke(0x53 | 0x80)
	if got := d.Text(); got != "one!\nty" {
		t.Errorf("%q", got)
	}
	d.stroke(end, ctrlKey)
	d.stroke(left, shiftKey)
	d.stroke(left, shiftKey)
	d.stroke(left)
	d.typed("<")
	d.stroke(right)
	d.stroke(right)
	d.typed(">")
	if got := d.Text(); got != "one!\n<ty>" {
		t.Errorf("%q", got)
	}
	// The mouse: a press puts the caret, a drag selects.
	r := d.windowOf(AppEditor).contentRect()
	place := func(col, row int) image.Point {
		return r.Min.Add(image.Pt(margin+col*cellWidth, margin+row*cellHeight+cellHeight/2))
	}
	d.mouse(place(1, 0), 0)
	d.mouse(place(1, 0), rfb.ButtonLeft)
	d.mouse(place(2, 1), rfb.ButtonLeft)
	d.mouse(place(2, 1), 0)
	d.typed("-")
	if got := d.Text(); got != "o-y>" {
		t.Errorf("%q", got)
	}
	// A long text wraps and scrolls; what is pasted beyond the limit is dropped.
	if err := d.Clipboard().SetText(strings.Repeat("wörter ", maxText)); err != nil {
		t.Fatal(err)
	}
	d.stroke(0x2f, ctrlKey)
	if got := len([]rune(d.Text())); got != maxText {
		t.Errorf("%d characters", got)
	}
	e := d.eye(first)
	e.look()
	d.stroke(home, ctrlKey)
	e.look()
	e.compare(d)
}

func TestClipboard(t *testing.T) {
	d := newDesk(t, "en-US", AppEditor)
	other := d.Desktop.Screen(t.Context()).Clipboard()
	own := d.Clipboard()
	if err := own.SetText("über\r\n😀"); err != nil {
		t.Fatal(err)
	}
	d.stroke(0x2f, ctrlKey) // V
	if got := d.Text(); got != "über\n😀" {
		t.Errorf("pasted %q", got)
	}
	select {
	case <-own.Changes():
		t.Error("told of its own text")
	case <-other.Changes():
	}
	d.stroke(0x1e, ctrlKey) // A
	d.stroke(0x2d, ctrlKey) // X
	d.stroke(0x2d, ctrlKey) // nothing is selected: nothing is copied
	if got := d.Text(); got != "" {
		t.Errorf("left %q", got)
	}
	<-own.Changes()
	if got, err := own.Text(100); err != nil || got != "über\n😀" {
		t.Errorf("%q %v", got, err)
	}
	if _, err := own.Text(5); !errors.Is(err, machine.ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
	if err := own.SetText(strings.Repeat("x", maxClipboard+1)); !errors.Is(err, machine.ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
	if err := own.SetText("\xff"); err != nil {
		t.Error(err)
	}
	if got, _ := own.Text(10); got != "\uFFFD" {
		t.Errorf("%q", got)
	}
}

func TestExclude(t *testing.T) {
	d := newDesk(t, "en-US", AppReader, AppEditor)
	d.typed("secret")
	e := d.eye(first)
	e.look()
	editor := d.Desktop.Windows()[0]
	if editor.App != "Editor" || !strings.HasPrefix(editor.Title, "Notes.txt") {
		t.Fatalf("%+v", d.Desktop.Windows())
	}
	d.Exclude([]string{editor.ID, "0xDEAD"})
	shot := e.look()
	if shot.Covered != 1 {
		t.Errorf("%d covered", shot.Covered)
	}
	e.onlyGrey(d, AppEditor)
	if shot.Damage.Rects[0] != d.Bounds(editor.ID) || len(shot.Damage.Rects) != 1 {
		t.Errorf("damage %v", shot.Damage)
	}
	// What happens in it does not show, not even that something happens.
	d.typed("more")
	e.still()
	// Exactly where it is visible: a window in front of it is shown as it is.
	d.Open(AppReader)
	shot = e.look()
	e.keep("excluded")
	reader := d.windowOf(AppReader).contentRect()
	if c := e.colourAt(reader.Min.Add(image.Pt(4, 4))); c != paper {
		t.Errorf("the window in front is %06x", c)
	}
	if c := e.colourAt(d.windowOf(AppEditor).rect.Min.Add(image.Pt(20, 300))); c != covered {
		t.Errorf("the excluded window is %06x", c)
	}
	// Somebody else's screen, and the customer, see everything.
	whole := desk{d.Desktop, d.Desktop.Screen(t.Context()), t}.eye(first)
	if shot := whole.look(); shot.Covered != 0 {
		t.Errorf("%d covered", shot.Covered)
	}
	if c := whole.colourAt(d.windowOf(AppEditor).contentRect().Min.Add(image.Pt(4, 300))); c != paper {
		t.Errorf("without exclusion it is %06x", c)
	}
	// It is dragged as grey, and forgotten with its end.
	d.Open(AppEditor)
	d.mouse(d.title(AppEditor), rfb.ButtonLeft)
	e.look()
	d.mouse(d.title(AppEditor).Add(image.Pt(60, 10)), rfb.ButtonLeft)
	e.look()
	e.onlyGrey(d, AppEditor)
	e.compare(d)
	d.mouse(d.title(AppEditor), 0)
	d.click(centre(d.windowOf(AppEditor).button(0)))
	if shot := e.look(); shot.Covered != 0 {
		t.Errorf("%d covered", shot.Covered)
	}
	d.Open(AppEditor)
	if got := d.Desktop.Windows()[0].ID; got == editor.ID {
		t.Error("the new window has the old one's ID")
	}
	if d.Text() != "secretmore" {
		t.Errorf("the file holds %q", d.Text())
	}
}

func (e *eye) colourAt(p image.Point) colour {
	i := p.Y*e.fb.Stride + p.X*4
	return colour(e.fb.Pix[i]) | colour(e.fb.Pix[i+1])<<8 | colour(e.fb.Pix[i+2])<<16
}

func (e *eye) onlyGrey(d desk, app App) {
	e.t.Helper()
	for _, r := range d.windowOf(app).opaque() {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if c := e.colourAt(image.Pt(x, y)); c != covered {
					e.t.Fatalf("%06x at %d, %d", c, x, y)
				}
			}
		}
	}
}

func TestWindows(t *testing.T) {
	d := newDesk(t, "en-US")
	e := d.eye(first)
	order := func() (out []string) {
		for _, w := range d.Desktop.Windows() {
			out = append(out, w.App)
		}
		return out
	}
	d.click(centre(d.iconRect(AppEditor)))
	d.click(centre(d.iconRect(AppEditor))) // a double click
	d.click(centre(d.barButton(AppReader)))
	e.look()
	if got := order(); !slices.Equal(got, []string{"Reader", "Editor"}) {
		t.Errorf("%v", got)
	}
	d.click(d.title(AppEditor).Sub(image.Pt(200, 0)))
	if got := order(); !slices.Equal(got, []string{"Editor", "Reader"}) {
		t.Errorf("%v", got)
	}
	d.click(centre(d.windowOf(AppEditor).button(1))) // minimised
	id := d.Desktop.Windows()[1].ID
	if r := d.Bounds(id); !r.Empty() {
		t.Errorf("minimised, it is at %v", r)
	}
	d.click(centre(d.barButton(AppEditor)))
	if r := d.Bounds(id); r.Empty() {
		t.Error("it did not come back")
	}
	d.stroke(0x0f, 0x38) // Alt-Tab
	if got := order(); !slices.Equal(got, []string{"Reader", "Editor"}) {
		t.Errorf("%v", got)
	}
	d.stroke(0x3e, 0x38) // Alt-F4
	d.click(centre(d.windowOf(AppEditor).button(0)))
	if got := order(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	e.look()
	e.compare(d)
}

func TestCursorAndTouch(t *testing.T) {
	d := newDesk(t, "en-US", AppEditor)
	e, other := d.eye(first), d.eye(second)
	text := centre(d.windowOf(AppEditor).contentRect())
	d.mouse(image.Pt(5, 5), 0)
	if shot := e.look(); shot.Cursor == nil || shot.Cursor.Hotspot != (image.Point{}) || shot.Pointer != image.Pt(5, 5) {
		t.Errorf("%+v", shot)
	}
	if shot := other.look(); shot.Pointer != image.Pt(5-1280, 5) {
		t.Errorf("on the other monitor the pointer is at %v", shot.Pointer)
	}
	d.mouse(text, 0)
	if shot := e.look(); shot.Cursor == nil || shot.Cursor.Hotspot != cursors[ShapeBeam].Hotspot || len(shot.Damage.Rects) != 0 {
		t.Errorf("over text: %+v", shot)
	}
	e.still()
	if !d.Touched().IsZero() {
		t.Error("the agent's own input counts as the customer's")
	}
	if err := d.CustomerMouse(first, rfb.PointerEvent{At: image.Pt(9, 9)}); err != nil || !d.Touched().Equal(noon) {
		t.Errorf("%v, touched at %v", err, d.Touched())
	}
	if shot := e.look(); shot.Pointer != image.Pt(9, 9) || shot.Cursor == nil {
		t.Errorf("%+v", shot)
	}
	if err := d.Pointer("?", rfb.PointerEvent{}); !errors.Is(err, machine.ErrNoScreen) {
		t.Errorf("%v", err)
	}
	// Whatever is sent, the pointer stays on the monitor.
	d.mouse(image.Pt(1<<62, -1<<62), 0)
	if shot := e.look(); shot.Pointer != image.Pt(1279, 0) {
		t.Errorf("%v", shot.Pointer)
	}
}

// TestRelease lets go of what was held, and of nothing that the customer holds.
func TestRelease(t *testing.T) {
	d := newDesk(t, "en-US", AppEditor)
	d.key(rfb.KeyEvent{Scancode: shiftKey, Down: true}, false)
	d.CustomerKey(rfb.KeyEvent{Scancode: ctrlKey, Down: true}, false)
	d.mouse(d.title(AppEditor), rfb.ButtonLeft)
	d.Release()
	if d.holds(keyShift) || !d.holds(keyCtrl) {
		t.Error("the wrong key was released")
	}
	before := d.windowOf(AppEditor).rect
	d.mouse(image.Pt(700, 600), 0)
	if got := d.windowOf(AppEditor).rect; got != before {
		t.Error("the window is still held")
	}
	d.CustomerKey(rfb.KeyEvent{Scancode: ctrlKey}, false)
	d.stroke(0x1e)
	if d.Text() != "a" {
		t.Errorf("typed %q", d.Text())
	}
}

func TestPicture(t *testing.T) {
	d := newDesk(t, "en-US", AppReader, AppEditor)
	p, err := d.Picture(t.Context(), first, 0)
	if err != nil || p.Size != image.Pt(1280, 800) || !strings.HasPrefix(string(p.PNG), "\x89PNG") {
		t.Fatalf("%v %v", p.Size, err)
	}
	next := make(chan Picture)
	go func() {
		n, err := d.Picture(t.Context(), first, p.Version)
		if err != nil {
			t.Error(err)
		}
		next <- n
	}()
	if err := d.CustomerMouse(first, rfb.PointerEvent{At: image.Pt(641, 401)}); err != nil { // the customer sees their own pointer
		t.Fatal(err)
	}
	select {
	case n := <-next:
		t.Errorf("a new picture for the customer's own pointer: %d after %d", n.Version, p.Version)
	case <-time.After(20 * time.Millisecond):
	}
	d.mouse(image.Pt(30, 500), 0)
	if n := <-next; n.Version == p.Version || n.Shape != ShapeArrow {
		t.Errorf("version %d after %d, %s", n.Version, p.Version, n.Shape)
	}
	for stage, name := range map[Stage]string{StageOff: "off", StageBooting: "booting", StageSignIn: "sign-in", StageBlocked: "blocked"} {
		d.SetStage(stage, "Document1 – Word")
		if _, err := d.Picture(t.Context(), second, 0); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		fb := blank(image.Pt(1280, 800))
		d.paint(&canvas{fb: fb, clip: image.Rect(0, 0, 1280, 800)}, nil)
		keepPicture(t, fb, "stage-"+name)
	}
	d.SetStage(StageDesktop)
	d.SetSecure(true)
	fb := blank(image.Pt(1280, 800))
	d.paint(&canvas{fb: fb, clip: image.Rect(0, 0, 1280, 800)}, nil)
	keepPicture(t, fb, "stage-uac")
	if _, err := d.Picture(t.Context(), "?", 0); !errors.Is(err, machine.ErrNoScreen) {
		t.Errorf("%v", err)
	}
}
