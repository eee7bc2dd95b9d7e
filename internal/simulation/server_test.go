package simulation

import (
	"errors"
	"slices"
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// server keeps the hub's rules: load, apply, commit, only then publish; a link per session; downtime credited before
// anything else. Only the store outlives a crash.
type server struct {
	w         *world
	store     store
	up        bool
	ready     bool // the downtime before this start is credited
	epoch     int  // of the process
	startedAt time.Time
	downAt    time.Time
	ahead     time.Duration // of its clock
	link      *serverLink
	held      *conn // a second PC with the session's key
	heldAsk   session.Rejoin
}

// serverLink is the admitted connection.
type serverLink struct {
	conn     *conn
	admitted int64
	instance string
	sent     int64
}

// store is what is on the server's disk.
type store struct {
	s      session.Session
	before session.Session // for a bug that loses the last commit
	outbox []session.Send
	chat   []session.ChatMessage
	audit  int
	mark   time.Time
	used   bool // the connect code
}

const markEvery = 2 * time.Second

var errCrashed = errors.New("the server crashed")

func (v *server) now() time.Time { return v.w.now.Add(v.ahead) }

func (v *server) create() {
	policy := session.DefaultPolicy()
	rng := v.w.rng
	policy.AskBeforeReboot, policy.AskBeforeSharing = rng.IntN(5) > 0, rng.IntN(3) > 0
	policy.AskBeforeControl = rng.IntN(3) > 0
	policy.PromptSeconds = []int{10, 60, 120}[rng.IntN(3)]
	policy.WindowMinutes = []int{1, 3, 10}[rng.IntN(3)]
	policy.IdleMinutes = []int{15, 60, 480}[rng.IntN(3)]
	if rng.IntN(4) == 0 {
		policy.OnNoReply = session.AnswerYes
	}
	mode := session.ModeStandard
	if rng.IntN(3) == 0 {
		mode = session.ModePhone
	}
	s, effects, err := session.New(session.NewParams{
		ID: "s1", By: technician, Mode: mode, Policy: policy, CodeExpiresAt: v.now().Add(10 * time.Minute),
	}, v.now())
	if err != nil {
		v.w.violated("setup", "%v", err)
		return
	}
	v.store.s = s
	v.store.audit += len(effects)
	v.ticks()
}

// dispatch applies an event as the hub does. A nil error means that it is committed.
func (v *server) dispatch(ev session.Event, committed func(session.Session)) error {
	w := v.w
	for range 20 {
		s := v.store.s
		now := v.now()
		next, effects, err := w.bugs.apply(s, ev, now)
		if errors.Is(err, session.ErrOverdue) {
			if err := v.dispatch(session.Tick{}, nil); err != nil {
				return err
			}
			continue
		}
		if err != nil || next.Revision == s.Revision {
			if err == nil && committed != nil {
				committed(next)
			}
			return err
		}
		if w.bugs.publishFirst {
			v.publish(effects)
		}
		if w.bugs.ackFirst {
			if m, ok := ev.(session.FromAgent); ok && v.link != nil {
				v.link.conn.down(frame{ack: m.Seq})
			}
		}
		if w.chance(w.faults.conflict) {
			// Another process on the same store was faster.
			w.act(session.SendChat{By: technician, Text: w.ghost.technicianSays()})
			if !v.up {
				return errCrashed
			}
		}
		if w.chance(w.faults.serverCrash) {
			v.crash("before a commit")
			return errCrashed
		}
		if !v.commit(s.Revision, next, effects) {
			continue
		}
		w.ghost.committed(w, s, next, ev, now, effects)
		if w.chance(w.faults.serverCrash) {
			v.crash("after a commit")
			return errCrashed
		}
		if committed != nil {
			committed(next)
		}
		if !w.bugs.publishFirst {
			v.publish(effects)
		}
		if next.State == session.StateEnded {
			v.ended()
		}
		v.ticks()
		return nil
	}
	return errors.New("too many conflicts")
}

// commit writes a transition, if nobody was faster.
func (v *server) commit(before int64, next session.Session, effects []session.Effect) bool {
	st := &v.store
	if st.s.Revision != before && !v.w.bugs.ignoreRevision {
		return false
	}
	st.before, st.s = st.s, next
	st.used = next.State != session.StateWaiting // in the same transaction
	for _, e := range effects {
		switch e := e.(type) {
		case session.Send:
			st.outbox = append(st.outbox, e)
		case session.SaveChat:
			st.chat = append(st.chat, e.Message)
		case session.Audit:
			if !v.w.bugs.forgetAudit {
				st.audit++
			}
		}
	}
	st.outbox = slices.DeleteFunc(st.outbox, func(c session.Send) bool { return c.Seq <= next.AckedSeq })
	return true
}

// publish hands commands to the link.
func (v *server) publish(effects []session.Effect) {
	l := v.link
	if l == nil || v.store.s.Rival != nil {
		return
	}
	for _, e := range effects {
		if c, ok := e.(session.Send); ok && c.Seq == l.sent+1 {
			l.sent = c.Seq
			l.conn.down(frame{command: &c, ack: v.store.s.EventSeq})
		}
	}
}

// resend hands over what is in the outbox and was not sent on this link.
func (v *server) resend() {
	l := v.link
	if l == nil || v.store.s.Rival != nil {
		return
	}
	for _, c := range v.store.outbox {
		if c.Seq > l.sent {
			l.sent = c.Seq
			l.conn.down(frame{command: &c, ack: v.store.s.EventSeq})
		}
	}
}

// ticks arranges for the next deadline.
func (v *server) ticks() {
	at := v.store.s.NextDeadline()
	if at.IsZero() {
		return
	}
	epoch := v.epoch
	if v.w.bugs.forgetTimers && epoch > 1 {
		return
	}
	tick := func() {
		if v.up && v.epoch == epoch && v.store.s.NextDeadline().Equal(at) {
			_ = v.dispatch(session.Tick{}, nil)
		}
	}
	due := at.Add(-v.ahead)
	if v.w.rng.IntN(4) == 0 {
		v.w.at(due, tick) // too early, by nothing
	}
	late := time.Millisecond
	if v.w.rng.IntN(2) == 0 {
		late = v.w.between(time.Millisecond, 50*time.Millisecond)
	}
	v.w.at(due.Add(late), tick)
}

// crash kills the process: links and timers go, the store stays.
func (v *server) crash(when string) {
	w := v.w
	w.note("server crashes %s", when)
	if v.ready { // else the mark has not moved on since the last crash
		v.downAt = v.now()
		v.store.mark = v.startedAt.Add(v.now().Sub(v.startedAt).Truncate(markEvery))
	}
	v.up, v.ready = false, false
	v.epoch++
	if v.link != nil {
		v.link.conn.serverDied()
	}
	if v.held != nil {
		v.held.serverDied()
	}
	v.link, v.held = nil, nil
	if w.bugs.volatileStore {
		v.store.s = v.store.before
	}
	if w.bugs.volatileOutbox {
		v.store.outbox = nil
	}
	w.after(w.between(100*time.Millisecond, 4*time.Minute), v.start)
}

// start brings the server up: first the downtime is credited, and only then anybody is let in.
func (v *server) start() {
	w := v.w
	if v.up {
		return
	}
	v.up, v.startedAt = true, v.now()
	v.epoch++
	w.note("server starts")
	err := v.dispatch(session.ServerWasDown{From: v.store.mark, To: v.now()}, nil)
	if !v.up {
		return // crashed again, before the mark moved on
	}
	if err != nil {
		w.violated("setup", "credit: %v", err)
	}
	v.store.mark, v.ready = v.now(), true
	if !w.bugs.forgetTimers {
		v.ticks()
	}
	for _, p := range w.pcs {
		p.tryLater()
	}
}

// jump is a forward step of the wall clock, or a sleep: the hub treats it as downtime and sends everybody away.
func (v *server) jump(d time.Duration) {
	if !v.up {
		return
	}
	v.w.note("server's clock jumps by %s", d)
	from := v.now()
	if v.link != nil {
		v.link.conn.closeByServer()
	}
	if v.held != nil {
		v.held.closeByServer()
	}
	v.link, v.held = nil, nil
	v.ahead += d
	v.startedAt = v.startedAt.Add(d)
	v.downAt = from
	_ = v.dispatch(session.ServerWasDown{From: from, To: v.now()}, nil)
	if v.up {
		v.ticks()
	}
}

// ended turns away whoever waits, and gives the agent time to say goodbye.
func (v *server) ended() {
	if v.held != nil {
		v.held.down(frame{refused: refusalOf(&session.Refusal{Code: session.RefusedEnded})})
		v.held = nil
	}
	if l := v.link; l != nil {
		v.w.after(30*time.Second, func() {
			if v.link == l {
				l.conn.closeByServer()
				v.lost(l.conn, v.now())
			}
		})
	}
}

// choose is the technician settling which of two PCs it is.
func (v *server) choose() {
	if v.up && v.store.s.Rival != nil {
		keep := session.KeepCurrent
		if v.w.rng.IntN(2) == 0 || v.link == nil {
			keep = session.KeepRival
		}
		v.chooseOne(keep)
	}
}

func (v *server) chooseOne(keep session.RivalChoice) {
	w := v.w
	if l := v.link; l != nil && w.chance(0.5) {
		w.after(0, func() { l.conn.fail(false) }) // before it can hear of it
	}
	if err := v.dispatch(session.ChooseRival{By: technician, Keep: keep}, nil); err != nil || !v.up {
		return
	}
	w.note("chosen: %s", keep)
	held := v.held
	v.held = nil
	switch {
	case held == nil:
	case keep == session.KeepRival:
		v.admit(held, v.heldAsk)
		return
	default:
		held.down(frame{refused: refusalOf(&session.Refusal{Code: session.RefusedSuperseded})})
	}
	v.resend()
}
