package handlers

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/static"
	"github.com/rejoin/rejoin/store"
)

// rig is the real thing on a loopback port: router, hub, and a SQLite file.
type rig struct {
	t      testing.TB
	store  *store.Store
	hub    *hub.Hub
	site   *Site
	server *httptest.Server
	log    *logBuffer
	halt   context.CancelFunc // ends streams, as a server that stops does
	path   string             // of the database
}

type rigOption func(*rigSetup)

type rigSetup struct {
	cfg     Config
	tls     bool
	now     func() time.Time
	bare    bool // nobody has set it up
	guesses hub.Guesses
	program Program
	demo    DemoPC
	path    string
	wrap    func(http.Handler) http.Handler
}

const testPassword = "correct horse battery"

// testHash is testPassword's; hashing takes a while.
var testHash = sync.OnceValue(func() string {
	h, err := NewPasswords(1).Hash(context.Background(), testPassword)
	if err != nil {
		panic(err)
	}
	return h
})

func newRig(t *testing.T, opts ...rigOption) *rig {
	t.Helper()
	return newRigFor(t, opts...)
}

func newRigFor(t testing.TB, opts ...rigOption) *rig {
	t.Helper()
	setup := rigSetup{
		cfg: Config{
			SessionIdle: 2 * time.Hour, SessionLifetime: 12 * time.Hour, MaxPending: 100, MaxPendingPerAddress: 50,
		},
		path: filepath.Join(t.TempDir(), "rejoin.db"), program: testProgram("MZ the program"),
	}
	for _, o := range opts {
		o(&setup)
	}
	g := &rig{t: t, log: &logBuffer{}, path: setup.path}
	log := slog.New(slog.NewTextHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if g.store, err = store.Open(t.Context(), setup.path, store.Options{Now: setup.now}); err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	g.hub, err = hub.New(g.store, hub.Options{
		Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), CodeKey: make([]byte, 32), Log: log, Metrics: reg,
		Guesses: setup.guesses,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- g.hub.Run(ctx) }()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g.serve(setup, ln, reg, log)
	t.Cleanup(func() {
		g.halt()
		g.server.CloseClientConnections()
		g.server.Close()
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("hub: %v", err)
		}
		if err := g.store.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	if !setup.bare {
		g.addUser("ada", "Ada Admin", true)
		g.addUser("tom", "Tom Technician", false)
	}
	return g
}

func (g *rig) serve(setup rigSetup, ln net.Listener, reg *prometheus.Registry, log *slog.Logger) {
	scheme := "http"
	if setup.tls {
		scheme = "https"
	}
	cfg := setup.cfg
	if cfg.PublicURL == nil {
		cfg.PublicURL = &url.URL{Scheme: scheme, Host: ln.Addr().String()}
		cfg.Hosts = []string{ln.Addr().String()}
	}
	passwords := NewPasswords(2)
	stop, halt := context.WithCancel(context.Background())
	g.halt = halt
	g.site = New(stop, cfg, Parts{
		Hub: g.hub, Store: g.store, Sessions: g.store.WebSessions(), Passwords: passwords, Agent: setup.program,
		Demo: setup.demo, Static: static.Handler(), Registry: reg, Log: log,
	})
	var handler http.Handler = g.site
	if setup.wrap != nil {
		handler = setup.wrap(handler)
	}
	g.server = &httptest.Server{Listener: ln, Config: &http.Server{
		Handler: handler, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second,
	}}
	if setup.tls {
		g.server.StartTLS()
	} else {
		g.server.Start()
	}
}

func (g *rig) addUser(login, name string, admin bool) account.User {
	g.t.Helper()
	u := account.User{ID: "u-" + login, Login: login, Name: name, Admin: admin, PasswordHash: testHash(), CreatedAt: time.Now()}
	err := g.store.CreateUser(g.t.Context(), u, account.Token{}, auditLine(time.Now(), nobody, account.ActionUserCreated, "login", login))
	if err != nil {
		g.t.Fatal(err)
	}
	return u
}

func (g *rig) newSession() session.Session {
	g.t.Helper()
	s, err := g.hub.Create(g.t.Context(), hub.NewSession{
		By: session.Actor{Kind: session.ActorTechnician, ID: "u-tom", Name: "Tom Technician"}, Customer: "Hélène",
		Mode: session.ModeStandard, Policy: session.DefaultPolicy(), Company: "Weber IT",
	})
	if err != nil {
		g.t.Fatal(err)
	}
	return s
}

// browser is somebody's browser: it keeps cookies and sends an Origin with forms.
type browser struct {
	g      *rig
	client *http.Client
}

func (g *rig) browser() *browser {
	g.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		g.t.Fatal(err)
	}
	transport := g.server.Client().Transport.(*http.Transport).Clone()
	g.t.Cleanup(transport.CloseIdleConnections)
	return &browser{g: g, client: &http.Client{
		Jar: jar, Transport: transport, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// signedIn is a browser whose user has signed in.
func (g *rig) signedIn(login string) *browser {
	g.t.Helper()
	b := g.browser()
	if a := b.post("/sign-in", "login", login, "password", testPassword); a.status != http.StatusSeeOther {
		g.t.Fatalf("signing in as %s: %d %s", login, a.status, a.body)
	}
	return b
}

// answer is a whole answer.
type answer struct {
	status int
	header http.Header
	body   string
}

func (b *browser) request(method, path string, fields ...string) *http.Request {
	b.g.t.Helper()
	var body io.Reader
	if len(fields) > 0 {
		f := url.Values{}
		for i := 0; i+1 < len(fields); i += 2 {
			f.Add(fields[i], fields[i+1])
		}
		body = strings.NewReader(f.Encode())
	}
	req, err := http.NewRequestWithContext(b.g.t.Context(), method, b.g.server.URL+path, body)
	if err != nil {
		b.g.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Accept-Language", "en")
	if method != http.MethodGet && method != http.MethodHead {
		req.Header.Set("Origin", b.g.server.URL)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req
}

func (b *browser) do(req *http.Request) answer {
	b.g.t.Helper()
	res, err := b.client.Do(req)
	if err != nil {
		b.g.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.g.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(text)}
}

func (b *browser) get(path string) answer {
	b.g.t.Helper()
	return b.do(b.request(http.MethodGet, path))
}

func (b *browser) post(path string, fields ...string) answer {
	b.g.t.Helper()
	if len(fields) == 0 {
		fields = []string{"x", ""}
	}
	return b.do(b.request(http.MethodPost, path, fields...))
}

// logBuffer collects the log.
type logBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// testProgram is a program to download.
type testProgram string

func (p testProgram) Open() (io.ReadCloser, int64, error) {
	return io.NopCloser(strings.NewReader(string(p))), int64(len(p)), nil
}

func (p testProgram) Size() (int64, error) { return int64(len(p)), nil }

// eventually waits for something that comes about by itself.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(15 * time.Second); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain for: " + what)
		}
	}
}

func (a answer) String() string { return fmt.Sprintf("%d %.300s", a.status, a.body) }
