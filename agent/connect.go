package agent

import (
	"context"
	"crypto/ed25519"
	"errors"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/text"
	"github.com/rejoin/rejoin/internal/wire"
)

// outcome is what an attempt came to; err is nil when it has a welcome.
type outcome struct {
	attempt *attempt
	err     error
}

// try begins an attempt to get a link, unless there is one or one is under way.
func (e *engine) try(ctx context.Context) {
	if e.link != nil || e.trying != nil || e.ending != nil {
		return
	}
	actx, cancel := context.WithCancel(ctx)
	a := &attempt{
		cancel: cancel, started: time.Now(), hooks: e.cfg.Hooks, client: e.client, server: e.doc.Server,
		key: ed25519.NewKeyFromSeed(e.doc.Key), code: e.doc.Code, serverKey: e.doc.ServerKey, session: e.doc.Session,
		gen: e.doc.Generation, applied: e.doc.Applied, bootID: e.bootID, instance: e.instance, version: e.cfg.Version,
		describe: func() machine.Description { return describe(e.m, e.log) },
	}
	a.onHold = func() {
		select {
		case e.holds <- a:
		case <-e.quit:
		}
	}
	e.trying = a
	go func() {
		err := a.run(actx)
		select {
		case e.outcomes <- outcome{a, err}:
		case <-e.quit:
			if err == nil {
				a.conn.CloseNow()
			}
		}
	}()
}

// tried takes what an attempt came to.
func (e *engine) tried(ctx context.Context, o outcome) {
	a := o.attempt
	a.cancel()
	if a != e.trying {
		if o.err == nil {
			go a.conn.CloseNow() // given up meanwhile; it may wait for its goroutines
		}
		return
	}
	e.trying = nil
	if o.err == nil {
		e.admitted(ctx, a)
		return
	}
	e.log.Debug("no connection", "err", o.err)
	var no *refusedError
	var bad *wire.Error
	switch {
	case errors.As(o.err, &no):
		e.refused(no)
	case errors.Is(o.err, errRogue):
		e.log.Error("refusing to talk to a server with another key", "server", e.doc.Server)
		e.failed(failPeer, text.StatusRogue)
	case errors.As(o.err, &bad):
		e.log.Warn("the server broke the protocol", "err", bad)
		e.failed(failPeer, "")
	case websocket.CloseStatus(o.err) != -1:
		e.failed(failAnswer, "")
	default:
		e.failedToDial(o.err)
	}
}

func (e *engine) failedToDial(err error) {
	switch f := classify(err); f {
	case failTrust:
		e.log.Warn("the server's identity cannot be verified", "server", e.doc.Server, "err", err)
		e.failed(f, text.StatusUntrusted)
	default:
		e.failed(f, "")
	}
}

// refused deals with a server's no.
func (e *engine) refused(no *refusedError) {
	e.log.Info("the server refused", "code", no.Code)
	joining := e.doc.Session == ""
	busy := no.Code == wire.RefusedBusy
	switch {
	case busy && (!joining || no.RetryAfter <= int(slowest/time.Second)):
		d := min(max(time.Duration(no.RetryAfter)*time.Second, time.Second), slowest)
		e.retryIn(d - time.Duration(e.cfg.Jitter()*float64(d/2)))
	case busy:
		e.result = &result{again: &formError{key: text.CodeBusy, seconds: min(no.RetryAfter, 3600)}}
	case no.Code == wire.RefusedVersion && joining:
		e.result = &result{over: overOutdated}
	case joining:
		e.result = &result{again: &formError{key: text.CodeRefused}}
	case no.Code.Final():
		e.result = &result{over: overReason(no.Code)}
	case no.Code == wire.RefusedVersion:
		e.failed(failPeer, text.StatusVersion)
	default:
		e.failed(failPeer, text.StatusRefused)
	}
}

// failed plans the next attempt; trouble is what the customer is told beyond that the connection is lost.
func (e *engine) failed(f failure, trouble text.Key) {
	if e.trouble != text.StatusDisk {
		e.trouble = trouble
	}
	now := time.Now()
	if now.Sub(e.pace.lost) > e.cfg.giveUp {
		e.result = &result{over: overUnreachable}
		return
	}
	if e.doc.Session == "" {
		if e.joinFail++; e.typed && e.joinFail >= 4 {
			key := text.ServerAway
			if f == failTrust {
				key = text.ServerUntrusted
			}
			e.result = &result{again: &formError{key: key}}
			return
		}
	}
	e.retryIn(e.pace.next(f, now, e.cfg.Jitter()))
}

func (e *engine) retryIn(d time.Duration) { e.retry.Reset(d) }

// networkChanged connects at once, or finds out whether the connection has survived.
func (e *engine) networkChanged(ctx context.Context) {
	switch {
	case e.link != nil:
		if e.probedAt.IsZero() {
			e.probedAt = time.Now()
			e.sendBeat()
			e.probe.Reset(probeWithin)
		}
		return
	case e.trying != nil:
		if e.trying.held || time.Since(e.trying.started) < time.Second {
			return // it is young, and stagger begins anew by itself
		}
		e.trying.cancel()
		e.trying = nil
	}
	e.pace.failures = 0
	e.try(ctx)
}

// probed gives a link up that has been silent since the network changed.
func (e *engine) probed() {
	if e.link != nil && e.link.heard.Load().Before(e.probedAt) {
		e.log.Info("the connection did not survive a network change")
		e.link.close()
	}
	e.probedAt = time.Time{}
}

// admitted takes a link over. The new generation is on disk before anything is sent on it.
func (e *engine) admitted(ctx context.Context, a *attempt) {
	w, now := a.welcome, time.Now()
	joined := e.doc.Session == ""
	if joined {
		if err := e.m.Autostart().Set(); err != nil {
			e.log.Warn("could not register the start after the next sign-in", "err", err)
		}
	}
	err := error(nil)
	if w.Acked > e.doc.Emitted {
		err = &wire.Error{Type: w.Type(), Code: wire.ErrInvalid, Err: errors.New("acknowledges what was not sent")}
	} else {
		e.takeHistory(w)
		err = e.save("welcome", func(d *document) { e.welcome(d, a, now) })
	}
	if err != nil {
		e.log.Error("could not take the connection", "err", err)
		go a.conn.CloseNow() // may wait for its goroutines
		e.failed(failPeer, "")
		return
	}
	l := newLink(a.conn, e.cfg.Hooks, now)
	l.sent = w.Acked
	e.link, e.trouble, e.backIn, e.welcomed, e.restarted = l, "", 0, true, false
	e.desc, e.described = a.desc, true
	e.words = text.For(a.desc.Locale)
	e.pace.lost = now
	e.retry.Stop()
	e.beat.Reset(wire.HeartbeatEvery)
	go l.read(e.inbox, e.quit)
	go l.write()
	e.log.Info("connected", "session", e.doc.Session, "generation", e.doc.Generation)
	e.sendAck(nil)
	e.flush()
}

// welcome notes what a welcome says. Policy and server key are taken at join, and never again.
func (e *engine) welcome(d *document, a *attempt, now time.Time) {
	w := a.welcome
	d.Generation = w.Generation
	d.Technician = cleanName(w.Technician)
	d.settle(w.Acked)
	if d.Session == "" {
		d.Session, d.ServerKey, d.Code = w.Session, a.serverKey, ""
		d.Company, d.Phone, d.Policy = cleanName(w.Company), w.Phone, clampPolicy(w.Policy)
		d.addNote(e.noteNow(text.NoteJoined, "", now))
		if asksLess(d.Policy) {
			d.ask(openPrompt{Kind: promptStanding, ID: "standing", Until: now.Add(standingFor)})
		}
	} else if e.restarted {
		d.addNote(e.noteNow(text.NoteRestarted, "", now))
	}
}

// clampPolicy brings the numbers of a policy into their ranges.
func clampPolicy(p wire.Policy) wire.Policy {
	p.PromptSeconds = min(max(p.PromptSeconds, minPrompt), maxPrompt)
	p.WindowMinutes = clampWindow(p.WindowMinutes)
	return p
}

func clampWindow(minutes int) int { return min(max(minutes, 1), 240) }

// lost plans the way back after a link has ended. The caller has closed it, or has it closed after a last word.
func (e *engine) lost(err error) {
	l := e.link
	e.link = nil
	e.beat.Stop()
	e.probe.Stop()
	e.probedAt = time.Time{}
	now := time.Now()
	e.lostAt, e.pace.lost = now, now
	e.log.Info("connection lost", "err", err, "lasted", now.Sub(l.since))
	if e.ending != nil {
		e.maybeGone()
		return
	}
	switch j := e.cfg.Jitter(); {
	case e.backIn > 0:
		e.pace.failures = 0
		e.retryIn(min(e.backIn+time.Duration(j*float64(min(e.backIn/2, 2*time.Second))), slowest))
		e.backIn = 0
	case now.Sub(l.since) >= settled:
		e.pace.failures = 0
		e.retryIn(time.Duration(j * float64(firstRetry)))
	default:
		e.retryIn(e.pace.next(failShort, now, j))
	}
}
