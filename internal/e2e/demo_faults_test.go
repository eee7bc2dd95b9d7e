package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/e2e/browser"
	"github.com/rejoin/rejoin/internal/e2e/program"
	"github.com/rejoin/rejoin/web"
)

// seenWithin is how soon a silent loss must show on the page: 15 s until the server knows, 5 s more until the page does.
const seenWithin = 20 * time.Second

// noServer is what a page that has lost its server says behind its face.
const noServer = `request failed: net::ERR_|request refused: 50[23]|console.error: "htmx: htmx:sse:error`

// Whatever takes the PC away, the session comes back, and says why it went.
func TestDemoAdoptsAnyRestart(t *testing.T) {
	t.Parallel()
	_, p, pc := begin(t, modeStandard)

	pc.fate(web.DemoUpdate)
	p.phase("going_down", "away")
	p.phase("away")
	p.Read("#card-title", p.say("card.down_adopted.title"))
	pc.returns()
	resumedByItself(p)

	pc.fate(web.DemoPlug)
	pc.screen("off")
	in(p.Tab, seenWithin, func() { p.phase("away") })
	p.pill("state.lost")
	p.Accessible("a session whose PC is gone")
	pc.fate(web.DemoPower)
	pc.screen("booting")
	pc.returns()
	resumedByItself(p)
	p.ledger(p.say("audit.adopted.found"))
}

func resumedByItself(p *technician) {
	p.t.Helper()
	title, _, _ := strings.Cut(p.say("card.resumed_adopted.title", "Off", "§"), ",")
	p.Read(".reboot", title)
}

// A lost connection alone is no reboot: the session goes on where it was, at once.
func TestDemoFollowsALostConnection(t *testing.T) {
	t.Parallel()
	_, p, pc := begin(t, modeStandard)

	pc.fate(web.DemoNetwork)
	in(p.Tab, seenWithin, func() { p.phase("away") })
	p.pill("state.lost")
	pc.Read(".pc-taskbar", p.say("demo.no_network"))
	pc.write("Is anybody there?")
	pc.fate(web.DemoNetwork)
	in(p.Tab, 3*time.Second, func() { p.phase("connected") })
	p.Read("#chat", "Is anybody there?")
	back, _, _ := strings.Cut(p.say("audit.link.back", "Span", "§"), "§")
	p.ledger(back)
	p.Gone(browser.CSS("#card-title"))

	pc.fate(web.DemoKill)
	p.phase("away")
	pc.Click(browser.CSS("#demo-run"))
	pc.See(browser.CSS("#win-chat"))
	p.phase("connected")
	again, _, _ := strings.Cut(p.say("audit.link.agent_restarted", "Span", "§"), "§")
	p.ledger(again)
	p.chat("There you are.")
	pc.Read("#win-lines", "There you are.")
}

// The demo is killed and started again, in the middle of a reboot: both pages find their way back, and the session goes on.
func TestDemoStartsAgain(t *testing.T) {
	t.Parallel()
	srv, p, pc := begin(t, modeStandard)
	p.chat("Before the restart.")
	p.reboot()
	pc.See(browser.CSS("#prompt-yes"))

	stops := func(tab *browser.Tab) {
		tab.Forgive("the server was stopped", noServer)
	}
	stops(p.Tab)
	stops(pc.Tab)
	srv.Kill()
	in(p.Tab, 15*time.Second, func() { p.See(browser.CSS("#stale")) })
	p.Read("#stale", p.say("stale.lost"))
	p.Accessible("a page without a server")
	srv.Run()
	in(p.Tab, 15*time.Second, func() { p.Gone(browser.CSS("#stale")) })
	p.phase("awaiting_consent")
	pc.answer(true)
	p.phase("away")
	if !strings.Contains(p.Text("#chat"), "Before the restart.") {
		t.Error("the chat is gone")
	}

	srv.Stop()
	in(p.Tab, 15*time.Second, func() { p.See(browser.CSS("#stale")) })
	srv.Run()
	in(p.Tab, 15*time.Second, func() { p.Gone(browser.CSS("#stale")) })
	p.phase("away")
	in(pc.Tab, 20*time.Second, func() { pc.signIn() })
	p.phase("awaiting_share_consent")
	pc.answer(true)
	p.phase("connected")
	p.Go(p.base + web.PathSessions)
	p.Read("#active", "Anna Keller")
}

// A laptop that slept shows, once it is awake, how things stand now.
func TestClosedLaptop(t *testing.T) {
	t.Parallel()
	port := program.FreePort(t)
	srv := program.StartAt(t, "127.0.0.2:"+port, "demo")
	cable := program.NewCable(t, "127.0.0.1:"+port, "127.0.0.2:"+port)
	desk := newTechnician(t, srv, browser.Who{})
	code := desk.start("Anna Keller", modeStandard)
	pc := desk.demoPC()
	pc.run(code)
	desk.phase("connected")

	laptop := newColleague(t, srv, "http://"+cable.Address, browser.Who{}, colleagueLogin)
	laptop.Forgive("its cable is out", noServer)
	laptop.Click(browser.CSS("#active tbody a"))
	laptop.phase("connected")
	laptop.Type(browser.CSS("#say"), "half a sen")

	cable.Pull()
	desk.phase("connected")
	desk.reboot()
	pc.answer(true)
	desk.phase("away")
	in(laptop.Tab, 20*time.Second, func() { laptop.See(browser.CSS("#stale")) })
	if got := laptop.present(); got != "connected" {
		t.Errorf("without a network the laptop shows %q", got)
	}
	cable.Plug()
	in(laptop.Tab, 15*time.Second, func() { laptop.phase("away") })
	laptop.Gone(browser.CSS("#stale"))
	if got := laptop.Value("#say"); got != "half a sen" {
		t.Errorf("the composer holds %q", got)
	}
	pc.signIn()
	laptop.phase("awaiting_share_consent")
	pc.answer(true)
	laptop.phase("connected")
	desk.phase("connected")
}
