package handlers

import (
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	page "github.com/rejoin/rejoin/internal/e2e/browser"
	"github.com/rejoin/rejoin/internal/wire"
	"github.com/rejoin/rejoin/rfb"
)

// The picture is there without a click more than the question, exactly as the PC sent it; a reload leaves everything as it was.
func TestViewerShowsTheScreen(t *testing.T) {
	g := newRig(t)
	s := g.newSession()
	pc := g.screenPC(s)
	p := g.viewerPage(t, s, "tom", page.Who{})
	page.Eval[bool](p.Tab, `(new MutationObserver(() => {
		const e = document.getElementById('screen');
		if (e?.dataset.look === 'live') document.documentElement.dataset.firstPicture ??= Date.now();
	}).observe(document.getElementById('live'), { subtree: true, attributes: true }), true)`)
	p.share()
	p.exact(leftPanel)
	pc.mu.Lock()
	t.Logf("from the Yes to the picture: %d ms", page.Eval[int64](p.Tab, `Number(document.documentElement.dataset.firstPicture)`)-pc.agreed.UnixMilli())
	pc.mu.Unlock()
	p.Read(".viewer-now", p.words.T("viewer.live_view"))
	p.Read(".viewer-facts", "1280 × 800")
	p.Accessible("the viewer, looking only")

	p.Click(page.CSS("#monitor-button"))
	p.Click(page.CSS(`#monitor-list [data-monitor="right"]`))
	p.exact(rightPanel)
	p.Read("#monitor-now", "Monitor 2 of 2")
	p.choose("scale", "full")
	p.choose("keyboard", "character")
	p.exact(rightPanel)
	if w := page.Eval[float64](p.Tab, `document.querySelector('.screen-live canvas').getBoundingClientRect().width`); w != 1024 {
		t.Errorf("at 100 %% the picture is %v wide", w)
	}
	p.Reload()
	p.look("live")
	p.exact(rightPanel)
	if w := page.Eval[float64](p.Tab, `document.querySelector('.screen-live canvas').getBoundingClientRect().width`); w != 1024 {
		t.Errorf("after a reload the picture is %v wide", w)
	}
	if got := pc.wishes(); got[len(got)-1] != "right character" {
		t.Errorf("the viewers asked for %q", got)
	}

	p.menu("#picture-button")
	p.Click(page.CSS("#picture-shot"))
	p.Until("the screenshot", func() (bool, string) {
		files, _ := filepath.Glob(filepath.Join(p.who.Downloads, "*"))
		return len(files) == 1 && strings.HasPrefix(filepath.Base(files[0]), "PC-1 2") && strings.HasSuffix(files[0], ".png"), fmt.Sprint(files)
	})

	pc.say(&wire.ShareStopped{})
	p.look("none")
	p.Read(".stage-bar", p.words.T("share.stopped.word"))
	p.Gone(page.CSS(".screen-root"))
}

// Whatever the PC says about itself, the page shows no more than text, and keeps its picture.
func TestViewerReadsAHostilePC(t *testing.T) {
	g := newRig(t)
	s := g.newSession()
	pc := g.screenPC(s)
	p := g.viewerPage(t, s, "tom", page.Who{})
	p.share()
	p.Click(page.CSS("#monitor-button"))
	p.Read("#monitor-list", "Panel <right>")
	p.Press(kb.Escape)
	many := strings.Repeat(`{"id":"x","name":"<img src=x onerror=alert(1)>","w":1e99,"h":-1},`, 40)
	for i, name := range []string{
		"", "null", "[]", "{", `"text"`, `{"v":2,"secure":true}`, strings.Repeat(" ", 20_000) + `{"v":1,"secure":true}`,
		`{"v":1,"monitors":"all","monitor":7,"secure":"yes","paused":1,"covered":"many","input":{},"busy":[]}`,
		`{"v":1,"monitors":[null,7,{"id":7},{"id":""},` + many + `{"id":"__proto__","name":"\u202e\u0000evil","w":5,"h":5}],"monitor":"x","covered":-3}`,
		strings.Repeat("[", 10_000),
	} {
		pc.each(func(v *screenViewer) { v.conn.SetName(name) })
		mark := i + 1
		pc.panels[leftPanel].Update(func(fb *rfb.Framebuffer) rfb.Damage {
			fb.Pix[0] = byte(mark)
			return rfb.Damage{Rects: []image.Rectangle{image.Rect(0, 0, 1, 1)}}
		})
		p.Until(fmt.Sprintf("the picture after the name %.20q", name), func() (bool, string) {
			got := page.Eval[int](p.Tab, `(c => {
				const g = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
				g.drawImage(c, 0, 0, 1, 1, 0, 0, 1, 1);
				return g.getImageData(0, 0, 1, 1).data[2];
			})(document.querySelector('.screen-live canvas'))`)
			return got == mark, fmt.Sprint(got)
		})
		p.look("live")
	}
	if n := page.Eval[int](p.Tab, `document.querySelectorAll('#monitor-list img, #monitor-list script').length`); n != 0 {
		t.Error("a monitor's name became an element")
	}
}

// The viewer without a mouse: to the screen and back, into control, and into the full screen.
func TestViewerByKeyboard(t *testing.T) {
	g := newRig(t)
	s := g.newSession()
	pc := g.screenPC(s)
	p := g.viewerPage(t, s, "tom", page.Who{})
	press := func(selector, key string) {
		t.Helper()
		p.See(page.CSS(selector))
		p.TabTo(page.CSS(selector))
		p.Press(key)
	}
	press("#share-big", kb.Enter)
	p.look("live")
	press("#hand-control", " ")
	p.Read(".viewer-now", p.words.T("viewer.live_mine"))
	press(".screen-live canvas", "q")
	p.Until("the key", func() (bool, string) { got := pc.typed(); return got == "71", got })
	if got := page.Eval[string](p.Tab, `(c => c.getAttribute('role') + '|' + c.getAttribute('aria-label') + '|' + document.getElementById(c.getAttribute('aria-describedby')).textContent)(document.activeElement)`); got != "application|Screen of PC-1|"+p.words.T("viewer.leave_long") {
		t.Errorf("the screen says %q", got)
	}
	p.Hold("ControlLeft", "Control", 17)
	p.Hold("AltLeft", "Alt", 18)
	p.Hold("Home", "Home", 36)
	p.Let("Home", "Home", 36)
	p.Let("AltLeft", "Alt", 18)
	p.Let("ControlLeft", "Control", 17)
	p.Read("#said", p.words.T("viewer.left"))
	p.Hold("AltLeft", "Alt", 18)
	p.Hold("KeyR", "r", 82)
	p.Let("KeyR", "r", 82)
	p.Let("AltLeft", "Alt", 18)
	p.See(page.CSS("#reboot-dialog[open]"))
	p.Press(kb.Escape)
	p.Gone(page.CSS("#reboot-dialog"))
	press("#full-button", kb.Enter)
	p.Until("the full screen", func() (bool, string) {
		return page.Eval[bool](p.Tab, `document.fullscreenElement?.id === 'main'`), ""
	})
	p.Gone(page.CSS(".side"))
	p.See(page.CSS("#keys-button"))
	p.exact(leftPanel)
	p.Accessible("the full screen")
	p.Picture("viewer-full")
	press("#full-button", kb.Enter)
	p.See(page.CSS(".side"))
}

// Keys go to the PC only from whoever controls; the way out of the screen works; nothing stays pressed.
func TestViewerControls(t *testing.T) {
	g := newRig(t)
	s := g.newSession()
	pc := g.screenPC(s)
	p := g.viewerPage(t, s, "tom", page.Who{})
	p.share()
	p.Click(page.CSS(".screen-live canvas"))
	p.Press("no")
	p.control()
	p.Accessible("the viewer, in control")
	p.Click(page.CSS(".screen-live canvas"))
	p.Read(".viewer-facts", p.words.T("viewer.leave"))
	p.Press("h")
	p.Hold("Digit2", "é", 50)
	p.Let("Digit2", "é", 50)
	p.Until("the keys", func() (bool, string) { got := pc.typed(); return got == "68 e9", got })
	p.Press(kb.Tab)
	p.Until("the Tab key", func() (bool, string) { got := pc.typed(); return got == "68 e9 ff09", got })
	p.Hold("ControlLeft", "Control", 17)
	p.Hold("AltLeft", "Alt", 18)
	p.Hold("Home", "Home", 36)
	p.Until("the focus on the page", func() (bool, string) {
		id := page.Eval[string](p.Tab, `document.activeElement.id`)
		return id == "tools-button", id
	})
	p.Until("nothing to be held down on the PC", func() (bool, string) { n := pc.down(); return n == 0, fmt.Sprint(n) })
	p.Let("Home", "Home", 36)
	p.Let("AltLeft", "Alt", 18)
	p.Let("ControlLeft", "Control", 17)

	p.Click(page.CSS("#keys-button"))
	p.Click(page.CSS(`#keys [data-press="alt_tab"]`))
	p.Until("Alt+Tab", func() (bool, string) {
		got := pc.typed()
		return strings.HasSuffix(got, "ffe9 ff09") && pc.down() == 0, got
	})

	const pasted = "Grüße, 你好, 👩🚒"
	p.Click(page.CSS("#clip-button"))
	p.See(page.CSS("#clip-dialog[open]"))
	p.Type(page.CSS("#clip-to"), pasted)
	p.Click(page.CSS("#clip-send"))
	p.Until("the text on the PC", func() (bool, string) {
		pc.mu.Lock()
		defer pc.mu.Unlock()
		return pc.clip == pasted, pc.clip
	})
	pc.each(func(v *screenViewer) { v.conn.SetClipboard("Здравствуйте 🖨️") })
	p.Until("the PC's text", func() (bool, string) {
		got := p.Value("#clip-from")
		return got == "Здравствуйте 🖨️", got
	})
	p.Accessible("the clipboard")
	p.Click(page.CSS("#clip-close"))

	p.Click(page.CSS("#hand-view"))
	p.Read(".viewer-now", p.words.T("viewer.live_view"))
	pc.answers <- "no"
	yields := pc.typed()
	p.Click(page.CSS(".screen-live canvas"))
	p.Press("x")
	p.Click(page.CSS("#hand-control"))
	p.Read(".viewer-now", p.words.T("viewer.live_mine")) // the customer has agreed before
	if got := pc.typed(); got != yields {
		t.Errorf("while looking only %q was typed", strings.TrimPrefix(got, yields))
	}
}

// Whoever wants it so has one clipboard on both sides.
func TestViewerKeepsClipboardsTheSame(t *testing.T) {
	g := newRig(t)
	s := g.newSession()
	pc := g.screenPC(s)
	p := g.viewerPage(t, s, "tom", page.Who{})
	p.who.AllowClipboard()
	p.share()
	p.control()
	own := func() string { return page.Eval[string](p.Tab, `navigator.clipboard.readText()`) }
	page.Eval[bool](p.Tab, `navigator.clipboard.writeText('mine').then(() => true)`)
	p.Click(page.CSS(".screen-live canvas"))
	pc.each(func(v *screenViewer) { v.conn.SetClipboard("not asked for") })
	p.Until("the PC's text in the dialog", func() (bool, string) { got := p.Value("#clip-from"); return got == "not asked for", got })
	if got := own(); got != "mine" {
		t.Errorf("without being wanted the clipboard became %q", got)
	}
	pc.mu.Lock()
	if pc.clip != "" {
		t.Errorf("without being wanted the PC got %q", pc.clip)
	}
	pc.mu.Unlock()

	p.Click(page.CSS("#clip-button"))
	p.Click(page.CSS("#clip-sync"))
	p.Click(page.CSS("#clip-close"))
	pc.each(func(v *screenViewer) { v.conn.SetClipboard("日本語 from the PC") })
	p.Until("the PC's text on the own clipboard", func() (bool, string) { got := own(); return got == "日本語 from the PC", got })
	page.Eval[bool](p.Tab, `navigator.clipboard.writeText('naïve ☕').then(() => true)`)
	p.Click(page.CSS("#say"))
	p.Click(page.CSS(".screen-live canvas"))
	p.Until("the own text on the PC", func() (bool, string) {
		pc.mu.Lock()
		defer pc.mu.Unlock()
		return pc.clip == "naïve ☕", pc.clip
	})
}

// A connection that falls silent is told at once and comes back by itself; so do the PC's own words.
func TestViewerTellsTrouble(t *testing.T) {
	g := newRig(t)
	s := g.newSession()
	pc := g.screenPC(s)
	p := g.viewerPage(t, s, "tom", page.Who{})
	p.share()
	for name, change := range map[string]func(on bool){
		"secure": func(on bool) { pc.tell(func(d *desktopName) { d.Secure = on }) },
		"held": func(on bool) {
			pc.tell(func(d *desktopName) { d.Paused = on })
			pc.say(&wire.SharePaused{Paused: on})
		},
	} {
		change(true)
		p.Attribute(".screen-note", "data-kind", name)
		p.look("dim")
		p.Accessible(name)
		change(false)
		p.look("live")
	}
	pc.tell(func(d *desktopName) { d.Busy, d.Covered = true, 2 })
	p.Read(".viewer-facts", "Hidden by the customer: 2")
	p.Read(".viewer-facts", "is using mouse or keyboard")

	p.Forgive("its connection is cut", `WebSocket connection to`)
	looks := p.Watch("#screen", "data-look")
	pc.each(func(v *screenViewer) { v.end() })
	p.Until("the picture to go and to come back", func() (bool, string) {
		got := looks()
		return slices.Equal(got, []string{"live", "dim", "live"}), fmt.Sprint(got)
	})
	p.exact(leftPanel)

	pc.refuse <- wire.ViewerCrowded
	pc.each(func(v *screenViewer) { v.end() })
	p.Read(".screen-note", p.words.T("viewer.crowded"))
	p.Read(".viewer-now", "Last picture")
	p.Accessible("a viewer that is turned away")
	p.Click(page.CSS("#screen-do"))
	p.look("live")

	p.menu("#picture-button")
	p.Click(page.CSS("#picture-pause"))
	p.Read(".screen-note", p.words.T("viewer.paused"))
	p.Reload()
	p.Read(".screen-note", p.words.T("viewer.paused"))
	p.Click(page.CSS("#screen-do"))
	p.look("live")
}

// A connection that falls silent without an end is noticed within five seconds, given up, and opened anew.
func TestViewerNoticesSilence(t *testing.T) {
	g := newRig(t)
	s := g.newSession()
	pc := g.screenPC(s)
	p := g.viewerPage(t, s, "tom", page.Who{})
	p.share()
	p.control()
	p.Click(page.CSS(".screen-live canvas"))
	p.Press("a")
	thaw := pc.freeze()
	p.within(5*time.Second, func() { p.Attribute(".screen-note", "data-kind", "trouble") })
	p.look("dim")
	p.Read(".screen-note", "Nothing has arrived from the PC since")
	p.Read(".viewer-now", "Last picture")
	p.Press("b") // into a picture that is not what the PC shows
	p.Accessible("trouble with the connection")
	p.Until("a second try", func() (bool, string) { n := len(pc.wishes()); return n >= 2, fmt.Sprint(n) })
	p.look("dim")
	thaw()
	p.look("live")
	p.exact(leftPanel)
	p.Read(".viewer-now", p.words.T("viewer.live_mine"))
	p.Press("c") // the focus is back on the screen
	p.Until("the last key", func() (bool, string) { got := pc.typed(); return got == "61 63", got })
}

// Two technicians watch one PC; one controls, the other asks, and control is kept and then handed over.
func TestViewersOfTwoTechnicians(t *testing.T) {
	g := newRig(t)
	s := g.newSession()
	pc := g.screenPC(s)
	tom := g.viewerPage(t, s, "tom", page.Who{})
	ada := g.viewerPage(t, s, "ada", page.Who{Language: "fr", Dark: true, Width: 360, Height: 740})
	tom.share()
	ada.look("live")
	tom.control()
	ada.Read(".viewer-now", ada.words.T("viewer.live_other", "Name", "Tom Technician"))
	ada.exact(leftPanel)
	ada.Click(page.CSS("#hand-control"))
	ada.Read(".strip", ada.words.T("control.wanting.title", "Name", "Tom Technician"))
	tom.Read(".strip", tom.words.T("control.wanted.title", "Name", "Ada Admin"))
	tom.Accessible("a colleague who asks for control")
	ada.Accessible("asking a colleague for control, on a phone, dark, in French")
	tom.Click(page.CSS("#control-keep"))
	tom.Gone(page.CSS(".strip"))
	ada.Gone(page.CSS(".strip"))
	ada.Click(page.CSS("#hand-control"))
	tom.Click(page.CSS("#control-hand-over"))
	ada.Read(".viewer-now", ada.words.T("viewer.live_mine"))
	tom.Read(".viewer-now", tom.words.T("viewer.live_other", "Name", "Ada Admin"))
	ada.Click(page.CSS(".screen-live canvas"))
	ada.Press("a")
	ada.Until("Ada's key", func() (bool, string) { got := pc.typed(); return got == "61", got })
	pc.say(&wire.ControlStopped{})
	ada.Read(".strip", ada.words.T("control.stopped.title"))
	ada.Click(page.CSS("#control-dismiss"))
	ada.Gone(page.CSS(".strip"))
	if wide := page.Eval[int](ada.Tab, `document.documentElement.scrollWidth`); wide > 360 {
		t.Errorf("on a phone the page is %d pixels wide", wide)
	}
}
