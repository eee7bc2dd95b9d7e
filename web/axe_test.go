package web

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// axeRuns checks the page that is open and returns what is wrong, one line a finding.
const axeRuns = `axe.run(document, {
	runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
	resultTypes: ['violations'],
}).then(r => r.violations.map(v => v.impact + ' ' + v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 4).join(' | ')))`

// alike are scenes that differ from another one in words only.
var alike = regexp.MustCompile(`^error-(4[013]|5)|^session-(sharing-(no|ref|not|abs)|control-(no|not|abs|stop|free|serv|want.*other|asking-)|asking-(yes|lost)|agreed|preparing-|armed|still|down-(any|late)|signed|back|absent|not-shown|no-reply|cancelled|ended-(cus|rec|idle|expired-)|waiting-)|^(sessions-only|end-|demo-(closing|booting)|join-(limited|no-agent|format)|password-first|sign-in-limited)`)

// TestAccessibility lets axe look at every page in a real browser: each one in one of the combinations of width, colours and
// language, in turn, but for those alike; with AXE=all all of them in all combinations. Dialogs and menus are looked at open.
func TestAccessibility(t *testing.T) {
	source, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
	if err != nil {
		if os.Getenv("REJOIN_REQUIRE_BROWSER") != "" {
			t.Fatalf("axe is demanded: %v", err)
		}
		t.Skip("needs axe (npm ci)")
	}
	ctx := browser(t)
	heard := complaints(t, ctx)
	scenes := allScenes()
	srv := gallery(t, scenes)
	looks := []struct {
		width   int64
		colours string
		lang    string
	}{{1440, "light", "en"}, {360, "dark", "fr"}, {1440, "dark", "en"}, {360, "light", "fr"}}
	for i, s := range scenes {
		if os.Getenv("AXE") != "all" && alike.MatchString(s.name) {
			continue
		}
		for j, look := range looks {
			if os.Getenv("AXE") != "all" && j != i%len(looks) {
				continue
			}
			name := s.name + " " + number(int(look.width)) + " " + look.colours + " " + look.lang
			do(t, ctx, chromedp.EmulateViewport(look.width, 900), scheme(look.colours), chromedp.Navigate(srv.URL+"/scene/"+s.name+"/"+look.lang))
			until(t, ctx, settled)
			axe(t, ctx, string(source), name)
			if s.name == "session-connected" || s.name == "session-connected-service" {
				do(t, ctx, chromedp.Click("#tools-button"))
				until(t, ctx, `document.querySelector('#tools:popover-open')`)
				axe(t, ctx, string(source), name+", tools")
				do(t, ctx, chromedp.Click("#reboot-button"))
				until(t, ctx, `document.querySelector('#reboot-dialog[open]')`)
				axe(t, ctx, string(source), name+", reboot dialog")
			}
		}
	}
	for _, c := range heard() {
		if strings.Contains(c, "htmx:error: timeout") {
			continue // a busy machine, on which axe kept the page from opening its stream in time
		}
		t.Error(c)
	}
}

func axe(t *testing.T, ctx context.Context, source, name string) {
	t.Helper()
	// The page's policy forbids scripts from elsewhere; the debugger may bring one all the same.
	eval[any](t, ctx, source+";0")
	for _, finding := range eval[[]string](t, ctx, axeRuns) {
		if strings.HasPrefix(finding, "minor ") {
			t.Logf("%s: %s", name, finding)
			continue
		}
		t.Errorf("%s: %s", name, finding)
	}
	if wide := eval[bool](t, ctx, `document.documentElement.scrollWidth > document.documentElement.clientWidth`); wide {
		t.Errorf("%s: wider than the window", name)
	}
}
