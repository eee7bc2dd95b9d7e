package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/rejoin/rejoin/internal/figures/gauge"
	"github.com/rejoin/rejoin/internal/server"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store"
	"github.com/rejoin/rejoin/web"
)

const (
	stormWithin = 120 // seconds, for all agents to be back
	connectPace = 700 // microseconds between two agents when they first connect
	stormLines  = 50  // sessions in which the technician says something while the agents are away
	idleSpan    = 20 * time.Second
	stormDrops  = 3
	bareDrops   = 2 // before the product's turn, and as many after it
)

// figureStorm drops all agents at once and measures how long it takes until the last is back, each with a durable
// transition; the same agents do the same with the bare server before and after. Between, it weighs the idle agents.
func figureStorm(ctx context.Context, b *bench) error {
	bare, err := bareStorm(b)
	if err != nil {
		return err
	}
	s, err := newStorm(ctx, b)
	if err != nil {
		return err
	}
	if err := s.measure(ctx); err != nil {
		return err
	}
	more, err := bareStorm(b)
	if err != nil {
		return err
	}
	bare = append(bare, more...)
	b.report.Add(gauge.Figure{
		Name: fmt.Sprintf("%d agents dropped at once: all back", b.agents), Value: gauge.Median(s.drops), Unit: "s",
		Base: gauge.Median(bare), BaseName: "bare TLS+WS+challenge+SQLite", Goal: gauge.RatioAtMost(2),
		Note: fmt.Sprintf("each rejoin a durable transition; half of them within %s s; %d attempts failed", gauge.Short(gauge.Median(s.halves)), s.failures),
	})
	b.report.Add(s.weights...)
	b.report.Add(
		gauge.Figure{Name: "lost in the storm (sessions, commands, links)", Value: float64(s.lost), Unit: "", Goal: gauge.AtMost(0), Note: s.complaints},
		gauge.Figure{Name: "console page while they come back, p95", Value: gauge.Millis(gauge.Quantile(s.pages, 0.95)), Unit: "ms", Goal: gauge.AtMost(200),
			Note: fmt.Sprintf("%d pages, median %s ms", len(s.pages), gauge.Short(gauge.Millis(gauge.Median(s.pages))))},
		gauge.Figure{Name: "customer's page over a new connection meanwhile, p95", Value: gauge.Millis(gauge.Quantile(s.visits, 0.95)), Unit: "ms",
			Note: fmt.Sprintf("%d visits, median %s ms", len(s.visits), gauge.Short(gauge.Millis(gauge.Median(s.visits))))},
	)
	return nil
}

// bareStorm drops the agents of a bare server and returns the seconds until all were back.
func bareStorm(b *bench) ([]float64, error) {
	dir, err := b.dir("bare")
	if err != nil {
		return nil, err
	}
	cert, key, err := b.certificate()
	if err != nil {
		return nil, err
	}
	srv, err := spawn("bare-server", "-cert", cert, "-key", key, "-db", filepath.Join(dir, "bare.db"), "-rows", fmt.Sprint(b.agents))
	if err != nil {
		return nil, err
	}
	defer srv.kill()
	f, err := connectFleet(b, "https://"+srv.ready.Address, cert, b.agents)
	if err != nil {
		return nil, err
	}
	defer f.kill()
	var took []float64
	for range bareDrops {
		s, err := f.order(order{Do: "drop", Within: stormWithin})
		if err != nil {
			return nil, fmt.Errorf("bare storm: %w", err)
		}
		took = append(took, s.Last.Seconds())
	}
	return took, nil
}

// connectFleet starts a process with n agents and connects them one after the other.
func connectFleet(b *bench, url, cert string, n int) (*child, error) {
	f, err := spawn("fleet")
	if err != nil {
		return nil, err
	}
	_, err = f.order(order{Do: "connect", Agents: n, Cert: cert, Server: url, Every: connectPace, Within: stormWithin})
	if err != nil {
		f.kill()
		return nil, fmt.Errorf("connect the agents: %w", err)
	}
	return f, nil
}

// order has a fleet do something and returns its state.
func (c *child) order(o order) (state, error) {
	var s state
	if err := c.call(o, &s); err != nil {
		return s, err
	}
	if s.Err != "" {
		return s, fmt.Errorf("%s: %s; %d of %d attempts failed: %v", o.Do, s.Err, s.Failures, s.Attempts, s.Trouble)
	}
	return s, nil
}

// storm is the product's part.
type storm struct {
	b          *bench
	server     *product
	fleet      *child
	technician *console
	roots      *x509.CertPool
	said       int

	drops, halves []float64
	failures      int
	pages, visits []time.Duration
	weights       []gauge.Figure
	lost          int
	complaints    string
}

func newStorm(ctx context.Context, b *bench) (*storm, error) {
	s := &storm{b: b}
	var err error
	if s.server, err = b.newProduct(ctx, b.agents); err != nil {
		return nil, err
	}
	if err := s.server.serve(ctx); err != nil {
		return nil, err
	}
	if s.roots, err = trust(s.server.cert); err != nil {
		return nil, err
	}
	s.technician, err = signIn(ctx, s.server.url, s.server.token, s.roots)
	return s, err
}

func (s *storm) measure(ctx context.Context) error {
	defer s.server.kill()
	pause(2 * time.Second)
	empty, err := s.server.rss()
	if err != nil {
		return err
	}
	if s.fleet, err = connectFleet(s.b, s.server.url, s.server.cert, s.b.agents); err != nil {
		return err
	}
	defer s.fleet.kill()
	pause(idleSpan)
	if err := s.weigh("memory per idle agent, TLS", empty, gauge.AtMost(25)); err != nil {
		return err
	}
	for range stormDrops {
		if err := s.drop(ctx); err != nil {
			return err
		}
	}
	pause(idleSpan)
	if err := s.weigh("the same after the storms", empty, gauge.Goal{}); err != nil {
		return err
	}
	return s.count(ctx)
}

// weigh notes the server's memory for each agent.
func (s *storm) weigh(name string, empty float64, g gauge.Goal) error {
	full, err := s.server.rss()
	if err != nil {
		return err
	}
	s.weights = append(s.weights, gauge.Figure{
		Name: name, Value: (full - empty) / float64(s.b.agents) / 1000, Unit: "kB", Goal: g,
		Note: fmt.Sprintf("resident %s MB with %d agents, %s MB without", gauge.Short(full/1e6), s.b.agents, gauge.Short(empty/1e6)),
	})
	return nil
}

// drop drops all agents. Meanwhile the technician turns pages and writes to some of the customers, and customers arrive.
func (s *storm) drop(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	errs := make(chan error, 3)
	for _, work := range []func(context.Context) error{s.turnPages, s.visit, s.talk} {
		wg.Go(func() {
			if err := work(ctx); err != nil && ctx.Err() == nil {
				errs <- err
			}
		})
	}
	st, err := s.fleet.order(order{Do: "drop", Within: stormWithin})
	cancel()
	wg.Wait()
	if err != nil {
		return fmt.Errorf("storm: %w; %s", err, s.server.complaints())
	}
	s.drops, s.halves = append(s.drops, st.Last.Seconds()), append(s.halves, st.Median.Seconds())
	s.failures += st.Failures
	select {
	case err := <-errs:
		return fmt.Errorf("during the storm: %w", err)
	default:
		return nil
	}
}

func (s *storm) turnPages(ctx context.Context) error {
	for {
		took, err := s.technician.page(ctx, web.PathSessions)
		if err != nil {
			return err
		}
		s.pages = append(s.pages, took)
		pause(20 * time.Millisecond)
	}
}

// visit opens the customer's page, each time over a new connection.
func (s *storm) visit(ctx context.Context) error {
	c := &console{base: s.server.url, client: &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: s.roots}, // as a browser
	}}}
	for {
		took, err := c.page(ctx, web.PathHome)
		if err != nil {
			return err
		}
		s.visits = append(s.visits, took)
		pause(100 * time.Millisecond)
	}
}

func (s *storm) talk(ctx context.Context) error {
	for i := range stormLines {
		err := s.technician.say(context.WithoutCancel(ctx), sessionOf(i*s.b.agents/stormLines), "We are back in a moment.")
		if err != nil {
			return err
		}
		s.said++
	}
	return nil
}

// count looks for what is missing: sessions that are not active and online, and lines that agents were not given exactly
// once (agents break off when a number is missing).
func (s *storm) count(ctx context.Context) error {
	st, err := s.fleet.order(order{Do: "status"})
	if err != nil {
		return err
	}
	s.lost = abs(s.said-st.Commands) + (s.b.agents - st.Online)
	s.complaints = s.server.complaints()
	s.server.kill()
	db, err := store.Open(ctx, filepath.Join(s.server.data, server.DatabaseFile), store.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	for i := range s.b.agents {
		one, err := db.Session(ctx, sessionOf(i))
		if err != nil {
			return err
		}
		if one.State != session.StateActive || !one.Link.Online {
			s.lost++
		}
	}
	return nil
}

func abs(n int) int { return max(n, -n) }
