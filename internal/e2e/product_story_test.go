//go:build linux

package e2e

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/e2e/browser"
	"github.com/rejoin/rejoin/internal/e2e/program"
	"github.com/rejoin/rejoin/internal/winerig"
	"github.com/rejoin/rejoin/web"
)

// The heart of the product: a Yes, a real restart, and the same session again; then once more, with the server killed while
// the PC is down.
func TestProductReboot(t *testing.T) {
	t.Parallel()
	winerig.Require(t)
	srv := program.Start(t, "serve")
	p := setUp(t, srv)
	c := helped(t, p, nil)
	session := p.URL()

	p.chat("Hello Marianne, I’ll restart your PC: ça ira vite.")
	box := c.WaitWindow(chatBox, "ça ira vite.")
	c.Click(box.ControlsOf("EDIT")[0])
	c.Type("All saved, go ahead.")
	c.Press("Return")
	p.Read("#chat", "All saved, go ahead.")

	phases := p.Watch("#state", "data-phase")
	p.openReboot()
	p.Type(browser.CSS("#f-message"), "Please save your work.")
	p.Click(browser.CSS("#reboot-ok"))
	p.phase("awaiting_consent")
	c.WaitWindow(prompt, "Please save your work.", company)
	keepScreen(c, "native-prompt")
	c.saysYes()
	c.PullPlug(2 * time.Second) // Windows is down: now the power goes
	c.resumes(p, session)
	wantInOrder(t, phases(), "connected", "awaiting_consent", "away", "awaiting_share_consent", "connected")
	p.Read(".reboot", before(p.say("card.resumed.title", "Off", "§"), "§"))
	p.Read("#chat", "All saved, go ahead.")
	c.WaitWindow(chatBox, "All saved, go ahead.")

	usually, _, _ := strings.Cut(p.say("reboot.usually", "Typical", "§"), "§")
	p.openReboot()
	p.Read("#reboot-form", usually)
	p.Click(browser.CSS("#reboot-ok"))
	c.saysYes()
	c.PowerOff()
	p.phase("away")
	p.Forgive("the server was killed", noServer)
	srv.Kill()
	srv.Run()
	c.PowerOn()
	c.resumes(p, session)
	p.ledger(before(p.say("audit.server.was_down", "Span", "§"), "§"))

	p.end()
	c.press(notice, "OK", hisName+" has ended the session")
	c.clean()
}

// Whatever is not a Yes restarts nothing; what holds Windows up is named; a restart that nobody asked Rejoin for is followed.
func TestProductNoAndNobody(t *testing.T) {
	t.Parallel()
	winerig.Require(t)
	srv := program.Start(t, "serve")
	p := setUp(t, srv, "prompt_seconds", "10")
	var word *winerig.Process
	c := helped(t, p, func(pc *winerig.PC) { word = pc.StartStubborn("Rechnung.docx – Word", "") })
	session := p.URL()

	p.reboot()
	c.press(prompt, "No", hisName+" asks to restart your PC")
	p.pill("state.refused")

	p.reboot()
	c.WaitWindow(prompt, "asks to restart")
	p.pill("state.no_reply")
	c.WaitNoWindow(prompt)

	p.reboot()
	c.press(prompt, restartYes)
	in(p.Tab, time.Minute, func() { p.pill("state.did_not_reboot") })
	p.Read(".reboot", "Rechnung.docx – Word")
	c.WaitWindow(chatBox, "did not restart", "Rechnung.docx")
	if c.WentDown(0) {
		t.Fatal("the PC was restarted all the same")
	}

	c.Kill("stubborn.exe")
	<-word.Done()
	c.Restart()
	if !c.WentDown(bootedIn) {
		t.Fatal("Windows did not restart by itself")
	}
	c.PowerOff()
	p.phase("away")
	p.Read("#card-title", p.say("card.down_adopted.title"))
	c.PowerOn()
	c.resumes(p, session)
	resumedByItself(p)
}

// A PC that is not back in time is refused in clear words, and cleans up. The window is a real minute.
func TestProductExpires(t *testing.T) {
	t.Parallel()
	winerig.Require(t)
	srv := program.Start(t, "serve")
	p := setUp(t, srv, "window_minutes", "1")
	c := helped(t, p, nil)
	p.reboot()
	c.saysYes()
	c.PowerOff()
	p.phase("away")
	in(p.Tab, 90*time.Second, func() { p.phase("ended") })
	p.pill("state.expired")
	p.Accessible("a session that expired")
	p.See(browser.CSS("#card-fresh"))
	c.PowerOn()
	w := c.WaitWindow(notice, "not back in time", "ask for a new code")
	c.Click(w.Control("OK"))
	c.clean()
}

// The network comes late after the boot, as Wi-Fi does; and a renamed program asks for what its name no longer says.
func TestProductLateNetwork(t *testing.T) {
	t.Parallel()
	winerig.Require(t)
	port := program.FreePort(t)
	cable := program.NewCable(t, "127.0.0.2:"+port, "127.0.0.1:"+port)
	srv := program.StartAt(t, "127.0.0.1:"+port, "serve", "--public-url", "http://"+cable.Address)
	p := setUp(t, srv)

	code := p.start("Marianne Keller", modeStandard)
	session := p.URL()
	link := browser.Eval[string](p.Tab, `document.querySelector('#copy-link').dataset.copy`)
	c := &customer{PC: winerig.New(t, winerig.Options{}), t: t}
	t.Cleanup(func() { c.log() })
	file := download(t, p, link)
	c.exe = c.Put(file, c.Downloads()+`\Hilfe von Jonas.exe`)
	c.Start(c.exe)
	w := c.WaitWindow(codeBox, "Enter your connect code", "Server address")
	keepScreen(c, "native-code")
	c.Click(w.ControlsOf("EDIT")[0])
	c.Type(strings.ReplaceAll(code, " ", "-"))
	c.Press("Tab")
	c.Type("http://" + cable.Address)
	c.Press("Return")
	c.WaitWindow(chatBox, "Connected to "+hisName)
	p.phase("connected")

	p.reboot()
	c.saysYes()
	c.PowerOff()
	p.phase("away")
	cable.Pull()
	c.PowerOn()
	c.WaitWindow(chatBox)
	if got := p.present(); got != "away" {
		t.Errorf("without a network the PC is %q", got)
	}
	cable.Plug()
	in(p.Tab, 5*time.Second, func() { p.phase("awaiting_share_consent") })
	c.resumes(p, session)

	c.Click(c.WaitWindow(chatBox, "End session").Control("End session"))
	c.press(prompt, "End session", "End the session?")
	p.phase("ended")
	p.pill("state.ended_by_customer")
	c.clean()
	p.Go(p.base + web.PathSessions)
	p.Read("#ended", "Marianne Keller")
}

func before(s, mark string) string {
	s, _, _ = strings.Cut(s, mark)
	return s
}

// keepScreen keeps a picture of the PC's screen, if pictures are wanted.
func keepScreen(c *customer, name string) {
	if dir := picturesDir(); dir != "" {
		c.Screenshot(filepath.Join(dir, name+".png"))
	}
}
