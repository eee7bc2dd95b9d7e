// Package program runs the real server binary as a process of its own: built once, started on a free loopback port with a
// data folder of its own, stopped as an administrator stops it, or killed as a power cut does.
package program

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// built is the binary of this test process.
var built struct {
	once sync.Once
	dir  string
	path string
	err  error
}

// Binary builds the server's binary, with the pages' assets and the Windows program inside, and returns its path. TestMain
// removes it with [Clean].
func Binary(t testing.TB) string {
	t.Helper()
	built.once.Do(func() { built.path, built.err = build() })
	if built.err != nil {
		t.Fatalf("building the server: %v", built.err)
	}
	return built.path
}

// Clean removes what [Binary] built.
func Clean() {
	if built.dir != "" {
		_ = os.RemoveAll(built.dir) // it is only litter
	}
}

func build() (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	if err := assets(root); err != nil {
		return "", err
	}
	if built.dir, err = os.MkdirTemp("", "rejoin-e2e-"); err != nil {
		return "", err
	}
	path := filepath.Join(built.dir, "rejoin")
	return path, run(root, "go", "build", "-o", path, ".")
}

// assets makes what the binary embeds, if that is missing. A lock keeps test processes from making it twice.
func assets(root string) error {
	lock, err := os.Open(filepath.Join(root, "Makefile")) // any file that is there anyway and that no tool of ours locks
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock the assets: %w", err)
	}
	for file, target := range map[string]string{"manifest.json": "assets", "agent/rejoin.exe": "agent"} {
		if _, err := os.Stat(filepath.Join(root, "static", "dist", file)); errors.Is(err, os.ErrNotExist) {
			if err := run(root, "make", "--no-print-directory", target); err != nil {
				return err
			}
		}
	}
	return nil
}

func run(dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// Root is the folder with go.mod.
func Root() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}

// Server is a server, running or stopped.
type Server struct {
	t    testing.TB
	args []string
	// URL is its address, without a slash at the end. It stays the same over restarts.
	URL string
	// Data is its data folder.
	Data string

	mu     sync.Mutex
	out    bytes.Buffer // all it has said so far
	cmd    *exec.Cmd
	exited chan struct{}
}

// Start starts the command ("serve", "demo") with more arguments after its address and data folder. It waits until the
// server is ready, and ends it with the test.
func Start(t testing.TB, command string, more ...string) *Server {
	t.Helper()
	return StartAt(t, "127.0.0.1:"+FreePort(t), command, more...)
}

// StartAt is Start at a given address.
func StartAt(t testing.TB, addr, command string, more ...string) *Server {
	t.Helper()
	s := &Server{t: t, URL: "http://" + addr, Data: t.TempDir()}
	s.args = append([]string{command, "--listen", addr, "--data", s.Data}, more...)
	s.Run()
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Logf("what the server said:\n%s", s.tail(3000))
		}
	})
	return s
}

// FreePort is a port that nobody listens at, on any of this machine's addresses.
func FreePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err == nil {
		err = l.Close()
	}
	if err != nil {
		t.Fatalf("finding a free port: %v", err)
	}
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// Run starts the server, again if it was stopped, and waits until it is ready.
func (s *Server) Run() {
	s.t.Helper()
	cmd := exec.Command(Binary(s.t), s.args...)
	cmd.Dir = s.Data
	cmd.Env = environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stdout, cmd.Stderr = (*mouth)(s), (*mouth)(s)
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		s.t.Fatalf("starting the server: %v", err)
	}
	s.cmd, s.exited = cmd, make(chan struct{})
	go func() {
		defer close(s.exited)
		_ = cmd.Wait() // how it ended shows in what it said
	}()
	s.awaitReady()
}

func (s *Server) awaitReady() {
	s.t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-again.C:
		case <-s.exited:
			s.t.Fatalf("the server ended at once:\n%s", s.Said())
		case <-deadline.C:
			s.t.Fatalf("the server is not ready after 20 s:\n%s", s.Said())
		}
		res, err := http.Get(s.URL + "/readyz")
		if err != nil {
			continue
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return
		}
	}
}

// Kill ends the server as a power cut does.
func (s *Server) Kill() {
	s.t.Helper()
	s.end(syscall.SIGKILL)
}

// Stop ends the server as an administrator does.
func (s *Server) Stop() {
	s.t.Helper()
	s.end(syscall.SIGTERM)
}

func (s *Server) end(sig syscall.Signal) {
	s.t.Helper()
	if s.cmd == nil {
		return
	}
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Errorf("signalling the server: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	select {
	case <-s.exited:
	case <-ctx.Done():
		_ = s.cmd.Process.Kill()
		<-s.exited
		s.t.Errorf("the server did not end by %v within 30 s", sig)
	}
	s.cmd = nil
}

// Said is all that the server has said, from its first start on.
func (s *Server) Said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

func (s *Server) tail(most int) string {
	said := s.Said()
	if len(said) > most {
		return "…" + said[len(said)-most:]
	}
	return said
}

// Admin runs "rejoin admin" with the arguments on the server's data folder, and returns the link to path that it prints, at
// the server's own address.
func (s *Server) Admin(path, verb string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command(Binary(s.t), append([]string{"admin", verb, "--data", s.Data}, args...)...)
	cmd.Env = environment()
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("rejoin admin %s: %v\n%s", verb, err, out)
	}
	return s.find(path, string(out))
}

// Link returns the newest link to path that the server has printed, with its fragment, at the server's own address.
func (s *Server) Link(path string) string {
	s.t.Helper()
	return s.find(path, s.Said())
}

func (s *Server) find(path, said string) string {
	s.t.Helper()
	found := regexp.MustCompile(`https?://[^/\s]+(`+regexp.QuoteMeta(path)+`#\S+)`).FindAllStringSubmatch(said, -1)
	if len(found) == 0 {
		s.t.Fatalf("no link to %s is printed:\n%s", path, said)
	}
	return s.URL + found[len(found)-1][1]
}

// mouth collects what the process says.
type mouth Server

func (m *mouth) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.out.Write(p)
}

var _ io.Writer = (*mouth)(nil)

// environment is ours without what would change the server's ways.
func environment() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "REJOIN_") {
			env = append(env, e)
		}
	}
	return env
}
