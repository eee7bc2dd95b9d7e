//go:build linux

package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/rejoin/rejoin/internal/e2e/browser"
	"github.com/rejoin/rejoin/internal/e2e/program"
	"github.com/rejoin/rejoin/internal/winerig"
)

const (
	banner      = "RejoinBanner"
	controlYes  = "Yes, allow it"
	asBefore    = "Yes, as before"
	notepad     = "Notepad"
	pictureSoon = 20 * time.Second // on a machine that does much else
)

// The screen of a real PC in the technician's browser: exactly what is on it, typed and pointed at from there, and back by
// itself, with mouse and keyboard, after a restart.
func TestProductViewer(t *testing.T) {
	t.Parallel()
	winerig.Require(t)
	srv := program.Start(t, "serve")
	p := setUp(t, srv)
	c := helped(t, p, nil)
	session := p.URL()
	c.Start("notepad.exe")
	c.WaitWindow(notepad)

	p.Click(browser.CSS("#share-big"))
	c.press(prompt, shareYes, "Show your screen to "+hisName)
	p.live()
	c.WaitWindow(banner, hisName+" sees your screen")
	p.showsExactly(c)

	// Looking is not touching.
	p.clickOn(c.edit())
	p.Press("nobody allowed this")
	p.Click(browser.CSS("#hand-control"))
	c.press(prompt, controlYes, "Let "+hisName+" use your mouse and keyboard")
	p.Read(".viewer-now", p.say("viewer.live_mine"))
	c.WaitWindow(banner, hisName+" uses your mouse and keyboard")
	if text := c.edit().Text; text != "" {
		t.Fatalf("typed without consent: %q", text)
	}

	p.takesTurn(c)
	types(t, p, c)
	copies(t, p, c)
	drags(t, p, c)
	p.showsExactly(c)

	// The restart: the last picture stays, and the screen is back without a click of the technician's.
	c.Kill("notepad.exe") // it would ask whether to save, and so keep Windows from restarting
	p.reboot()
	c.saysYes()
	c.PullPlug(time.Second)
	p.Attribute("#screen", "data-look", "dim")
	in(p.Tab, bootedIn, func() { p.phase("awaiting_share_consent") })
	c.press(prompt, asBefore, "with mouse and keyboard")
	p.live()
	p.Read(".viewer-now", p.say("viewer.live_mine"))
	if p.URL() != session {
		t.Errorf("the page went from %s to %s", session, p.URL())
	}
	c.Start("notepad.exe")
	c.WaitWindow(notepad)
	p.takesTurn(c)
	p.Char("BracketLeft", "ü") // the keyboard mode is as it was
	c.holds("ü")
	p.showsExactly(c)

	// The customer takes it all back at once.
	c.Click(c.WaitWindow(banner, "Stop sharing").Control("Stop sharing"))
	p.pillOff()
	p.end()
	c.press(notice, "OK")
	c.clean()
}

// live waits for the picture.
func (p *technician) live() {
	p.t.Helper()
	in(p.Tab, pictureSoon, func() { p.Attribute("#screen", "data-look", "live") })
}

// pillOff waits until nothing is shown any more.
func (p *technician) pillOff() {
	p.t.Helper()
	p.Until("the end of the picture", func() (bool, string) {
		return !p.Has(browser.CSS(".screen-live canvas")), p.Text(".stage-bar")
	})
}

// edit is where one writes in Notepad.
func (c *customer) edit() winerig.Control {
	c.t.Helper()
	return c.WaitWindow(notepad).ControlsOf("EDIT")[0]
}

// holds waits until Notepad holds a text.
func (c *customer) holds(want string) {
	c.t.Helper()
	got := ""
	winerig.Wait(c.t, appeared, fmt.Sprintf("Notepad to hold %q", want), func() bool {
		got = strings.ReplaceAll(c.edit().Text, "\r\n", "\n")
		return got == want
	}, func() string { return fmt.Sprintf("it holds %q", got) })
}

// point is where a point of the PC's screen is on the page.
func (p *technician) point(x, y int) (float64, float64) {
	p.t.Helper()
	at := browser.Eval[[]float64](p.Tab, fmt.Sprintf(`(c => {
		const r = c.getBoundingClientRect();
		return [r.left + (%d + 0.5) * r.width / c.width, r.top + (%d + 0.5) * r.height / c.height];
	})(document.querySelector('.screen-live canvas'))`, x, y))
	return at[0], at[1]
}

func (p *technician) clickOn(c winerig.Control) {
	p.t.Helper()
	p.ClickAt(p.point(c.X+c.W/2, c.Y+c.H/2))
}

// takesTurn waits until the technician's hands are taken: those of the customer, who was at the mouse just now, come first.
func (p *technician) takesTurn(c *customer) {
	p.t.Helper()
	p.clickOn(c.edit())
	winerig.Wait(p.t, appeared, "the technician's turn", func() bool {
		p.clickOn(c.edit())
		p.Press(".")
		return c.edit().Text != ""
	}, nil)
	winerig.Wait(p.t, appeared, "an empty page", func() bool {
		p.Press(kb.Backspace)
		return c.edit().Text == ""
	}, func() string { return c.edit().Text })
}

// types writes on the technician's keyboard: as on the PC's own layout, and as on theirs.
func types(t *testing.T, p *technician, c *customer) {
	t.Helper()
	p.Hold("ShiftLeft", "Shift", 16)
	p.Char("KeyH", "H")
	p.Let("ShiftLeft", "Shift", 16)
	p.Press("ello [world]")
	c.holds("Hello [world]")
	p.Press(kb.Enter)
	p.choose("keyboard", "character")
	p.live()
	p.Read(".viewer-now", p.say("viewer.live_mine"))
	p.clickOn(c.edit())
	p.Press(kb.Control + kb.End)
	for _, key := range []struct{ code, key string }{
		{"BracketLeft", "ü"}, {"KeyC", "ç"}, {"Minus", "ß"}, {"Semicolon", "ñ"}, {"KeyQ", "Я"},
	} {
		p.Char(key.code, key.key)
	}
	p.Hold("AltRight", "AltGraph", 0xE1)
	p.Char("KeyE", "€")
	p.Let("AltRight", "AltGraph", 0xE1)
	c.holds("Hello [world]\nüçßñЯ€")
	// The customer goes on in the same place.
	c.Click(c.edit())
	c.Press("ctrl+End")
	c.Type(" done")
	c.holds("Hello [world]\nüçßñЯ€ done")
	p.showsExactly(c)
}

// choose picks one of the choices about the picture.
func (p *technician) choose(name, value string) {
	p.t.Helper()
	p.Click(browser.CSS("#picture-button"))
	p.Click(browser.CSS(fmt.Sprintf("#picture-choices label:has([name=%s][value=%s])", name, value)))
	p.Press(kb.Escape)
}

// copies takes text from one clipboard to the other, both ways.
func copies(t *testing.T, p *technician, c *customer) {
	t.Helper()
	const theirs = "Größe: 10 µm 🎉 日本"
	c.pastes(theirs)
	p.Click(browser.CSS("#clip-button"))
	p.Until("the PC's text", func() (bool, string) {
		got := p.Value("#clip-from")
		return got == theirs, got
	})
	const ours = "Ça marche 🚀 été"
	p.Type(browser.CSS("#clip-to"), ours)
	p.Click(browser.CSS("#clip-send"))
	p.Press(kb.Escape)
	c.Click(c.edit())
	winerig.Wait(t, appeared, "the technician's text on the PC", func() bool {
		c.Press("ctrl+a")
		c.Press("ctrl+v")
		return c.edit().Text == ours
	}, func() string { return c.edit().Text })
}

// pastes puts text into Notepad by the clipboard. It may take more than one try: a program that reads the clipboard, as ours does
// when it has changed, keeps the others from it meanwhile.
func (c *customer) pastes(text string) {
	c.t.Helper()
	got := ""
	winerig.Wait(c.t, appeared, "the text to be pasted", func() bool {
		if got = strings.ReplaceAll(c.edit().Text, "\r\n", "\n"); got == text {
			return true
		}
		c.Click(c.edit())
		c.Press("ctrl+a")
		c.Paste(text)
		return false
	}, func() string { return got })
}

// drags moves Notepad's window by its title, to the pixel, and scrolls a long text.
func drags(t *testing.T, p *technician, c *customer) {
	t.Helper()
	w := c.WaitWindow(notepad)
	x, y := p.point(w.X+50, w.Y+10) // beside the banner
	toX, toY := p.point(w.X+50+60, w.Y+10+90)
	winerig.Wait(t, appeared, "Notepad to be moved", func() bool {
		now := c.WaitWindow(notepad)
		if now.X == w.X && now.Y == w.Y {
			p.Drop(x, y)
			p.Drag(x, y, toX, toY) // again, if the customer's hands came first
		} else { // Wine may have lost the last step
			p.DragOn(toX+5, toY+5)
			p.DragOn(toX, toY)
		}
		now = c.WaitWindow(notepad)
		return math.Abs(float64(now.X-w.X-60)) <= 1 && math.Abs(float64(now.Y-w.Y-90)) <= 1
	}, func() string {
		now := c.WaitWindow(notepad)
		return fmt.Sprintf("from %d,%d to %d,%d", w.X, w.Y, now.X, now.Y)
	})
	p.Drop(toX, toY)
	var long strings.Builder
	for i := range 120 {
		fmt.Fprintf(&long, "%d. The quick brown fox jumps over the lazy dog.\n", i)
	}
	c.pastes(long.String())
	p.showsExactly(c)
	e := c.edit()
	wx, wy := p.point(e.X+e.W/2, e.Y+e.H/2)
	for range 5 {
		p.Wheel(wx, wy, -120)
	}
	p.showsExactly(c)
}

// showsExactly waits until the canvas is what is on the PC's screen, pixel by pixel: all of it but what the program covers
// (its banner), and the caret, which blinks.
func (p *technician) showsExactly(c *customer) {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), "screen.png")
	in(p.Tab, pictureSoon, func() {
		p.Until("the very picture of the PC's screen", func() (bool, string) {
			c.Screenshot(file)
			got, err := p.canvas()
			if err != nil {
				return false, err.Error()
			}
			return sameAs(c, got, file)
		})
	})
}

// canvas is the picture that the viewer shows.
func (p *technician) canvas() (image.Image, error) {
	p.t.Helper()
	url := browser.Eval[string](p.Tab, `document.querySelector('.screen-live canvas')?.toDataURL('image/png') ?? ''`)
	_, text, ok := strings.Cut(url, ",")
	if !ok {
		return nil, fmt.Errorf("there is no canvas")
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	return png.Decode(bytes.NewReader(data))
}

func sameAs(c *customer, got image.Image, file string) (bool, string) {
	data, err := os.ReadFile(file)
	if err != nil {
		return false, err.Error()
	}
	want, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return false, err.Error()
	}
	if got.Bounds() != want.Bounds() {
		return false, fmt.Sprintf("%v, not %v", got.Bounds(), want.Bounds())
	}
	var covered []image.Rectangle
	for _, w := range c.Windows() {
		if w.Class == banner && w.Visible {
			covered = append(covered, image.Rect(w.X-2, w.Y-2, w.X+w.W+2, w.Y+w.H+2))
		}
	}
	wrong, area := 0, image.Rectangle{}
	b := got.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			gr, gg, gb, _ := got.At(x, y).RGBA()
			wr, wg, wb, _ := want.At(x, y).RGBA()
			if (gr == wr && gg == wg && gb == wb) || inside(covered, image.Pt(x, y)) {
				continue
			}
			wrong++
			area = area.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	caret := area.Dx() <= 2 && area.Dy() <= 24
	return wrong == 0 || caret, fmt.Sprintf("%d pixels differ in %v", wrong, area)
}

func inside(all []image.Rectangle, p image.Point) bool {
	for _, r := range all {
		if p.In(r) {
			return true
		}
	}
	return false
}
