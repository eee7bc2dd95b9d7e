package agent

import (
	"context"
	"crypto/ed25519"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/wire"
)

// TestGenerationIsNotedFirst: when the first frame after a welcome arrives, its generation is on disk.
func TestGenerationIsNotedFirst(t *testing.T) {
	in(t, func(r *rig) {
		var sent []int64
		r.cfg = func(c *Config) {
			c.Hooks.BeforeSend = func(name string) {
				if name == "ack" {
					sent = append(sent, r.document().Generation)
				}
			}
		}
		p := r.joined()
		p.hangUp()
		r.s.next().admit()
		if !slices.Equal(sent, []int64{1, 2}) {
			t.Errorf("acknowledged with generations %v on disk", sent)
		}
	})
}

// TestLostWelcome: an answer that gets lost is asked for again, with the same code, the same key, the same generation.
func TestLostWelcome(t *testing.T) {
	in(t, func(r *rig) {
		r.ok(r.pc.StartAgent())
		p := r.s.next()
		p.prove()
		first := p.join
		p.hangUp()
		p = r.s.next()
		p.prove()
		if p.join.Code != first.Code || !p.join.PublicKey.Equal(first.PublicKey) {
			t.Error("joined with another code or key")
		}
		p.welcome()
		expect[*wire.Ack](p)
		p.hangUp()
		p = r.s.next()
		p.prove()
		r.s.gen++ // admitted, but the welcome is lost
		p.hangUp()
		p = r.s.next().admit()
		if p.re.Generation != 1 || r.s.gen != 3 {
			t.Errorf("rejoined with generation %d", p.re.Generation)
		}
	})
}

// TestEventsAreSentUntilAcknowledged: in order, without gaps, over lost connections and killed processes.
func TestEventsAreSentUntilAcknowledged(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		for _, line := range []string{"one", "two"} {
			r.ok(r.pc.Send(line))
			if got := expect[*wire.CustomerChat](p); got.Text != line {
				t.Errorf("chat %q", got.Text)
			}
		}
		r.s.got = 1 // the second one never made it to the disk
		p.hangUp()
		r.until("offline", func(s sim.Snapshot) bool { return s.View.Tone == toneWarn })
		r.ok(r.pc.Send("three"))
		r.line("three") // at once
		r.ok(r.pc.KillAgent())
		r.ok(r.pc.StartAgent())
		p = r.s.next().admit()
		for _, line := range []string{"two", "three"} {
			if got := expect[*wire.CustomerChat](p); got.Text != line {
				t.Errorf("chat %q, want %q", got.Text, line)
			}
		}
		p.write(wire.Ack{}, 0, r.s.got)
		synctest.Wait()
		s := r.until("lines", func(s sim.Snapshot) bool { return s.View != nil && len(s.View.Lines) == 3 })
		for _, l := range s.View.Lines[1:] {
			if l.From != "You" {
				t.Errorf("line %+v", l)
			}
		}
		r.ok(r.pc.Send("four"))
		if got := expect[*wire.CustomerChat](p); got.Text != "four" {
			t.Errorf("chat %q", got.Text)
		}
		if d := r.document(); len(d.Outbox) != 1 || d.Outbox[0].Seq != 4 {
			t.Errorf("outbox %+v", d.Outbox)
		}
	})
}

// TestCommandsApplyOnce: a repeated one is acknowledged again and has no effect, a gap ends the link.
func TestCommandsApplyOnce(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		at := time.Now()
		chat := wire.Chat{From: "Jonas Weber", Text: "Hello", At: at}
		p.command(chat)
		p.acks()
		p.write(chat, 1, 0)
		if _, env := p.must(); env.Ack != 1 {
			t.Errorf("acknowledged %d", env.Ack)
		}
		r.line("Hello")
		if s, _ := r.pc.Snapshot(); len(s.View.Lines) != 2 {
			t.Errorf("lines %+v", s.View.Lines)
		}
		p.write(wire.Chat{From: "Jonas Weber", Text: "too early", At: at}, 3, 0)
		if got := expect[*wire.Trouble](p); got.Code != wire.ErrNumber || got.Message != "chat" {
			t.Errorf("trouble %+v", got)
		}
		// The history of the next welcome has it, and the outbox sends it again: it is shown once.
		r.s.history = []wire.ChatLine{{From: "Jonas Weber", Text: "Hello", At: at}, {From: "Jonas Weber", Text: "Second", At: at}}
		p = r.s.next().admit()
		if p.re.Acked != 1 {
			t.Errorf("acked %d", p.re.Acked)
		}
		p.command(wire.Chat{From: "Jonas Weber", Text: "Second", At: at})
		p.acks()
		if s, _ := r.pc.Snapshot(); len(s.View.Lines) != 3 {
			t.Errorf("lines %+v", s.View.Lines)
		}
	})
}

// TestRogueServer: a server with another key learns the program's version and nothing else, however often it tries.
func TestRogueServer(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		honest := r.s.key
		p.hangUp()
		r.s.key = ed25519.NewKeyFromSeed([]byte("another server's key, 32 bytes.."))
		for range 3 {
			p = r.s.next()
			hello, _ := p.challenge()
			if hello.Purpose != wire.PurposeRejoin {
				t.Errorf("hello %+v", hello)
			}
			if m, _, err := p.read(); err == nil {
				t.Fatalf("told a rogue server %s %+v", m.Type(), m)
			}
		}
		s := r.until("a warning", func(s sim.Snapshot) bool { return strings.Contains(s.View.Status, "is not the server") })
		if s.View.Tone != toneWarn {
			t.Errorf("tone %s", s.View.Tone)
		}
		// Neither does one that signs for a key that it does not have, or ends the session without proving anything.
		p = r.s.next()
		hello := expect[*wire.Hello](p)
		p.write(wire.Challenge{
			Nonce: make([]byte, 32), ServerKey: honest.Public().(ed25519.PublicKey),
			Proof: wire.SignChallenge(r.s.key, make([]byte, 32), hello.Nonce),
		}, 0, 0)
		expect[*wire.Trouble](p)
		p.hangUp()
		p = r.s.next()
		expect[*wire.Hello](p)
		p.write(wire.Refused{Code: wire.RefusedEnded}, 0, 0)
		expect[*wire.Trouble](p)
		p.hangUp()
		r.s.key = honest
		r.s.next().admit()
	})
}

// TestWelcomeIsChecked: what no honest server says ends the connection and changes nothing.
func TestWelcomeIsChecked(t *testing.T) {
	for name, spoil := range map[string]func(*wire.Welcome){
		"other session":  func(w *wire.Welcome) { w.Session = "s2" },
		"old generation": func(w *wire.Welcome) { w.Generation = 1 },
		"acknowledges":   func(w *wire.Welcome) { w.Acked = 7 },
		"history":        func(w *wire.Welcome) { w.History = make([]wire.ChatLine, wire.MaxHistory+1) },
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				p := r.joined()
				before := r.pc.Document(documentName)
				p.hangUp()
				p = r.s.next()
				p.prove()
				r.s.gen++
				w := r.s.welcomeMessage()
				spoil(&w)
				p.write(w, 0, 0)
				if m, _, err := p.read(); err == nil && m.Type() != "trouble" {
					t.Errorf("the agent sent %s", m.Type())
				}
				if after := r.pc.Document(documentName); !slices.Equal(before, after) {
					t.Errorf("the document changed: %s", after)
				}
				p.hangUp()
				r.s.next().admit()
			})
		})
	}
}

// TestSilence: only what is received shows that the link is alive.
func TestSilence(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		began := time.Now()
		quit := make(chan struct{})
		go func() { // reads, and says nothing
			defer close(quit)
			for {
				if _, _, err := p.ws.Read(context.Background()); err != nil {
					return
				}
			}
		}()
		r.until("seen", func(s sim.Snapshot) bool { return s.View.Tone == toneWarn })
		if took := time.Since(began); took != wire.SilentAfter {
			t.Errorf("seen after %v", took)
		}
		p.hangUp()
		<-quit
		r.s.next().admit()
	})
}

// TestHeartbeat: a beat every five seconds keeps both sides sure, and the server's are answered.
func TestHeartbeat(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		for range 5 {
			before := time.Now()
			_, frame, err := p.ws.Read(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			m, env, err := wire.Decode(frame)
			if _, ok := m.(*wire.Beat); !ok || err != nil || env.Ack != 0 || time.Since(before) != wire.HeartbeatEvery {
				t.Errorf("%s after %v", frame, time.Since(before))
			}
			p.write(wire.BeatOK{}, 0, 0)
		}
		p.write(wire.Beat{}, 0, 0)
		expect[*wire.BeatOK](p)
	})
}

// TestBackAtOnce: within a second of the network's return, whatever the outage was, noticed by the PC or not.
func TestBackAtOnce(t *testing.T) {
	for _, outage := range []time.Duration{20 * time.Second, 61 * time.Second, 8*time.Minute + 300*time.Millisecond} {
		for name, fail := range map[string]func(*rig, bool){
			"cable":   func(r *rig, on bool) { r.pc.Unplug(on) },
			"lost":    func(r *rig, on bool) { r.pc.Lose(on) },
			"refused": func(r *rig, on bool) { r.s.setDown(on) },
		} {
			t.Run(name+" "+outage.String(), func(t *testing.T) {
				in(t, func(r *rig) {
					p := r.joined()
					fail(r, true)
					p.hangUp()
					r.s.none(outage)
					fail(r, false)
					began := time.Now()
					r.s.next().admit()
					took, limit := time.Since(began), time.Second
					if name == "refused" {
						limit = 2 * time.Second
					}
					if took > limit {
						t.Errorf("back after %v", took)
					}
				})
			})
		}
	}
}

// TestNetworkChanged: a connection that the change has killed is given up in seconds; one that lives is kept.
func TestNetworkChanged(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		r.pc.Unplug(true)
		r.pc.Unplug(false)
		expectBeat(p)
		r.s.none(11 * time.Second)
		r.pc.Unplug(true)
		began := time.Now()
		r.until("seen", func(s sim.Snapshot) bool { return s.View.Tone == toneWarn })
		if took := time.Since(began); took > probeWithin {
			t.Errorf("seen after %v", took)
		}
		r.pc.Unplug(false)
		p.hangUp()
		r.s.next().admit()
	})
}

func expectBeat(p *peer) {
	p.s.t.Helper()
	_, frame, err := p.ws.Read(context.Background())
	if m, _, derr := wire.Decode(frame); err != nil || derr != nil || m.Type() != "beat" {
		p.s.t.Fatalf("%s %v", frame, err)
	}
	p.write(wire.BeatOK{}, 0, 0)
	go func() {
		for {
			if _, _, err := p.read(); err != nil {
				return
			}
		}
	}()
}

// TestGoingAway: the server says when to come back.
func TestGoingAway(t *testing.T) {
	for backIn, want := range map[int][2]time.Duration{3000: {3 * time.Second, 5 * time.Second}, 3600_000: {slowest, slowest}, -5: {0, time.Second}} {
		in(t, func(r *rig) {
			p := r.joined()
			p.write(wire.GoingAway{BackIn: backIn}, 0, 0)
			p.ws.Close(1001, "")
			p.hangUp()
			began := time.Now()
			r.s.next().admit()
			if took := time.Since(began); took < want[0] || took > want[1] {
				t.Errorf("back in %d ms: after %v", backIn, took)
			}
		})
	}
}

// TestHold: while a technician chooses between two PCs the agent waits and beats.
func TestHold(t *testing.T) {
	in(t, func(r *rig) {
		p := r.joined()
		p.hangUp()
		p = r.s.next()
		p.prove()
		p.write(wire.Hold{}, 0, 0)
		r.until("held", func(s sim.Snapshot) bool { return strings.Contains(s.View.Status, "Another PC") })
		for range 6 {
			_, frame, err := p.ws.Read(context.Background())
			if want, _ := wire.Encode(wire.Beat{}, 0, 0); err != nil || !slices.Equal(frame, want) {
				t.Fatalf("%s %v", frame, err)
			}
			p.write(wire.BeatOK{}, 0, 0)
		}
		p.welcome()
		expect[*wire.Ack](p)
		// A server that holds and is silent is given up.
		p.hangUp()
		p = r.s.next()
		p.prove()
		p.write(wire.Hold{}, 0, 0)
		began := time.Now()
		for {
			if _, _, err := p.ws.Read(context.Background()); err != nil {
				break
			}
		}
		if took := time.Since(began); took != wire.SilentAfter {
			t.Errorf("given up after %v", took)
		}
		p.hangUp()
		r.s.next().admit()
	})
}

// TestRefusals that are not final: the agent goes on trying and says why.
func TestRefusals(t *testing.T) {
	for code, status := range map[wire.RefusalCode]string{
		wire.RefusedVersion: "The server needs another version", wire.RefusedProof: "does not let this PC in",
		wire.RefusedInvalid: "does not let this PC in", wire.RefusedBusy: "Connection lost", "new_one": "does not let this PC in",
	} {
		in(t, func(r *rig) {
			p := r.joined()
			p.hangUp()
			for range 8 {
				p = r.s.next()
				p.prove()
				p.write(wire.Refused{Code: code, RetryAfter: 5}, 0, 0)
				began := time.Now()
				p.hangUp()
				r.until(status, func(s sim.Snapshot) bool { return strings.Contains(s.View.Status, status) })
				if took := time.Since(began); took > slowest {
					t.Errorf("%s: tried again after %v", code, took)
				}
			}
			r.s.next().admit()
		})
	}
}

// TestGivesUp after a day without a server, and not before.
func TestGivesUp(t *testing.T) {
	in(t, func(r *rig) {
		const giveUp = time.Hour
		r.cfg = func(c *Config) { c.giveUp = giveUp }
		p := r.joined()
		r.s.setDown(true)
		p.hangUp()
		began := time.Now()
		r.s.none(giveUp - time.Minute)
		s := r.until("given up", func(s sim.Snapshot) bool { return s.Notice != nil })
		if took := time.Since(began); took < giveUp || took > giveUp+slowest {
			t.Errorf("after %v", took)
		}
		if s.Notice.Body != "localhost could not be reached for 24 hours. If you still need help, ask for a new code." {
			t.Errorf("notice %q", s.Notice.Body)
		}
		r.ok(r.pc.Dismiss())
		r.returned()
		r.clean()
	})
}

// TestTLS joins and rejoins over real sockets and TLS, and turns away what it can't verify.
func TestTLS(t *testing.T) {
	s := newServer(t)
	front := httptest.NewTLSServer(http.HandlerFunc(s.accept))
	defer front.Close()
	rogue := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err == nil {
			t.Error("the agent spoke to a server whose certificate it can't verify")
			c.CloseNow()
		}
	}))
	defer rogue.Close()
	out := make(chan error, 1)
	target := front.Listener.Addr().String()
	pc, err := sim.New(sim.Options{Agent: func(ctx context.Context, p *sim.Process) {
		out <- Run(ctx, Config{
			Machine: p, Server: "https://example.com", Code: testCode, RootCAs: front.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs,
			Dial: func(ctx context.Context, network, addr string) (net.Conn, error) { return p.Dial(ctx, network, target) },
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	if err := pc.StartAgent(); err != nil {
		t.Fatal(err)
	}
	p := s.next().admit()
	p.hangUp()
	p = s.next().admit()
	if p.re.Generation != 1 {
		t.Errorf("generation %d", p.re.Generation)
	}
}
