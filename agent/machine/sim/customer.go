package sim

import (
	"slices"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
)

// Snapshot is what can be seen of a PC, from outside and on its screen.
type Snapshot struct {
	Power     Power
	Since     time.Time // of Power
	BootID    string
	Name      string
	User      string
	Locale    string
	Online    bool // the cable is in
	Running   bool // the agent
	Autostart bool // the agent is registered to start after the next sign-in
	Secure    bool // Windows asks for permission, on the secure desktop
	Blockers  []string

	View   *machine.View     // the chat box; nil: closed
	Prompt *machine.Prompt   // the newest question, if any
	Until  time.Time         // its end, if it has one
	Form   *machine.CodeForm // the code window, if open
	Notice *machine.Notice   // the last message, if open
}

// Snapshot returns the PC as it is, and a channel that is closed when that is no longer so.
func (p *PC) Snapshot() (Snapshot, <-chan struct{}) {
	p.mu.Lock()
	snap := Snapshot{
		Power: p.power, Since: p.since, BootID: p.bootID(), Name: p.opts.Name, User: p.opts.User, Locale: p.opts.Locale,
		Online: !p.cut, Running: len(p.procs) > 0, Autostart: p.disk.state.Autostart,
		Secure: p.secure, Blockers: append([]string(nil), p.apps...),
	}
	changed := p.changed
	s := p.screen()
	p.mu.Unlock()
	if s == nil {
		return snap, changed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	snap.View = s.view
	if n := len(s.prompts); n > 0 {
		prompt := s.prompts[n-1].prompt
		snap.Prompt, snap.Until = &prompt, s.prompts[n-1].until
	}
	if s.form != nil {
		form := s.form.code
		snap.Form = &form
	}
	if s.notice != nil {
		notice := s.notice.notice
		snap.Notice = &notice
	}
	return snap, changed
}

// screen is that of the newest process; nil if none runs. p.mu is held.
func (p *PC) screen() *screen {
	if len(p.procs) == 0 {
		return nil
	}
	return p.procs[len(p.procs)-1].screen
}

func (p *PC) current() (*screen, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.screen()
	if s == nil || p.secure || p.power != Desktop && p.power != Asking && p.power != Blocked {
		return nil, ErrNoWindow
	}
	return s, nil
}

// SetLocale changes the language of the customer's Windows, such as "fr-FR". The agent asks for it at each connection.
func (p *PC) SetLocale(locale string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opts.Locale, p.disk.state.Locale = locale, locale
	if p.desk != nil {
		p.desk.SetLocale(locale)
	}
	p.remember()
}

// Answer clicks a button of the question with the given ID.
func (p *PC) Answer(id string, a machine.Answer) error {
	s, err := p.current()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.prompts {
		if w.prompt.ID == id {
			return reply(w, a)
		}
	}
	return ErrNoWindow
}

// EnterCode fills in the code window and clicks OK; server counts only if the window asks for it.
func (p *PC) EnterCode(code, server string) error { return p.enter(entered{code, server, true}) }

// CancelCode closes the code window.
func (p *PC) CancelCode() error { return p.enter(entered{}) }

func (p *PC) enter(e entered) error {
	s, err := p.current()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return reply(s.form, e)
}

// Dismiss clicks the button of a last message.
func (p *PC) Dismiss() error {
	s, err := p.current()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return reply(s.notice, struct{}{})
}

// Send types a line into the chat box.
func (p *PC) Send(text string) error {
	return p.act(machine.Action{Kind: machine.ActionSend, Text: text})
}

// End clicks "End session" and confirms it.
func (p *PC) End() error { return p.act(machine.Action{Kind: machine.ActionEnd}) }

// StopShare clicks "Stop sharing".
func (p *PC) StopShare() error { return p.act(machine.Action{Kind: machine.ActionStopShare}) }

// Press clicks a button of the banner.
func (p *PC) Press(kind machine.ActionKind) error {
	banner := p.banner()
	if banner == nil || !slices.ContainsFunc(banner.Buttons, func(b machine.BannerButton) bool { return b.Action == kind }) {
		return ErrNoWindow
	}
	return p.act(machine.Action{Kind: kind})
}

// Hide chooses in the banner's list which windows shall be hidden from now on, by their IDs: all of them.
func (p *PC) Hide(windows []string) error {
	if banner := p.banner(); banner == nil || banner.Hide == "" {
		return ErrNoWindow
	}
	return p.act(machine.Action{Kind: machine.ActionHide, Windows: windows})
}

func (p *PC) banner() *machine.Banner {
	s, err := p.current()
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.view == nil {
		return nil
	}
	return s.view.Banner
}

func (p *PC) act(a machine.Action) error {
	s, err := p.current()
	if err != nil {
		return err
	}
	return s.do(a)
}

// Shown lists the questions that the newest process has shown so far.
func (p *PC) Shown() []machine.Prompt {
	s, err := p.current()
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]machine.Prompt(nil), s.shown...)
}

// Document returns what the agent has stored under a name; nil if there is nothing.
func (p *PC) Document(name string) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	data, _, _ := p.disk.load(name)
	return data
}
