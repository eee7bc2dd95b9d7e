package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/figures/gauge"
	"github.com/rejoin/rejoin/internal/session"
)

const (
	commandRounds = 30                    // of each run, which has a session of its own
	commandPause  = 50 * time.Millisecond // a technician is not faster than that
)

// figureCommand measures a command's round trip: the technician's form is posted, committed and sent to the agent, whose
// acknowledgement is committed and shown on the technician's open page. The bare one: a request, one commit, a frame to the
// agent, one back, the answer.
func figureCommand(ctx context.Context, b *bench) error {
	bare, err := newBareTrip(ctx, b)
	if err != nil {
		return err
	}
	defer bare.close()
	real, err := newTrip(ctx, b)
	if err != nil {
		return err
	}
	defer real.close()
	var base, trips, told []time.Duration
	for run := range b.runs {
		if err := real.enter(ctx, run); err != nil {
			return err
		}
		for i := range commandRounds {
			pause(commandPause)
			took, err := bare.round(ctx)
			if err != nil {
				return fmt.Errorf("bare round trip: %w", err)
			}
			base = append(base, took)
			pause(commandPause)
			acked, shown, err := real.round(ctx, i)
			if err != nil {
				return fmt.Errorf("round trip: %w; %s", err, real.server.complaints())
			}
			trips, told = append(trips, shown), append(told, acked)
		}
		real.leave()
	}
	b.report.Add(
		gauge.Figure{
			Name: "command: technician → agent → technician's page", Value: gauge.Millis(gauge.Median(trips)), Unit: "ms",
			Base: gauge.Millis(gauge.Median(base)), BaseName: "two-hop echo + one commit", Goal: gauge.RatioAtMost(1.5),
			Note: fmt.Sprintf("p95 %s ms, bare p95 %s ms; two commits and two drawings of the page are in it",
				gauge.Short(gauge.Millis(gauge.Quantile(trips, 0.95))), gauge.Short(gauge.Millis(gauge.Quantile(base, 0.95)))),
		},
		gauge.Figure{
			Name: "command: technician → agent", Value: gauge.Millis(gauge.Median(told)), Unit: "ms", Base: gauge.Millis(gauge.Median(base)),
			BaseName: "two-hop echo + one commit", Note: fmt.Sprintf("p95 %s ms", gauge.Short(gauge.Millis(gauge.Quantile(told, 0.95)))),
		},
	)
	return nil
}

// bareTrip is a bare server with one agent and a client.
type bareTrip struct {
	server *child
	agent  *peer
	client *http.Client
}

func newBareTrip(ctx context.Context, b *bench) (*bareTrip, error) {
	dir, err := b.dir("bare")
	if err != nil {
		return nil, err
	}
	cert, key, err := b.certificate()
	if err != nil {
		return nil, err
	}
	roots, err := trust(cert)
	if err != nil {
		return nil, err
	}
	t := &bareTrip{client: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}}
	if t.server, err = spawn("bare-server", "-cert", cert, "-key", key, "-db", filepath.Join(dir, "bare.db"), "-rows", "1"); err != nil {
		return nil, err
	}
	t.agent, _, err = attachPeer(ctx, 0, "https://"+t.server.ready.Address, roots)
	return t, err
}

func (t *bareTrip) round(ctx context.Context) (time.Duration, error) {
	c := &console{client: t.client, base: "https://" + t.server.ready.Address}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/command/0", strings.NewReader("Please save your work."))
	if err != nil {
		return 0, err
	}
	return c.do(req)
}

func (t *bareTrip) close() {
	t.agent.close()
	t.server.kill()
}

// trip is the product's server and a technician, and in turn sessions with an agent each.
type trip struct {
	server     *product
	roots      *x509.CertPool
	technician *console
	session    session.ID
	agent      *peer
	applied    <-chan time.Time
	page       *live
}

func newTrip(ctx context.Context, b *bench) (*trip, error) {
	t := &trip{}
	var err error
	if t.server, err = b.newProduct(ctx, b.runs); err != nil {
		return nil, err
	}
	if err := t.server.serve(ctx); err != nil {
		return nil, err
	}
	if t.roots, err = trust(t.server.cert); err != nil {
		return nil, err
	}
	t.technician, err = signIn(ctx, t.server.url, t.server.token, t.roots)
	return t, err
}

// enter connects the n-th session's agent and opens its page.
func (t *trip) enter(ctx context.Context, n int) error {
	t.session = sessionOf(n)
	var err error
	if t.agent, t.applied, err = attachPeer(ctx, n, t.server.url, t.roots); err != nil {
		return err
	}
	if t.page, err = t.technician.live(ctx, t.session); err != nil {
		return err
	}
	return t.page.until(func(page []byte) bool { return bytes.Contains(page, []byte(`data-phase=`)) })
}

func (t *trip) leave() {
	t.page.close()
	t.agent.close()
}

// round posts a line and waits until the page shows it without the mark of one that has not arrived.
func (t *trip) round(ctx context.Context, i int) (acked, shown time.Duration, err error) {
	text := fmt.Sprintf("Line %d: please save your work.", i)
	began := time.Now()
	posted := make(chan error, 1)
	go func() { posted <- t.technician.say(ctx, t.session, text) }()
	err = t.page.until(func(page []byte) bool {
		return bytes.Contains(page, []byte(text)) && !bytes.Contains(page, []byte(`class="pending"`))
	})
	shown = time.Since(began)
	if err != nil {
		return 0, 0, err
	}
	acked = (<-t.applied).Sub(began)
	return acked, shown, <-posted
}

func (t *trip) close() { t.server.kill() }

// attachPeer connects the n-th session's agent, which acknowledges every command and tells when each came.
func attachPeer(ctx context.Context, n int, url string, roots *x509.CertPool) (*peer, <-chan time.Time, error) {
	p := newPeer(n, url, roots)
	if err := p.rejoin(ctx); err != nil {
		return nil, nil, err
	}
	go p.beat(ctx)
	applied := make(chan time.Time, 1024)
	go func() {
		for {
			if _, err := p.next(ctx); err != nil {
				return
			}
			select {
			case applied <- time.Now():
			default: // nobody wants to know
			}
		}
	}()
	return p, applied, nil
}
