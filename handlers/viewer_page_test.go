package handlers

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	page "github.com/rejoin/rejoin/internal/e2e/browser"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/static"
	"github.com/rejoin/rejoin/web"
)

// viewerPage is a technician's session page in a real browser, against the real router and a PC with a real RFB server.
type viewerPage struct {
	*page.Tab
	t     *testing.T
	g     *rig
	words web.Loc
	who   *page.Person
}

func (g *rig) viewerPage(t *testing.T, s session.Session, login string, who page.Who) *viewerPage {
	t.Helper()
	if !static.Built() {
		if os.Getenv(page.RequireEnv) == "1" {
			t.Fatal("the bundles are demanded: make assets")
		}
		t.Skip("NOT TESTED: needs the bundles (make assets)")
	}
	lang := who.Language
	if lang == "" {
		lang = "en"
	}
	words, _ := web.Language(lang)
	person := page.Shared(t).Person(t, who)
	p := &viewerPage{Tab: person.Tab(), t: t, g: g, words: words, who: person}
	p.Go(g.server.URL + web.PathSignIn + "?next=" + web.SessionURL(s.ID))
	p.Type(page.CSS("#f-login"), login)
	p.Type(page.CSS("#f-password"), testPassword)
	p.Press(kb.Enter)
	p.See(page.CSS("#end-button"))
	return p
}

// look waits until the picture is live, dimmed or not there.
func (p *viewerPage) look(want string) {
	p.t.Helper()
	p.Attribute("#screen", "data-look", want)
}

// share asks the customer and waits for the picture.
func (p *viewerPage) share() {
	p.t.Helper()
	p.Click(page.CSS("#share-big"))
	p.look("live")
}

// control asks for mouse and keyboard and waits until they are there.
func (p *viewerPage) control() {
	p.t.Helper()
	p.Click(page.CSS("#hand-control"))
	p.Read(".viewer-now", p.words.T("viewer.live_mine"))
}

// within is Until, with a time of its own.
func (p *viewerPage) within(d time.Duration, check func()) {
	p.t.Helper()
	before := p.Patience
	p.Patience = d
	defer func() { p.Patience = before }()
	check()
}

// differs counts the pixels of the live canvas that are not those of the panel's test pattern.
func (p *viewerPage) differs(panel string) (int, string) {
	p.t.Helper()
	size := page.Eval[[]int](p.Tab, `(c => c ? [c.width, c.height] : [0, 0])(document.querySelector('.screen-live canvas'))`)
	if want := panelSize[panel]; size[0] != want.X || size[1] != want.Y {
		return -1, fmt.Sprint("size ", size)
	}
	// The pixels of every seventh row and column, as one number each.
	got := page.Eval[[]int](p.Tab, `(c => {
		const copy = document.createElement('canvas');
		copy.width = c.width;
		copy.height = c.height;
		const g = copy.getContext('2d', { willReadFrequently: true });
		g.drawImage(c, 0, 0);
		const { data } = g.getImageData(0, 0, c.width, c.height);
		const out = [];
		for (let y = 0; y < c.height; y += 7) for (let x = 0; x < c.width; x += 7) {
			const i = 4 * (y * c.width + x);
			out.push(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
		}
		return out;
	})(document.querySelector('.screen-live canvas'))`)
	wrong, first, i := 0, "", 0
	for y := 0; y < size[1]; y += 7 {
		for x := 0; x < size[0]; x += 7 {
			c := testPixel(panel, x, y)
			if want := int(c[0])<<16 | int(c[1])<<8 | int(c[2]); got[i] != want {
				if wrong++; first == "" {
					first = fmt.Sprintf("%d,%d is %06x, want %06x", x, y, got[i], want)
				}
			}
			i++
		}
	}
	return wrong, first
}

// exact waits until the canvas shows the panel's pattern, pixel by pixel.
func (p *viewerPage) exact(panel string) {
	p.t.Helper()
	p.Until("the picture of "+panel, func() (bool, string) {
		n, first := p.differs(panel)
		return n == 0, fmt.Sprintf("%d pixels differ: %s", n, first)
	})
}

// menu opens the menu of all about the picture.
func (p *viewerPage) menu(button string) {
	p.t.Helper()
	p.Click(page.CSS(button))
}

func (p *viewerPage) choose(name, value string) {
	p.t.Helper()
	p.menu("#picture-button")
	p.Click(page.CSS(fmt.Sprintf("#picture-choices label:has([name=%s][value=%s])", name, value)))
	p.Press(kb.Escape)
	p.Gone(page.CSS("#picture"))
}
