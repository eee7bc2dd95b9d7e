package e2e

import (
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/e2e/browser"
	"github.com/rejoin/rejoin/internal/e2e/program"
	"github.com/rejoin/rejoin/web"
)

// begin starts a demo, signs a technician in, sets the policy if pairs are given, and connects the demo PC.
func begin(t *testing.T, mode string, policy ...string) (*program.Server, *technician, *demoPC) {
	t.Helper()
	srv := program.Start(t, "demo")
	p := newTechnician(t, srv, browser.Who{})
	if len(policy) > 0 {
		p.policy(policy...)
	}
	code := p.start("Anna Keller", mode)
	pc := p.demoPC()
	pc.run(code)
	p.phase("connected")
	return srv, p, pc
}

// Whatever is not a Yes leaves the PC running, and says which of the ways it was.
func TestDemoAnswers(t *testing.T) {
	t.Parallel()
	_, p, pc := begin(t, modeStandard, "prompt_seconds", "10")
	boots := pc.Text(".fate p.muted")

	p.reboot()
	pc.answer(false)
	p.pill("state.refused")
	p.Read("#card-title", "Anna Keller said No")
	p.Accessible("a refused restart")

	p.reboot()
	pc.See(browser.CSS("#prompt-yes"))
	p.Click(browser.Role("button", p.say("card.cancel")))
	p.Read("#card-title", p.say("card.cancelled.title"))
	pc.Gone(browser.CSS(".win-prompt"))

	p.reboot()
	pc.See(browser.CSS("#prompt-yes"))
	in(p.Tab, 30*time.Second, func() { p.pill("state.no_reply") })
	pc.Gone(browser.CSS(".win-prompt"))
	p.Accessible("a restart without a reply")

	pc.fate(web.DemoDocument)
	app := pc.Text(".win-doc header")
	p.reboot()
	pc.answer(true)
	pc.screen("blocked")
	pc.Accessible("the demo PC that an app keeps from restarting")
	in(p.Tab, 30*time.Second, func() { p.pill("state.did_not_reboot") })
	p.Read(".reboot", app)
	p.Accessible("a restart that did not happen")
	p.Read(".reboot", p.say("card.try_again"))

	pc.screen("desktop")
	if now := pc.Text(".fate p.muted"); now != boots {
		t.Errorf("the PC was booted: %q, before %q", now, boots)
	}
}

// In phone mode the customer may cancel the reconnection, and then the session is over on both sides.
func TestDemoPhoneMode(t *testing.T) {
	t.Parallel()
	_, p, pc := begin(t, modePhone)
	p.reboot()
	pc.answer(true)
	p.phase("away")
	pc.signIn()
	p.phase("back")
	p.Accessible("a session whose customer may cancel")
	pc.answer(false)
	p.phase("ended")
	p.pill("state.reconnect_cancelled")
	p.Accessible("a session whose customer cancelled")
	pc.See(browser.CSS("#win-notice"))
	pc.Click(browser.CSS("#win-notice-ok"))
	pc.See(browser.CSS("#demo-run"))

	p.Click(browser.Role("button", p.say("card.fresh")))
	p.Read("h1", "Anna Keller")
	pc.run(p.code())
	p.phase("connected")
	pc.Click(browser.CSS("#win-end"))
	pc.See(browser.CSS("#win-end-ask[open]"))
	pc.Accessible("the customer's question before the end")
	pc.Click(browser.CSS("#win-end-yes"))
	p.phase("ended")
	p.pill("state.ended_by_customer")
	pc.See(browser.CSS("#demo-run"))
}

// While the PC is away the wait can be extended, and what is said arrives when it is back.
func TestDemoWait(t *testing.T) {
	t.Parallel()
	_, p, pc := begin(t, modeStandard)
	p.reboot()
	pc.answer(true)
	p.phase("away")
	p.Read(".axis", "10:00")
	for _, c := range []struct{ by, total string }{{"5", "15:00"}, {"10", "25:00"}, {"20", "45:00"}} {
		p.Click(browser.CSS("#extend-" + c.by))
		p.Read(".axis", c.total)
		p.ledger(p.say("audit.link.window_extended", "Minutes", c.by))
	}
	p.chat("Are you still there?")
	p.Read("#chat", p.say("chat.pending"))
	p.Accessible("a session with a line that waits")

	list := p.another()
	list.Go(p.base + web.PathSessions)
	list.Read("#active", "Anna Keller")
	list.Read("#active", p.say("state.down"))
	list.Read("#active", "45:00")
	list.Accessible("the list with a PC that is off")

	pc.signIn()
	pc.Read("#win-lines", "Are you still there?")
	p.phase("awaiting_share_consent")
	pc.answer(false)
	p.phase("connected")
	p.Read(".stage-bar", p.say("share.refused.word"))
	list.Read("#active", p.say("share.refused.word"))
	p.Click(browser.CSS("#share-big"))
	pc.answer(true)
	p.Read(".stage-bar", p.say("viewer.live_view"))
	pc.Click(browser.CSS("#win-stop-share"))
	p.Read(".stage-bar", p.say("share.stopped.word"))
}
