package agent

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/text"
	"github.com/rejoin/rejoin/internal/wire"
)

// Steps that can fail on the way to a restart, as the server knows them.
const (
	stepAutostart = "autostart"
	stepRestart   = "restart"
	stepBootID    = "boot_id"
	stepGrant     = "grant"
	stepSafeMode  = "safe_mode"
)

// restarted is Windows' answer to being told to restart.
type restarted struct {
	reboot string
	kind   machine.RestartKind
	err    error
}

// askReboot puts the question, or answers it from what the customer agreed to in advance. It revokes earlier grants.
func (e *engine) askReboot(d *document, m *wire.AskReboot) {
	if !validID(m.Reboot) {
		e.log.Warn("ignored a question with a bad identifier", "type", m.Type())
		return
	}
	if d.asks(promptReboot, m.Reboot) {
		return // it is on the screen already
	}
	e.guard(d).revokeReboot("")
	d.Prompts = slices.DeleteFunc(d.Prompts, func(p openPrompt) bool { return p.Kind == promptReboot })
	if d.Ticket != nil && d.Ticket.Commanded.IsZero() {
		d.Ticket = nil
	}
	now := time.Now()
	answer := wire.ConsentAnswered{Reboot: m.Reboot}
	kind, step, detail := e.restartKind(m)
	switch {
	case step != "":
		d.emit(wire.RebootFailed{Reboot: m.Reboot, Step: step, Detail: detail}, now)
		return
	case e.guard(d).grantedBefore(m.Reboot, kind):
		answer.Answer, answer.Source = answerYes, sourcePrior
	case !e.desc.SignedIn:
		answer.Answer = answerAbsent
	case d.crowded():
		answer.Answer = answerNotShown
	default:
		d.ask(openPrompt{
			Kind: promptReboot, ID: m.Reboot, By: cleanName(m.By), Message: cleanText(m.Message, wire.MaxMessage),
			Restart: kind, Until: now.Add(seconds(m.Seconds)),
		})
		return
	}
	d.emit(answer, now)
}

// restartKind tells why a restart can't be had, if it can't.
func (e *engine) restartKind(m *wire.AskReboot) (kind, step, detail string) {
	switch {
	case m.BootID != e.bootID:
		return "", stepBootID, errOtherBoot.Error()
	case m.Kind == string(machine.RestartSafeMode) && !e.desc.SafeMode.Available:
		return "", stepSafeMode, cleanLine(e.desc.SafeMode.Why, maxDetail)
	case m.Kind != string(machine.RestartSafeMode) && m.Kind != string(machine.RestartNormal):
		return "", stepRestart, "unknown kind of restart"
	case !e.desc.Reboot.Available:
		return "", stepRestart, cleanLine(e.desc.Reboot.Why, maxDetail)
	}
	return m.Kind, "", ""
}

// prepareReboot writes the ticket (with the document) and makes sure that the agent is started again.
func (e *engine) prepareReboot(d *document, m *wire.PrepareReboot) {
	now := time.Now()
	if err := e.guard(d).prepare(m.Reboot, m.BootID); err != nil {
		e.failReboot(d, m.Reboot, stepOf(err), err.Error())
		return
	}
	if err := e.registerStart(); err != nil {
		e.failReboot(d, m.Reboot, stepAutostart, err.Error())
		return
	}
	d.Ticket = &ticket{
		Reboot: m.Reboot, BootID: e.bootID, Generation: d.Generation,
		Until: now.Add(time.Duration(clampWindow(m.WindowMinutes)) * time.Minute),
	}
	d.emit(wire.RebootPrepared{Reboot: m.Reboot}, now)
}

// registerStart makes sure that the registration is really there: it may have been taken out since the session began.
func (e *engine) registerStart() error {
	if set, err := e.m.Autostart().IsSet(); err == nil && set {
		return nil
	}
	return e.m.Autostart().Set()
}

func stepOf(err error) string {
	if errors.Is(err, errOtherBoot) {
		return stepBootID
	}
	return stepGrant
}

// failReboot rolls a reboot back and says so. A restart that Windows has been told of can't be rolled back.
func (e *engine) failReboot(d *document, reboot, step, detail string) {
	if !validID(reboot) || d.Ticket != nil && d.Ticket.Reboot == reboot && !d.Ticket.Commanded.IsZero() {
		return
	}
	e.guard(d).revokeReboot(reboot)
	if d.Ticket != nil && d.Ticket.Reboot == reboot {
		d.Ticket = nil
	}
	d.emit(wire.RebootFailed{Reboot: reboot, Step: step, Detail: cleanLine(detail, maxDetail)}, time.Now())
}

// goReboot uses up the grant; the restart itself comes after that is on disk.
func (e *engine) goReboot(ctx context.Context, d *document, m *wire.GoReboot) func() {
	if d.Ticket == nil || d.Ticket.Reboot != m.Reboot || d.Ticket.BootID != e.bootID {
		e.failReboot(d, m.Reboot, stepOf(e.guardError(d, m)), "not prepared")
		return nil
	}
	kind, err := e.guard(d).spend(m.Reboot, m.BootID)
	if err != nil {
		e.failReboot(d, m.Reboot, stepOf(err), err.Error())
		return nil
	}
	d.Ticket.Commanded = time.Now()
	return func() { e.restart(ctx, m.Reboot, kind) }
}

func (e *engine) guardError(d *document, m *wire.GoReboot) error {
	_, err := e.guard(d).reboot(m.Reboot, m.BootID)
	return err
}

func (e *engine) abortReboot(d *document, m *wire.AbortReboot) {
	e.guard(d).revokeReboot(m.Reboot)
	if d.Ticket == nil || d.Ticket.Reboot != m.Reboot || !d.Ticket.Commanded.IsZero() {
		return
	}
	d.Ticket = nil
	d.addNote(e.noteNow(text.NoteCalledOff, "", time.Now()))
}

// restart tells Windows. It may take a while, and the loop has to hear of the shutdown meanwhile.
func (e *engine) restart(ctx context.Context, reboot string, kind machine.RestartKind) {
	e.log.Info("restarting", "reboot", reboot, "kind", kind)
	e.watch.Reset(e.cfg.RestartPatience)
	go func() {
		err := e.m.Restart(ctx, kind)
		select {
		case e.restarts <- restarted{reboot, kind, err}:
		case <-e.quit:
		}
	}()
}

// restartTried takes Windows' answer. Accepted means no more than that: what comes of it is told by Shutdowns, or by
// nothing happening for a while.
func (e *engine) restartTried(ctx context.Context, r restarted) {
	if r.err == nil {
		e.watch.Reset(e.cfg.RestartPatience)
		return
	}
	e.log.Warn("Windows refused to restart", "err", r.err)
	e.watch.Stop()
	step := stepRestart
	if errors.Is(r.err, machine.ErrNotSupported) && r.kind == machine.RestartSafeMode {
		step = stepSafeMode
	}
	e.must("reboot.failed", func(d *document) {
		if d.Ticket == nil || d.Ticket.Reboot != r.reboot {
			return
		}
		now := time.Now()
		d.Ticket = nil
		d.emit(wire.RebootFailed{Reboot: r.reboot, Step: step, Detail: cleanLine(r.err.Error(), maxDetail)}, now)
		d.addNote(e.noteNow(text.NoteRefused, "", now))
	}, nil)
}

// shutdown follows Windows ending its session, ours or not.
func (e *engine) shutdown(ctx context.Context, s machine.Shutdown) {
	e.log.Info("Windows ends the session", "step", s.Step)
	if e.doc.Session == "" || e.ending != nil {
		s.Done()
		if s.Step == machine.ShutdownEnding {
			e.result = &result{err: ErrGoingDown}
		}
		return
	}
	switch s.Step {
	case machine.ShutdownAsked:
		e.announce(ctx)
		e.watch.Reset(e.cfg.RestartPatience)
		e.whenWritten(s.Done)
	case machine.ShutdownEnding:
		e.announce(ctx)
		e.watch.Stop()
		e.ending = &ending{done: s.Done, goingDown: true}
		e.m.UI().Close()
		e.leave.Reset(byeWithin)
		e.maybeGone()
	case machine.ShutdownAborted:
		s.Done()
		e.blocked(ctx)
	}
}

// announce notes that the PC goes down, once, and tells the server.
func (e *engine) announce(ctx context.Context) {
	if e.doc.Going != nil {
		return
	}
	e.must("reboot.going_down", func(d *document) {
		now := time.Now()
		d.Going = &going{BootID: e.bootID, At: now}
		if d.Ticket != nil && !d.Ticket.Commanded.IsZero() {
			d.Going.Reboot = d.Ticket.Reboot
		}
		d.emit(wire.GoingDown{Reboot: d.Going.Reboot, BootID: e.bootID}, now)
	}, nil)
}

// whenWritten calls done when what is queued has been written, or after a moment: Windows waits for it.
func (e *engine) whenWritten(done func()) {
	if e.link == nil {
		done()
		return
	}
	written := e.link.written()
	go func() {
		timer := time.NewTimer(byeWithin)
		defer timer.Stop()
		select {
		case <-written:
		case <-timer.C:
		}
		done()
	}()
}

// blocked says that a restart did not come about, and who was in the way.
func (e *engine) blocked(ctx context.Context) {
	e.watch.Stop()
	if e.doc.Going == nil && (e.doc.Ticket == nil || e.doc.Ticket.Commanded.IsZero()) {
		return
	}
	apps := make([]string, 0, 4)
	for _, app := range e.m.Blockers() {
		if app = cleanName(app); app != "" && len(apps) < 20 {
			apps = append(apps, app)
		}
	}
	e.log.Info("the restart did not come about", "apps", apps)
	e.must("reboot.blocked", func(d *document) {
		now := time.Now()
		ev := wire.RestartBlocked{BootID: e.bootID, Apps: apps}
		switch {
		case d.Going != nil:
			ev.Reboot = d.Going.Reboot
		case d.Ticket != nil:
			ev.Reboot = d.Ticket.Reboot
		}
		d.Going, d.Ticket = nil, nil
		d.emit(ev, now)
		if len(apps) > 0 {
			d.addNote(e.noteNow(text.NoteBlockedBy, strings.Join(apps, ", "), now))
		} else {
			d.addNote(e.noteNow(text.NoteBlocked, "", now))
		}
	}, nil)
}
