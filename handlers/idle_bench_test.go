package handlers

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
)

// idleAgents is how many agents the benchmark connects.
const idleAgents = 2000

// BenchmarkIdleAgentMemory measures what an idle agent costs the server: admitted through the real handler over TLS, with a
// session in the real store. The agents are in a process of their own, so that only the server's side counts. The figures:
// resident memory of the process per agent, and of that what the Go runtime has in use.
func BenchmarkIdleAgentMemory(b *testing.B) {
	if url := os.Getenv("REJOIN_TEST_AGENTS_OF"); url != "" {
		holdAgents(b, url)
		return
	}
	for b.Loop() {
		measureIdleAgents(b)
	}
}

func measureIdleAgents(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(50)) // as the program does
	g := newRigFor(b, func(s *rigSetup) {
		s.tls, s.guesses = true, hub.Guesses{PerAddress: 1 << 30, PerServer: 1 << 30}
		s.cfg.MaxPending, s.cfg.MaxPendingPerAddress = 4096, 4096
	})
	var codes strings.Builder
	var ids []session.ID
	for range idleAgents {
		ids = append(ids, g.newSession().ID)
		code, _, err := g.hub.Code(b.Context(), ids[len(ids)-1])
		if err != nil {
			b.Fatal(err)
		}
		codes.WriteString(code + "\n")
	}
	before, beforeGo := memory(b)
	child := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^$", "-test.bench=BenchmarkIdleAgentMemory$", "-test.benchtime=1x")
	child.Env = append(os.Environ(), "REJOIN_TEST_AGENTS_OF=wss"+strings.TrimPrefix(g.server.URL, "https")+wire.Path)
	child.Stdin, child.Stderr = strings.NewReader(codes.String()), os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := child.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = child.Process.Kill(); _ = child.Wait() }() // it has nothing to lose
	for lines := bufio.NewScanner(out); ; {
		if !lines.Scan() {
			b.Fatalf("the agents gave up: %v", lines.Err())
		}
		if lines.Text() == "all in" {
			break
		}
	}
	for _, id := range ids {
		if one, err := g.hub.Session(b.Context(), id); err != nil || !one.Link.Online {
			b.Fatalf("an agent was lost: %+v %v", one.Link, err)
		}
	}
	after, afterGo := memory(b)
	b.ReportMetric(float64(after-before)/idleAgents, "RSS-bytes/agent")
	b.ReportMetric(float64(afterGo-beforeGo)/idleAgents, "Go-bytes/agent")
	b.ReportMetric(float64(before), "RSS-bytes-before")
}

// memory is the process's resident memory, and what the Go runtime uses, after giving back what it can.
func memory(b *testing.B) (rss, inUse int64) {
	b.Helper()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("no /proc here")
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		b.Fatal(err)
	}
	return resident * int64(os.Getpagesize()), int64(m.HeapInuse + m.StackInuse)
}

// holdAgents is the other process: it joins with each code on standard input, and from then on sends nothing but beats.
func holdAgents(b *testing.B, url string) {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	g, ctx := errgroup.WithContext(b.Context())
	var in atomic.Int64
	slots := make(chan struct{}, 8)
	codes := bufio.NewScanner(os.Stdin)
	for codes.Scan() {
		code := codes.Text()
		slots <- struct{}{}
		g.Go(func() error {
			ws, err := joinOver(ctx, client, url, code)
			<-slots
			if err != nil {
				return err
			}
			in.Add(1)
			g.Go(func() error { return beat(ctx, ws) })
			for {
				if _, _, err := ws.Read(ctx); err != nil {
					return err
				}
			}
		})
	}
	eventually(b, "all agents to be in", func() bool { return in.Load() == idleAgents || ctx.Err() != nil })
	if ctx.Err() == nil {
		fmt.Println("all in")
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
}

func beat(ctx context.Context, ws *websocket.Conn) error {
	frame, err := wire.Encode(wire.Beat{}, 0, 0)
	if err != nil {
		return err
	}
	tick := time.NewTicker(wire.HeartbeatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if err := ws.Write(ctx, websocket.MessageText, frame); err != nil {
			return err
		}
	}
}

func joinOver(ctx context.Context, client *http.Client, url, code string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		return nil, err
	}
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	say := func(m wire.Message) error {
		frame, err := wire.Encode(m, 0, 0)
		if err != nil {
			return err
		}
		return ws.Write(ctx, websocket.MessageText, frame)
	}
	hear := func() (wire.Message, error) {
		_, frame, err := ws.Read(ctx)
		if err != nil {
			return nil, err
		}
		m, _, err := wire.Decode(frame)
		return m, err
	}
	nonce := make([]byte, wire.NonceSize)
	if err := say(&wire.Hello{Purpose: wire.PurposeJoin, Nonce: nonce, Version: "bench"}); err != nil {
		return nil, err
	}
	m, err := hear()
	if err != nil {
		return nil, err
	}
	challenge, ok := m.(*wire.Challenge)
	if !ok {
		return nil, fmt.Errorf("no challenge: %+v", m)
	}
	claim := wire.Claim{
		Purpose: wire.PurposeJoin, ServerNonce: challenge.Nonce, AgentNonce: nonce, BootID: "b", Instance: "i",
		ServerKey: challenge.ServerKey, Code: code,
	}
	err = say(&wire.Join{
		Code: code, PublicKey: pub, BootID: "b", Instance: "i", SignedIn: true, Proof: claim.Sign(key),
		PC: wire.PC{Name: "PC", OS: "Windows 11", Platform: "windows", MachineID: "m", Reboot: wire.Capability{Available: true}},
	})
	if err != nil {
		return nil, err
	}
	if m, err = hear(); err != nil {
		return nil, err
	}
	if _, ok := m.(*wire.Welcome); !ok {
		return nil, fmt.Errorf("not let in: %+v", m)
	}
	return ws, say(&wire.Ack{})
}
