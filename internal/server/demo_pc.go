package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/handlers"
	"github.com/rejoin/rejoin/internal/demo"
	"github.com/rejoin/rejoin/internal/version"
	"github.com/rejoin/rejoin/web"
)

// demoPC shows the simulated PC to its page, and does to it what visitors click.
type demoPC struct {
	pc *demo.PC

	mu       sync.Mutex
	boots    int
	boot     string               // the present boot's ID
	updating string               // the boot that Windows Update ends; empty: none
	asked    map[string]time.Time // when a question without a countdown was first seen, by ID
}

var _ handlers.DemoPC = (*demoPC)(nil)

// What the demo PC says that its snapshot does not.
const (
	demoOS       = "Windows 11 Pro"
	demoDocument = "Document1 – Word"
)

// newDemoPC switches the PC on, with its disk in the data folder.
func newDemoPC(p plan, log *slog.Logger) (*demoPC, error) {
	pc, err := demo.Open(demo.Options{
		Dir: filepath.Join(p.Data, "demo-pc"), Server: p.public.String(), Version: version.Version, Log: log.With("part", "demo pc"),
	})
	if err != nil {
		return nil, err
	}
	return &demoPC{pc: pc, asked: make(map[string]time.Time)}, nil
}

// Run keeps the PC on until ctx ends.
func (d *demoPC) Run(ctx context.Context) error {
	<-ctx.Done()
	d.pc.Close()
	return nil
}

// Speak implements [handlers.DemoPC].
func (d *demoPC) Speak(language string) {
	if locale, ok := map[string]string{"en": "en-GB", "fr": "fr-FR"}[language]; ok {
		if now, _ := d.pc.Snapshot(); now.Locale != locale {
			d.pc.SetLocale(locale)
		}
	}
}

// Watch implements [handlers.DemoPC].
func (d *demoPC) Watch() (changed <-chan struct{}, stop func()) {
	c, done := make(chan struct{}, 1), make(chan struct{})
	_, gone := d.pc.Snapshot() // now, so that nothing that happens from here on is missed
	go func() {
		for {
			select {
			case <-gone:
			case <-done:
				return
			}
			_, gone = d.pc.Snapshot()
			select {
			case c <- struct{}{}:
			default:
			}
		}
	}()
	return c, func() { close(done) }
}

// View implements [handlers.DemoPC].
func (d *demoPC) View() web.DemoPC {
	now, _ := d.pc.Snapshot()
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.BootID != d.boot {
		d.boot = now.BootID
		d.boots++
	}
	if now.Power == sim.Desktop && now.BootID != d.updating {
		d.updating = ""
	}
	v := web.DemoPC{
		Name: now.Name, OS: demoOS, User: now.User, Since: now.Since, Boots: d.boots, Unplugged: !now.Online,
		Updating: d.updating != "", Running: now.Running, View: now.View, CodeForm: now.Form, Notice: now.Notice,
		Secure: now.Secure, Monitors: len(d.pc.Desktop().Monitors()),
	}
	if now.View != nil && now.View.Banner != nil && now.View.Banner.Hide != "" {
		v.Windows = d.pc.Windows()
	}
	v.State, v.Until = demoState(now)
	if len(now.Blockers) > 0 {
		v.Unsaved = now.Blockers[0]
	}
	if now.Prompt != nil {
		v.Prompt = &web.DemoPrompt{Prompt: *now.Prompt, Since: d.askedAt(now)}
	}
	return v
}

// demoState is what is on the screen, and until when if it passes by itself.
func demoState(now sim.Snapshot) (web.DemoState, time.Time) {
	t := demo.Timing
	switch now.Power {
	case sim.Asking:
		return web.DemoClosing, now.Since.Add(t.Ask + t.GoDown)
	case sim.GoingDown:
		return web.DemoClosing, now.Since.Add(t.GoDown)
	case sim.Blocked:
		return web.DemoBlocked, now.Since.Add(t.Patience)
	case sim.Off:
		return web.DemoOff, time.Time{}
	case sim.Booting:
		return web.DemoBooting, now.Since.Add(t.Boot)
	case sim.SignInScreen, sim.SigningIn:
		return web.DemoSignIn, time.Time{}
	}
	return web.DemoDesktop, time.Time{}
}

func (d *demoPC) askedAt(now sim.Snapshot) time.Time {
	if !now.Until.IsZero() {
		return now.Until.Add(-now.Prompt.For)
	}
	at, known := d.asked[now.Prompt.ID]
	if !known {
		clear(d.asked) // only the newest question is on the screen
		at = time.Now()
		d.asked[now.Prompt.ID] = at
	}
	return at
}

// Do implements [handlers.DemoPC].
func (d *demoPC) Do(_ context.Context, action web.DemoAction, f url.Values) error {
	err := d.do(action, f)
	if errors.Is(err, sim.ErrNotNow) || errors.Is(err, sim.ErrNoWindow) {
		return fmt.Errorf("%w: %s: %w", handlers.ErrDemoRefused, action, err)
	}
	return err
}

func (d *demoPC) do(action web.DemoAction, f url.Values) error {
	switch action {
	case web.DemoRun:
		return d.pc.Join(f.Get("code"))
	case web.DemoCode:
		if f.Get("do") == "cancel" {
			return d.pc.CancelCode()
		}
		return d.pc.EnterCode(f.Get("code"), f.Get("server"))
	case web.DemoAnswer:
		answer := machine.AnswerNo
		if f.Get("answer") == "yes" {
			answer = machine.AnswerYes
		}
		return d.pc.Answer(f.Get("prompt"), answer)
	case web.DemoSend:
		return d.pc.Send(f.Get("text"))
	case web.DemoEnd:
		return d.pc.End()
	case web.DemoStopShare:
		return d.pc.StopShare()
	case web.DemoDismiss:
		return d.pc.Dismiss()
	case web.DemoBanner:
		return d.pc.Press(machine.ActionKind(f.Get("do")))
	case web.DemoHide:
		return d.pc.Hide(hidden(f))
	case web.DemoInput:
		return d.input(f.Get("events"))
	}
	return d.act(action, f.Get("on") == "1")
}

// act does what happens to the PC itself.
func (d *demoPC) act(action web.DemoAction, on bool) error {
	switch action {
	case web.DemoSignInNow:
		return d.pc.SignIn()
	case web.DemoUpdate:
		now, _ := d.pc.Snapshot()
		if err := d.pc.SystemRestart(); err != nil {
			return err
		}
		d.mu.Lock()
		d.updating = now.BootID
		d.mu.Unlock()
		return nil
	case web.DemoRestart:
		return d.pc.SystemRestart()
	case web.DemoPlug:
		return d.pc.PullThePlug()
	case web.DemoPower:
		return d.pc.PowerOn()
	case web.DemoKill:
		return d.pc.KillAgent()
	case web.DemoUAC:
		return d.pc.ShowUAC(on)
	case web.DemoNetwork:
		d.pc.Unplug(!on)
	case web.DemoDocument:
		if on {
			d.pc.Block(demoDocument)
		} else {
			d.pc.Unblock()
		}
	}
	return nil
}
