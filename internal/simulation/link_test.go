package simulation

import (
	"errors"
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// frame is one message on a connection; exactly one member but ack is set, or none.
type frame struct {
	ack     int64
	command *session.Send
	welcome *welcome
	refused *refused
	hold    bool
}

type welcome struct {
	generation, acked, applied int64
}

type refused struct {
	code  session.RefusalCode
	why   string
	final bool
}

func refusalOf(no *session.Refusal) *refused {
	switch no.Code {
	case session.RefusedEnded, session.RefusedSuperseded, session.RefusedNotJoined:
		return &refused{code: no.Code, why: no.Why, final: true}
	}
	return &refused{code: no.Code, why: no.Why}
}

// conn is a connection: what is sent arrives once, in order, late, or not at all.
type conn struct {
	w            *world
	p            *pc
	proc         int // the agent's process
	epoch        int // the server's
	agentClosed  bool
	serverClosed bool
	hole         bool      // nothing arrives any more, and nobody is told
	holeAt       time.Time // since when, by the server's clock
	lastUp       time.Time
	lastDown     time.Time
	heard        time.Time // by the server, on its clock
}

func (c *conn) latency() time.Duration { return c.w.between(time.Millisecond, 80*time.Millisecond) }

// up delivers to the server. What is under way when either side dies may still arrive.
func (c *conn) up(deliver func()) {
	if c.hole {
		return
	}
	at := c.w.now.Add(c.latency())
	if at.Before(c.lastUp) {
		at = c.lastUp
	}
	c.lastUp = at
	c.w.at(at, func() {
		v := c.w.server
		if c.hole || c.serverClosed || !v.up || v.epoch != c.epoch {
			return
		}
		c.heard = v.now()
		deliver()
	})
}

// down delivers to the agent.
func (c *conn) down(f frame) {
	if c.hole || c.serverClosed {
		return
	}
	at := c.w.now.Add(c.latency())
	if at.Before(c.lastDown) {
		at = c.lastDown
	}
	c.lastDown = at
	c.w.at(at, func() {
		if !c.hole && !c.agentClosed && c.p.proc == c.proc && c.p.conn == c {
			c.p.receive(c, f)
			if f.command != nil && c.p.conn == c && c.w.chance(c.w.faults.repeated) {
				c.p.receive(c, f)
			}
		}
	})
}

// fail is the connection going bad: seen at once, or only by its silence.
func (c *conn) fail(silent bool) {
	w := c.w
	if c.hole {
		return
	}
	c.hole, c.holeAt = true, w.server.now()
	if !silent {
		w.after(c.latency(), c.agentSees)
		w.after(c.latency(), c.serverSees)
		return
	}
	// Beats come every 5 s, and 12 s of silence are too much.
	c.heard = c.holeAt.Add(-w.between(0, 5*time.Second))
	w.after(w.between(7*time.Second, 13*time.Second), c.agentSees)
	w.after(w.between(7*time.Second, 13*time.Second), c.serverSees)
}

func (c *conn) agentSees() {
	if c.p.conn == c && c.p.proc == c.proc {
		c.p.linkLost(c)
	}
}

func (c *conn) serverSees() {
	v := c.w.server
	if !v.up || v.epoch != c.epoch || c.serverClosed {
		return
	}
	c.serverClosed = true
	v.lost(c, c.heard)
}

// close is the agent's side ending it; what it sent before arrives before.
func (c *conn) close() {
	c.agentClosed = true
	if !c.hole {
		c.heard = c.w.server.now()
		c.up(c.serverSees)
	}
}

func (c *conn) closeByServer() {
	c.serverClosed = true
	c.w.after(c.latency(), c.agentSees)
}

func (c *conn) serverDied() { c.closeByServer() }

// lost is the hub noticing that a connection has ended.
func (v *server) lost(c *conn, lastSeen time.Time) {
	switch {
	case v.held == c:
		v.held = nil
		_ = v.dispatch(session.LoseRival{Instance: v.heldAsk.Instance}, func(session.Session) { v.resend() })
	case v.link != nil && v.link.conn == c:
		admitted := v.link.admitted
		v.link = nil
		v.report(session.LoseLink{Admitted: admitted, LastSeen: lastSeen})
	case v.w.rng.IntN(2) == 0 && c.p.admittedAs > 0:
		// One that was replaced long ago: old news.
		v.report(session.LoseLink{Admitted: c.p.admittedAs - 1, LastSeen: lastSeen})
	}
}

func (v *server) report(ev session.LoseLink) {
	v.w.ghost.lastSeen = ev.LastSeen
	if v.w.bugs.seenLate {
		ev.LastSeen = v.now()
	}
	_ = v.dispatch(ev, nil)
}

// rejoin is a PC that has proved its key.
func (v *server) rejoin(c *conn, ev session.Rejoin) {
	if _, _, err := v.w.bugs.apply(v.store.s, ev, v.now()); err != nil && !errors.Is(err, session.ErrOverdue) {
		v.refuse(c, err)
		return
	}
	if l := v.link; l != nil && l.instance != ev.Instance && l.conn.alive() && v.store.s.State == session.StateActive {
		v.hold(c, ev)
		return
	}
	now := v.now()
	v.admit(c, ev)
	v.w.ghost.answered(v.w, c, now)
}

// alive is whether a probe would be answered.
func (c *conn) alive() bool {
	return !c.hole && !c.agentClosed && !c.serverClosed && c.p.running && c.p.proc == c.proc && c.p.conn == c
}

func (v *server) hold(c *conn, ev session.Rejoin) {
	if v.held != nil {
		v.held.closeByServer()
	}
	v.held, v.heldAsk = c, ev
	err := v.dispatch(session.MeetRival{Rival: session.Rival{Generation: ev.Generation, BootID: ev.BootID, Instance: ev.Instance}}, nil)
	if err != nil {
		v.held = nil
		return
	}
	c.down(frame{hold: true})
	wait := v.w.between(time.Second, 90*time.Second)
	if v.w.calm {
		wait = time.Second
	}
	v.w.after(wait, func() {
		if v.held == c {
			v.choose()
		}
	})
}

func (v *server) refuse(c *conn, err error) {
	var no *session.Refusal
	if errors.As(err, &no) {
		v.w.note("pc%d refused: %v", c.p.index, err)
		c.down(frame{refused: refusalOf(no)})
	}
	if !errors.Is(err, errCrashed) {
		c.closeAfter()
	}
}

// closeAfter hangs up once everything before has been read.
func (c *conn) closeAfter() {
	at := c.lastDown
	c.w.at(at.Add(time.Millisecond), func() {
		c.serverClosed = true
		c.agentSees()
	})
}

// admit commits the rejoin and makes the connection the session's link.
func (v *server) admit(c *conn, ev session.Event) {
	err := v.dispatch(ev, func(s session.Session) {
		var acked int64
		var instance string
		switch ev := ev.(type) {
		case session.Rejoin:
			acked, instance = ev.AckedSeq, ev.Instance
		case session.Join:
			instance = ev.Instance
		}
		if v.link != nil {
			v.link.conn.closeByServer()
		}
		v.link = &serverLink{conn: c, admitted: s.Link.Generation, instance: instance, sent: max(acked, s.AckedSeq)}
		c.p.admittedAs = s.Link.Generation
		v.w.note("pc%d is let in as generation %d", c.p.index, s.Link.Generation)
		c.down(frame{welcome: &welcome{generation: s.Link.Generation, acked: s.EventSeq, applied: s.AckedSeq}})
		v.resend()
	})
	if errors.Is(err, errCrashed) {
		c.serverDied()
	} else if err != nil {
		v.refuse(c, err)
	}
}

// join redeems the connect code; a lost answer is asked for again with the same key.
func (v *server) join(c *conn, ev session.Join) {
	if !v.store.used {
		v.admit(c, ev)
		return
	}
	if v.store.s.Link.Known != 0 {
		v.refuse(c, &session.Refusal{Code: session.RefusedAlreadyJoined})
		return
	}
	v.admit(c, session.Rejoin{BootID: ev.BootID, Instance: ev.Instance, SignedIn: ev.SignedIn, PC: ev.PC})
}

// take is a numbered message, or a bare acknowledgement.
func (v *server) take(c *conn, ev *outEvent, acked int64) {
	l := v.link
	if l == nil || l.conn != c {
		return
	}
	m := session.FromAgent{Admitted: l.admitted, Acked: acked}
	if ev != nil {
		m.Seq, m.Event = ev.seq, ev.event
	}
	err := v.dispatch(m, nil)
	if errors.Is(err, session.ErrGap) {
		v.w.note("gap: event %d acked %d", m.Seq, acked)
		c.closeByServer()
		v.lost(c, v.now())
		return
	}
	if err == nil && v.link == l {
		v.w.ghost.spoke(l.admitted)
		if m.Seq > 0 {
			c.down(frame{ack: v.store.s.EventSeq})
		}
	}
}
