package agent

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/internal/wire"
)

// errRogue says that the server is not the one that the session began with.
var errRogue = errors.New("the server has another key than the one this session began with")

// refusedError is the server's no.
type refusedError struct{ wire.Refused }

func (e *refusedError) Error() string { return "refused by the server: " + string(e.Code) }

// attempt is one try to get a link: from dialling to the server's welcome. It runs in a goroutine of its own, on a
// snapshot of the document, and tells the engine what came of it.
type attempt struct {
	// Of the engine:
	cancel  context.CancelFunc
	started time.Time
	held    bool // the server has a second PC with this key and waits for the technician

	hooks     Hooks
	client    *http.Client
	server    string
	key       ed25519.PrivateKey
	code      string // join; empty: rejoin
	serverKey []byte // pinned; empty when joining
	session   string
	gen       int64
	applied   int64
	bootID    string
	instance  string
	version   string
	describe  func() machine.Description
	onHold    func()

	conn    *websocket.Conn
	desc    machine.Description
	welcome *wire.Welcome
}

// run connects and waits for the welcome. After an error there is no connection.
func (a *attempt) run(ctx context.Context) (err error) {
	desc := make(chan machine.Description, 1)
	go func() { desc <- a.describe() }()
	hctx, cancel := context.WithTimeout(ctx, attemptWithin)
	defer cancel()
	a.conn, err = open(hctx, a.client, a.server)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", a.server, err)
	}
	defer func() {
		if err != nil {
			a.sayTrouble(err)
			go a.conn.CloseNow() // may wait for its goroutines
		}
	}()
	nonce := make([]byte, wire.NonceSize)
	rand.Read(nonce) // never fails (crypto/rand)
	purpose := wire.PurposeRejoin
	if a.code != "" {
		purpose = wire.PurposeJoin
	}
	if err := a.write(hctx, wire.Hello{Purpose: purpose, Nonce: nonce, Version: cut(a.version, wire.MaxName)}); err != nil {
		return err
	}
	c, err := a.challenged(hctx, nonce)
	if err != nil {
		return err
	}
	select {
	case a.desc = <-desc:
	case <-hctx.Done():
		return hctx.Err()
	}
	if err := a.write(hctx, a.claim(c, nonce)); err != nil {
		return err
	}
	return a.await(ctx, hctx)
}

// challenged reads the server's challenge and checks that it comes from the server we know.
func (a *attempt) challenged(ctx context.Context, nonce []byte) (*wire.Challenge, error) {
	m, _, err := readMessage(ctx, a.conn)
	if err != nil {
		return nil, err
	}
	switch m := m.(type) {
	case *wire.Challenge:
		if !wire.VerifyChallenge(m.ServerKey, m.Nonce, nonce, m.Proof) {
			return nil, &wire.Error{Type: m.Type(), Code: wire.ErrInvalid, Err: errors.New("signature")}
		}
		if len(a.serverKey) > 0 && !bytes.Equal(a.serverKey, m.ServerKey) {
			return nil, errRogue
		}
		a.serverKey = bytes.Clone(m.ServerKey)
		return m, nil
	case *wire.Refused:
		return nil, a.believe(m, len(a.serverKey) == 0)
	}
	return nil, &wire.Error{Type: m.Type(), Code: wire.ErrUnexpected}
}

// believe turns a refusal into an error. One that ends the session is taken only from a server that has proved its key.
func (a *attempt) believe(m *wire.Refused, proved bool) error {
	if m.Code.Final() && !proved {
		return &wire.Error{Type: m.Type(), Code: wire.ErrUnexpected}
	}
	return &refusedError{*m}
}

// claim is the join or rejoin with its proof.
func (a *attempt) claim(c *wire.Challenge, nonce []byte) wire.Message {
	claim := wire.Claim{
		ServerNonce: c.Nonce, AgentNonce: nonce, BootID: a.bootID, Instance: a.instance, ServerKey: c.ServerKey,
	}
	if a.code != "" {
		claim.Purpose, claim.Code = wire.PurposeJoin, a.code
		return wire.Join{
			Code: a.code, PublicKey: a.key.Public().(ed25519.PublicKey), BootID: a.bootID, Instance: a.instance,
			SignedIn: a.desc.SignedIn, PC: pcMessage(a.desc), Proof: claim.Sign(a.key),
		}
	}
	claim.Purpose, claim.Session, claim.Generation = wire.PurposeRejoin, a.session, a.gen
	return wire.Rejoin{
		Session: a.session, Generation: a.gen, BootID: a.bootID, Instance: a.instance, SignedIn: a.desc.SignedIn,
		Acked: a.applied, PC: pcMessage(a.desc), Proof: claim.Sign(a.key),
	}
}

// await reads until the server lets us in or turns us away. While it holds us, only silence ends the waiting.
func (a *attempt) await(ctx, hctx context.Context) error {
	read := func() (wire.Message, wire.Envelope, error) { return readMessage(hctx, a.conn) }
	held := false
	for {
		m, _, err := read()
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case *wire.Welcome:
			if err := a.check(m); err != nil {
				return &wire.Error{Type: m.Type(), Code: wire.ErrInvalid, Err: err}
			}
			a.welcome = m
			return nil
		case *wire.Refused:
			return a.believe(m, true)
		case *wire.Hold:
			if held {
				continue
			}
			held = true
			a.onHold()
			defer a.startBeating()()
			read = func() (wire.Message, wire.Envelope, error) {
				rctx, cancel := context.WithTimeout(ctx, wire.SilentAfter)
				defer cancel()
				return readMessage(rctx, a.conn)
			}
		case *wire.Beat:
			if err := a.write(ctx, wire.BeatOK{}); err != nil {
				return err
			}
		case *wire.BeatOK:
		default:
			return &wire.Error{Type: m.Type(), Code: wire.ErrUnexpected}
		}
	}
}

// startBeating shows the server that a held agent is still there, and makes it answer, until stop is called. A write is
// never cancelled: that would close the connection.
func (a *attempt) startBeating() (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		beat := time.NewTicker(wire.HeartbeatEvery)
		defer beat.Stop()
		for {
			select {
			case <-quit:
				return
			case <-beat.C:
				ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
				err := a.write(ctx, wire.Beat{})
				cancel()
				if err != nil {
					return // the reader finds out
				}
			}
		}
	}()
	return func() {
		close(quit)
		<-ended
	}
}

// check looks at what a server may not change, or claim.
func (a *attempt) check(w *wire.Welcome) error {
	switch {
	case !validID(w.Session):
		return errors.New("session")
	case a.code == "" && w.Session != a.session:
		return errors.New("another session")
	case w.Generation <= a.gen: // also those below 1
		return fmt.Errorf("generation %d after %d", w.Generation, a.gen)
	case w.Acked < 0:
		return errors.New("acked")
	case len(w.History) > wire.MaxHistory:
		return fmt.Errorf("%d lines of history", len(w.History))
	}
	return nil
}

func (a *attempt) write(ctx context.Context, m wire.Message) error {
	frame, err := wire.Encode(m, 0, 0)
	if err != nil {
		return err
	}
	a.hooks.BeforeSend(m.Type())
	if err := a.conn.Write(ctx, websocket.MessageText, frame); err != nil {
		return fmt.Errorf("send %s: %w", m.Type(), err)
	}
	a.hooks.AfterSend(m.Type())
	return nil
}

// sayTrouble names a frame that could not be taken before we hang up.
func (a *attempt) sayTrouble(err error) {
	var bad *wire.Error
	if !errors.As(err, &bad) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = a.write(ctx, wire.Trouble{Message: bad.Type, Code: bad.Code}) // we hang up either way
}

// pcMessage tells the server about the PC, within the wire's limits.
func pcMessage(d machine.Description) wire.PC {
	return wire.PC{
		Name: cleanName(d.Name), OS: cleanName(d.OS), Platform: cleanName(d.Platform), User: cleanName(d.User),
		Locale: cleanLine(d.Locale, 35), MachineID: cleanLine(d.MachineID, maxID), Service: d.Service,
		Reboot:   wire.Capability{Available: d.Reboot.Available, Why: cleanLine(d.Reboot.Why, maxID)},
		SafeMode: wire.Capability{Available: d.SafeMode.Available, Why: cleanLine(d.SafeMode.Why, maxID)},
	}
}
