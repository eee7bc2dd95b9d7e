//go:build linux

package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/e2e/browser"
	"github.com/rejoin/rejoin/internal/e2e/program"
	"github.com/rejoin/rejoin/internal/winerig"
	"github.com/rejoin/rejoin/web"
)

// The native windows' classes.
const (
	chatBox = "RejoinChat"
	prompt  = "RejoinPrompt"
	notice  = "RejoinNotice"
	codeBox = "RejoinCode"
)

const (
	runOnce    = `Software\Microsoft\Windows\CurrentVersion\RunOnce`
	company    = "Nordlicht IT"
	hisName    = "Jonas Weber"
	reachedIn  = 20 * time.Second // how soon the pages know of what happened on a Wine PC
	bootedIn   = 60 * time.Second
	appeared   = 20 * time.Second
	restartYes = "Yes, restart"
	shareYes   = "Yes, show it"
)

// customer is somebody at a Windows PC: the real .exe on Wine, a real mouse and keyboard.
type customer struct {
	*winerig.PC
	t   *testing.T
	exe string // the downloaded program's path on the PC
}

// setUp takes a fresh server into use as its first administrator does, with a policy if pairs are given.
func setUp(t *testing.T, srv *program.Server, policy ...string) *technician {
	t.Helper()
	p := strangerAt(t, srv, browser.Who{})
	p.Patience = reachedIn
	p.Go(srv.Link(web.PathSetup))
	for name, text := range map[string]string{"company": company, "name": hisName, "login": "jonas", "password": colleaguePassword, "again": colleaguePassword} {
		p.Type(browser.CSS("#f-"+name), text)
	}
	p.Click(browser.Role("button", p.say("setup.ok")))
	p.Read("h1", p.say("sessions.title"))
	if len(policy) > 0 {
		p.policy(policy...)
	}
	return p
}

// helped brings a customer's PC into a new session: the link, the download in a browser, the program. Programs that shall
// run before it are started by before, which may be nil.
func helped(t *testing.T, p *technician, before func(pc *winerig.PC)) *customer {
	t.Helper()
	code := p.start("Marianne Keller", modeStandard)
	link := browser.Eval[string](p.Tab, `document.querySelector('#copy-link').dataset.copy`)
	c := &customer{PC: winerig.New(t, winerig.Options{}), t: t}
	t.Cleanup(func() { c.log() })
	if before != nil {
		before(c.PC)
	}
	file := download(t, p, link)
	c.exe = c.Put(file, c.Downloads()+`\`+filepath.Base(file))
	if !strings.Contains(c.exe, strings.ReplaceAll(code, " ", "")) {
		t.Errorf("the download is called %s, without the code %s", c.exe, code)
	}
	c.Start(c.exe)
	c.WaitWindow(chatBox, "Connected to "+hisName, company)
	p.phase("connected")
	return c
}

// download follows the link to the program, as the customer's browser does, and checks that it is the one that was built.
func download(t *testing.T, p *technician, link string) string {
	t.Helper()
	c := strangerAt(t, &program.Server{URL: p.base}, browser.Who{Windows: true})
	c.Go(link)
	c.Click(browser.Role("button", c.say("join.continue")))
	c.Read("h1", c.say("join.ready"))
	c.Read("main", hisName+", "+company)
	c.Click(browser.Role("button", c.say("join.download")))
	var file string
	c.Until("the download", func() (bool, string) {
		found, err := filepath.Glob(filepath.Join(c.who.Downloads, "rejoin_*.exe"))
		if err != nil || len(found) != 1 {
			return false, strings.Join(found, " ")
		}
		file = found[0]
		return true, ""
	})
	sameFile(t, file)
	return file
}

// sameFile checks that everybody gets the very same program.
func sameFile(t *testing.T, file string) {
	t.Helper()
	root, err := program.Root()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(root, "static", "dist", "agent", "rejoin.exe"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the download (%d bytes) is not the program that was built (%d bytes)", len(got), len(want))
	}
}

// press clicks a button of a window, as often as it takes: a question takes no click in its first moments. The hand is not
// quite still between two clicks, or xdotool would wait for the mouse to move.
func (c *customer) press(class, button string, words ...string) {
	c.t.Helper()
	c.WaitWindow(class, append(words, button)...)
	aside, gone := 0, 0
	winerig.Wait(c.t, appeared, "the button "+button+" to be taken", func() bool {
		w, ok := c.Window(class)
		if !ok || !w.Says(button) {
			gone++ // a busy window may not have said what is in it
			return gone == 3
		}
		gone = 0
		b := w.Control(button)
		aside = 6 - aside
		c.ClickAt(b.X+b.W/2+aside, b.Y+b.H/2)
		return false
	}, nil)
}

// saysYes answers the question about the restart and waits until Windows has gone down.
func (c *customer) saysYes() {
	c.t.Helper()
	c.press(prompt, restartYes, hisName+" asks to restart your PC")
	if !c.WentDown(bootedIn) {
		c.t.Fatal("the customer said Yes, and the PC was not restarted")
	}
}

// resumes sees the program come back by itself, allows the screen and sees the same session go on.
func (c *customer) resumes(p *technician, session string) {
	c.t.Helper()
	in(p.Tab, bootedIn, func() { p.phase("awaiting_share_consent") })
	c.press(prompt, shareYes)
	p.phase("connected")
	p.Read(".stage-bar", p.say("viewer.live_view"))
	c.WaitWindow(chatBox, "Connected to "+hisName)
	if p.URL() != session {
		c.t.Errorf("the page went from %s to %s", session, p.URL())
	}
}

// clean checks that the program has ended, will not be started again, and has forgotten the session: its key and everything
// that was said. (Its copy, its log and the name of this boot stay on the disk.)
func (c *customer) clean() {
	c.t.Helper()
	winerig.Wait(c.t, appeared, "the program to end", func() bool {
		return len(c.Running("rejoin.exe")) == 0 && len(c.Running(filepath.Base(strings.ReplaceAll(c.exe, `\`, "/")))) == 0
	}, nil)
	if line, ok := c.Registry("HKCU", runOnce, "*Rejoin"); ok {
		c.t.Errorf("RunOnce still holds %s", line)
	}
	left, err := filepath.Glob(c.Path(c.LocalAppData() + `\Rejoin\state\*session*`))
	if err != nil || len(left) > 0 {
		c.t.Errorf("on the disk are still %v (%v)", left, err)
	}
}

// log shows the program's own log with a failed test.
func (c *customer) log() {
	if !c.t.Failed() {
		return
	}
	if log, err := os.ReadFile(c.Path(c.LocalAppData() + `\Rejoin\log\rejoin.log`)); err == nil {
		c.t.Logf("the program's log:\n%s", log)
	}
}
