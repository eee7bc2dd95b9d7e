package agent

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/text"
)

const keySize = ed25519.SeedSize

// Run is one process of the agent: it goes on with the session this PC is in, or joins one, and returns when that is
// over and cleaned up (nil, also when the customer closed the code window), when ctx ends (its error; the session goes on
// with the next Run), when Windows ends ([ErrGoingDown]) or when the agent can't work on this PC. It tells the customer
// itself; the error is for the log and the exit code.
func Run(ctx context.Context, cfg Config) error {
	cfg = cfg.withDefaults()
	if cfg.Machine == nil {
		return errors.New("agent: no machine")
	}
	r := &runner{cfg: cfg, m: cfg.Machine, server: cfg.Server, code: cfg.Code}
	release, err := cfg.Machine.Alone()
	if errors.Is(err, machine.ErrNotAlone) {
		r.tell(ctx, text.RunningHeading, text.RunningBody)
		return ErrAlreadyRunning
	}
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	defer release()
	defer cfg.Machine.UI().Close()
	return r.run(ctx)
}

// runner goes from session to session: mostly there is one.
type runner struct {
	cfg    Config
	m      machine.Machine
	bootID string

	server, code string // for the next session: configured, or as typed
	typed        bool   // the server's address was typed
	words        *text.Words
}

// formError is why the code is asked for again.
type formError struct {
	key     text.Key
	seconds int
	detail  string
}

func (r *runner) run(ctx context.Context) error {
	var err error
	if r.bootID, err = r.m.BootID(); err != nil {
		r.tell(ctx, text.UnusableHeading, text.UnusableBootID, "detail", cleanLine(err.Error(), maxDetail))
		return fmt.Errorf("agent: boot ID: %w", err)
	}
	instance := make([]byte, 16)
	rand.Read(instance) // never fails (crypto/rand)
	doc, err := r.load(ctx)
	if err == errOver {
		return nil
	}
	if err != nil {
		return err
	}
	var why *formError
	for {
		if doc == nil {
			if doc, err = r.begin(ctx, why); doc == nil {
				return err
			}
		}
		e := newEngine(r.cfg, doc, r.bootID, hex.EncodeToString(instance))
		e.typed, e.newCode = r.typed, r.isNew(doc)
		res := e.run(ctx)
		if res.err != nil {
			return res.err
		}
		err := r.cleanUp()
		why = res.again
		if res.over != "" && !(e.newCode && (e.switching || !e.welcomed)) {
			r.m.UI().Close()
			r.words = e.words
			r.bid(ctx, res.over, e.doc)
			return err
		}
		doc = nil
	}
}

// isNew tells whether the program was started with the code of another session than the one it is in.
func (r *runner) isNew(doc *document) bool {
	code, ok := parseCode(r.code)
	return ok && doc.Session != "" && !bytes.Equal(codeHash(code), doc.CodeHash)
}

// errOver says that what an earlier process left behind was a session that is over.
var errOver = errors.New("agent: the session is over")

// bid says why a session is over.
func (r *runner) bid(ctx context.Context, over overReason, doc *document) {
	if heading, body := farewell(over); heading != "" {
		r.tell(ctx, heading, body, "technician", doc.technician(), "server", serverName(doc.Server))
	}
}

// load reads what an earlier process left behind; nil if there is nothing to go on with.
func (r *runner) load(ctx context.Context) (*document, error) {
	data, err := r.m.Sealed().Load(documentName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var doc *document
	if err == nil {
		doc, err = parseDocument(data)
	}
	code, hasCode := parseCode(r.code)
	switch {
	case errors.Is(err, errVersion):
		r.tell(ctx, text.UnusableHeading, text.UnusableNewerState)
		return nil, err
	case err != nil && hasCode:
		r.cfg.Log.Error("the saved session is lost; beginning a new one", "err", err)
		return nil, nil
	case err != nil:
		r.tell(ctx, text.UnusableHeading, text.UnusableState, "detail", cleanLine(err.Error(), maxDetail))
		return nil, err
	case doc.Over != "": // the process before this one was ended while it cleaned up
		err := r.cleanUp()
		if hasCode && !bytes.Equal(codeHash(code), doc.CodeHash) {
			return nil, err
		}
		r.bid(ctx, doc.Over, doc)
		if err != nil {
			return nil, err
		}
		return nil, errOver
	case doc.Session == "" && hasCode && !bytes.Equal(codeHash(code), doc.CodeHash):
		return nil, nil // it had not joined, and now there is another code
	}
	return doc, nil
}

// begin gets code and server, from the customer if need be, and notes the new key before it is used. Without a document
// and an error the customer has closed the window.
func (r *runner) begin(ctx context.Context, why *formError) (*document, error) {
	for {
		code, codeOK := parseCode(r.code)
		server, err := parseServer(r.server)
		switch {
		case why != nil:
		case !codeOK && r.code != "":
			why = &formError{key: text.CodeMalformed}
		case err != nil && r.server != "":
			why = addressError(err)
		}
		if why != nil || !codeOK || err != nil {
			if ok, err := r.ask(ctx, why, err != nil || r.typed); !ok {
				return nil, err
			}
			why = nil
			if _, ok := parseCode(r.code); !ok {
				why = &formError{key: text.CodeMalformed}
			} else if _, err := parseServer(r.server); err != nil {
				why = addressError(err)
			}
			continue
		}
		doc := &document{
			Version: documentVersion, Server: server, Key: newKey(), Code: code, CodeHash: codeHash(code), BootID: r.bootID,
		}
		if err := r.store(doc); err != nil {
			r.cfg.Log.Error("could not save", "err", err)
			why = &formError{key: text.CodeNotSaved, detail: cleanLine(err.Error(), maxDetail)}
			continue
		}
		return doc, nil
	}
}

func addressError(err error) *formError {
	if errors.Is(err, errInsecure) {
		return &formError{key: text.ServerInsecure}
	}
	return &formError{key: text.ServerMalformed}
}

func newKey() []byte {
	seed := make([]byte, keySize)
	rand.Read(seed) // never fails (crypto/rand)
	return seed
}

func (r *runner) store(doc *document) error {
	data, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	r.cfg.Hooks.BeforeSave("join")
	if err := r.m.Sealed().Save(documentName, data); err != nil {
		return err
	}
	r.cfg.Hooks.AfterSave("join")
	return nil
}

// ask shows the code window with what was typed before. Its answers are checked by the caller.
func (r *runner) ask(ctx context.Context, why *formError, withServer bool) (bool, error) {
	w := r.speak()
	form := machine.CodeForm{
		Title: w.Say(text.TitleEarly), Heading: w.Say(text.CodeHeading), Body: w.Say(text.CodeBody),
		CodeLabel: w.Say(text.CodeLabel), Server: r.server, Code: r.code, OK: w.Say(text.CodeOK), Cancel: w.Say(text.CodeCancel),
	}
	if withServer {
		form.ServerLabel = w.Say(text.ServerLabel)
	}
	if why != nil {
		form.Error = w.Say(why.key, "server", serverName(r.server), "seconds", strconv.Itoa(why.seconds), "detail", why.detail)
	}
	var code, server string
	var ok bool
	err := r.attend(ctx, func(ctx context.Context) { code, server, ok = r.m.UI().AskCode(ctx, form) })
	if err != nil || !ok {
		return false, err
	}
	r.code = cleanLine(code, 40)
	if withServer {
		r.server, r.typed = cleanLine(server, 255), true
	}
	return true, nil
}

// cleanUp removes what the agent keeps on this PC. The registration goes first: without a session it would open the code
// window at the next sign-in.
func (r *runner) cleanUp() error {
	if err := r.m.Autostart().Clear(); err != nil {
		r.cfg.Log.Error("could not remove the start registration", "err", err)
	}
	if err := r.m.Sealed().Remove(documentName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("agent: remove the saved session: %w", err)
	}
	return nil
}

// speak returns the words in the customer's language.
func (r *runner) speak() *text.Words {
	if r.words == nil {
		r.words = text.For(describe(r.m, r.cfg.Log).Locale)
	}
	return r.words
}

func (r *runner) tell(ctx context.Context, heading, body text.Key, values ...string) {
	w := r.speak()
	n := machine.Notice{
		Title: w.Say(text.TitleEarly), Heading: w.Say(heading), Body: w.Say(body, values...), OK: w.Say(text.OK),
	}
	_ = r.attend(ctx, func(ctx context.Context) { r.m.UI().Tell(ctx, n) }) // there is nothing else left to do
}

// attend waits for a window of its own, outside any session, and lets Windows end meanwhile.
func (r *runner) attend(ctx context.Context, show func(context.Context)) error {
	wctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		show(wctx)
	}()
	for {
		select {
		case <-done:
			return ctx.Err()
		case s := <-r.m.Shutdowns():
			s.Done()
			if s.Step == machine.ShutdownEnding {
				cancel()
				<-done
				return ErrGoingDown
			}
		}
	}
}
