package hub

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"time"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
)

// probeWithin is how long the present link has to answer when another process proves its key.
const probeWithin = 1500 * time.Millisecond

// candidate is a connection that has not been let in yet.
type candidate struct {
	hub     *Hub
	conn    AgentConn
	address string
	version string
	nonces  [2][]byte // the server's, the agent's
}

// refusal is a reason not to let an agent in; it is told.
type refusal struct {
	code  wire.RefusalCode
	retry time.Duration
}

func (r *refusal) Error() string { return "hub: agent refused: " + string(r.code) }

// ServeAgent takes a fresh WebSocket of an agent, lets it in or turns it away, and serves it until it ends. address is the
// client's, for the audit log and the limits.
func (h *Hub) ServeAgent(ctx context.Context, conn AgentConn, address string) {
	if l := h.AdmitAgent(ctx, conn, address); l != nil {
		l()
	}
}

// AdmitAgent is ServeAgent in two halves, so that the caller can serve an idle agent from a goroutine with a small stack:
// it returns nil when the agent was turned away (and the connection closed), else what serves it until it ends.
func (h *Hub) AdmitAgent(ctx context.Context, conn AgentConn, address string) (serve func()) {
	c := &candidate{hub: h, conn: h.opts.Hooks.watch(conn), address: address}
	l, err := c.admit(ctx)
	if err == nil {
		return l.serve
	}
	var no *refusal
	var bad *wire.Error
	switch {
	case errors.As(err, &no):
		h.log.Info("turned an agent away", "address", address, "code", no.code)
		c.tell(ctx, wire.Refused{Code: no.code, RetryAfter: int(no.retry / time.Second)})
		conn.Close(closePolicy, string(no.code))
	case errors.As(err, &bad):
		h.log.Info("turned an agent away over a bad message", "address", address, "err", bad)
		c.tell(ctx, wire.Trouble{Message: bad.Type, Code: bad.Code})
		conn.Close(closePolicy, string(bad.Code))
	default:
		if ctx.Err() == nil && !isClosed(err) {
			h.log.Error("could not let an agent in", "address", address, "err", err)
			c.tell(ctx, wire.Refused{Code: wire.RefusedBusy, RetryAfter: 1})
		}
		conn.Close(closeTryLater, "try again")
	}
	return nil
}

// connError is an error of the connection itself: nobody is left to be told.
type connError struct{ err error }

func (e *connError) Error() string { return "hub: agent's connection: " + e.err.Error() }
func (e *connError) Unwrap() error { return e.err }

func isClosed(err error) bool {
	var ce *connError
	return errors.As(err, &ce)
}

func (c *candidate) admit(ctx context.Context) (*link, error) {
	if err := c.hub.waitReady(ctx); err != nil {
		return nil, err
	}
	hctx, cancel := context.WithTimeout(ctx, wire.HandshakeWithin)
	defer cancel()
	m, err := c.read(hctx)
	if err != nil {
		return nil, err
	}
	hello, ok := m.(*wire.Hello)
	if !ok {
		return nil, &wire.Error{Type: m.Type(), Code: wire.ErrUnexpected}
	}
	c.version = hello.Version
	if err := c.challenge(hctx, hello); err != nil {
		return nil, err
	}
	m, err = c.read(hctx)
	if err != nil {
		return nil, err
	}
	switch m := m.(type) {
	case *wire.Join:
		if hello.Purpose == wire.PurposeJoin {
			return c.join(ctx, m)
		}
	case *wire.Rejoin:
		if hello.Purpose == wire.PurposeRejoin {
			return c.rejoin(ctx, m)
		}
	}
	return nil, &wire.Error{Type: m.Type(), Code: wire.ErrUnexpected}
}

func (c *candidate) challenge(ctx context.Context, hello *wire.Hello) error {
	nonce := make([]byte, wire.NonceSize)
	rand.Read(nonce) // never fails (crypto/rand)
	c.nonces = [2][]byte{nonce, hello.Nonce}
	key := c.hub.opts.Key
	return c.write(ctx, wire.Challenge{
		Nonce: nonce, ServerKey: key.Public().(ed25519.PublicKey), Proof: wire.SignChallenge(key, nonce, hello.Nonce),
	})
}

func (c *candidate) claim(p wire.Purpose) wire.Claim {
	return wire.Claim{
		Purpose: p, ServerNonce: c.nonces[0], AgentNonce: c.nonces[1], ServerKey: c.hub.opts.Key.Public().(ed25519.PublicKey),
	}
}

// join lets a PC into the waiting session whose connect code it has. The same code with the same key again means that
// the first answer got lost.
func (c *candidate) join(ctx context.Context, m *wire.Join) (*link, error) {
	claim := c.claim(wire.PurposeJoin)
	claim.BootID, claim.Instance, claim.Code = m.BootID, m.Instance, m.Code
	if !claim.Verify(m.PublicKey, m.Proof) {
		return nil, &refusal{code: wire.RefusedProof}
	}
	record, err := c.hub.tryCode(ctx, m.Code, c.address)
	if err != nil {
		return nil, joinRefusal(err)
	}
	if !record.UsedAt.IsZero() {
		return c.joinAgain(ctx, m, record)
	}
	ev := session.Join{
		PC: pcOf(m.PC, c.version), PublicKey: m.PublicKey, BootID: m.BootID, Instance: m.Instance, SignedIn: m.SignedIn,
		Address: c.address,
	}
	l, err := c.enter(ctx, record.Session, m.Instance, ev, record.Hash, 0)
	if err != nil {
		return nil, joinRefusal(err)
	}
	return l, nil
}

func joinRefusal(err error) error {
	var no *session.Refusal
	switch {
	case errors.Is(err, ErrTooManyGuesses):
		return &refusal{code: wire.RefusedBusy, retry: time.Minute}
	case errors.Is(err, ErrCodeGone), errors.Is(err, ErrNotFound), errors.As(err, &no):
		return &refusal{code: wire.RefusedCode} // wrong, used and expired are not told apart
	}
	return err
}

func (c *candidate) joinAgain(ctx context.Context, m *wire.Join, record CodeRecord) (*link, error) {
	s, err := c.hub.store.Session(ctx, record.Session)
	if err != nil {
		return nil, joinRefusal(err)
	}
	if !bytes.Equal(s.PublicKey, m.PublicKey) || s.Link.Known != 0 {
		return nil, &refusal{code: wire.RefusedCode}
	}
	return c.readmit(ctx, record.Session, session.Rejoin{
		PC: pcOf(m.PC, c.version), BootID: m.BootID, Instance: m.Instance, SignedIn: m.SignedIn,
		Address: c.address,
	})
}

// rejoin lets the PC back in that has the session's key.
func (c *candidate) rejoin(ctx context.Context, m *wire.Rejoin) (*link, error) {
	id := session.ID(m.Session)
	s, err := c.hub.store.Session(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, &refusal{code: wire.RefusedUnknown}
	}
	if err != nil {
		return nil, err
	}
	claim := c.claim(wire.PurposeRejoin)
	claim.Session, claim.Generation, claim.BootID, claim.Instance = m.Session, m.Generation, m.BootID, m.Instance
	if !claim.Verify(s.PublicKey, m.Proof) {
		return nil, &refusal{code: wire.RefusedProof}
	}
	ev := session.Rejoin{
		PC: pcOf(m.PC, c.version), Generation: m.Generation, BootID: m.BootID, Instance: m.Instance, SignedIn: m.SignedIn,
		AckedSeq: m.Acked, Address: c.address,
	}
	// A copy that is out of date is turned away before anybody is bothered with it.
	if _, _, err := session.Apply(s, ev, c.hub.Now()); err != nil && !errors.Is(err, session.ErrOverdue) {
		return nil, rejoinRefusal(err)
	}
	if old := c.hub.links.get(id); old != nil && old.instance != m.Instance && old.answers(ctx, probeWithin) {
		if err := c.wait(ctx, id, ev); err != nil {
			return nil, err
		}
	}
	return c.readmit(ctx, id, ev)
}

func (c *candidate) readmit(ctx context.Context, id session.ID, ev session.Rejoin) (*link, error) {
	l, err := c.enter(ctx, id, ev.Instance, ev, nil, ev.AckedSeq)
	if err != nil {
		return nil, rejoinRefusal(err)
	}
	return l, nil
}

func rejoinRefusal(err error) error {
	var no *session.Refusal
	if !errors.As(err, &no) {
		return err
	}
	switch no.Code {
	case session.RefusedEnded:
		if no.Why == string(session.EndExpired) {
			return &refusal{code: wire.RefusedExpired}
		}
		return &refusal{code: wire.RefusedEnded}
	case session.RefusedSuperseded:
		return &refusal{code: wire.RefusedSuperseded}
	case session.RefusedNotJoined:
		return &refusal{code: wire.RefusedUnknown}
	}
	return &refusal{code: wire.RefusedInvalid}
}

// enter lets the PC in: the event is committed, with the code that is used up by it, and the connection is the session's link
// before anybody else hears of it.
func (c *candidate) enter(ctx context.Context, id session.ID, instance string, ev session.Event, code []byte, acked int64) (*link, error) {
	l := &link{hub: c.hub, conn: c.conn, session: id, instance: instance, gone: make(chan struct{})}
	// Nobody adds a line while the session's turn lasts, so they can be read while the transition is written.
	var history <-chan []session.ChatMessage
	_, err := c.hub.dispatch(ctx, id, ev,
		func(t *Transition) {
			t.RedeemCode = code
			history = c.conversation(id)
		},
		func(s session.Session) {
			if history == nil { // there was nothing to write
				history = c.conversation(id)
			}
			c.register(l, s, acked, <-history)
		})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// conversation reads the last lines for the welcome. There are none if that fails: they must not keep an agent out.
func (c *candidate) conversation(id session.ID) <-chan []session.ChatMessage {
	out := make(chan []session.ChatMessage, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
		defer cancel()
		history, err := c.hub.store.LastChat(ctx, id, wire.MaxHistory)
		if err != nil {
			c.hub.log.Error("could not load the conversation for an agent", "session", id, "err", err)
		}
		out <- history
	}()
	return out
}

// register makes l the session's link, with the welcome as its first frame and then whatever the agent has not applied.
// It runs while the session's turn lasts, so that no command can be committed in between.
func (c *candidate) register(l *link, s session.Session, acked int64, history []session.ChatMessage) {
	l.admitted, l.ack, l.sent, l.reload, l.held = s.Link.Generation, s.EventSeq, acked, true, s.Rival != nil
	l.heard.Store(c.hub.Now().UnixMicro())
	l.control = append(l.control, welcomeFrame(s, history))
	if old := c.hub.links.add(l); old != nil {
		old.hangUp(closeNormal, "replaced")
	}
	l.mu.Lock()
	l.kick()
	l.mu.Unlock()
}

// welcomeFrame is the welcome, with as much of the conversation as fits.
func welcomeFrame(s session.Session, history []session.ChatMessage) []byte {
	for {
		frame, err := wire.Encode(wire.Welcome{
			Session: string(s.ID), Generation: s.Link.Generation, Acked: s.EventSeq, Technician: s.Technician.Name,
			Company: s.Company, Phone: s.Mode == session.ModePhone, Policy: policyMessage(s.Policy), History: historyOf(history),
		}, 0, 0)
		if err == nil {
			return frame
		}
		history = history[(len(history)+1)/2:]
	}
}

func (c *candidate) read(ctx context.Context) (wire.Message, error) {
	frame, err := c.conn.Read(ctx)
	if err != nil {
		return nil, &connError{err}
	}
	m, _, err := wire.Decode(frame)
	var bad *wire.Error
	if errors.As(err, &bad) && bad.Code == wire.ErrVersion {
		return nil, &refusal{code: wire.RefusedVersion}
	}
	return m, err
}

func (c *candidate) write(ctx context.Context, m wire.Message) error {
	frame, err := wire.Encode(m, 0, 0)
	if err != nil {
		return err
	}
	if err := c.conn.Write(ctx, frame); err != nil {
		return &connError{err}
	}
	return nil
}

// tell sends a last word to somebody who is not let in.
func (c *candidate) tell(ctx context.Context, m wire.Message) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_ = c.write(ctx, m) // who is gone need not be told
}
