package agent

import (
	"context"
	"errors"
	"time"

	"github.com/rejoin/rejoin/internal/wire"
)

// flush queues every saved event that the link has not been given yet.
func (e *engine) flush() {
	l := e.link
	if l == nil {
		return
	}
	for _, ev := range e.doc.Outbox {
		if ev.Seq <= l.sent {
			continue
		}
		frame, err := wire.EncodeRaw(ev.Type, ev.Body, ev.Seq, e.doc.Applied)
		if err == nil {
			err = l.push(outFrame{name: ev.Type, data: frame, then: e.sayDone})
		}
		if err != nil {
			e.hangUp(err)
			return
		}
		l.sent, l.acked = ev.Seq, e.doc.Applied
	}
}

// sayDone tells the loop that something was written; it matters only for the last words.
func (e *engine) sayDone() {
	select {
	case e.said <- struct{}{}:
	default:
	}
}

// sendAck acknowledges what is applied, in a frame of its own.
func (e *engine) sendAck(then func()) {
	e.link.acked = e.doc.Applied
	if err := e.link.send(wire.Ack{}, 0, e.doc.Applied, then); err != nil {
		e.hangUp(err)
	}
}

func (e *engine) sendBeat() {
	if e.link == nil {
		return
	}
	e.beat.Reset(wire.HeartbeatEvery)
	if err := e.link.send(wire.Beat{}, 0, 0, nil); err != nil {
		e.hangUp(err)
	}
	if e.described && !e.desc.SignedIn {
		go e.describe()
	}
}

// hangUp gives the link up; its reader reports the end.
func (e *engine) hangUp(err error) {
	e.log.Warn("hanging up", "err", err)
	e.link.close()
}

// sayTrouble names a frame that could not be taken, and hangs up.
func (e *engine) sayTrouble(err error) {
	var bad *wire.Error
	if errors.As(err, &bad) {
		l := e.link
		l.spoilt = true
		if l.send(wire.Trouble{Message: bad.Type, Code: bad.Code}, 0, 0, l.close) == nil {
			e.log.Warn("the server broke the protocol", "err", err)
			time.AfterFunc(byeWithin, l.close)
			return
		}
	}
	e.hangUp(err)
}

// received takes a frame, or the end of the link.
func (e *engine) received(ctx context.Context, in inbound) {
	if in.link != e.link || in.link.spoilt && in.err == nil {
		return // of a link that was given up
	}
	var bad *wire.Error
	switch {
	case in.err == nil:
		if err := e.take(ctx, in); err != nil {
			e.sayTrouble(err)
		}
	case errors.As(in.err, &bad):
		e.sayTrouble(in.err)
		e.lost(in.err) // its reader has ended
	default:
		in.link.close()
		e.lost(in.err)
	}
}

// take handles a frame of the server.
func (e *engine) take(ctx context.Context, in inbound) error {
	if err := e.takeAck(in.env.Ack); err != nil {
		return err
	}
	switch m := in.m.(type) {
	case *wire.Beat:
		return e.link.send(wire.BeatOK{}, 0, 0, nil)
	case *wire.BeatOK, *wire.Ack:
		return nil
	case *wire.OpenViewer:
		e.viewers.begin(m)
		return nil
	case *wire.CloseViewer:
		e.viewers.end(m.Viewer)
		return nil
	case *wire.GoingAway:
		e.backIn = min(max(time.Duration(m.BackIn)*time.Millisecond, 100*time.Millisecond), slowest)
		return nil
	case *wire.Trouble:
		e.log.Warn("the server could not take a message", "message", cleanLine(m.Message, 40), "code", cleanLine(string(m.Code), 20))
		return nil
	}
	if !wire.IsCommand(in.m) {
		return &wire.Error{Type: in.env.Type, Code: wire.ErrUnexpected}
	}
	return e.takeCommand(ctx, in.m, in.env.Seq)
}

// takeAck drops what the server has.
func (e *engine) takeAck(acked int64) error {
	switch {
	case acked == 0 || len(e.doc.Outbox) == 0 && acked <= e.doc.Emitted:
		return nil
	case acked > e.link.sent:
		return &wire.Error{Type: "ack", Code: wire.ErrNumber, Err: errors.New("acknowledges what was not sent")}
	}
	for _, ev := range e.doc.Outbox {
		if ev.Seq <= acked {
			e.keepLine(ev)
		}
	}
	// Not saved on its own: what is sent again is ignored by the server, and the next change saves it anyway.
	e.doc.trim(acked)
	e.maybeGone()
	return nil
}

// takeCommand applies a command once, in order, and acknowledges it when its effects are on disk.
func (e *engine) takeCommand(ctx context.Context, m wire.Message, seq int64) error {
	switch {
	case seq <= e.doc.Applied:
		e.sendAck(nil) // the first one got lost
		return nil
	case seq != e.doc.Applied+1:
		return &wire.Error{Type: m.Type(), Code: wire.ErrNumber}
	case len(e.later) > 0 || len(e.doc.Outbox) > 2*maxOutbox:
		return errors.New("can't take a command now")
	}
	var then func()
	err := e.save(m.Type(), func(d *document) {
		d.Applied = seq
		then = e.apply(ctx, d, m)
	})
	if err != nil {
		return err // it will come again
	}
	e.flush()
	if e.link != nil && e.link.acked < seq {
		e.sendAck(e.sayDone)
	}
	if then != nil {
		then()
	}
	return nil
}
