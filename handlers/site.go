package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/rejoin/rejoin/internal/hub"
)

// Config is what the edge needs to know about where it stands.
type Config struct {
	PublicURL            *url.URL       // scheme and host, as people reach the server
	Hosts                []string       // the names, with ports, under which requests are answered
	TrustedProxies       []netip.Prefix // whose forwarded headers count
	BehindProxy          bool           // everybody else is turned away
	MetricsToken         string         // opens /metrics; empty: there is none
	SessionIdle          time.Duration
	SessionLifetime      time.Duration
	MaxPending           int // agents that are connected and not let in yet, in all
	MaxPendingPerAddress int
}

// Parts are what the edge works with.
type Parts struct {
	Hub       *hub.Hub
	Store     Store
	Sessions  scs.Store // web sign-ins; it is given hashed tokens
	Passwords *Passwords
	Agent     Program // what customers download
	Demo      DemoPC  // nil: there is none
	Static    http.Handler
	Registry  *prometheus.Registry
	Log       *slog.Logger
}

// Site answers HTTP. It is safe for concurrent use.
type Site struct {
	Parts
	cfg      Config
	log      *slog.Logger
	hosts    map[string]bool
	sessions *scs.SessionManager
	limits   signInLimits
	presence presence
	pending  *pendingAgents
	metrics  siteMetrics
	stop     context.Context // ends when the server stops: streams end then
	handler  http.Handler
}

// New builds the site. When ctx ends, streams end and new ones are refused; the rest is http.Server.Shutdown's.
func New(ctx context.Context, cfg Config, parts Parts) *Site {
	s := &Site{
		Parts: parts, cfg: cfg, log: parts.Log, hosts: make(map[string]bool), stop: ctx,
		limits:  newSignInLimits(parts.Hub.Now),
		pending: newPendingAgents(cfg.MaxPending, cfg.MaxPendingPerAddress),
		metrics: newSiteMetrics(parts.Registry),
	}
	for _, h := range cfg.Hosts {
		s.hosts[strings.ToLower(h)] = true
	}
	s.sessions = newSessions(cfg, parts.Sessions, s.fail)
	s.handler = s.chain(s.router())
	return s
}

// ServeHTTP implements [http.Handler].
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// chain puts what every request passes before the router; see the package comment for the order.
func (s *Site) chain(next http.Handler) http.Handler {
	steps := []func(http.Handler) http.Handler{
		withExchange, s.withAccessLog, s.withPanicGuard, s.withHeaders, s.withClient, s.withHost, s.withPlainPath,
		s.withBodyLimit, s.withOrigin,
	}
	for i := len(steps) - 1; i >= 0; i-- {
		next = steps[i](next)
	}
	return next
}

// router mounts the routes. Whatever is not among them is a 404 or a 405 and nothing else.
func (s *Site) router() http.Handler {
	mux := chi.NewRouter()
	mux.NotFound(func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, errNoSuchPage) })
	methods := make(map[string][]string)
	for _, rt := range s.routes() {
		h := s.guard(rt)
		mux.Method(rt.method, rt.pattern, h)
		methods[rt.pattern] = append(methods[rt.pattern], rt.method)
		if rt.method == http.MethodGet && rt.access != agents {
			mux.Method(http.MethodHead, rt.pattern, h)
			methods[rt.pattern] = append(methods[rt.pattern], http.MethodHead)
		}
	}
	mux.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, errMethod(allowed(mux, methods, r.URL.Path)))
	})
	return mux
}

// allowed lists what may be done at a path, for the header Allow.
func allowed(mux *chi.Mux, methods map[string][]string, path string) []string {
	for _, m := range []string{http.MethodGet, http.MethodPost} {
		if pattern := mux.Find(chi.NewRouteContext(), m, path); pattern != "" {
			return methods[pattern]
		}
	}
	return nil
}

func errMethod(allow []string) error {
	return &problem{status: http.StatusMethodNotAllowed, what: "method not allowed", allow: allow}
}
