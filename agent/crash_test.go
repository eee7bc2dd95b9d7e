package agent

import (
	"context"
	"crypto/ed25519"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/wire"
)

// steward is a server that wants one restart and one Yes to sharing, and then ends the session; it starts over when a
// restart did not come about. It remembers as a durable server does, and checks what an agent may never do.
type steward struct {
	*server
	mu        sync.Mutex
	peer      *peer
	now       atomic.Pointer[peer] // the same, without the lock
	commands  []wire.Message
	confirmed bool
	reboots   int    // questions asked
	goes      int    // restarts commanded
	boot      string // in which the last one was
	shared    bool
	said      []string // what the customer said
}

// run takes connections until the listener closes.
func (a *steward) run() {
	for {
		select {
		case p := <-a.conns:
			go a.serve(p)
		case <-a.lis.closed:
			return
		}
	}
}

func (a *steward) serve(p *peer) {
	defer p.hangUp()
	acked, ok := a.admit(p)
	if !ok {
		return
	}
	a.flush(p, acked)
	for {
		m, env, err := p.read()
		if err != nil || !a.take(p, m, env) {
			return
		}
	}
}

func (a *steward) admit(p *peer) (acked int64, ok bool) {
	m, _, err := p.read()
	hello, isHello := m.(*wire.Hello)
	if err != nil || !isHello {
		return 0, false
	}
	nonce := make([]byte, wire.NonceSize)
	key := a.key.Public().(ed25519.PublicKey)
	p.write(wire.Challenge{Nonce: nonce, ServerKey: key, Proof: wire.SignChallenge(a.key, nonce, hello.Nonce)}, 0, 0)
	m, _, err = p.read()
	if err != nil {
		return 0, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	boot := ""
	switch m := m.(type) {
	case *wire.Join:
		if a.gen > 0 && (a.confirmed || !a.public.Equal(m.PublicKey)) {
			a.t.Errorf("joined again after the session was confirmed")
			p.write(wire.Refused{Code: wire.RefusedCode}, 0, 0)
			return 0, false
		}
		a.public, boot = m.PublicKey, m.BootID
	case *wire.Rejoin:
		if m.Generation != a.gen && (a.confirmed || m.Generation != a.gen-1) {
			a.t.Errorf("rejoined with generation %d, current is %d, confirmed %t", m.Generation, a.gen, a.confirmed)
		}
		if m.Acked < a.acked.Load() || m.Acked > int64(len(a.commands)) {
			a.t.Errorf("the agent has applied %d, and acknowledged %d of %d", m.Acked, a.acked.Load(), len(a.commands))
		}
		acked, boot = m.Acked, m.BootID
	default:
		return 0, false
	}
	if a.peer != nil {
		a.peer.hangUp()
	}
	a.peer, a.gen, a.confirmed = p, a.gen+1, false
	a.now.Store(p)
	p.write(a.welcomeMessage(), 0, 0)
	a.arrived(boot)
	return acked, true
}

// arrived decides what to ask. a.mu is held.
func (a *steward) arrived(boot string) {
	switch {
	case a.boot == "":
		a.boot = boot
		a.askReboot()
	case a.boot != boot:
		a.boot = boot
		a.commands = append(a.commands, wire.AskShare{Prompt: "p" + strconv.Itoa(len(a.commands)), Seconds: 60})
	}
}

func (a *steward) askReboot() {
	a.reboots++
	a.commands = append(a.commands, wire.AskReboot{Reboot: a.id(), Kind: "normal", BootID: a.boot, Seconds: 60})
}

func (a *steward) id() string { return "r" + strconv.Itoa(a.reboots) }

func (a *steward) flush(p *peer, after int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for seq := after + 1; seq <= int64(len(a.commands)); seq++ {
		p.write(a.commands[seq-1], seq, a.got)
	}
}

func (a *steward) take(p *peer, m wire.Message, env wire.Envelope) bool {
	a.mu.Lock()
	if p != a.peer {
		a.mu.Unlock()
		return false
	}
	a.confirmed = true
	before := int64(len(a.commands))
	if env.Seq > a.got+1 {
		a.t.Errorf("event %d after %d", env.Seq, a.got)
	}
	if env.Seq == a.got+1 {
		a.got = env.Seq
		a.decide(m)
	}
	got, count := a.got, int64(len(a.commands))
	_, ended := a.commands[count-1].(wire.EndSession)
	a.mu.Unlock()
	a.flush(p, before)
	p.write(wire.Ack{}, 0, got)
	return !ended || a.acked.Load() < count
}

// decide answers an event with the next command. a.mu is held.
func (a *steward) decide(m wire.Message) {
	switch m := m.(type) {
	case *wire.ConsentAnswered:
		if m.Reboot == a.id() && m.Answer == "yes" {
			a.commands = append(a.commands, wire.PrepareReboot{Reboot: m.Reboot, BootID: a.boot, WindowMinutes: 10})
		}
	case *wire.RebootPrepared:
		if m.Reboot == a.id() {
			a.goes++
			a.commands = append(a.commands, wire.GoReboot{Reboot: m.Reboot, BootID: a.boot})
		}
	case *wire.RebootFailed:
		if m.Reboot == a.id() && m.Step != "boot_id" {
			a.askReboot()
		}
	case *wire.RestartBlocked:
		if m.BootID == a.boot {
			a.askReboot()
		}
	case *wire.CustomerChat:
		a.said = append(a.said, m.Text)
	case *wire.ShareAnswered:
		if m.Answer == "yes" && !a.shared {
			a.shared = true
			a.commands = append(a.commands, wire.EndSession{Reason: "by_technician"})
		}
	}
}

// customer answers everything with Yes, says one thing, and starts the program again when it is not running.
func (r *rig) customer(stop <-chan struct{}, over func() bool) {
	spoke := false
	for {
		s, changed := r.pc.Snapshot()
		var start <-chan time.Time
		switch {
		case s.Prompt != nil:
			_ = r.pc.Answer(s.Prompt.ID, machine.AnswerYes) // it may be gone
		case s.Notice != nil:
			_ = r.pc.Dismiss()
		case s.View != nil && s.View.CanSend && !spoke:
			spoke = r.pc.Send("hello") == nil
		case s.Power == sim.Desktop && !s.Running && !over():
			start = time.After(time.Second)
		}
		select {
		case <-changed:
		case <-start:
			_ = r.pc.StartAgent()
		case <-stop:
			return
		}
	}
}

// TestCrash ends the agent's process, or all its connections, at every save and every send of the story: before it and
// after it. The story always gets to its end, and no command restarts the PC twice.
func TestCrash(t *testing.T) {
	points := 0
	crashAt(t, -1, "kill", &points)
	if points < 50 {
		t.Fatalf("only %d points: the story is not told", points)
	}
	for _, mode := range []string{"kill", "plug", "drop"} {
		t.Run(mode, func(t *testing.T) {
			for at := range points {
				crashAt(t, at, mode, nil)
				if t.Failed() {
					t.Fatalf("at point %d of %d", at, points)
				}
			}
		})
	}
	t.Logf("%d points, three ways", points)
}

func crashAt(t *testing.T, at int, how string, points *int) {
	synctest.Test(t, func(t *testing.T) {
		a := &steward{server: newServer(t)}
		var mu sync.Mutex
		count, where := 0, ""
		r := &rig{t: t, s: a.server, out: make(chan error, 100)}
		hook := func(p *sim.Process, when string) func(string) {
			return func(name string) {
				mu.Lock()
				hit := count == at
				if hit {
					where = when + " " + name
				}
				count++
				mu.Unlock()
				switch {
				case hit && how == "kill":
					_ = r.pc.KillAgent()
					runtime.Goexit()
				case hit && how == "plug":
					_ = r.pc.PullThePlug()
					_ = r.pc.PowerOn()
					runtime.Goexit()
				case hit:
					if p := a.now.Load(); p != nil {
						p.hangUp()
					}
				}
			}
		}
		pc, err := sim.New(sim.Options{
			Dial: a.dial, SignsIn: true, Timing: sim.Timing{Boot: 10 * time.Second, GoDown: time.Second},
			Agent: func(ctx context.Context, p *sim.Process) {
				c := Config{Machine: p, Server: "http://localhost", Code: testCode, Dial: p.Dial, Jitter: func() float64 { return 0.5 }}
				c.Hooks = Hooks{
					BeforeSave: hook(p, "before saving"), AfterSave: hook(p, "after saving"),
					BeforeSend: hook(p, "before sending"), AfterSend: hook(p, "after sending"),
				}
				done := make(chan struct{})
				go func() { // a hook may end it
					defer close(done)
					Run(ctx, c)
				}()
				<-done
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		r.pc = pc
		defer pc.Close()
		go a.run()
		stop := make(chan struct{})
		over := func() bool {
			a.mu.Lock()
			defer a.mu.Unlock()
			return a.shared && pc.Document(documentName) == nil
		}
		go r.customer(stop, over)
		timeout := time.After(10 * time.Minute)
		for ended := false; !ended; {
			s, changed := pc.Snapshot()
			if ended = over() && !s.Running && !s.Autostart; ended {
				break
			}
			select {
			case <-changed:
			case <-timeout:
				t.Errorf("%s: the story did not end; PC %+v, reboots %d, document %s", where, s, a.reboots, pc.Document(documentName))
				ended = true
			}
		}
		close(stop)
		synctest.Wait()
		a.mu.Lock()
		defer a.mu.Unlock()
		if pc.Restarts() > a.goes {
			t.Errorf("%s: %d restarts for %d commands", where, pc.Restarts(), a.goes)
		}
		if how != "plug" && (pc.Restarts() == 0 || a.reboots > 2) {
			t.Errorf("%s: %d restarts, asked %d times", where, pc.Restarts(), a.reboots)
		}
		if len(a.said) > 1 || len(a.said) == 0 && at < 0 {
			t.Errorf("%s: the customer's line arrived %d times", where, len(a.said))
		}
		if points != nil {
			*points = count
		}
		a.http.Close()
		if a.peer != nil {
			a.peer.hangUp()
		}
	})
}
