package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rejoin/rejoin/internal/e2e/browser"
	"github.com/rejoin/rejoin/internal/e2e/program"
	"github.com/rejoin/rejoin/web"
)

// fits looks at a page as it is used elsewhere: in dark colours, and 360 pixels wide, where nothing may stick out.
func fits(tab *browser.Tab, t *testing.T, where string) {
	t.Helper()
	tab.Accessible(where)
	tab.Dark(true)
	tab.Accessible(where + ", dark")
	tab.Resize(360, 740)
	if wide := browser.Eval[int](tab, `document.documentElement.scrollWidth`); wide > 360 {
		t.Errorf("%s is %d pixels wide on a phone of 360; sticking out: %s", where, wide, browser.Eval[string](tab,
			`[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 361).map(e => e.outerHTML.slice(0, 100)).slice(0, 5).join('\n')`))
	}
	tab.Accessible(where + ", on a phone")
	tab.Dark(false)
	tab.Resize(1440, 900)
}

// Every page that a customer or an administrator comes to, what is typed wrong on it, and that nothing typed is lost.
func TestCustomerPages(t *testing.T) {
	t.Parallel()
	srv := program.Start(t, "demo")
	p := newTechnician(t, srv, browser.Who{})
	code := p.start("Anna Keller", modeStandard)
	c := strangerAt(t, srv, browser.Who{Windows: true})
	c.Forgive("codes that don't work", `request refused: 422 POST`)

	c.Go(srv.URL + web.PathHome)
	c.Read("h1", c.say("join.title"))
	fits(c.Tab, t, "the join page")
	c.Type(browser.Role("textbox", c.say("join.code")), "12-34")
	c.Click(browser.Role("button", c.say("join.continue")))
	c.Read("#error-code", c.say("join.error.format"))
	if got := c.Value("#code"); strings.NewReplacer(" ", "", "-", "").Replace(got) != "1234" {
		t.Errorf("the field holds %q", got)
	}
	fits(c.Tab, t, "the join page with an error")
	c.Type(browser.CSS("#code"), "000 000 0000")
	c.Click(browser.Role("button", c.say("join.continue")))
	c.Read("#error-code", c.say("join.error.unknown"))
	c.Type(browser.CSS("#code"), " "+strings.ReplaceAll(code, " ", "-")+" ")
	c.Click(browser.Role("button", c.say("join.continue")))
	c.Read("h1", c.say("join.ready"))
	fits(c.Tab, t, "the page of a valid code")

	c.Tab = c.who.Tab() // as from an e-mail
	c.Go(srv.URL + web.PathJoin + "#" + strings.ReplaceAll(code, " ", ""))
	c.Until("the code of the link to be filled in", func() (bool, string) {
		got := c.Value("#code")
		return tidy(got) == code, got
	})
	c.Click(browser.Role("button", "Français"))
	c.words, _ = web.Language("fr")
	c.Read("h1", c.say("join.title"))

	mac := strangerAt(t, srv, browser.Who{})
	mac.Go(srv.URL + web.PathJoin)
	mac.Read("main", tidy(strings.ReplaceAll(mac.say("join.not_windows"), "*", "")))
}

func TestSignInPages(t *testing.T) {
	t.Parallel()
	srv := program.Start(t, "serve")
	p := strangerAt(t, srv, browser.Who{})
	p.Forgive("what is typed wrong", `request refused: (422|401|404|403) `)

	p.Go(srv.Link(web.PathSetup))
	p.Read("h1", p.say("setup.title"))
	fits(p.Tab, t, "the setup page")
	fill := func(name, text string) { p.Type(browser.CSS("#f-"+name), text) }
	fill("company", "Weber IT")
	fill("name", "Jonas Weber")
	fill("login", "jonas")
	fill("password", "short")
	fill("again", "shorter")
	p.Click(browser.Role("button", p.say("setup.ok")))
	p.See(browser.CSS(".error"))
	for name, want := range map[string]string{"company": "Weber IT", "name": "Jonas Weber", "login": "jonas", "password": "", "again": ""} {
		if got := p.Value("#f-" + name); got != want {
			t.Errorf("after an error %s holds %q, want %q", name, got, want)
		}
	}
	fits(p.Tab, t, "the setup page with errors")
	fill("password", colleaguePassword)
	fill("again", colleaguePassword)
	p.Click(browser.Role("button", p.say("setup.ok")))
	p.Read("h1", p.say("sessions.title"))

	p.Go(srv.Link(web.PathSetup))
	p.Read("h1", p.say("error.404"))
	fits(p.Tab, t, "a page that is not there")

	signOut(p)
	p.Go(srv.URL + web.PathPolicy)
	p.Read("h1", p.say("signin.title"))
	fits(p.Tab, t, "the sign-in page")
	fill("login", "jonas")
	fill("password", "not the password")
	p.Click(browser.Role("button", p.say("signin.ok")))
	p.Read("[role=alert]", tidy(strings.ReplaceAll(p.say("signin.wrong"), "*", "")))
	if got := p.Value("#f-login"); got != "jonas" {
		t.Errorf("after an error the login holds %q", got)
	}
	fits(p.Tab, t, "the sign-in page with an error")
	fill("password", colleaguePassword)
	p.Click(browser.Role("button", p.say("signin.ok")))
	p.Read("h1", p.say("admin.policy"))
}

func signOut(p *technician) {
	p.t.Helper()
	p.Go(p.base + web.PathSessions)
	p.Click(browser.CSS("#account-button"))
	p.Click(browser.Role("button", p.say("account.sign_out")))
	p.Read("h1", p.say("signin.title"))
}

func TestAdminPages(t *testing.T) {
	t.Parallel()
	srv := program.Start(t, "demo")
	p := newTechnician(t, srv, browser.Who{})
	p.Forgive("what is typed wrong", `request refused: 422 POST`)

	p.Go(srv.URL + web.PathPolicy)
	fits(p.Tab, t, "the consent policy")
	p.Type(browser.CSS("#f-prompt_seconds"), "soon")
	p.Type(browser.CSS("#f-window_minutes"), "9999")
	p.Click(browser.CSS("#save"))
	p.See(browser.CSS("#error-prompt_seconds"))
	p.See(browser.CSS("#error-window_minutes"))
	if a, b := p.Value("#f-prompt_seconds"), p.Value("#f-window_minutes"); a != "soon" || b != "9999" {
		t.Errorf("after an error the fields hold %q and %q", a, b)
	}
	fits(p.Tab, t, "the consent policy with errors")
	p.policy("prompt_seconds", "45", "window_minutes", "15", "on_no_reply", "yes", "phone_cancel", "off")
	p.Reload()
	if a, b := p.Value("#f-prompt_seconds"), p.Value("#f-window_minutes"); a != "45" || b != "15" {
		t.Errorf("saved were %q and %q", a, b)
	}
	p.Accessible("the consent policy that needs a permission in advance")

	p.Go(srv.URL + web.PathUsers)
	fits(p.Tab, t, "the users")
	p.Type(browser.CSS("#f-name"), "Priya Nair")
	p.Type(browser.CSS("#f-login"), "two words")
	p.Click(browser.Role("button", p.say("users.create")))
	p.See(browser.CSS("#error-login"))
	if got := p.Value("#f-name"); got != "Priya Nair" {
		t.Errorf("after an error the name holds %q", got)
	}
	p.Type(browser.CSS("#f-login"), colleagueLogin)
	p.Click(browser.Role("button", p.say("users.create")))
	p.See(browser.CSS("#link"))
	fits(p.Tab, t, "the users with a link")

	for path, where := range map[string]string{web.PathSettings: "the settings", web.PathAudit: "the audit log",
		web.PathPassword: "the page to change a password", web.PathSessionNew: "the page for a new session"} {
		p.Go(srv.URL + path)
		fits(p.Tab, t, where)
	}

	// A technician who is no administrator can't get at any of it.
	sam := newColleague(t, srv, srv.URL, browser.Who{}, "sam")
	sam.Forgive("it is not theirs", `request refused: 403 GET`)
	sam.Go(srv.URL + web.PathPolicy)
	sam.Read("h1", sam.say("error.403"))
	sam.Accessible("a page that is not allowed")
}

// The pages work for those who come by a link, go back, and have no scripts to help them.
func TestLinksAndHistory(t *testing.T) {
	t.Parallel()
	srv := program.Start(t, "demo")
	p := newTechnician(t, srv, browser.Who{})
	code := p.start("Anna Keller", modeStandard)
	session := p.URL()
	pc := p.demoPC()
	pc.run(code)
	p.phase("connected")

	p.Go(session + "/reboot")
	p.Read("h1, h2", p.say("reboot.title"))
	fits(p.Tab, t, "the reboot form as a page")
	p.Go(session + "/end")
	fits(p.Tab, t, "the end of a session as a page")

	p.Go(srv.URL + web.PathSessions)
	fits(p.Tab, t, "the list of sessions")
	p.Click(browser.CSS("#active tbody a"))
	p.phase("connected")
	fits(p.Tab, t, "a session")
	p.Back()
	p.Read("h1", p.say("sessions.title"))
	other := p.another()
	other.start("Bernd Vogt", modeStandard)
	p.Read("#live", "Bernd Vogt") // the list is alive after Back
	p.Press("/")
	p.Press("bern")
	p.Until("the list to be filtered", func() (bool, string) {
		text := p.Text("#live")
		return !strings.Contains(text, "Anna Keller") && strings.Contains(text, "Bernd Vogt"), text
	})

	stranger := strangerAt(t, srv, browser.Who{})
	stranger.Forgive("nobody is signed in", `request refused: 401 `)
	stranger.Go(session)
	stranger.Read("h1", stranger.say("signin.title"))
	if !strings.Contains(stranger.URL(), web.PathSignIn) {
		t.Errorf("a stranger stands at %s", stranger.URL())
	}
	res, err := http.Get(session)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := res.Header.Get("Content-Security-Policy"); !strings.Contains(got, "frame-ancestors 'none'") {
		t.Errorf("the policy of an answer is %q", got)
	}
	pc.Resize(360, 740)
	pc.Accessible("the demo PC on a phone")
}
