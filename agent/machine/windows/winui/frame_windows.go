package winui

import (
	"slices"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine/windows/win32"
	"github.com/rejoin/rejoin/agent/machine/windows/winloop"
)

const (
	margin    = 20 // around a window's content, at 96 DPI
	baseWidth = 440
)

// frame is what all our windows have in common: a white body of rows, a grey foot bar with buttons, fonts that follow the
// DPI, and the keyboard.
type frame struct {
	ui    *UI
	hwnd  win32.HWND
	theme *theme
	guard guard
	style uint32
	ex    uint32
	err   error // the first that happened while the window was built
	texts map[win32.HWND]*text
	tabs  []win32.HWND // in the order of Tab
	foot  []*button
	wells []box // bordered boxes, drawn behind the controls
	paint func(dc windows.Handle)
	rows  func() []row

	buttons  []*button
	showKeys bool // mnemonics are underlined
	onEnter  func()
	onEscape func()
	onClose  func()
	onGone   func() // the UI closes all windows
	onTimer  func()
	onDPI    func()
	extra    winloop.Handler
}

// text is a label.
type text struct {
	hwnd  win32.HWND
	s     string
	font  func(*theme) windows.Handle
	color func(*theme) uint32
	well  bool // stands in a well
}

func bodyFont(t *theme) windows.Handle  { return t.body }
func smallFont(t *theme) windows.Handle { return t.small }
func headFont(t *theme) windows.Handle  { return t.head }

// create makes the window, hidden.
func (f *frame) create(class, title string, style, ex uint32) error {
	f.style, f.ex = style|win32.WSClipChildren, ex
	h, err := win32.CreateWindow(class, oneLine(title), f.style, ex, 0, 0, 0, 0, 0, 0)
	if err != nil {
		return err
	}
	f.hwnd = h
	if slices.Contains(OwnClasses(), class) {
		// Where Windows can't leave it out of pictures, whoever captures the screen covers it: without animations it is
		// where Windows says it is.
		win32.LeaveOut(h)
		win32.NoTransitions(h)
	}
	f.theme = newTheme(win32.DPI(h))
	win32.DarkTitle(h, f.theme.dark)
	f.texts = map[win32.HWND]*text{}
	f.ui.frames[h] = f
	f.ui.thread.Handle(h, f.handle)
	return nil
}

// destroy takes the window away.
func (f *frame) destroy() {
	if f.hwnd == 0 {
		return
	}
	h := f.hwnd
	f.hwnd = 0
	f.ui.thread.Forget(h)
	delete(f.ui.frames, h)
	win32.DestroyWindow(h)
	for _, b := range f.buttons {
		delete(buttons, b.hwnd)
	}
	f.theme.close()
}

func (f *frame) addText(s string, font func(*theme) windows.Handle) *text {
	t := &text{s: s, font: font, color: func(t *theme) uint32 { return t.text }}
	h, err := win32.CreateWindow("STATIC", s, win32.WSChild|win32.WSVisible|win32.SSNoPrefix, 0, 0, 0, 0, 0, f.hwnd, 0)
	if err != nil {
		f.err = err
		return t
	}
	t.hwnd = h
	f.texts[h] = t
	win32.SendMessage(h, win32.WMSetFont, uintptr(font(f.theme)), 0)
	return t
}

func (f *frame) setText(t *text, s string) {
	if t.s != s {
		t.s = s
		win32.SetText(t.hwnd, s)
	}
}

// row is the text as a row of a column; an empty one takes no room.
func (f *frame) textRow(t *text, gap int) row {
	return row{
		gap: f.theme.px(gap),
		height: func(w int) int {
			if t.s == "" {
				return 0
			}
			_, h := f.theme.measure(t.s, t.font(f.theme), w)
			return h
		},
		place: func(b box) { f.put(t.hwnd, b) },
	}
}

// wellRow is a text in a bordered box.
func (f *frame) wellRow(t *text, gap int) row {
	dx, dy := f.theme.px(12), f.theme.px(10)
	t.well = true
	return row{
		gap: f.theme.px(gap),
		height: func(w int) int {
			if t.s == "" {
				return 0
			}
			_, h := f.theme.measure(t.s, t.font(f.theme), w-2*dx)
			return h + 2*dy
		},
		place: func(b box) {
			if b.h > 0 {
				f.wells = append(f.wells, b)
			}
			f.put(t.hwnd, b.inset(dx, dy))
		},
	}
}

func (f *frame) put(h win32.HWND, b box) {
	win32.SetPos(h, 0, b.x, b.y, b.w, b.h, win32.SWPNoZOrder|win32.SWPNoActivate)
}

// footHeight is that of the bar with the buttons.
func (f *frame) footHeight() int {
	if len(f.foot) == 0 {
		return 0
	}
	return f.theme.px(64)
}

// natural is the inner height that the rows and the foot bar need at the given inner width.
func (f *frame) natural(w int) int {
	return f.theme.px(18) + heightOf(f.rows(), w-2*f.theme.px(margin)) + f.theme.px(20) + f.footHeight()
}

// arrange places everything in the present size.
func (f *frame) arrange() {
	if f.hwnd == 0 || f.rows == nil {
		return
	}
	t, c := f.theme, win32.ClientRect(f.hwnd)
	f.wells = f.wells[:0]
	m := t.px(margin)
	stack(f.rows(), box{m, t.px(18), c.W() - 2*m, c.H() - f.footHeight() - t.px(18) - t.px(20)})
	if n := len(f.foot); n > 0 {
		bar := box{m, c.H() - f.footHeight() + t.px(16), c.W() - 2*m, t.px(32)}
		for i, part := range columns(bar, max(n, 1), t.px(8)) {
			f.put(f.foot[i].hwnd, part)
		}
	}
	win32.Invalidate(f.hwnd)
}

// fit gives the window its natural size in the middle of the screen, a little above.
func (f *frame) fit() {
	w := f.theme.px(baseWidth)
	h := f.natural(w)
	ow, oh := win32.OuterSize(w, h, f.style, f.ex, f.theme.dpi)
	area := win32.WorkArea(f.hwnd)
	oh = min(oh, area.H())
	shift := len(f.ui.frames) - 1
	if f.ui.banner != nil {
		shift-- // it is out of the way
	}
	x := int(area.Left) + (area.W()-ow)/2 + f.theme.px(24)*shift
	y := int(area.Top) + (area.H()-oh)*2/5 + f.theme.px(24)*shift
	y = max(int(area.Top), min(y, int(area.Bottom)-oh))
	win32.SetPos(f.hwnd, 0, x, y, ow, oh, win32.SWPNoZOrder|win32.SWPNoActivate)
	f.arrange()
}

func (f *frame) setLetters() {
	labels := make([]string, len(f.buttons))
	for i, b := range f.buttons {
		labels[i] = b.label
	}
	for i, r := range mnemonics(labels) {
		f.buttons[i].letter = r
	}
}

func (f *frame) handle(msg uint32, w, l uintptr) (uintptr, bool) {
	if f.extra != nil {
		if r, done := f.extra(msg, w, l); done {
			return r, true
		}
	}
	switch msg {
	case win32.WMPaint:
		win32.Paint(f.hwnd, f.draw)
		return 0, true
	case win32.WMEraseBkgnd:
		return 1, true
	case win32.WMSize:
		f.arrange()
	case win32.WMClose:
		if f.onClose != nil {
			f.onClose()
		}
		return 0, true
	case win32.WMTimer:
		if f.onTimer != nil {
			f.onTimer()
		}
		return 0, true
	case win32.WMSysCommand:
		// Alt on its own would open a menu that isn't there and swallow the next key. Alt+Space is another lParam.
		return 0, w&0xfff0 == win32.SCKeyMenu && l == 0
	case win32.WMCommand:
		if b := buttons[win32.HWND(l)]; b != nil && w>>16 == 0 {
			b.clicked()
			return 0, true
		}
	case win32.WMDrawItem:
		d := win32.FromLParam[win32.DrawItem](l)
		if b := buttons[d.Item]; b != nil {
			b.draw(d)
			return 1, true
		}
	case win32.WMCtlColorStatic, win32.WMCtlColorEdit:
		return f.color(windows.Handle(w), win32.HWND(l)), true
	case win32.WMSettingChange:
		if p := newTheme(f.theme.dpi); p.palette != f.theme.palette { // light, dark or high contrast was chosen
			p.close()
			f.rescale(f.theme.dpi, win32.WindowRect(f.hwnd))
		} else {
			p.close()
		}
	case win32.WMDpiChanged:
		f.rescale(int(w&0xffff), *win32.FromLParam[win32.Rect](l))
		return 0, true
	}
	return 0, false
}

// color sets a label's or an input's colours and returns what is behind it.
func (f *frame) color(dc windows.Handle, h win32.HWND) uintptr {
	win32.SetTextColor(dc, f.theme.text)
	t := f.texts[h]
	if t == nil || t.well {
		win32.SetBkColor(dc, f.theme.well)
		return uintptr(f.theme.brushWell)
	}
	win32.SetTextColor(dc, t.color(f.theme))
	win32.SetBkColor(dc, f.theme.page)
	return uintptr(f.theme.brushPage)
}

func (f *frame) rescale(dpi int, suggested win32.Rect) {
	old := f.theme
	f.theme = newTheme(dpi)
	win32.DarkTitle(f.hwnd, f.theme.dark)
	for _, t := range f.texts {
		win32.SendMessage(t.hwnd, win32.WMSetFont, uintptr(t.font(f.theme)), 0)
	}
	if f.onDPI != nil {
		f.onDPI()
	}
	old.close()
	win32.SetPos(f.hwnd, 0, int(suggested.Left), int(suggested.Top), suggested.W(), suggested.H(), win32.SWPNoZOrder|win32.SWPNoActivate)
	f.arrange()
}

func (f *frame) draw(dc windows.Handle, client win32.Rect) {
	t := f.theme
	win32.Transparent(dc)
	win32.FillRect(dc, client, t.brushPage)
	for _, w := range f.wells {
		t.panel(dc, w, t.brushWell, t.penLine)
	}
	if fh := f.footHeight(); fh > 0 {
		bar := client
		bar.Top = bar.Bottom - int32(fh)
		win32.FillRect(dc, bar, t.brushFoot)
		bar.Bottom = bar.Top + int32(max(1, t.px(1)))
		win32.FillRect(dc, bar, t.brushLine)
	}
	if f.paint != nil {
		f.paint(dc)
	}
}
