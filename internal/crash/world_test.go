package crash

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/server"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store"
)

// template is what every story starts from: a data folder with a technician, and the cookie of their browser.
type template struct {
	program string // child, built
	data    string
	cookie  *http.Cookie
}

func newTemplate(t *testing.T) *template {
	t.Helper()
	dir := t.TempDir()
	tpl := &template{program: filepath.Join(dir, "child"), data: filepath.Join(dir, "data")}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", tpl.program, "./child")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the child: %v\n%s", err, out)
	}
	token := tpl.addTechnician(t)
	w := newWorld(t, tpl, newRecorder(nil))
	w.data = tpl.data // not a copy: this is the original
	stop := w.keepServer()
	tpl.cookie = w.technician().signIn(t, token)
	stop()
	return tpl
}

func (tpl *template) addTechnician(t *testing.T) (token string) {
	t.Helper()
	if _, err := server.LoadKeys(tpl.data, false); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), filepath.Join(tpl.data, server.DatabaseFile), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	now := time.Now().UTC()
	token = strings.ToLower(rand.Text())
	hash := sha256.Sum256([]byte(token))
	err = st.CreateUser(t.Context(), account.User{ID: "u1", Login: "jonas", Name: "Jonas Weber", Admin: true, CreatedAt: now},
		account.Token{Hash: hash[:], Purpose: account.PurposeSignIn, User: "u1", ExpiresAt: now.Add(time.Hour)},
		session.AuditLine{At: now, Actor: session.Actor{Kind: session.ActorServer}, Action: account.ActionUserCreated})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// world is one story's: a server, a PC, and what happens to them.
type world struct {
	t        *testing.T
	tpl      *template
	recorder *recorder
	dir      string
	data     string // the server's
	sealed   string // the agent's
	listen   string
	url      string
	pc       *sim.PC
	starts   chan string // connect codes of the agents that the customer starts by hand
	logs     *syncBuffer
	agents   atomic.Int64 // processes of the agent so far
	over     atomic.Bool  // the technician has ended the session

	mu     sync.Mutex
	broken []string // what must not happen
}

func newWorld(t *testing.T, tpl *template, r *recorder) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "rejoin-crash-") // the name of a socket in it must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	listen := freeAddress(t)
	w := &world{
		t: t, tpl: tpl, recorder: r, dir: dir, data: filepath.Join(dir, "data"), sealed: filepath.Join(dir, "pc"), listen: listen,
		url: "http://" + listen, starts: make(chan string, 1), logs: &syncBuffer{},
	}
	if err := os.Mkdir(w.sealed, 0o700); err != nil {
		t.Fatal(err)
	}
	return w
}

// freeAddress is one below the ports that outgoing connections get: the server comes back to it after each kill.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20000+mrand.IntN(12000)))
		if err == nil {
			defer ln.Close()
			return ln.Addr().String()
		}
	}
	t.Fatal("no free port")
	return ""
}

// prepare copies the template's data and switches the PC on.
func (w *world) prepare() {
	w.t.Helper()
	if err := os.CopyFS(w.data, os.DirFS(w.tpl.data)); err != nil {
		w.t.Fatal(err)
	}
	pc, err := sim.New(sim.Options{
		Agent: w.runAgent, SignsIn: true,
		Timing: sim.Timing{
			Ask: 10 * time.Millisecond, GoDown: 10 * time.Millisecond, Off: 30 * time.Millisecond, Boot: 30 * time.Millisecond,
			SignIn: 10 * time.Millisecond,
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.pc = pc
	w.t.Cleanup(pc.Close)
}

// keepServer runs the server, and starts it again whenever it dies, until stop is called.
func (w *world) keepServer() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ctx.Err() == nil; i++ {
			w.runServer(ctx, i)
		}
	}()
	return sync.OnceFunc(func() { cancel(); <-done })
}

func (w *world) runServer(ctx context.Context, n int) {
	cmd := exec.Command(w.tpl.program, "-role", "server", "-listen", w.listen, "-data", w.data)
	if err := w.run(ctx, cmd, fmt.Sprintf("s%d", n), syscall.SIGTERM, nil); err != nil && !wasKilled(err) && ctx.Err() == nil {
		w.breaks("the server ended by itself: %v", err)
	}
}

// runAgent is the PC's program: a process of its own, which ends with the process that the PC believes it to be.
func (w *world) runAgent(ctx context.Context, p *sim.Process) {
	code := ""
	select {
	case code = <-w.starts:
	default: // started by Windows
	}
	boot, _ := p.BootID()
	cmd := exec.Command(w.tpl.program, "-role", "agent", "-server", w.url, "-data", w.sealed, "-code", code)
	gone, cancel := context.WithCancel(ctx)
	defer cancel()
	name := fmt.Sprintf("a%s-%d", boot[len(boot)-1:], w.agents.Add(1))
	if err := w.run(ctx, cmd, name, syscall.SIGKILL, newHost(gone, p)); err != nil && !wasKilled(err) && ctx.Err() == nil {
		w.breaks("the agent ended by itself: %v", err)
	}
}

// run runs a process that reports to the recorder, until it ends or ctx does.
func (w *world) run(ctx context.Context, cmd *exec.Cmd, name string, end syscall.Signal, host *Host) error {
	socket := filepath.Join(w.dir, name)
	ln, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	defer ln.Close()
	services := map[string]any{"Control": &Control{w.recorder}}
	if host != nil {
		services["Machine"] = host
	}
	if err := answer(ln, services); err != nil {
		return err
	}
	cmd.Args = append(cmd.Args, "-socket", socket)
	cmd.Stderr, cmd.Stdout = w.logs.of(name), w.logs.of(name)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { cmd.Process.Signal(end) })
	defer stop()
	return cmd.Wait()
}

// hasDocument tells whether the agent has a session on disk.
func (w *world) hasDocument() bool {
	_, err := Folder(w.sealed).Load("session")
	return err == nil
}

func wasKilled(err error) bool {
	exit, ok := err.(*exec.ExitError)
	if !ok {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// breaks notes that something happened that must not.
func (w *world) breaks(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = append(w.broken, fmt.Sprintf(format, args...))
}

// complaints are what broke.
func (w *world) complaints() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken
}

// technician opens a browser.
func (w *world) technician() *technician {
	base, err := url.Parse(w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	return &technician{base: w.url, host: base.Host, cookie: w.tpl.cookie, client: &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// syncBuffer collects what the processes print, to be shown when a story goes wrong.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) of(name string) *logWriter { return &logWriter{s, name} }

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

type logWriter struct {
	s    *syncBuffer
	name string
}

// Write implements [io.Writer].
func (l *logWriter) Write(p []byte) (int, error) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	for line := range bytes.Lines(p) {
		fmt.Fprintf(&l.s.b, "%s: %s\n", l.name, bytes.TrimRight(line, "\n"))
	}
	return len(p), nil
}
