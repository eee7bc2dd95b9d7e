package web

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/rejoin/rejoin/internal/session"
)

// TestToolsOfTheScreen opens every menu and dialog of the screen, wide and on a phone, and lets axe look at them.
func TestToolsOfTheScreen(t *testing.T) {
	source, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Skip("needs axe (npm ci)")
	}
	ctx := browser(t)
	heard := complaints(t, ctx)
	for _, look := range []struct {
		name, lang, colours string
		width               int64
		open                [][]string // what is clicked, one after the other
	}{
		{"1440", "en", "light", 1440, [][]string{{"#keys-button"}, {"#monitor-button"}, {"#picture-button"}, {"#clip-button"}}},
		{"1440", "fr", "dark", 1440, [][]string{{"#keys-button"}, {"#picture-button"}}},
		{"360", "fr", "dark", 360, [][]string{{"#picture-button"}, {"#picture-button", "#picture details:first-of-type > summary"}, {"#picture-button", "#picture [data-opens]"}}},
		{"1024", "fr", "light", 1024, [][]string{{"#picture-button"}}},
		{"360", "en", "light", 360, [][]string{{"#picture-button"}}},
	} {
		l, _ := Language(look.lang)
		srv := startLive(t, sessionPage(l, controlled(session.SharingOn, jonas, session.Actor{})))
		srv.screen.input = true
		for i, clicks := range look.open {
			name := "tools-" + look.name + "-" + look.colours + "-" + look.lang + "-" + number(i)
			do(t, ctx, chromedp.EmulateViewport(look.width, 800), scheme(look.colours), chromedp.Navigate(srv.URL+SessionURL("s1")))
			until(t, ctx, settled)
			for _, c := range clicks {
				do(t, ctx, chromedp.Click(c))
			}
			until(t, ctx, `document.querySelector(':popover-open, dialog[open]') !== null`)
			axe(t, ctx, string(source), name)
			if folder := os.Getenv("GALLERY"); folder != "" {
				png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(folder+"/"+name+".png", png, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, c := range heard() {
		t.Error(c)
	}
}
