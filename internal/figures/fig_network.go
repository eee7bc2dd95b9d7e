package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/coder/websocket"
	"github.com/rejoin/rejoin/internal/figures/gauge"
	"github.com/rejoin/rejoin/internal/wire"
)

const (
	closeRounds = 8 // of each run: connections closed
	idlePCs     = 8 // that fall silent while nothing happens
	busyPCs     = 4 // that fall silent while the technician writes to them
	backPCs     = 6 // of each kind of outage
	writeEvery  = 500 * time.Millisecond
	lookEvery   = 100 * time.Millisecond // at a page, for what the server knows
)

// outages are how long the network is away.
var outages = []time.Duration{5 * time.Second, time.Minute}

// longOutage is another one, if asked for.
const longOutage = 5 * time.Minute

// network is a server with PCs whose network fails in several ways, all at the same time: the part takes as long as the
// longest outage.
type network struct {
	server     *product
	technician *console
	roots      *x509.CertPool

	mu      sync.Mutex
	pcs     []*realPC
	results map[string][]time.Duration
}

// What is measured of each PC.
const (
	idleKnown = "idle, known" // the server's own state
	idleShown = "idle, shown" // on a page that was open before
	busyKnown = "busy, known"
	busyShown = "busy, shown"
)

// figureNetwork measures how soon the end of a connection is seen, told and untold, and how soon an agent is back when the
// network is.
func figureNetwork(ctx context.Context, b *bench) error {
	spans := outages
	if b.long {
		spans = append(spans[:len(spans):len(spans)], longOutage)
	}
	n := &network{results: make(map[string][]time.Duration)}
	var err error
	if n.server, err = b.newProduct(ctx, 1+idlePCs+busyPCs+2*backPCs*len(spans)); err != nil {
		return err
	}
	if err := n.server.serve(ctx); err != nil {
		return err
	}
	defer func() { n.server.kill() }()
	if n.roots, err = trust(n.server.cert); err != nil {
		return err
	}
	if n.technician, err = signIn(ctx, n.server.url, n.server.token, n.roots); err != nil {
		return err
	}
	if err := n.closeCleanly(ctx, b); err != nil {
		return err
	}
	defer n.stop()
	if err := n.breakDown(ctx, spans); err != nil {
		return fmt.Errorf("%w; %s", err, n.server.complaints())
	}
	n.report(b, spans)
	return nil
}

// closeCleanly measures the time from an agent's goodbye until the technician's page says so.
func (n *network) closeCleanly(ctx context.Context, b *bench) error {
	page, err := n.technician.live(ctx, sessionOf(0))
	if err != nil {
		return err
	}
	defer page.close()
	var took []float64
	p := newPeer(0, n.server.url, n.roots)
	for range closeRounds * b.runs {
		err := p.rejoin(ctx)
		if err == nil {
			err = page.until(inPhase("connected"))
		}
		if err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		pause(5 * commandPause) // the page's drawings of the connection are over
		began := time.Now()
		go p.connection().Close(websocket.StatusNormalClosure, "")
		if err := page.until(inPhase("away")); err != nil {
			return err
		}
		took = append(took, gauge.Millis(time.Since(began)))
	}
	b.report.Add(gauge.Figure{Name: "clean close → offline, on the page", Value: gauge.Median(took), Unit: "ms", Goal: gauge.AtMost(5),
		Note: fmt.Sprintf("p95 %s ms; committed and drawn", gauge.Short(gauge.Quantile(took, 0.95)))})
	return nil
}

// breakDown starts the PCs and breaks their networks.
func (n *network) breakDown(ctx context.Context, spans []time.Duration) error {
	g, ctx := errgroup.WithContext(ctx)
	next := 0
	each := func(count int, what func(context.Context, *realPC, *live) error) {
		for range count {
			next++
			i := next
			g.Go(func() error { return n.with(ctx, i, what) })
		}
	}
	each(idlePCs, func(ctx context.Context, pc *realPC, page *live) error {
		return n.silence(ctx, pc, page, idleKnown, idleShown)
	})
	each(busyPCs, func(ctx context.Context, pc *realPC, page *live) error {
		writing, done := context.WithCancel(ctx)
		defer done()
		go n.write(writing, pc)
		return n.silence(ctx, pc, page, busyKnown, busyShown)
	})
	for _, span := range spans {
		each(backPCs, func(ctx context.Context, pc *realPC, page *live) error {
			return n.outage(ctx, pc, page, backName("swallows", span), span, pc.Lose)
		})
		each(backPCs, func(ctx context.Context, pc *realPC, page *live) error {
			return n.outage(ctx, pc, page, backName("refuses", span), span, pc.refuse)
		})
	}
	return g.Wait()
}

func backName(how string, span time.Duration) string {
	return fmt.Sprintf("network that %s everything for %s → online", how, span)
}

// with starts the i-th PC, waits until it is online, lets its heartbeats get out of step with the others', and does
// something.
func (n *network) with(ctx context.Context, i int, what func(context.Context, *realPC, *live) error) error {
	page, err := n.technician.live(ctx, sessionOf(i))
	if err != nil {
		return err
	}
	defer page.close()
	defer context.AfterFunc(ctx, page.close)()
	pc, err := n.server.startPC(i, n.roots)
	if err != nil {
		return err
	}
	n.mu.Lock()
	n.pcs = append(n.pcs, pc)
	n.mu.Unlock()
	if err := page.until(inPhase("connected")); err != nil {
		return fmt.Errorf("PC %d: wait until it is online: %w", i, err)
	}
	pause(wire.HeartbeatEvery + time.Duration(i%10)*wire.HeartbeatEvery/10)
	if err := what(ctx, pc, page); err != nil {
		return fmt.Errorf("PC %d: %w", i, err)
	}
	return nil
}

// silence has the packets of a PC vanish for good.
func (n *network) silence(ctx context.Context, pc *realPC, page *live, known, shown string) error {
	pc.Lose(true)
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := page.until(inPhase("away")); err != nil {
			return err
		}
		n.note(shown, time.Since(began))
		return nil
	})
	g.Go(func() error {
		for {
			away, err := n.technician.shows(ctx, sessionOf(pc.n), inPhase("away"))
			if err != nil {
				return err
			}
			if away {
				n.note(known, time.Since(began))
				return nil
			}
			pause(lookEvery)
		}
	})
	return g.Wait()
}

// write has the technician write to a PC until ctx ends.
func (n *network) write(ctx context.Context, pc *realPC) {
	for i := 0; ctx.Err() == nil; i++ {
		if err := n.technician.say(ctx, sessionOf(pc.n), fmt.Sprintf("Line %d: are you still there?", i)); err != nil {
			return
		}
		pause(writeEvery)
	}
}

// outage takes a PC's network away for a while and waits, from its return, until the technician's page shows the PC as
// connected and a line that was said at that moment as arrived.
func (n *network) outage(ctx context.Context, pc *realPC, page *live, name string, span time.Duration, broken func(bool)) error {
	broken(true)
	pause(span)
	broken(false)
	began := time.Now()
	text := "The network is back."
	said := make(chan error, 1)
	go func() { said <- n.technician.say(ctx, sessionOf(pc.n), text) }()
	connected := inPhase("connected")
	err := page.until(func(page []byte) bool {
		return connected(page) && bytes.Contains(page, []byte(text)) && !bytes.Contains(page, []byte(`class="pending"`))
	})
	took := time.Since(began)
	if err := errors.Join(err, <-said); err != nil {
		return err
	}
	n.note(name, took)
	return nil
}

func (n *network) note(name string, took time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.results[name] = append(n.results[name], took)
}

func (n *network) stop() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, pc := range n.pcs {
		pc.Close()
	}
}

// report reports the longest of each kind: a median would hide whoever waits.
func (n *network) report(b *bench, spans []time.Duration) {
	longest := func(name string) float64 { return gauge.Quantile(n.results[name], 1).Seconds() }
	lag := func(known, shown string) float64 { return max(longest(shown)-longest(known), 0) }
	silent := func(when, known string, pcs int) gauge.Figure {
		return gauge.Figure{Name: "silent drop → offline, " + when, Value: longest(known), Unit: "s", Goal: gauge.AtMost(15),
			Note: fmt.Sprintf("the longest of %d; median %s s", pcs, gauge.Short(gauge.Median(n.results[known]).Seconds()))}
	}
	b.report.Add(
		silent("idle", idleKnown, idlePCs),
		silent("while commands are sent", busyKnown, busyPCs),
		gauge.Figure{Name: "offline → shown on an open page", Value: max(lag(idleKnown, idleShown), lag(busyKnown, busyShown)), Unit: "s",
			Goal: gauge.AtMost(5), Note: fmt.Sprintf("silence is shown after %s s at most; the state is looked at every %s",
				gauge.Short(max(longest(idleShown), longest(busyShown))), lookEvery)},
	)
	for _, span := range spans {
		for _, how := range []string{"swallows", "refuses"} {
			name := backName(how, span)
			b.report.Add(gauge.Figure{Name: name, Value: longest(name), Unit: "s", Goal: gauge.AtMost(1),
				Note: fmt.Sprintf("the longest of %d; median %s s; a command said at its return is acknowledged", backPCs,
					gauge.Short(gauge.Median(n.results[name]).Seconds()))})
		}
	}
}
