//go:build linux

package e2e

import (
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/rejoin/rejoin/internal/e2e/browser"
	"github.com/rejoin/rejoin/internal/e2e/program"
	"github.com/rejoin/rejoin/internal/winerig"
	"github.com/rejoin/rejoin/web"
)

// picturesDir is where pictures are kept; empty if none are wanted.
func picturesDir() string { return os.Getenv(browser.PicturesEnv) }

// The README's pictures, taken of the running product. Only "make screenshots" wants them.
func TestPictures(t *testing.T) {
	if picturesDir() == "" {
		t.Skip("no pictures are wanted: REJOIN_PICTURES names no folder")
	}
	t.Run("pages", picturesOfPages)
	t.Run("native", picturesOfWindows)
}

func picturesOfPages(t *testing.T) {
	srv := program.Start(t, "demo")
	p := newTechnician(t, srv, browser.Who{})
	for _, name := range []string{"Pia Lang", "Tom Hardt"} {
		p.start(name, modeStandard)
		p.end()
	}
	p.start("Bernd Vogt", modePhone)
	link := browser.Eval[string](p.Tab, `document.querySelector('#copy-link').dataset.copy`)
	c := strangerAt(t, srv, browser.Who{Windows: true})
	c.Go(link)
	c.Click(browser.Role("button", c.say("join.continue")))
	c.Read("h1", c.say("join.ready"))
	c.Picture("join")
	c.Resize(360, 740)
	c.Picture("join-phone")

	code := p.start("Anna Keller", modeStandard)
	pc := p.demoPC()
	pc.run(code)
	p.phase("connected")
	pc.write("The invoice printer prints nothing since this morning’s update.")
	p.chat("I see it. The driver wants a restart; I will stay with you the whole time.")
	p.reboot()
	pc.answer(true)
	p.phase("away")
	pc.returns()

	p.openReboot()
	p.Type(browser.CSS("#f-message"), "I will restart your PC to finish the printer driver. Please save your work first.")
	p.Choose(browser.CSS("#f-reason"), "driver")
	p.Picture("reboot-dialog")
	p.Click(browser.CSS("#reboot-ok"))
	p.phase("awaiting_consent")
	pc.See(browser.CSS("#prompt-yes"))
	pc.Picture("demo-pc")
	pc.answer(true)
	p.phase("away")
	pc.screen("sign_in")
	p.Picture("pc-off")
	p.Dark(true)
	p.Picture("pc-off-dark")
	p.Dark(false)
	list := p.another()
	list.Go(p.base + web.PathSessions)
	list.Read("#active", p.say("state.down"))
	list.Picture("sessions")
	pc.returns()
	p.live()
	p.Picture("resumed")
	p.Click(browser.CSS("#hand-control"))
	pc.answer(true)
	p.Read(".viewer-now", p.say("viewer.live_mine"))
	x, y := p.point(55, 132) // the manual's icon
	p.Until("the manual to be open", func() (bool, string) {
		p.ClickAt(x, y) // twice and soon; the customer's own hands, which answered just now, come first
		p.ClickAt(x, y)
		return browser.Eval[int](pc.Tab, `document.querySelectorAll("#win-hide input").length`) > 2, "" // two monitors, and it
	})
	last := ""
	p.Until("the whole picture", func() (bool, string) {
		before := last
		last = browser.Eval[string](p.Tab, `document.querySelector('.screen-live canvas').toDataURL()`)
		return last == before, ""
	})
	p.Picture("viewer")
}

func picturesOfWindows(t *testing.T) {
	winerig.Require(t)
	srv := program.Start(t, "serve")
	p := setUp(t, srv)
	c := helped(t, p, nil)
	p.chat("I will restart your PC to finish the printer driver.")
	c.WaitWindow(chatBox, "finish the printer driver")
	p.openReboot()
	p.Type(browser.CSS("#f-message"), "I will restart your PC to finish the printer driver. Please save your work first.")
	p.Click(browser.CSS("#reboot-ok"))
	w := c.WaitWindow(prompt, "Please save your work first.")
	raw := filepath.Join(t.TempDir(), "screen.png")
	c.Screenshot(raw)
	box := c.WaitWindow(chatBox)
	seen := image.Rect(w.X, w.Y, w.X+w.W, w.Y+w.H).Union(image.Rect(box.X, box.Y, box.X+box.W, box.Y+box.H)).Inset(-24)
	keepPart(t, raw, seen, filepath.Join(picturesDir(), "native-prompt.png"))
	c.press(prompt, "No")
	p.pill("state.refused")
}

// keepPart keeps a part of a picture.
func keepPart(t *testing.T, from string, part image.Rectangle, to string) {
	t.Helper()
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	part = part.Intersect(img.Bounds())
	out := image.NewRGBA(image.Rect(0, 0, part.Dx(), part.Dy()))
	draw.Draw(out, out.Bounds(), img, part.Min, draw.Src)
	if err := browser.WritePNG(to, out); err != nil {
		t.Fatal(err)
	}
}
