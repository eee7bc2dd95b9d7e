package sim

import (
	"context"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim/desktop"
	"github.com/rejoin/rejoin/rfb"
)

// Screen is the PC's picture, mouse, keyboard and clipboard, as long as the process lives.
func (x *Process) Screen() machine.Screen {
	x.pc.mu.Lock()
	defer x.pc.mu.Unlock()
	if x.display == nil {
		x.display = x.pc.desktop().Screen(x.ctx)
	}
	return x.display
}

// Desktop is what the monitors show. It is there in every power state, and over boots.
func (p *PC) Desktop() *desktop.Desktop {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.desktop()
}

// desktop makes the desktop when it is first needed: a PC that nobody looks at has no picture. In its first boot the customer
// is at work. p.mu is held.
func (p *PC) desktop() *desktop.Desktop {
	if p.desk == nil {
		p.desk = desktop.New(desktop.Options{
			Locale: p.opts.Locale, User: p.opts.User, Text: p.disk.state.Notes, News: p.windowsChanged,
		})
		if p.disk.state.Boots == 1 {
			p.desk.SetStage(stages[p.power])
			p.desk.Open(desktop.AppReader, desktop.AppEditor)
		}
		p.showPower()
	}
	return p.desk
}

func (p *PC) windowsChanged() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remember()
}

// stages are what the monitors show in each power state.
var stages = map[Power]desktop.Stage{
	Off: desktop.StageOff, Booting: desktop.StageBooting, SignInScreen: desktop.StageSignIn, SigningIn: desktop.StageWelcome,
	Desktop: desktop.StageDesktop, Asking: desktop.StageRestarting, Blocked: desktop.StageBlocked, GoingDown: desktop.StageRestarting,
}

// showPower brings the monitors in line with the power state. p.mu is held.
func (p *PC) showPower() {
	p.secure = p.secure && p.power == Desktop
	if p.desk == nil {
		return
	}
	var blockers []string
	if p.power == Blocked {
		blockers = p.apps
	}
	p.desk.SetStage(stages[p.power], blockers...)
	p.desk.SetSecure(p.secure)
}

// ShowUAC makes Windows ask for permission, on the secure desktop, which no program of the user sees or reaches, or ends
// that.
func (p *PC) ShowUAC(show bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.power != Desktop {
		return ErrNotNow
	}
	p.secure = show
	p.showPower()
	p.notify()
	return nil
}

// Windows lists the programs' windows, front to back.
func (p *PC) Windows() []machine.Window { return p.Desktop().Windows() }

// CustomerMouse is the customer's own mouse: a point of a monitor, and the buttons that are down.
func (p *PC) CustomerMouse(monitor string, e rfb.PointerEvent) error {
	return p.hands(func(d *desktop.Desktop) error { return d.CustomerMouse(monitor, e) })
}

// CustomerKey is the customer's own keyboard; byChar is as in [machine.Input].
func (p *PC) CustomerKey(e rfb.KeyEvent, byChar bool) error {
	return p.hands(func(d *desktop.Desktop) error { d.CustomerKey(e, byChar); return nil })
}

// hands lets the customer's hands act, where there is something to act on.
func (p *PC) hands(f func(*desktop.Desktop) error) error {
	p.mu.Lock()
	usable, d := p.power == Desktop && !p.secure, p.desktop()
	p.mu.Unlock()
	if !usable {
		return ErrNotNow
	}
	return f(d) // without the lock: windows that come and go take it
}

// Picture waits until the customer sees something else on a monitor than the version after, and returns it.
func (p *PC) Picture(ctx context.Context, monitor string, after uint64) (desktop.Picture, error) {
	return p.Desktop().Picture(ctx, monitor, after)
}
