package agent

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/text"
	"github.com/rejoin/rejoin/internal/wire"
)

// overReason says why an engine's session is over. Those of the wire are spelled as there.
type overReason string

const (
	overByTechnician overReason = "by_technician"
	overByCustomer   overReason = "by_customer"
	overCancelled    overReason = "reconnect_cancelled"
	overExpired      overReason = "expired"
	overIdle         overReason = "idle"
	overEnded        overReason = "ended"
	overSuperseded   overReason = "superseded"
	overUnknown      overReason = "unknown"
	overUnreachable  overReason = "unreachable"
	overOutdated     overReason = "outdated" // the server needs another version, and there is no session yet
)

// result is what an engine's run came to; exactly one member is set.
type result struct {
	over  overReason // clean up and tell
	again *formError // joining failed: ask for the code again
	err   error      // stop; the session goes on with the next run
}

const (
	retrySave   = time.Second
	leaveWithin = 15 * time.Second // how long the end of a session may take to be told
	byeWithin   = time.Second      // and the last words before Windows ends
	probeWithin = 3 * time.Second  // after the network changed
)

// engine runs one session. Its loop owns everything below; see the package comment.
type engine struct {
	cfg      Config
	log      machine.Logger
	m        machine.Machine
	words    *text.Words
	doc      *document // as saved, but for what arrive changed
	bootID   string
	instance string
	client   *http.Client

	typed     bool // the server's address was typed by the customer, who may have mistyped it
	newCode   bool // the program was started with the code of another session
	switching bool // … and the customer wants that one
	restarted bool // this boot is another one than the session last saw
	welcomed  bool // in this run

	desc      machine.Description
	described bool

	link     *link
	trying   *attempt
	pace     pace
	backIn   time.Duration // from a server that is going away
	lostAt   time.Time     // for the customer
	trouble  text.Key      // why there is no link, if that is worth saying
	joinFail int
	saveErr  string // what Windows said last when saving failed

	history []chatItem
	later   []change // could not be saved yet
	asking  *asking
	view    machine.View
	ending  *ending
	result  *result

	viewers *viewers

	outcomes  chan outcome
	holds     chan *attempt
	inbox     chan inbound
	answers   chan answered
	restarts  chan restarted
	describes chan machine.Description
	refusals  chan wire.ViewerRefused
	looked    chan struct{} // a viewer came or went
	said      chan struct{} // last words are on their way
	quit      chan struct{} // closed when the loop has ended

	retry, beat, probe, watch, again, leave *time.Timer
	probedAt                                time.Time
}

// change is something to save, and what to do once it is saved.
type change struct {
	name  string
	apply func(*document)
	then  func()
	line  string // what the customer said, to be shown meanwhile
	at    time.Time
}

func newEngine(cfg Config, doc *document, bootID, instance string) *engine {
	e := &engine{
		cfg: cfg, log: cfg.Log, m: cfg.Machine, words: text.For(""), doc: doc.clone(), bootID: bootID, instance: instance,
		client: cfg.httpClient(), outcomes: make(chan outcome), holds: make(chan *attempt), inbox: make(chan inbound),
		answers: make(chan answered), restarts: make(chan restarted), describes: make(chan machine.Description),
		said: make(chan struct{}, 8), quit: make(chan struct{}), refusals: make(chan wire.ViewerRefused), looked: make(chan struct{}, 1),
	}
	e.viewers = newViewers(cfg.Machine.Screen(), cfg.Log, e.client, doc.Server)
	e.viewers.fail, e.viewers.tell = e.refuseViewer, e.sayLooked
	e.restarted = e.doc.arrive(bootID) && e.doc.Session != ""
	for _, t := range []**time.Timer{&e.retry, &e.beat, &e.probe, &e.watch, &e.again, &e.leave} {
		*t = time.NewTimer(time.Hour)
		(*t).Stop()
	}
	return e
}

// run is the engine's loop.
func (e *engine) run(ctx context.Context) result {
	defer e.stop()
	e.start(ctx)
	for e.result == nil {
		e.step(ctx)
		if e.result == nil {
			e.pumpPrompts(ctx)
			e.show()
		}
	}
	return *e.result
}

// start sets off the first attempt before anything else.
func (e *engine) start(ctx context.Context) {
	e.pace.lost = time.Now()
	e.try(ctx)
	go e.describe()
	go e.viewers.shareClipboard(e.quit)
	if e.doc.Session == "" {
		return
	}
	e.viewers.exclude(e.doc.Hidden)
	e.viewers.allow(e.guard(e.doc).permit())
	if e.doc.Leaving {
		e.leave.Reset(leaveWithin)
	}
	if e.doc.Going != nil || e.doc.Ticket != nil && !e.doc.Ticket.Commanded.IsZero() {
		e.watch.Reset(e.cfg.RestartPatience) // begun by the process before this one, in this boot
	}
	if err := e.m.Autostart().Set(); err != nil {
		e.log.Warn("could not register the start after the next sign-in", "err", err)
	}
	if e.newCode && !e.doc.Leaving {
		e.must("switch", func(d *document) { d.ask(openPrompt{Kind: promptSwitch, ID: "switch", By: d.Technician}) }, nil)
	}
}

// step waits for one thing to happen and deals with it.
func (e *engine) step(ctx context.Context) {
	select {
	case <-ctx.Done():
		e.result = &result{err: ctx.Err()}
	case o := <-e.outcomes:
		e.tried(ctx, o)
	case a := <-e.holds:
		a.held = true
	case in := <-e.inbox:
		e.received(ctx, in)
	case <-e.retry.C:
		e.try(ctx)
	case <-e.beat.C:
		e.sendBeat()
	case <-e.probe.C:
		e.probed()
	case <-e.watch.C:
		e.blocked(ctx)
	case <-e.again.C:
		e.saveLater()
	case <-e.leave.C:
		e.finish()
	case <-e.m.NetworkChanges():
		e.networkChanged(ctx)
	case act := <-e.m.UI().Actions():
		e.acted(ctx, act)
	case s := <-e.m.Shutdowns():
		e.shutdown(ctx, s)
	case a := <-e.answers:
		e.answered(ctx, a)
	case r := <-e.restarts:
		e.restartTried(ctx, r)
	case d := <-e.describes:
		e.describedAs(ctx, d)
	case <-e.said:
		e.maybeGone()
	case r := <-e.refusals:
		if e.link != nil {
			_ = e.link.send(r, 0, 0, nil) // a full queue ends the link anyway
		}
	case <-e.looked: // the banner says who looks
	}
}

func (e *engine) stop() {
	close(e.quit)
	if e.trying != nil {
		e.trying.cancel()
	}
	if e.asking != nil {
		e.asking.cancel()
	}
	if e.link != nil {
		e.link.close()
	}
	e.viewers.stop()
	for _, t := range []*time.Timer{e.retry, e.beat, e.probe, e.watch, e.again, e.leave} {
		t.Stop()
	}
	e.client.CloseIdleConnections()
}

func (e *engine) guard(d *document) guard { return d.guard(e.bootID) }

// save makes a change durable. Until it returns nil nothing has changed.
func (e *engine) save(name string, apply func(*document)) error {
	next := e.doc.clone()
	apply(next)
	data, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("agent: save %s: %w", name, err)
	}
	e.cfg.Hooks.BeforeSave(name)
	if err := e.m.Sealed().Save(documentName, data); err != nil {
		e.trouble, e.saveErr = text.StatusDisk, cleanLine(err.Error(), maxDetail)
		return fmt.Errorf("agent: save %s: %w", name, err)
	}
	e.doc = next
	e.viewers.allow(e.guard(next).permit())
	e.cfg.Hooks.AfterSave(name)
	return nil
}

// must saves a change that can't be asked for again, such as what the customer did: if it can't be saved now, it is kept
// and tried until it can. Changes stay in order. then runs after it is saved.
func (e *engine) must(name string, apply func(*document), then func()) {
	e.put(change{name: name, apply: apply, then: then})
}

func (e *engine) put(c change) {
	e.later = append(e.later, c)
	if len(e.later) == 1 {
		e.saveLater()
	}
}

func (e *engine) saveLater() {
	for len(e.later) > 0 {
		c := e.later[0]
		if err := e.save(c.name, c.apply); err != nil {
			e.log.Error("could not save; trying again", "err", err)
			e.again.Reset(retrySave)
			return
		}
		e.later = e.later[1:]
		if c.then != nil {
			c.then()
		}
	}
	if e.trouble == text.StatusDisk {
		e.trouble = ""
	}
	e.later = nil
	e.flush()
}

// describe asks the machine what it is, which may take a moment, and falls back on nothing.
func (e *engine) describe() {
	d := describe(e.m, e.log)
	select {
	case e.describes <- d:
	case <-e.quit:
	}
}

func describe(m machine.Machine, log machine.Logger) machine.Description {
	d, err := m.Describe()
	if err != nil {
		log.Warn("the PC does not describe itself", "err", err)
		d = machine.Description{SignedIn: true}
	}
	return d
}

// describedAs takes a description; somebody who has signed in meanwhile is reported.
func (e *engine) describedAs(ctx context.Context, d machine.Description) {
	if e.described && e.welcomed && !e.desc.SignedIn && d.SignedIn {
		e.must("signed_in", e.emits(wire.SignedIn{BootID: e.bootID}), nil)
	}
	e.desc, e.described = d, true
	e.words = text.For(d.Locale)
}

// emits makes a change that only sends an event.
func (e *engine) emits(ev wire.Message) func(*document) {
	return func(d *document) { d.emit(ev, time.Now()) }
}

// refuseViewer tells the server why a viewer gets no picture.
func (e *engine) refuseViewer(viewer string, code wire.ViewerError) {
	go func() { // the loop itself may be asking
		select {
		case e.refusals <- wire.ViewerRefused{Viewer: viewer, Code: code}:
		case <-e.quit:
		}
	}()
}

func (e *engine) sayLooked() {
	select {
	case e.looked <- struct{}{}:
	default:
	}
}
