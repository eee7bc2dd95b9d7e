package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/rejoin/rejoin/internal/e2e/browser"
	"github.com/rejoin/rejoin/internal/e2e/program"
	"github.com/rejoin/rejoin/web"
)

// The story a newcomer plays in two tabs, from the printed link to the end of the session, in both languages.
func TestDemoStory(t *testing.T) {
	for _, lang := range []string{"en", "fr"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			tellStory(t, browser.Who{Language: lang})
		})
	}
}

func tellStory(t *testing.T, who browser.Who) {
	srv := program.Start(t, "demo")
	p := strangerAt(t, srv, who)
	p.Go(srv.Link(web.PathSignInLink))
	p.Read("h1", p.say("link.title"))
	p.Accessible("the sign-in link")
	p.Click(browser.Role("button", p.say("link.ok")))
	p.Read("h1", p.say("sessions.title"))
	p.Read("main", p.say("sessions.empty"))
	p.Accessible("the empty list of sessions")
	if got := browser.Eval[string](p.Tab, `document.documentElement.lang`); got != who.Language {
		t.Errorf("the page is in %q", got)
	}

	newSession(p)
	pc := p.demoPC()
	pc.Read("h1", p.say("demo.title"))
	pc.Accessible("the demo PC")
	joins(p, pc)
	p.chat("Bonjour, ça va ? <b>& “guillemets”</b>")
	pc.Read("#win-lines", "Bonjour, ça va ? <b>& “guillemets”</b>")
	pc.write("Very well — très bien, à bientôt")
	p.Read("#chat", "Very well — très bien, à bientôt")
	p.Accessible("a session")

	firstReboot(p, pc)
	secondReboot(p, pc)
	ends(p, pc)
}

// newSession begins a session by the dialog and looks at what the technician then has in hand.
func newSession(p *technician) {
	p.t.Helper()
	p.Click(browser.CSS("#new-button"))
	p.See(browser.CSS("#new-dialog[open]"))
	p.Accessible("the dialog for a new session")
	p.Type(browser.Role("textbox", p.say("new.customer")), "Anna Keller")
	p.Click(browser.Role("button", p.say("new.ok")))
	code := p.code()
	p.Read("#code-card", p.say("code.copy"))
	p.Read("#code-card", p.say("code.copy_link"))
	p.See(browser.CSS("#code-card time[data-until]"))
	link := browser.Eval[string](p.Tab, `document.querySelector('#copy-link').dataset.copy`)
	if want := "/join#" + strings.ReplaceAll(code, " ", ""); !strings.HasSuffix(link, want) {
		p.t.Errorf("the link is %s, it should end in %s", link, want)
	}
	p.pill("state.waiting")
	p.Accessible("a session that waits for its PC")
}

// joins has the customer run the program, and sees that the technician's page shows it without being touched.
func joins(p *technician, pc *demoPC) {
	p.t.Helper()
	code := p.code()
	pc.run(strings.ReplaceAll(code, " ", "-"))
	p.phase("connected")
	p.pill("state.connected")
	pc.Accessible("the demo PC with its chat box")
}

// firstReboot goes through every phase, with all that can be seen on the way.
func firstReboot(p *technician, pc *demoPC) {
	p.t.Helper()
	phases := p.Watch("#state", "data-phase")
	p.openReboot()
	p.Accessible("the reboot dialog")
	p.See(browser.CSS("#reboot-form input[value=safe_mode]:disabled"))
	p.Read("#reboot-form", p.say("why.needs_service"))
	p.Type(browser.Role("textbox", p.say("reboot.message", "Who", "Anna Keller")), "For the printer’s driver.")
	p.Choose(browser.CSS("#f-reason"), "driver")
	p.Click(browser.Role("button", p.say("reboot.ok_ask")))
	p.phase("awaiting_consent")
	p.pill("state.asking")
	p.See(browser.CSS(".ring time[data-until]"))
	p.Accessible("a session whose customer is asked")
	pc.See(browser.CSS("#prompt-yes"))
	pc.Read(".win-prompt", "For the printer’s driver.")
	pc.See(browser.CSS(".win-prompt time[data-until]"))
	pc.Accessible("the demo PC's question")
	pc.answer(true)

	p.phase("away")
	p.Read("#card-title", p.say("card.down.title"))
	p.See(browser.CSS(".ring time[data-since]"))
	p.See(browser.CSS(".axis time[data-until]"))
	p.Accessible("a session whose PC is off")
	runs(p)
	pc.screen("sign_in")
	pc.Accessible("the demo PC's sign-in screen")
	pc.signIn()
	p.phase("awaiting_share_consent")
	p.Accessible("a session that waits for the Yes to sharing")
	pc.answer(true)
	p.phase("connected")
	p.Read(".stage-bar", p.say("viewer.live_view"))
	p.ledger(p.say("reason.driver"))

	wantInOrder(p.t, phases(), "connected", "awaiting_consent", "going_down", "away", "awaiting_share_consent", "connected")
	p.Until("every phase to be done", func() (bool, string) {
		is := browser.Eval[[]string](p.Tab, `[...document.querySelectorAll('.phases > li')].map(li => li.dataset.is)`)
		return len(is) >= 7 && !slices.ContainsFunc(is, func(s string) bool { return s != "done" }), strings.Join(is, " ")
	})
	p.Accessible("a session that was resumed")
}

// runs sees the clock of the outage run without the page being loaded anew.
func runs(p *technician) {
	p.t.Helper()
	before := p.Text(".ring time")
	p.Until("the clock to run", func() (bool, string) { now := p.Text(".ring time"); return now != before, now })
}

// secondReboot starts from the Tools menu and knows how long the first took.
func secondReboot(p *technician, pc *demoPC) {
	p.t.Helper()
	p.Click(browser.Role("button", p.say("toolbar.tools")))
	p.See(browser.CSS("#tools:popover-open"))
	p.Accessible("the Tools menu")
	p.Click(browser.CSS("#tool-reboot"))
	p.See(browser.CSS("#reboot-dialog[open]"))
	usually, _, _ := strings.Cut(p.say("reboot.usually", "Typical", "§"), "§")
	p.Read("#reboot-form", usually)
	p.Press(kb.Escape)
	p.Gone(browser.CSS("#reboot-dialog"))
	p.reboot()
	pc.answer(true)
	p.phase("away")
	p.See(browser.CSS(".axis .axis-usual"))
	pc.returns()
}

func ends(p *technician, pc *demoPC) {
	p.t.Helper()
	p.Click(browser.Role("link", p.say("toolbar.end")))
	p.See(browser.CSS("#end-dialog[open]"))
	p.Accessible("the question before the end")
	p.Click(browser.CSS("#end-ok"))
	p.phase("ended")
	p.pill("state.ended")
	p.Accessible("a session that has ended")
	pc.See(browser.CSS("#win-notice"))
	pc.Accessible("the program's last words")
	pc.Click(browser.CSS("#win-notice-ok"))
	pc.See(browser.CSS("#demo-run"))
	p.Go(p.base + web.PathSessions)
	p.Read("#ended", "Anna Keller")
	p.Accessible("the list with a session that has ended")
}

// wantInOrder checks that the wanted values occur in this order, with others between them or not.
func wantInOrder(t *testing.T, got []string, want ...string) {
	t.Helper()
	rest := want
	for _, g := range got {
		if len(rest) > 0 && g == rest[0] {
			rest = rest[1:]
		}
	}
	if len(rest) > 0 {
		t.Errorf("seen %v; missing, in that order, %v of %v", got, rest, want)
	}
}
