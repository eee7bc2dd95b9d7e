package web

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/rejoin/rejoin/internal/session"
)

// shows waits until the screen is live, dimmed or not there.
func shows(t *testing.T, ctx context.Context, look string) {
	t.Helper()
	until(t, ctx, `document.getElementById('screen').dataset.look === '`+look+`'`)
}

// corner is the colour of the live picture's first pixel, as the page shows it.
const corner = `(c => {
	const one = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
	one.drawImage(c, 0, 0, 1, 1, 0, 0, 1, 1);
	return [...one.getImageData(0, 0, 1, 1).data].slice(0, 3).join();
})(document.querySelector('.screen-live canvas'))`

// picture keeps a picture of the page, if pictures are wanted.
func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	folder := os.Getenv("GALLERY")
	if folder == "" {
		return
	}
	for _, look := range []struct {
		name          string
		width, height int64
	}{{"1440-light", 1440, 900}, {"1440-dark", 1440, 900}, {"360-light", 360, 800}} {
		do(t, ctx, chromedp.EmulateViewport(look.width, look.height), scheme(strings.SplitN(look.name, "-", 2)[1]))
		png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name+"-"+look.name+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	do(t, ctx, chromedp.EmulateViewport(1440, 900), scheme("light"))
}

// TestThePictureOutlivesAReboot: it stays live while the PC goes down, is kept, dimmed, while the PC is away, and the live one
// is back without a click, as it was.
func TestThePictureOutlivesAReboot(t *testing.T) {
	ctx := browser(t)
	heard := complaints(t, ctx)
	l, _ := Language("en")
	d := sessionPage(l, controlled(session.SharingOn, jonas, session.Actor{}))
	srv := startLive(t, d)
	srv.screen.input = true
	show := func(s session.Session) {
		s.Revision = d.Session.Revision + 1
		d.Session = s
		srv.send(t, d)
		until(t, ctx, `document.getElementById('state').dataset.revision === '`+number(int(s.Revision))+`'`)
	}
	withScreen := func(s session.Session) session.Session {
		shared := controlled(session.SharingOn, jonas, session.Actor{})
		s.Sharing, s.Control = shared.Sharing, shared.Control
		return s
	}
	do(t, ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(srv.URL+SessionURL("s1")))
	shows(t, ctx, "live")
	do(t, ctx, chromedp.Click("#picture-button"), chromedp.Click(`#picture-choices label:has([value="full"])`), chromedp.Click(".screen-live canvas"))
	show(withScreen(reboot(active(), toDown[:4]...)))
	shows(t, ctx, "live")
	if !eval[bool](t, ctx, `document.activeElement === document.querySelector('.screen-live canvas')`) {
		t.Error("the screen lost the focus when the PC began to go down")
	}

	srv.screen.paint([]byte{1, 2, 3})
	until(t, ctx, corner+` === '3,2,1'`)
	down := off(reboot(active(), toDown...), 3*time.Second)
	down.Sharing.Prior, down.Control.Prior = true, jonas
	srv.screen.cut()
	show(down)
	shows(t, ctx, "dim")
	until(t, ctx, `document.querySelector('.viewer-now').textContent.startsWith('Last picture, ')`)
	if got := eval[string](t, ctx, `(c => c.width + '×' + c.height + ' ' + c.checkVisibility() + ' ' + document.querySelector('.reboot[data-laid]').checkVisibility())(document.querySelector('.screen-last'))`); got != "1280×800 true true" {
		t.Errorf("while the PC is off, the last picture and the card are %s", got)
	}
	picture(t, ctx, "reboot-down")
	asking := reboot(active(), upTo(session.PhaseBack, session.PhaseAwaitingShareConsent)...)
	asking.Sharing = session.Sharing{State: session.SharingAsking, PromptID: "p9", Since: noon, Until: soon(48 * time.Second), Prior: true, Control: true}
	show(asking)
	shows(t, ctx, "dim")
	picture(t, ctx, "reboot-asking-share")

	srv.screen.paint([]byte{7, 8, 9})
	show(withScreen(over(reboot(active(), upTo(session.PhaseBack, session.PhaseResumed)...), session.OutcomeResumed, nil)))
	shows(t, ctx, "live")
	until(t, ctx, corner+` === '9,8,7'`)
	if got := eval[string](t, ctx, `document.getElementById('screen').dataset.scale + ' ' + document.querySelector('.viewer-now').textContent + ' ' + document.querySelector('.screen-last').checkVisibility()`); got != "full Live, you control the screen false" {
		t.Errorf("back: %s", got)
	}
	picture(t, ctx, "reboot-back")
	stopped := active()
	stopped.Sharing = session.Sharing{State: session.SharingStopped, Since: noon}
	show(stopped)
	shows(t, ctx, "none")
	if n := eval[int](t, ctx, `document.querySelector('.screen-last').width`); n != 0 {
		t.Error("the last picture is kept although sharing was stopped")
	}
	for _, c := range heard() {
		t.Error(c)
	}
}
