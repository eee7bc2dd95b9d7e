package crash

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/server"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store"
)

// storyWithin is how long a story may take, with a process killed and started again on the way.
const storyWithin = 60 * time.Second

const (
	technicianLine = "Good morning, I am going to restart your PC."
	customerLine   = "Please do, I have saved everything."
)

// result is what a story came to.
type result struct {
	places  []place
	reached bool // the place to die at
	retries int  // restarts that came to nothing and were asked for again
	clicks  int  // on Yes, about the restart
	took    time.Duration
}

// play plays the whole story in a world that is prepared.
func (w *world) play() (result, error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), storyWithin)
	defer cancel()
	stop := w.keepServer()
	defer stop()
	c := &customer{w: w, line: customerLine}
	path, retries, err := w.tell(ctx, c)
	places := w.recorder.end()
	w.pc.Close()
	stop()
	res := result{places: places, reached: w.recorder.hasKilled(), retries: retries, took: time.Since(began)}
	for id, n := range c.clicks {
		if strings.HasPrefix(id, "reboot/") {
			res.clicks += n
		}
	}
	if err != nil {
		return res, err
	}
	return res, w.check(session.ID(path[strings.LastIndex(path, "/")+1:]), retries)
}

// tell is the technician's story; the customer joins in as soon as they have the code.
func (w *world) tell(ctx context.Context, c *customer) (path string, retries int, err error) {
	p := w.technician()
	if path, err = p.begin(ctx); err != nil {
		return "", 0, err
	}
	g := p.open(ctx, path)
	v, err := g.until(ctx, "the connect code", func(v view) bool { return v.code() != "" })
	if err != nil {
		return path, 0, err
	}
	c.code = v.code()
	var beside sync.WaitGroup
	defer beside.Wait()
	attending, leave := context.WithCancel(ctx)
	defer leave()
	beside.Go(func() { c.attend(attending) })
	if _, err := g.until(ctx, "the PC", func(v view) bool { return v.phase() == "connected" }); err != nil {
		return path, 0, err
	}
	if err := g.say(ctx, technicianLine); err != nil {
		return path, 0, err
	}
	if _, err := g.until(ctx, "the customer's line", func(v view) bool { return v.says(customerLine) > 0 }); err != nil {
		return path, 0, err
	}
	if retries, err = g.reboot(ctx); err != nil {
		return path, retries, err
	}
	w.over.Store(true)
	if err := g.end(ctx); err != nil {
		return path, retries, err
	}
	return path, retries, w.untilTidy(ctx)
}

// insist posts a form until it is done. When the answer is lost, a fresh page tells whether it was.
func (g *page) insist(ctx context.Context, action string, form url.Values, isDone func(view) bool) error {
	for {
		_, err := g.p.post(ctx, g.path+action, form)
		if err == nil || !errors.Is(err, errAway) {
			return err
		}
		text, err := g.p.get(ctx, g.path)
		for errors.Is(err, errAway) && ctx.Err() == nil {
			await(ctx, retryEvery)
			text, err = g.p.get(ctx, g.path)
		}
		if err != nil || isDone(view(text)) {
			return err
		}
	}
}

func (g *page) say(ctx context.Context, line string) error {
	err := g.insist(ctx, "/chat", url.Values{"text": {line}}, func(v view) bool { return v.says(line) > 0 })
	if err != nil {
		return fmt.Errorf("say something: %w", err)
	}
	return nil
}

// What the ledger on the page says.
const (
	saysRequested   = "Restart requested"
	saysDidNotCome  = "The reboot did not happen"
	saysResumed     = "Session resumed"
	rebootOutOfHand = 2 // restarts that come to nothing before the technician gives up
)

// reboot asks for a restart and waits until the session is resumed. One that came to nothing, since the agent died between
// noting the order and carrying it out, is asked for again: it must never be carried out twice.
func (g *page) reboot(ctx context.Context) (retries int, err error) {
	for {
		if err := g.order(ctx, retries); err != nil {
			return retries, fmt.Errorf("ask for a restart: %w", err)
		}
		v, err := g.until(ctx, "the outcome of the restart", func(v view) bool {
			return v.tells(saysResumed) > 0 || v.tells(saysDidNotCome) > retries
		})
		if err != nil || v.tells(saysResumed) > 0 {
			return retries, err
		}
		if retries++; retries > rebootOutOfHand {
			return retries, fmt.Errorf("the restart came to nothing %d times", retries)
		}
	}
}

// order asks for a restart when the PC is there; it may be gone again by then, which is said and no harm.
func (g *page) order(ctx context.Context, before int) error {
	for {
		if _, err := g.until(ctx, "the PC", func(v view) bool { return v.phase() == "connected" }); err != nil {
			return err
		}
		err := g.insist(ctx, "/reboot", url.Values{"kind": {string(session.KindNormal)}},
			func(v view) bool { return v.tells(saysRequested) > before })
		if !errors.Is(err, errRefused) {
			return err
		}
		await(ctx, retryEvery)
	}
}

func (g *page) end(ctx context.Context) error {
	ended := func(v view) bool { return v.phase() == "ended" }
	if err := g.insist(ctx, "/end", nil, ended); err != nil {
		return fmt.Errorf("end the session: %w", err)
	}
	_, err := g.until(ctx, "the end", ended)
	return err
}

var ledgerLine = regexp.MustCompile(`(?s)<li data-tone="[a-z]*" id="line-\d+">.*?</li>`)

// tells counts the lines of the ledger that say something.
func (v view) tells(text string) int {
	n := 0
	for _, line := range ledgerLine.FindAllString(string(v), -1) {
		n += min(view(line).says(text), 1)
	}
	return n
}

// untilTidy waits until the agent is gone and has left nothing behind.
func (w *world) untilTidy(ctx context.Context) error {
	for {
		snap, changed := w.pc.Snapshot()
		if snap.Power == sim.Desktop && !snap.Running && !snap.Autostart && !w.hasDocument() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the agent did not tidy up: running %t, registered %t, document %t, notice %+v",
				snap.Running, snap.Autostart, w.hasDocument(), snap.Notice)
		}
	}
}

// check looks at what is left: nothing lost, nothing done twice.
func (w *world) check(id session.ID, retries int) error {
	errs := []error{}
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, c := range w.complaints() {
		fail("%s", c)
	}
	if n := w.pc.Restarts(); n != 1 {
		fail("Windows was told to restart %d times", n)
	}
	if snap, _ := w.pc.Snapshot(); !strings.HasSuffix(snap.BootID, "-boot-2") {
		fail("the PC is in %s, not in its second boot", snap.BootID)
	}
	ctx := context.Background()
	st, err := store.Open(ctx, filepath.Join(w.data, server.DatabaseFile), store.Options{})
	if err != nil {
		return err
	}
	defer st.Close()
	s, err := st.Session(ctx, id)
	if err != nil {
		return err
	}
	switch r := s.Reboot; {
	case s.State != session.StateEnded || s.EndReason != session.EndByTechnician:
		fail("the session is %s (%s)", s.State, s.EndReason)
	case r == nil || r.Outcome != session.OutcomeResumed || r.Adopted || r.Consent.Source != session.SourceCustomer:
		fail("the reboot is not a consented one that was resumed: %+v", r)
	case s.Reboots != 1+retries:
		fail("%d reboots, of which %d came to nothing", s.Reboots, retries)
	}
	lines, err := st.Chat(ctx, id)
	if err != nil {
		return err
	}
	heard := map[string]int{}
	for _, l := range lines {
		heard[l.Text]++
	}
	if len(lines) != 2 || heard[technicianLine] != 1 || heard[customerLine] != 1 {
		fail("the conversation has lines lost or doubled: %+v", heard)
	}
	chain, err := st.VerifyAudit(ctx)
	if err != nil || chain.BrokenAt != 0 {
		fail("the audit log's chain is broken: %+v, %v", chain, err)
	}
	if open, err := st.CountOpen(ctx); err != nil || open != 0 {
		fail("%d other sessions are open, %v", open, err)
	}
	return errors.Join(errs...)
}
