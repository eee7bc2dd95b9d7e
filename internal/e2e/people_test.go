package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/e2e/browser"
	"github.com/rejoin/rejoin/internal/e2e/program"
	"github.com/rejoin/rejoin/web"
)

// technician is somebody at the console. The words are those of their language.
type technician struct {
	*browser.Tab
	t     *testing.T
	who   *browser.Person
	base  string
	words web.Loc
}

// newTechnician opens a browser and signs in with a one-time link.
func newTechnician(t *testing.T, srv *program.Server, who browser.Who) *technician {
	t.Helper()
	p := strangerAt(t, srv, who)
	p.signIn(srv.Link(web.PathSignInLink))
	return p
}

// strangerAt opens a browser without signing in.
func strangerAt(t *testing.T, srv *program.Server, who browser.Who) *technician {
	t.Helper()
	if who.Language == "" {
		who.Language = "en"
	}
	words, ok := web.Language(who.Language)
	if !ok {
		t.Fatalf("there is no language %q", who.Language)
	}
	person := browser.Shared(t).Person(t, who)
	return &technician{Tab: person.Tab(), t: t, who: person, base: srv.URL, words: words}
}

func (p *technician) signIn(link string) {
	p.t.Helper()
	p.Go(link)
	p.Click(browser.Role("button", p.say("link.ok")))
	p.Read("h1", p.say("sessions.title"))
}

const (
	colleagueLogin    = "priya"
	colleagueName     = "Priya Nair"
	colleaguePassword = "correct horse battery"
)

// newColleague makes a second technician from the command line; they follow their link to the server at base and choose
// a password.
func newColleague(t *testing.T, srv *program.Server, base string, who browser.Who, login string) *technician {
	t.Helper()
	link := srv.Admin(web.PathSignInLink, "create", "--name", colleagueName, login)
	p := strangerAt(t, srv, who)
	p.base = base
	p.Go(strings.Replace(link, srv.URL, base, 1))
	p.Click(browser.Role("button", p.say("link.ok")))
	p.Read("h1", p.say("password.first"))
	p.Type(browser.Role("textbox", p.say("password.new")), colleaguePassword)
	p.Type(browser.Role("textbox", p.say("password.again")), colleaguePassword)
	p.Click(browser.Role("button", p.say("password.ok")))
	p.Read("main", tidy(strings.ReplaceAll(p.say("password.saved"), "*", "")))
	p.Go(base + web.PathSessions)
	return p
}

// say is a text of the pages in the technician's language.
func (p *technician) say(id string, pairs ...any) string {
	p.t.Helper()
	if !p.words.Has(id) {
		p.t.Fatalf("the catalogue has no text %q", id)
	}
	return p.words.T(id, pairs...)
}

// another opens a further tab of the same person on the same page.
func (p *technician) another() *technician {
	p.t.Helper()
	url := p.URL()
	other := &technician{Tab: p.who.Tab(), t: p.t, who: p.who, base: p.base, words: p.words}
	other.Go(url)
	return other
}

// demoPC opens a tab with the demo PC.
func (p *technician) demoPC() *demoPC {
	p.t.Helper()
	pc := &demoPC{Tab: p.who.Tab(), t: p.t, tech: p}
	pc.Go(p.base + web.PathDemo)
	return pc
}

const (
	modeStandard = "mode.standard"
	modePhone    = "mode.phone"
)

var codeShape = regexp.MustCompile(`^\d{3} \d{3} \d{4}$`)

// start begins a session and returns its code, in groups.
func (p *technician) start(customer, mode string) string {
	p.t.Helper()
	p.Go(p.base + web.PathSessions)
	p.Click(browser.CSS("#new-button"))
	p.Type(browser.Role("textbox", p.say("new.customer")), customer)
	p.Click(browser.CSS(`#new-form label:has([value=` + strings.TrimPrefix(mode, "mode.") + `])`))
	p.Click(browser.Role("button", p.say("new.ok")))
	return p.code()
}

// code waits for the connect code on the session's page.
func (p *technician) code() string {
	p.t.Helper()
	var code string
	p.Until("a connect code", func() (bool, string) {
		code = p.Text("#code")
		return codeShape.MatchString(code), code
	})
	return code
}

// phase waits until the page says that the session is in one of the phases: those of a reboot, or "waiting", "connected",
// "away", "ended".
func (p *technician) phase(want ...string) {
	p.t.Helper()
	p.Until("the phase "+strings.Join(want, " or "), func() (bool, string) {
		now := p.present()
		return slices.Contains(want, now), now + ": " + p.Text("#card-title")
	})
}

func (p *technician) present() string {
	return browser.Eval[string](p.Tab, `(document.querySelector('#state')?.dataset.phase ?? '')`)
}

// pill waits for the state in words beside the customer's name.
func (p *technician) pill(id string) {
	p.t.Helper()
	p.Read(".session-head .pill", p.say(id))
}

// openReboot opens the dialog from the toolbar.
func (p *technician) openReboot() {
	p.t.Helper()
	p.Click(browser.Role("link", p.say("toolbar.reboot")))
	p.See(browser.CSS("#reboot-dialog[open]"))
}

// reboot asks for a restart and waits until that is under way.
func (p *technician) reboot() {
	p.t.Helper()
	p.openReboot()
	p.Click(browser.CSS("#reboot-ok"))
	p.phase("awaiting_consent")
	p.Gone(browser.CSS("#reboot-dialog"))
}

// chat writes a line to the customer.
func (p *technician) chat(line string) {
	p.t.Helper()
	p.Type(browser.CSS("#say"), line)
	p.Click(browser.Role("button", p.say("chat.send")))
	p.Read("#chat", line)
	p.Until("the composer to be empty again", func() (bool, string) { v := p.Value("#say"); return v == "", v })
}

// end ends the session.
func (p *technician) end() {
	p.t.Helper()
	p.Click(browser.Role("link", p.say("toolbar.end")))
	p.Click(browser.CSS("#end-ok"))
	p.phase("ended")
}

// ledger waits until the session's ledger has the text.
func (p *technician) ledger(want string) {
	p.t.Helper()
	p.Until(fmt.Sprintf("%q in the ledger", want), func() (bool, string) {
		text := browser.Eval[string](p.Tab, `(document.querySelector('.ledger')?.textContent ?? '')`)
		return strings.Contains(tidy(text), tidy(want)), tidy(text)
	})
}

// policy changes the policy for sessions to come: pairs of a field's name and its value; "on" and "off" for switches.
func (p *technician) policy(pairs ...string) {
	p.t.Helper()
	p.Go(p.base + web.PathPolicy)
	for i := 0; i+1 < len(pairs); i += 2 {
		field := browser.CSS("#f-" + pairs[i])
		switch v := pairs[i+1]; v {
		case "on", "off":
			if browser.Eval[bool](p.Tab, `document.querySelector('#f-`+pairs[i]+`').checked`) != (v == "on") {
				p.Click(field)
			}
		case "yes", "no":
			p.Click(browser.CSS(`label:has([name="` + pairs[i] + `"][value="` + v + `"])`))
		default:
			p.Type(field, v)
		}
	}
	p.Click(browser.CSS("#save"))
	p.Read("main", strings.ReplaceAll(p.say("policy.saved"), "*", ""))
}

// demoPC is the customer's side in the demo: whoever sits before the simulated PC.
type demoPC struct {
	*browser.Tab
	t    *testing.T
	tech *technician
}

// run starts the program with a code.
func (pc *demoPC) run(code string) {
	pc.t.Helper()
	pc.Type(browser.CSS("#run-code"), code)
	pc.Click(browser.CSS("#demo-run"))
	pc.See(browser.CSS("#win-chat"))
}

// answer waits for a question and answers it with its Yes or its No.
func (pc *demoPC) answer(yes bool) {
	pc.t.Helper()
	id := "#prompt-no"
	if yes {
		id = "#prompt-yes"
	}
	pc.See(browser.CSS(id))
	before := pc.question()
	pc.Click(browser.CSS(id))
	pc.Until("the question to go", func() (bool, string) { q := pc.question(); return q != before, q })
}

// question is the element ID of the question on the screen.
func (pc *demoPC) question() string {
	return browser.Eval[string](pc.Tab, `(document.querySelector('.win-prompt')?.id ?? '')`)
}

// screen waits for what the screen shows: "desktop", "closing", "blocked", "off", "booting", "sign_in".
func (pc *demoPC) screen(want string) {
	pc.t.Helper()
	pc.Attribute(".pc", "data-screen", want)
}

// signIn signs in to Windows, once it is there.
func (pc *demoPC) signIn() {
	pc.t.Helper()
	pc.screen("sign_in")
	pc.Click(browser.CSS("#demo-sign-in"))
	pc.screen("desktop")
}

// fate lets something happen to the PC.
func (pc *demoPC) fate(action web.DemoAction) {
	pc.t.Helper()
	pc.Click(browser.CSS("#fate-" + string(action)))
}

// write sends a line from the chat box.
func (pc *demoPC) write(line string) {
	pc.t.Helper()
	pc.Type(browser.CSS("#win-text"), line)
	pc.Click(browser.CSS("#win-send"))
	pc.Read("#win-lines", line)
}

// returns signs in after a restart and lets the screen be seen again.
func (pc *demoPC) returns() {
	pc.t.Helper()
	pc.signIn()
	pc.tech.phase("awaiting_share_consent")
	pc.answer(true)
	pc.tech.phase("connected")
}

// in runs a check with more patience, for what takes its time by nature.
func in(tab *browser.Tab, patience time.Duration, check func()) {
	before := tab.Patience
	tab.Patience = patience
	defer func() { tab.Patience = before }()
	check()
}

func tidy(s string) string { return strings.Join(strings.Fields(s), " ") }
