package desktop

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/rfb"
)

// Options are what a desktop is made of.
type Options struct {
	Locale string           // BCP 47: decides the words and the keyboard
	User   string           // shown at the sign-in screen
	Text   string           // what the editor's file holds
	Now    func() time.Time // the PC's clock; nil: time.Now
	// News is called after windows came, went or were renamed, without any lock held; nil: nobody cares.
	News func()
}

// Stage is what the monitors show.
type Stage string

const (
	StageDesktop    Stage = "desktop"
	StageRestarting Stage = "restarting" // Windows ends the session
	StageBlocked    Stage = "blocked"    // Windows asks whether to restart anyway
	StageOff        Stage = "off"
	StageBooting    Stage = "booting"
	StageSignIn     Stage = "sign_in"
	StageWelcome    Stage = "welcome" // signing in
)

// ErrGone is returned by what a process that has ended still tries.
var ErrGone = errors.New("desktop: the process is gone")

// ErrMonitors is returned by Arrange for sizes that no monitor has.
var ErrMonitors = errors.New("desktop: no such monitors")

// doubleClick is how much time there may be between the clicks of a double click.
const doubleClick = 700 * time.Millisecond

// Desktop is a simulated desktop. All methods are safe for concurrent use.
type Desktop struct {
	opts Options

	mu        sync.Mutex
	words     *words
	layout    *layout
	monitors  []machine.Monitor // the primary one first
	stage     Stage
	blockers  []string
	secure    bool // Windows asks for permission
	windows   []*window
	focused   bool // the first window has the keyboard
	lastID    int
	news      bool // the list of windows changed
	picked    App  // the icon that is marked
	pickedAt  time.Time
	text      string // the editor's file
	clipboard string
	minute    time.Time // that the clock shows
	hands     hands
	screens   map[*Screen]struct{}
	version   uint64        // of what the customer sees
	changed   chan struct{} // closed when there may be something to draw

	encoded encoded
}

// New makes a desktop with two monitors and no window, which shows StageOff.
func New(o Options) *Desktop {
	d := &Desktop{
		opts: o, words: wordsFor(o.Locale), layout: layoutFor(o.Locale), stage: StageOff, text: cut(o.Text),
		hands: newHands(), screens: make(map[*Screen]struct{}), version: 1, changed: make(chan struct{}),
	}
	d.minute = d.now().Truncate(time.Minute)
	d.place(image.Pt(1280, 800), image.Pt(1024, 768))
	d.hands.at = image.Pt(640, 400)
	return d
}

// cut bounds what the editor's file holds.
func cut(text string) string {
	if r := []rune(text); len(r) > maxText {
		return string(r[:maxText])
	}
	return text
}

func (d *Desktop) now() time.Time {
	if d.opts.Now != nil {
		return d.opts.Now()
	}
	return time.Now()
}

// do runs f with the desktop locked, and then tells the news.
func (d *Desktop) do(f func()) {
	d.mu.Lock()
	f()
	tell := d.news
	d.news = false
	d.mu.Unlock()
	if tell && d.opts.News != nil {
		d.opts.News()
	}
}

// Arrange puts one to four monitors of these sizes beside each other, the primary one first, each 320 × 240 to 3840 × 2160.
// Windows that would be out of reach come to the primary monitor.
func (d *Desktop) Arrange(sizes ...image.Point) error {
	if len(sizes) < 1 || len(sizes) > 4 {
		return ErrMonitors
	}
	for _, s := range sizes {
		if s.X < 320 || s.Y < 240 || s.X > 3840 || s.Y > 2160 {
			return ErrMonitors
		}
	}
	d.do(func() {
		d.place(sizes...)
		for _, w := range d.windows {
			if !slices.ContainsFunc(d.monitors, func(m machine.Monitor) bool { return w.titleRect().Inset(buttonWidth / 2).Overlaps(m.Bounds) }) {
				w.rect = image.Rectangle{Max: w.rect.Size()}.Add(image.Pt(40, 40))
			}
		}
		d.hands.at = d.nearest(d.hands.at)
		d.redrawAll()
	})
	return nil
}

func (d *Desktop) place(sizes ...image.Point) {
	d.monitors = nil
	x := 0
	for i, s := range sizes {
		d.monitors = append(d.monitors, machine.Monitor{
			ID: fmt.Sprintf(`\\.\DISPLAY%d`, i+1), Name: fmt.Sprintf("Simulated display %d", i+1),
			Bounds: image.Rect(x, 0, x+s.X, s.Y), Primary: i == 0,
		})
		x += s.X
	}
	for s := range d.screens {
		for c := range s.capturers {
			c.fits(d.monitors)
		}
	}
}

// SetStage changes what the monitors show; blockers are the programs that StageBlocked names. Going off closes everything but
// the editor's file. It calls no News.
func (d *Desktop) SetStage(s Stage, blockers ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stage == s && slices.Equal(d.blockers, blockers) {
		return
	}
	d.letGo(byAgent)
	d.letGo(byCustomer)
	d.stage, d.blockers = s, slices.Clone(blockers)
	d.secure = d.secure && s == StageDesktop
	if s != StageDesktop && s != StageRestarting && s != StageBlocked {
		d.windows, d.focused, d.picked, d.clipboard = nil, false, "", ""
		for screen := range d.screens {
			clear(screen.excluded)
		}
	}
	d.redrawAll()
}

// SetSecure lets Windows ask for permission on the secure desktop (UAC), or ends that.
func (d *Desktop) SetSecure(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	on = on && d.stage == StageDesktop
	if d.secure != on {
		d.letGo(byAgent)
		d.letGo(byCustomer)
		d.secure = on
		d.redrawAll()
	}
}

// SetLocale changes the language of Windows and the keyboard. The editor's text stays.
func (d *Desktop) SetLocale(locale string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opts.Locale, d.words, d.layout = locale, wordsFor(locale), layoutFor(locale)
	for _, w := range d.windows {
		w.title = d.titleOf(w.app)
		if w.app == AppReader {
			w.content = newReader(w.contentRect().Size(), d.words)
		}
	}
	d.redrawAll()
}

// Open starts programs on the desktop, or brings their windows to the front. It calls no News.
func (d *Desktop) Open(programs ...App) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, app := range programs {
		if d.usable() && slices.Contains(apps, app) {
			d.open(app)
		}
	}
	d.news = false
}

// Monitors lists the monitors, the primary one first.
func (d *Desktop) Monitors() []machine.Monitor {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.monitors)
}

// Windows lists the windows, front to back.
func (d *Desktop) Windows() []machine.Window {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.list()
}

// Bounds is where a window is; empty if it can't be seen because it is minimised or gone.
func (d *Desktop) Bounds(id string) image.Rectangle {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range d.windows {
		if w.id == id && !w.minimised {
			return w.rect
		}
	}
	return image.Rectangle{}
}

// Text is what the editor's file holds.
func (d *Desktop) Text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text
}

// usable tells whether mouse and keyboard reach the user's desktop.
func (d *Desktop) usable() bool { return d.stage == StageDesktop && !d.secure }

// hidden tells whether another desktop than the user's is shown.
func (d *Desktop) hidden() bool {
	return d.secure || d.stage != StageDesktop && d.stage != StageRestarting && d.stage != StageBlocked
}

// touch says that there is something new to be seen.
func (d *Desktop) touch() {
	d.version++
	d.wake()
}

// wake lets those who wait look.
func (d *Desktop) wake() {
	close(d.changed)
	d.changed = make(chan struct{})
}

// redraw says that an area was drawn anew.
func (d *Desktop) redraw(r image.Rectangle) { d.redrawFor(nil, r) }

// redrawFor does not tell those from whom the window is hidden.
func (d *Desktop) redrawFor(w *window, r image.Rectangle) {
	for s := range d.screens {
		if w != nil && s.excluded[w.id] {
			continue
		}
		for c := range s.capturers {
			c.pending.add(r.Sub(c.bounds.Min))
		}
	}
	d.touch()
}

func (d *Desktop) redrawAll() {
	for s := range d.screens {
		for c := range s.capturers {
			c.pending.all()
		}
	}
	d.touch()
}

// moved says that an area's pixels came from elsewhere, by delta. What came from outside of a monitor, or out from under the
// task bar, is drawn anew.
func (d *Desktop) moved(w *window, to image.Rectangle, delta image.Point) {
	bar := d.bar()
	for s := range d.screens {
		if w != nil && s.excluded[w.id] {
			continue
		}
		for c := range s.capturers {
			area := c.bounds
			if area.Overlaps(bar) {
				area.Max.Y = bar.Min.Y
			}
			clean := to.Intersect(area).Intersect(area.Add(delta))
			if !clean.Empty() {
				c.pending.move(clean.Sub(c.bounds.Min), clean.Min.Sub(delta).Sub(c.bounds.Min))
			}
			for _, r := range without(to.Intersect(area), clean) {
				c.pending.add(r.Sub(c.bounds.Min))
			}
		}
	}
	d.touch()
}

// visible are the parts of an area of a window that can be seen.
func (d *Desktop) visible(w *window, r image.Rectangle) []image.Rectangle {
	holes := []image.Rectangle{d.bar()}
	for _, above := range d.windows {
		if above == w {
			break
		}
		if !above.minimised {
			holes = append(holes, above.opaque()...)
		}
	}
	return withoutAll(r, holes...)
}

// changes brings a window's changes into the picture.
func (d *Desktop) changes(w *window, all []change) {
	if w.minimised || len(all) == 0 {
		return
	}
	content := w.contentRect()
	origin := content.Min
	for _, ch := range all {
		r := ch.rect.Add(origin)
		if ch.status {
			r = w.statusRect().Inset(1)
		}
		if ch.from != nil {
			from := image.Rectangle{*ch.from, ch.from.Add(ch.rect.Size())}.Add(origin)
			both := r.Union(from)
			if seen := d.visible(w, both); len(seen) == 1 && seen[0] == both {
				d.moved(w, r, r.Min.Sub(from.Min))
				continue
			}
		}
		for _, part := range d.visible(w, r) {
			d.redrawFor(w, part)
		}
	}
}

// refresh brings the clock up to date.
func (d *Desktop) refresh() {
	if m := d.now().Truncate(time.Minute); !m.Equal(d.minute) {
		d.minute = m
		d.redraw(d.clockRect())
	}
}

// untilMinute is how long it is until the clock changes.
func (d *Desktop) untilMinute() time.Duration {
	return d.minute.Add(time.Minute).Sub(d.now())
}

// fitsIn tells whether a framebuffer can hold a monitor's picture.
func fitsIn(fb *rfb.Framebuffer, size image.Point) bool {
	return fb != nil && fb.Size == size && fb.Stride >= size.X*4 && len(fb.Pix) >= (size.Y-1)*fb.Stride+size.X*4
}
