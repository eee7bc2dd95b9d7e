package e2e

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/rejoin/rejoin/internal/e2e/browser"
	"github.com/rejoin/rejoin/internal/e2e/program"
)

// A second tab, and a colleague in another language, see the same as it happens; nobody's typing is disturbed by it.
func TestEverybodySeesTheSame(t *testing.T) {
	t.Parallel()
	srv, p, pc := begin(t, modeStandard)
	second := p.another()
	priya := newColleague(t, srv, srv.URL, browser.Who{Language: "fr", Dark: true, Width: 360, Height: 740}, colleagueLogin)
	priya.Click(browser.CSS("#active tbody a"))
	all := []*technician{p, second, priya}
	phase := func(want string) {
		t.Helper()
		for _, one := range all {
			one.phase(want)
		}
	}
	phase("connected")
	p.Read(".session-head", p.say("head.watches", "Name", colleagueName))

	second.Type(browser.CSS("#say"), "half a sen")
	priya.chat("Je regarde aussi.")
	for _, one := range all {
		one.Read("#chat", "Je regarde aussi.")
	}
	pc.Read("#win-lines", "Je regarde aussi.")
	second.Press("tence")
	if got := second.Value("#say"); got != "half a sentence" {
		t.Errorf("the composer holds %q", got)
	}

	second.openReboot()
	second.Type(browser.Role("textbox", second.say("reboot.message", "Who", "Anna Keller")), "Typed while")
	p.reboot()
	phase("awaiting_consent")
	second.Press(" the page changed")
	if got := second.Value("#f-message"); got != "Typed while the page changed" {
		t.Errorf("the open dialog holds %q", got)
	}
	second.Forgive("somebody else was faster", `request refused: 409 POST`)
	second.Click(browser.CSS("#reboot-ok"))
	second.Read("#reboot-form", second.say("refused.reboot_running"))
	if got := second.Value("#f-message"); got != "Typed while the page changed" {
		t.Errorf("the refused form holds %q", got)
	}
	second.Press(kb.Escape)

	pc.answer(true)
	phase("away")
	priya.Accessible("a session whose PC is off, dark, on a phone, in French")
	priya.Click(browser.CSS("#extend-10"))
	for _, one := range all {
		one.Read(".axis", "20:00")
	}
	pc.signIn()
	phase("awaiting_share_consent")
	pc.answer(true)
	phase("connected")
	if got := second.Value("#say"); got != "half a sentence" {
		t.Errorf("after the restart the composer holds %q", got)
	}
}

// The main story without a mouse: what has the focus can be seen, and the focus is where one goes on.
func TestDemoKeyboardOnly(t *testing.T) {
	t.Parallel()
	srv := program.Start(t, "demo")
	p := strangerAt(t, srv, browser.Who{})
	p.Go(srv.Link("/sign-in/link"))
	press := func(tab *browser.Tab, w browser.Target, key string) {
		t.Helper()
		tab.See(w)
		tab.TabTo(w)
		tab.Press(key)
	}
	press(p.Tab, browser.Role("button", p.say("link.ok")), kb.Enter)
	p.Read("h1", p.say("sessions.title"))
	press(p.Tab, browser.CSS("#new-button"), kb.Enter)
	p.See(browser.CSS("#new-dialog[open]"))
	p.TabTo(browser.Role("textbox", p.say("new.customer")))
	p.Press("Anna Keller" + kb.Enter)
	code := p.code()

	pc := p.demoPC()
	pc.TabTo(browser.CSS("#run-code"))
	pc.Press(code + kb.Enter)
	pc.See(browser.CSS("#win-chat"))
	p.phase("connected")
	p.TabTo(browser.CSS("#say"))
	p.Press("Hello" + kb.Enter)
	pc.Read("#win-lines", "Hello")

	press(p.Tab, browser.Role("link", p.say("toolbar.reboot")), kb.Enter)
	p.See(browser.CSS("#reboot-dialog[open]"))
	p.Press(kb.Escape)
	p.Gone(browser.CSS("#reboot-dialog"))
	p.Until("the focus to be back on the button", func() (bool, string) {
		id := browser.Eval[string](p.Tab, `document.activeElement.id`)
		return id == "reboot-button", id
	})
	p.Press(kb.Enter)
	p.See(browser.CSS("#reboot-dialog[open]"))
	press(p.Tab, browser.CSS("#reboot-ok"), kb.Enter)
	p.phase("awaiting_consent")
	press(pc.Tab, browser.CSS("#prompt-yes"), " ")
	p.phase("away")
	press(p.Tab, browser.CSS("#extend-5"), " ")
	p.Read(".axis", "15:00")
	pc.screen("sign_in")
	press(pc.Tab, browser.CSS("#demo-sign-in"), kb.Enter)
	p.phase("awaiting_share_consent")
	press(pc.Tab, browser.CSS("#prompt-no"), kb.Enter)
	p.phase("connected")
	press(p.Tab, browser.Role("link", p.say("toolbar.end")), kb.Enter)
	p.See(browser.CSS("#end-dialog[open]"))
	press(p.Tab, browser.CSS("#end-ok"), kb.Enter)
	p.phase("ended")
}
