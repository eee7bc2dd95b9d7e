package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/internal/lobby"
)

// running is a server that runs.
type running struct {
	t    *testing.T
	s    *Server
	out  *text
	log  *text
	stop context.CancelFunc
	done chan error
}

// text is written by the server and read by the test.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

func run(t *testing.T, cfg Config) *running {
	t.Helper()
	r := &running{t: t, out: &text{}, log: &text{}, done: make(chan error, 1)}
	log, err := NewLog(r.log, "text", "debug")
	if err != nil {
		t.Fatal(err)
	}
	if r.s, err = Open(t.Context(), cfg, r.out, log); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() { r.done <- r.s.Run(ctx) }()
	t.Cleanup(func() {
		r.end()
		if t.Failed() {
			t.Logf("the log:\n%s", r.log)
		}
	})
	return r
}

// end stops the server in good order.
func (r *running) end() {
	r.t.Helper()
	if r.stop == nil {
		return
	}
	r.stop()
	r.stop = nil
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	select {
	case err := <-r.done:
		if err != nil {
			r.t.Errorf("the server stopped with: %v", err)
		}
	case <-late.C:
		r.t.Fatal("the server does not stop")
	}
}

func (r *running) status(c *http.Client, path string) int {
	res, err := c.Get(r.s.URL() + path)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0
	}
	return res.StatusCode
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain for: " + what)
		}
	}
}

func (r *running) ready(c *http.Client) {
	r.t.Helper()
	eventually(r.t, "the server to be ready", func() bool { return r.status(c, "/readyz") == http.StatusOK })
}

// link is the newest one-time link that was printed.
func (r *running) link(path string) string {
	r.t.Helper()
	found := regexp.MustCompile(regexp.QuoteMeta(r.s.URL()+path)+`#(\S+)`).FindAllStringSubmatch(r.out.String(), -1)
	if len(found) == 0 {
		r.t.Fatalf("no link to %s in %s", path, r.out)
	}
	return found[len(found)-1][1]
}

func newClient(t *testing.T, roots *x509.CertPool) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: tr, Timeout: 15 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (r *running) post(c *http.Client, path string, f url.Values) *http.Response {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), "POST", r.s.URL()+path, strings.NewReader(f.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Origin", r.s.URL())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	res.Body.Close()
	return res
}

func TestAFirstStartLeadsToAnAdminAndASecondFindsThem(t *testing.T) {
	cfg := Config{Listen: "127.0.0.1:0", Data: filepath.Join(t.TempDir(), "data")}
	r, c := run(t, cfg), newClient(t, nil)
	r.ready(c)
	admin := url.Values{"token": {r.link("/setup")}, "company": {"Weber IT"}, "name": {"Ada"}, "login": {"ada"}, "password": {"correct horse battery"}, "again": {"correct horse battery"}}
	if res := r.post(c, "/setup", admin); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("setup: %d", res.StatusCode)
	}
	if got := r.status(c, "/console"); got != http.StatusOK {
		t.Errorf("the console: %d", got)
	}
	r.end()
	again, fresh := run(t, cfg), newClient(t, nil)
	again.ready(fresh)
	if strings.Contains(again.out.String(), "/setup") {
		t.Errorf("a setup link is printed again: %s", again.out)
	}
	if got := again.status(fresh, "/setup"); got != http.StatusNotFound {
		t.Errorf("setup: %d", got)
	}
	if res := again.post(fresh, "/sign-in", url.Values{"login": {"ada"}, "password": {"correct horse battery"}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("signing in: %d", res.StatusCode)
	}
	if strings.Contains(again.log.String()+r.log.String(), admin.Get("token")) {
		t.Error("the token stands in the log")
	}
}

func TestTwoServersDoNotShareAnAddress(t *testing.T) {
	r := run(t, Config{Listen: "127.0.0.1:0", Data: t.TempDir()})
	log, err := NewLog(io.Discard, "text", "info")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Config{Listen: r.s.Addr().String(), Data: t.TempDir()}, io.Discard, log); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("%v", err)
	}
}

func TestCertificateFilesAreServedAndFollowed(t *testing.T) {
	dir := t.TempDir()
	first := writeCert(t, dir, 1)
	port := freePort(t)
	r := run(t, Config{
		Listen: "127.0.0.1:" + port, Data: t.TempDir(), PublicURL: "https://127.0.0.1:" + port,
		TLSCert: filepath.Join(dir, "cert.pem"), TLSKey: filepath.Join(dir, "key.pem"),
	})
	roots := x509.NewCertPool()
	roots.AddCert(first)
	c := newClient(t, roots)
	r.ready(c)
	res, err := c.Get(r.s.URL() + "/")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.ProtoMajor != 2 || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s %v", res.Proto, res.Header)
	}
	if _, err := tls.Dial("tcp", r.s.Addr().String(), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 was taken")
	}
	second := writeCert(t, dir, 2)
	roots2 := x509.NewCertPool()
	roots2.AddCert(second)
	eventually(t, "the renewed certificate", func() bool { return r.status(newClient(t, roots2), "/healthz") == http.StatusOK })
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return fmt.Sprint(ln.Addr().(*net.TCPAddr).Port)
}

// A stop is in good order: agents are told, streams end, a request under way is finished, and readiness goes first.
func TestAStopIsInGoodOrder(t *testing.T) {
	r, c := run(t, Config{Listen: "127.0.0.1:0", Data: t.TempDir(), Demo: true}), newClient(t, nil)
	r.ready(c)
	if res := r.post(c, "/sign-in/link", url.Values{"token": {r.link("/sign-in/link")}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("signing in: %d", res.StatusCode)
	}
	started := r.post(c, "/console", url.Values{"customer": {"Anna"}, "mode": {"standard"}}).Header.Get("Location")
	page, err := c.Get(r.s.URL() + started)
	if err != nil {
		t.Fatal(err)
	}
	html, err := io.ReadAll(page.Body)
	if err != nil {
		t.Fatal(err)
	}
	page.Body.Close()
	code := regexp.MustCompile(`/join#(\d{10})`).FindSubmatch(html)
	if code == nil {
		t.Fatalf("no code in %s", html)
	}
	if res := r.post(c, "/demo/pc/run", url.Values{"code": {string(code[1])}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("the demo PC: %d", res.StatusCode)
	}
	eventually(t, "the demo PC to join", func() bool { return strings.Contains(r.log.String(), "msg=connected") })
	stream, err := (&http.Client{Jar: c.Jar}).Get(r.s.URL() + started + "/live")
	if err != nil || stream.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", stream, err)
	}
	defer stream.Body.Close()
	ended := make(chan error, 1)
	go func() { _, err := io.Copy(io.Discard, stream.Body); ended <- err }()
	began := time.Now()
	r.end()
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("it took %v", took)
	}
	if err := <-ended; err != nil {
		t.Errorf("the stream was cut off: %v", err)
	}
	if !strings.Contains(r.log.String(), "going_away") {
		t.Error("the agent was not told")
	}
	if _, err := net.DialTimeout("tcp", r.s.Addr().String(), time.Second); err == nil {
		t.Error("it still listens")
	}
}

func TestMetricsHaveAnAddressOfTheirOwn(t *testing.T) {
	port := freePort(t)
	r, c := run(t, Config{Listen: "127.0.0.1:0", Data: t.TempDir(), MetricsListen: "127.0.0.1:" + port}), newClient(t, nil)
	r.ready(c)
	if got := r.status(c, "/metrics"); got != http.StatusNotFound {
		t.Errorf("on the main address: %d", got)
	}
	res, err := c.Get("http://127.0.0.1:" + port + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(body), "rejoin_agents_online") || !strings.Contains(string(body), "process_resident_memory_bytes") {
		t.Errorf("%d %v", res.StatusCode, err)
	}
}

// Slow and silent connections put out their own kind and keep nobody out.
func TestSilentConnectionsLockNobodyOut(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	door := newDoorway(ln, 100)
	door.fresh = lobby.New(8, 8)
	srv := &http.Server{Handler: welcome(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hi") })), ConnContext: connContext}
	go srv.Serve(door)
	defer srv.Close()
	known, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer known.Close()
	ask := func(c net.Conn) error {
		fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return err
		}
		buf := make([]byte, 4096)
		n, err := c.Read(buf)
		if err == nil && !bytes.Contains(buf[:n], []byte("hi")) {
			err = errors.New(string(buf[:n]))
		}
		return err
	}
	if err := ask(known); err != nil {
		t.Fatal(err)
	}
	var silent []net.Conn
	for range 60 {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		silent = append(silent, c)
	}
	eventually(t, "the flood to be put out", func() bool { return door.fresh.Len() <= 8 })
	if err := silent[0].SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := silent[0].Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the first silent one is still there")
	}
	if err := ask(known); err != nil {
		t.Errorf("who has asked before was put out: %v", err)
	}
	newcomer, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer newcomer.Close()
	if err := ask(newcomer); err != nil {
		t.Errorf("a newcomer is kept out: %v", err)
	}
}

func TestAPendingAgentDoesNotOutliveTheServer(t *testing.T) {
	r := run(t, Config{Listen: "127.0.0.1:0", Data: t.TempDir()})
	c := newClient(t, nil)
	r.ready(c)
	ws, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(r.s.URL(), "http")+"/agent/link", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	r.end()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, _, err := ws.Read(ctx); websocket.CloseStatus(err) == -1 && ctx.Err() != nil {
		t.Errorf("a pending agent outlives the server: %v", err)
	}
}

func writePool(t *testing.T, certs ...*x509.Certificate) string {
	t.Helper()
	var b []byte
	for _, c := range certs {
		b = append(b, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	path := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
