package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"github.com/rejoin/rejoin/handlers"
	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/static"
	"github.com/rejoin/rejoin/store"
	"github.com/rejoin/rejoin/web"
)

// The time limits of ordinary requests. Streams and downloads lift them for themselves.
const (
	headWithin    = 10 * time.Second // a connection's handshake, and then each request's head
	requestWithin = 30 * time.Second
	answerWithin  = 60 * time.Second
	idleFor       = 90 * time.Second
	maxHead       = 16 << 10
)

// Server is a server that is about to run, or runs. Make it with [Open].
type Server struct {
	plan     plan
	log      *slog.Logger
	out      io.Writer
	store    *store.Store
	hub      *hub.Hub
	site     *handlers.Site
	listener net.Listener
	registry *prometheus.Registry
	demo     *demoPC
	stop     context.CancelFunc // of streams and pending agents
}

// Open checks the configuration, opens the data folder and listens, so that whatever can be wrong is known before anything
// runs. What people should read (addresses, one-time links) goes to out, what operators should read to log. Errors of
// type *[ConfigError] are the administrator's to mend.
func Open(ctx context.Context, cfg Config, out io.Writer, log *slog.Logger) (*Server, error) {
	p, err := cfg.check()
	if err != nil {
		return nil, err
	}
	s := &Server{plan: p, out: out, log: log, registry: prometheus.NewRegistry()}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// open takes what Close gives back.
func (s *Server) open(ctx context.Context) error {
	keys, err := LoadKeys(s.plan.Data, false)
	if err != nil {
		return err
	}
	hooks := s.plan.Hooks
	s.store, err = store.Open(ctx, filepath.Join(s.plan.Data, DatabaseFile),
		store.Options{BeforeCommit: hooks.BeforeCommit, AfterCommit: hooks.AfterCommit})
	if err != nil {
		return err
	}
	if s.listener, err = net.Listen("tcp", s.plan.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if err := s.plan.listening(s.listener.Addr()); err != nil {
		return err
	}
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s.hub, err = hub.New(s.store, hub.Options{
		Key: keys.Identity, CodeKey: keys.Code, Log: s.log, Metrics: s.registry,
		Hooks: hub.Hooks{BeforeSend: hooks.BeforeSend, AfterSend: hooks.AfterSend},
	})
	if err != nil {
		return err
	}
	return s.openSite(ctx)
}

func (s *Server) openSite(ctx context.Context) error {
	parts := handlers.Parts{
		Hub: s.hub, Store: s.store, Sessions: s.store.WebSessions(), Passwords: handlers.NewPasswords(2),
		Agent: newProgram(s.plan.AgentExe), Static: static.Handler(), Registry: s.registry, Log: s.log,
	}
	if s.plan.Demo {
		var err error
		if s.demo, err = newDemoPC(s.plan, s.log); err != nil {
			return fmt.Errorf("make the demo PC: %w", err)
		}
		parts.Demo = s.demo
	}
	stop, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = cancel
	s.site = handlers.New(stop, handlers.Config{
		PublicURL: s.plan.public, Hosts: s.plan.hosts(s.listener.Addr()), TrustedProxies: s.plan.proxies,
		BehindProxy: s.plan.transport == transportProxy, MetricsToken: s.plan.MetricsToken,
		SessionIdle: s.plan.SessionIdle, SessionLifetime: s.plan.SessionLifetime,
		MaxPending: s.plan.MaxPending, MaxPendingPerAddress: s.plan.MaxPendingPerIP,
	}, parts)
	return nil
}

// URL is where people reach the server.
func (s *Server) URL() string { return s.plan.public.String() }

// Addr is where it listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close gives back what Open took, for a server that is not run.
func (s *Server) Close() error {
	var errs []error
	if s.stop != nil {
		s.stop()
	}
	if s.listener != nil {
		if err := s.listener.Close(); err != nil && !isClosing(err) {
			errs = append(errs, err)
		}
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	return errors.Join(errs...)
}

// Run serves until ctx ends, and then stops in good order: no new requests, streams end, agents are told when to come
// back, what is under way is finished. A second stop signal is the caller's to handle.
func (s *Server) Run(ctx context.Context) error {
	defer s.Close()
	work, halt := context.WithCancel(context.WithoutCancel(ctx))
	defer halt()
	g, work := errgroup.WithContext(work)
	g.Go(func() error { return s.hub.Run(work) })
	g.Go(func() error { return s.keepChain(work) })
	if s.demo != nil {
		g.Go(func() error { return s.demo.Run(work) })
	}
	if err := s.greet(ctx); err != nil {
		halt()
		return errors.Join(err, g.Wait())
	}
	servers, err := s.start(work, g)
	if err != nil {
		halt()
		return errors.Join(err, g.Wait())
	}
	s.log.Info("serving", "listen", s.listener.Addr().String(), "url", s.URL(), "transport", string(s.plan.transport))
	select {
	case <-ctx.Done():
	case <-work.Done(): // something failed
	}
	stopErr := s.shutdown(servers)
	halt()
	return errors.Join(g.Wait(), stopErr)
}

// start begins to serve on all listeners, the main one last: what can fail, fails before anybody is answered.
func (s *Server) start(ctx context.Context, g *errgroup.Group) ([]*http.Server, error) {
	main := s.newHTTP(welcome(s.site))
	main.ConnContext = connContext
	servers := []*http.Server{main}
	if s.plan.MetricsListen != "" {
		ln, err := net.Listen("tcp", s.plan.MetricsListen)
		if err != nil {
			return nil, fmt.Errorf("listen for metrics: %w", err)
		}
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", handlers.MetricsHandler(s.registry))
		srv := s.newHTTP(mux)
		g.Go(func() error { return serving(srv.Serve(ln)) })
		servers = append(servers, srv)
	}
	door := newDoorway(s.listener, s.plan.MaxConnections)
	switch s.plan.transport {
	case transportLoopback, transportProxy:
		g.Go(func() error { return serving(main.Serve(door)) })
	case transportFiles:
		files, err := newCertFiles(s.plan.TLSCert, s.plan.TLSKey, s.log)
		if err != nil {
			return nil, err
		}
		main.TLSConfig = tlsConfig(files.GetCertificate, newTurnstile())
		g.Go(func() error { return serving(main.ServeTLS(door, "", "")) })
	case transportACME:
		redirect, err := s.startACME(ctx, g, main, door)
		if err != nil {
			return nil, err
		}
		servers = append(servers, redirect...)
	}
	return servers, nil
}

func (s *Server) startACME(ctx context.Context, g *errgroup.Group, main *http.Server, door net.Listener) ([]*http.Server, error) {
	m, err := newACME(s.plan)
	if err != nil {
		return nil, err
	}
	main.TLSConfig = tlsConfig(m.GetCertificate, newTurnstile(), m.TLSConfig().NextProtos...)
	var extra []*http.Server
	if s.plan.ACMEListen != "off" {
		ln, err := net.Listen("tcp", s.plan.ACMEListen)
		if err != nil {
			return nil, fmt.Errorf("listen for the certificate authority (--acme-listen): %w", err)
		}
		srv := s.newHTTP(acmeHTTP(m, s.URL()))
		g.Go(func() error { return serving(srv.Serve(ln)) })
		extra = append(extra, srv)
	}
	g.Go(func() error { return serving(main.ServeTLS(door, "", "")) })
	g.Go(func() error {
		if err := warmUp(ctx, m.GetCertificate, s.plan.ACMEDomains); err != nil && ctx.Err() == nil {
			s.log.Error("no certificate yet; it is tried again when somebody connects", "error", err)
		}
		return nil
	})
	return extra, nil
}

func (s *Server) newHTTP(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headWithin, ReadTimeout: requestWithin, WriteTimeout: answerWithin,
		IdleTimeout: idleFor, MaxHeaderBytes: maxHead,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // mostly other people's broken handshakes
	}
}

func serving(err error) error {
	if isClosing(err) {
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}

// shutdown stops in order, and within the configured time. Agents hear of it while the store still works; it is they who
// then wait, so they come first.
func (s *Server) shutdown(servers []*http.Server) error {
	s.log.Info("stopping", "agents_back_in", s.plan.BackIn)
	ctx, cancel := context.WithTimeout(context.Background(), s.plan.ShutdownWithin)
	defer cancel()
	s.stop() // streams end, new ones and new agents are refused
	var g errgroup.Group
	for _, srv := range servers {
		g.Go(func() error {
			if err := srv.Shutdown(ctx); err != nil {
				return errors.Join(fmt.Errorf("some requests were cut off: %w", err), srv.Close())
			}
			return nil
		})
	}
	hubErr := s.hub.Shutdown(ctx, s.plan.BackIn)
	return errors.Join(hubErr, g.Wait())
}

// greet notes the address for links made later on the command line, and prints what the first person needs.
func (s *Server) greet(ctx context.Context) error {
	if err := s.store.SetPublicURL(ctx, s.URL()); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Rejoin is at %s\n", s.URL())
	if s.plan.Demo {
		return s.greetDemo(ctx)
	}
	over, err := s.store.HasAdmin(ctx)
	if err != nil || over {
		return err
	}
	text, token := handlers.NewToken(account.PurposeSetup, "", s.hub.Now())
	if err := s.store.IssueToken(ctx, token, serverLine(s.hub.Now(), account.ActionLinkIssued)); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "There is no admin yet. Whoever opens this link first becomes one (it is good for %d hours, and a restart of the\n"+
		"server prints a new one):\n\n    %s\n\n", int(handlers.LinkValid.Hours()), web.SetupLink(s.URL(), text))
	return nil
}

// serverLine is an audit line of the server itself.
func serverLine(at time.Time, action session.Action, pairs ...string) session.AuditLine {
	line := session.AuditLine{At: at, Actor: session.Actor{Kind: session.ActorServer}, Action: action, Params: map[string]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		line.Params[pairs[i]] = pairs[i+1]
	}
	return line
}

// chainEvery is how often the audit log's hash chain is checked.
const chainEvery = time.Hour

// keepChain checks the audit log at the start and then every now and then, and says loudly when it was tampered with.
func (s *Server) keepChain(ctx context.Context) error {
	tick := time.NewTicker(chainEvery)
	defer tick.Stop()
	for {
		switch state, err := s.store.VerifyAudit(ctx); {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			s.log.Error("could not check the audit log", "error", err)
		case state.BrokenAt != 0:
			s.log.Error("the audit log was tampered with", "line", state.BrokenAt, "why", state.Why)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
