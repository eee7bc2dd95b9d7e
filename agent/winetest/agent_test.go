//go:build linux

package winetest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/winerig"
	"github.com/rejoin/rejoin/internal/wire"
)

// The windows' classes, as winui names them.
const (
	chatBox = "RejoinChat"
	prompt  = "RejoinPrompt"
	notice  = "RejoinNotice"
	codeBox = "RejoinCode"
	richBox = "RICHEDIT50W"
)

const runOnce = `Software\Microsoft\Windows\CurrentVersion\RunOnce`

// download puts the agent into the customer's download folder, under the name that the server's page gives it.
func download(t testing.TB, pc *winerig.PC, s *server) string {
	t.Helper()
	name := "rejoin_" + strings.ReplaceAll(s.address(), ":", "+") + "_" + code + " (1).exe"
	return pc.Put(winerig.BuildAgent(t), pc.Downloads()+`\`+name)
}

// joined is a PC whose agent is in the session.
func joined(t *testing.T, o winerig.Options) (*winerig.PC, *server, admission) {
	t.Helper()
	t.Parallel()
	pc, s := winerig.New(t, o), newServer(t)
	t.Cleanup(func() { logOnFailure(t, pc) })
	pc.Start(download(t, pc, s))
	a := s.letIn()
	if !a.join {
		t.Fatal("the agent rejoined instead of joining")
	}
	if a.version != winerig.AgentVersion {
		t.Errorf("the agent says that it is version %q; it was built as %q", a.version, winerig.AgentVersion)
	}
	return pc, s, a
}

// logOnFailure shows the agent's own log with a failed test.
func logOnFailure(t *testing.T, pc *winerig.PC) {
	if !t.Failed() {
		return
	}
	for _, name := range []string{"rejoin.log", "rejoin.crash.log"} {
		if log, err := os.ReadFile(pc.Path(pc.LocalAppData() + `\Rejoin\log\` + name)); err == nil && len(log) > 0 {
			t.Logf("%s:\n%s", name, log)
		}
	}
}

func TestChat(t *testing.T) {
	pc, s, a := joined(t, winerig.Options{})
	if !a.pc.Reboot.Available || a.pc.SafeMode.Available || a.pc.SafeMode.Why != "needs_service" || a.pc.Platform != "windows" {
		t.Errorf("the PC describes itself as %+v", a.pc)
	}
	if !strings.Contains(a.pc.OS, "Windows 10") || !strings.Contains(a.pc.User, "customer") || a.pc.Name == "" || len(a.pc.MachineID) != 32 {
		t.Errorf("the PC describes itself as %+v", a.pc)
	}
	pc.WaitWindow(chatBox, "Jonas Weber", "Nordlicht IT", "Connected")

	s.command(wire.Chat{From: "Jonas Weber", Text: "Grüß Gott, ça va ? 😀 \u202eevil", At: time.Now()})
	pc.WaitWindow(chatBox, "Grüß Gott, ça va ? 😀 evil")

	pastes(t, pc, "Très bien, à bientôt !")
	pc.Press("Return")
	if got := expect[*wire.CustomerChat](s, replyIn); got.Text != "Très bien, à bientôt !" {
		t.Errorf("the customer wrote %q", got.Text)
	}
	pc.WaitWindow(chatBox, "Très bien, à bientôt !")
	pastes(t, pc, "naïve 😀 Ω")
	pc.Click(pc.WaitWindow(chatBox, "Send").Control("Send"))
	if got := expect[*wire.CustomerChat](s, replyIn); got.Text != "naïve 😀 Ω" {
		t.Errorf("the customer wrote %q", got.Text)
	}

	// The X doesn't close the box: it asks, and no is an answer.
	pc.CloseButton(pc.WaitWindow(chatBox))
	question := pc.WaitWindow(prompt, "End the session?")
	settle(pc)
	pc.Click(question.Control("Go on"))
	pc.WaitNoWindow(prompt)
	pc.Click(pc.WaitWindow(chatBox, "End session").Control("End session"))
	question = pc.WaitWindow(prompt, "End the session?")
	settle(pc)
	pc.Click(question.Control("End session"))
	expect[*wire.CustomerEnded](s, replyIn)
	pc.WaitNoWindow(chatBox)
	winerig.Wait(t, replyIn, "the agent to take itself out of RunOnce", func() bool {
		_, ok := pc.Registry("HKCU", runOnce, "*Rejoin")
		return !ok
	}, nil)
}

// pastes puts text into the chat box's field by the clipboard. It may take more than one try: a program that reads the clipboard, as
// Wine's own does when it has changed, keeps the others from it meanwhile.
func pastes(t *testing.T, pc *winerig.PC, text string) {
	t.Helper()
	winerig.Wait(t, replyIn, "the text to be pasted", func() bool {
		field := pc.WaitWindow(chatBox).ControlsOf("EDIT")[0]
		if field.Text == text {
			return true
		}
		pc.Click(field)
		pc.Press("ctrl+a")
		pc.Paste(text)
		return false
	}, nil)
}

// settle lets a prompt's first second pass, in which it takes no answer.
func settle(*winerig.PC) { <-time.After(1100 * time.Millisecond) }

func ask(s *server, a admission, id string, seconds int) {
	s.command(wire.AskReboot{Reboot: id, Kind: "normal", BootID: a.bootID, By: "Jonas Weber",
		Message: "I will restart your PC to finish the printer driver.", Seconds: seconds})
}

func TestPrompts(t *testing.T) {
	pc, s, a := joined(t, winerig.Options{})
	answer := func(id string, act func(w winerig.Window), want, source string) {
		t.Helper()
		ask(s, a, id, 60)
		w := pc.WaitWindow(prompt, "Jonas Weber asks to restart your PC", "finish the printer driver", "nothing is restarted")
		act(w)
		got := expect[*wire.ConsentAnswered](s, replyIn)
		if got.Reboot != id || got.Answer != want || got.Source != source {
			t.Errorf("%s: %+v, want %s by %q", id, got, want, source)
		}
		pc.WaitNoWindow(prompt)
	}
	answer("mouse-no", func(w winerig.Window) { settle(pc); pc.Click(w.Control("No")) }, "no", "")
	answer("mouse-yes", func(w winerig.Window) { settle(pc); pc.Click(w.Control("Yes, restart")) }, "yes", "customer")
	answer("x", func(w winerig.Window) { settle(pc); pc.CloseButton(w) }, "no", "")
	answer("space", func(winerig.Window) { settle(pc); pc.Press("Tab", "space") }, "yes", "customer")
	answer("return", func(winerig.Window) { settle(pc); pc.Press("Tab", "Tab", "Return") }, "no", "")
	answer("letter", func(winerig.Window) { settle(pc); pc.Press("alt+y") }, "yes", "customer")
	answer("escape", func(winerig.Window) { settle(pc); pc.Press("Escape") }, "no", "")

	// What comes in the first moments was meant for another window; what has no focus answers nothing.
	answer("early", func(w winerig.Window) {
		pc.Press("Tab", "space", "Return")
		pc.Press("alt+y")
		settle(pc)
		if _, ok := pc.Window(prompt); !ok {
			t.Error("keys in the first second answered the prompt")
		}
		pc.Click(w.Control("No"))
	}, "no", "")
	answer("no-default", func(w winerig.Window) {
		settle(pc)
		pc.Press("Return", "space")
		if _, ok := pc.Window(prompt); !ok {
			t.Error("Enter or Space answered a prompt in which nothing had the focus")
		}
		pc.Click(w.Control("No"))
	}, "no", "")
	answer("injected", func(w winerig.Window) { settle(pc); injectYes(t, pc, w); pc.Click(w.Control("No")) }, "no", "")

	// Nobody answers, and the server takes a question away.
	ask(s, a, "nobody", 2)
	pc.WaitWindow(prompt)
	if got := expect[*wire.ConsentAnswered](s, replyIn); got.Answer != "no_reply" {
		t.Errorf("nobody answered, and the agent says %+v", got)
	}
	ask(s, a, "withdrawn", 60)
	pc.WaitWindow(prompt)
	s.command(wire.ClosePrompt{ID: "withdrawn"})
	pc.WaitNoWindow(prompt)
	expectNone[*wire.ConsentAnswered](s)
}

// injectYes tries what a program can try to answer in the customer's place.
func injectYes(t *testing.T, pc *winerig.PC, w winerig.Window) {
	const (
		buttonDown, buttonUp, command, click = 0x201, 0x202, 0x111, 0xF5
		keyDown, keyUp, vkSpace, vkReturn    = 0x100, 0x101, 0x20, 0x0D
	)
	yes := w.Control("Yes, restart")
	button := winerig.Window{Window: yes.Window}
	pc.InjectClick(yes.X+yes.W/2, yes.Y+yes.H/2)
	pc.Post(button, buttonDown, 1, 0x00050005)
	pc.Post(button, buttonUp, 0, 0x00050005)
	pc.Post(button, click, 0, 0)
	pc.Post(button, keyDown, vkSpace, 0)
	pc.Post(button, keyUp, vkSpace, 0)
	pc.Post(button, keyDown, vkReturn, 0)
	pc.Post(w, command, 0, yes.Handle)
	pc.Press("Tab") // the focus is on Yes, by a real key
	pc.InjectKey(vkSpace)
	pc.InjectKey(vkReturn)
	settle(pc)
	if _, ok := pc.Window(prompt); !ok {
		t.Error("a program answered the prompt")
	}
}

// TestReboot is the heart of it: consent, a real restart, power off, and back in the same session by itself.
func TestReboot(t *testing.T) {
	pc, s, a := joined(t, winerig.Options{})
	consent(pc, s, a, "r1")
	s.command(wire.PrepareReboot{Reboot: "r1", BootID: a.bootID, WindowMinutes: 10})
	expect[*wire.RebootPrepared](s, replyIn)
	line, ok := pc.Registry("HKCU", runOnce, "*Rejoin")
	if !ok || !strings.HasPrefix(line, `"C:\users\customer\AppData\Local\Rejoin\bin\`) || !strings.HasSuffix(line, `\rejoin.exe" -resume`) {
		t.Fatalf("RunOnce holds %q, %v", line, ok)
	}
	checkCopy(t, pc, line)
	checkSealed(t, pc)

	s.command(wire.GoReboot{Reboot: "r1", BootID: a.bootID})
	down := expect[*wire.GoingDown](s, replyIn)
	if down.Reboot != "r1" || down.BootID != a.bootID {
		t.Errorf("going down: %+v", down)
	}
	pc.PowerCycle(time.Second)
	back := s.letIn()
	if back.join || back.bootID == a.bootID || back.instance == a.instance {
		t.Errorf("back as %+v, gone as %+v", back, a)
	}
	if back.pc.MachineID != a.pc.MachineID {
		t.Errorf("the machine's name went from %s to %s", a.pc.MachineID, back.pc.MachineID)
	}
	pc.WaitWindow(chatBox, "Jonas Weber", "Connected", "restarted")
	if _, ok := pc.Registry("HKCU", runOnce, "*Rejoin"); !ok {
		t.Error("the agent that came back is not registered for the next restart")
	}
	if n := len(pc.Running("rejoin.exe")); n != 1 {
		t.Errorf("%d agents run", n)
	}

	// Killed and started again within this boot: nothing happened.
	pc.Kill("rejoin.exe")
	pc.Start(strings.Trim(strings.TrimSuffix(line, " -resume"), `"`), "-resume")
	if again := s.letIn(); again.bootID != back.bootID || again.join {
		t.Errorf("killed and started again: %+v, before %+v", again, back)
	}
	// The plug is pulled: another boot.
	pc.PullPlug(0)
	if third := s.letIn(); third.bootID == back.bootID || third.bootID == a.bootID {
		t.Errorf("after the plug was pulled the boot is still called %s", third.bootID)
	}

	// Too late: the agent says so and cleans up.
	s.mu.Lock()
	s.refuse = wire.RefusedExpired
	s.mu.Unlock()
	s.hangUp()
	w := pc.WaitWindow(notice, "expired")
	pc.Click(w.Control("OK"))
	winerig.Wait(t, replyIn, "the agent to end", func() bool { return len(pc.Running("rejoin.exe")) == 0 }, nil)
	if _, ok := pc.Registry("HKCU", runOnce, "*Rejoin"); ok {
		t.Error("RunOnce still holds the agent after the session expired")
	}
	if _, err := os.Stat(pc.Path(pc.LocalAppData() + `\Rejoin\state\rejoin-session.sealed`)); err == nil {
		t.Error("the session is still on the disk")
	}
}

func consent(pc *winerig.PC, s *server, a admission, id string) {
	s.t.Helper()
	ask(s, a, id, 60)
	w := pc.WaitWindow(prompt, "asks to restart")
	settle(pc)
	pc.Click(w.Control("Yes, restart"))
	if got := expect[*wire.ConsentAnswered](s, replyIn); got.Answer != "yes" {
		s.t.Fatalf("the customer clicked Yes, and the agent says %+v", got)
	}
}

// checkCopy compares the registered program with the download, byte for byte.
func checkCopy(t *testing.T, pc *winerig.PC, line string) {
	t.Helper()
	copied, err := os.ReadFile(pc.Path(strings.Trim(strings.TrimSuffix(line, " -resume"), `"`)))
	if err != nil {
		t.Fatal(err)
	}
	original, err := os.ReadFile(winerig.BuildAgent(t))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(copied, original) {
		t.Error("the registered copy differs from the download")
	}
}

// checkSealed looks for what must not be readable in the agent's files.
func checkSealed(t *testing.T, pc *winerig.PC) {
	t.Helper()
	files, err := filepath.Glob(pc.Path(pc.LocalAppData() + `\Rejoin\state\*`))
	if err != nil || len(files) == 0 {
		t.Fatalf("the agent keeps nothing: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, plain := range []string{"session", "generation", "Jonas", "boot-", code, "127.0.0.1"} {
			if bytes.Contains(data, []byte(plain)) {
				t.Errorf("%s holds %q in the clear", filepath.Base(file), plain)
			}
		}
		if strings.HasSuffix(file, ".new") {
			t.Errorf("%s was left behind", filepath.Base(file))
		}
	}
	log, err := os.ReadFile(pc.Path(pc.LocalAppData() + `\Rejoin\log\rejoin.log`))
	if err != nil || len(log) == 0 {
		t.Errorf("no log: %v", err)
	}
	if bytes.Contains(log, []byte(code)) {
		t.Error("the log holds the connect code")
	}
}

// TestBlocked: a program doesn't let Windows end the session. Which one said no Windows doesn't tell; those that are still open
// are named, and Notepad, which went, isn't. (Wine doesn't tell the reasons that programs give; nameBlockers' test covers those.)
func TestBlocked(t *testing.T) {
	t.Parallel()
	pc, s := winerig.New(t, winerig.Options{}), newServer(t)
	t.Cleanup(func() { logOnFailure(t, pc) })
	pc.Start(`C:\windows\system32\notepad.exe`)
	pc.WaitWindow("Notepad")
	pc.StartStubborn("Rechnung.docx – Word", "")
	pc.Start(download(t, pc, s))
	a := s.letIn()
	consent(pc, s, a, "r1")
	s.command(wire.PrepareReboot{Reboot: "r1", BootID: a.bootID, WindowMinutes: 10})
	expect[*wire.RebootPrepared](s, replyIn)
	s.command(wire.GoReboot{Reboot: "r1", BootID: a.bootID})
	got := expect[*wire.RestartBlocked](s, time.Minute)
	want := []string{"Rechnung.docx – Word (stubborn)"}
	if got.Reboot != "r1" || got.BootID != a.bootID || !slices.Equal(got.Apps, want) {
		t.Errorf("blocked: %+v, want %q", got, want)
	}
	if pc.WentDown(0) {
		t.Error("Windows went down all the same")
	}
	pc.WaitWindow(chatBox, "did not restart", "Rechnung.docx")
}

func TestCodeWindow(t *testing.T) {
	t.Parallel()
	pc, s := winerig.New(t, winerig.Options{}), newServer(t)
	t.Cleanup(func() { logOnFailure(t, pc) })
	exe := pc.Put(winerig.BuildAgent(t), pc.Downloads()+`\support.exe`)
	pc.Start(exe)
	pc.WaitWindow(codeBox, "Enter your connect code", "Server address")
	pc.Type("999-999-9999")
	pc.Press("Tab")
	pc.Type("http://" + s.address())
	pc.Press("Return")
	receive(t, s.refused, "a refusal", replyIn)
	w := pc.WaitWindow(codeBox, "wrong")
	pc.Click(w.ControlsOf("EDIT")[0])
	pc.Press("ctrl+a")
	pc.Type("123 456 7890")
	pc.Click(w.Control("Connect"))
	s.letIn()
	pc.WaitWindow(chatBox, "Connected")

	// A second start shows that there is one already, and ends.
	second := pc.Start(exe)
	again := pc.WaitWindow(notice, "Already running")
	pc.Click(again.Control("OK"))
	if code, _ := second.Wait(replyIn); code != 0 {
		t.Errorf("the second start ended with %d", code)
	}
	if n := len(pc.Running("support.exe")); n != 1 {
		t.Errorf("%d agents run", n)
	}
}
