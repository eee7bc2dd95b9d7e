package agent

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/sim"
	"github.com/rejoin/rejoin/internal/wire"
)

// hostileCommand makes any command with members of any sort.
func hostileCommand(rng *rand.Rand, bootID string) wire.Message {
	id := func() string {
		return pick(rng, "r1", "r2", "p1", "", "standing", "switch", "end", "reboot/r1", strings.Repeat("x", 70), "\u202e", "../..", "r1\n")
	}
	boot := func() string { return pick(rng, bootID, bootID, bootID, "boot-0", "") }
	name := func() string {
		return pick(rng, "Jonas", "", "\u202eanoJ", "\x00\x1b[2J", strings.Repeat("ж", 5000), "{technician}", "a\nb")
	}
	num := func() int {
		return pick(rng, 30, 0, -1, 1<<31-1, -1<<31, 599)
	}
	switch rng.IntN(13) {
	case 0:
		return wire.AskReboot{Reboot: id(), Kind: pick(rng, "normal", "normal", "safe_mode", "", "x"), BootID: boot(), By: name(), Message: name(), Seconds: num()}
	case 1:
		return wire.ClosePrompt{ID: id()}
	case 2:
		return wire.PrepareReboot{Reboot: id(), BootID: boot(), WindowMinutes: num()}
	case 3:
		return wire.GoReboot{Reboot: id(), BootID: boot()}
	case 4:
		return wire.AbortReboot{Reboot: id()}
	case 5:
		return wire.AskReturn{Reboot: id(), By: name(), Seconds: num()}
	case 6:
		return wire.AskShare{Prompt: id(), By: name(), Seconds: num(), Again: rng.IntN(2) == 0, Control: rng.IntN(2) == 0}
	case 7:
		return wire.EndShare{}
	case 8:
		return wire.Chat{From: name(), Text: name(), At: time.Unix(int64(num()), 0)}
	case 9:
		return wire.Regenerate{Generation: int64(num())}
	case 10:
		return wire.AskControl{Prompt: id(), By: name(), Seconds: num()}
	case 11:
		return wire.SetControl{ID: id(), Name: name()}
	}
	return wire.GoReboot{Reboot: "r1", BootID: bootID}
}

func pick[T any](rng *rand.Rand, values ...T) T { return values[rng.IntN(len(values))] }

// TestHostileServer: whatever a server sends, in whatever order, over however many connections: without a Yes of the
// customer nothing is restarted and nothing is shared. The customer says No, looks away, or closes the windows.
func TestHostileServer(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { hostileSession(t, seed) })
	}
}

func hostileSession(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	in(t, func(r *rig) {
		seen := r.observe()
		defer func() {
			if seen.any() {
				r.t.Error("the screen was captured, or something was typed or copied")
			}
		}()
		// A policy that asks nothing is not accepted.
		r.s.policy = wire.Policy{PromptSeconds: -5, RebootOnNoReply: true, WindowMinutes: 1 << 30}
		p := r.joined()
		stop := make(chan struct{})
		defer close(stop)
		go refuser(r.pc, seed, stop)
		for range 12 {
			go drain(p)
			for range 25 {
				hostileFrame(rng, p)
			}
			synctest.Wait()
			if r.pc.Document(documentName) == nil || r.document().Over != "" {
				return // it has ended the session, which it may
			}
			r.unharmed()
			d := r.document()
			r.s.cmd, r.s.got, r.s.gen = d.Applied, d.Emitted, d.Generation
			p.hangUp()
			p = r.s.next()
			p.prove()
			p.welcome()
		}
		synctest.Wait()
		r.unharmed()
	})
}

// unharmed checks what a server can't do alone.
func (r *rig) unharmed() {
	r.t.Helper()
	if n := r.pc.Restarts(); n != 0 {
		r.t.Fatalf("%d restarts", n)
	}
	d := r.document()
	if d.Consent.Reboot != nil || d.Consent.Share != nil || d.Consent.Control != nil || d.Consent.Standing == "yes" || d.Ticket != nil {
		r.t.Fatalf("granted without a Yes: %+v, ticket %+v", d.Consent, d.Ticket)
	}
	if s, _ := r.pc.Snapshot(); s.View != nil && s.View.Sharing != "" {
		r.t.Fatal("shared")
	}
	for _, q := range r.pc.Shown() {
		if text := q.Title + q.Heading + q.Quote + q.Body; strings.ContainsAny(text, "\u202e\x00\x1b") || len(text) > 4000 {
			r.t.Fatalf("prompt %+v", q)
		}
		if q.For > maxPrompt*time.Second {
			r.t.Fatalf("a prompt of %v", q.For)
		}
	}
}

// hostileFrame sends one frame: a command that fits, one out of order, another side's message, or noise.
func hostileFrame(rng *rand.Rand, p *peer) {
	switch rng.IntN(20) {
	case 0:
		p.write(hostileCommand(rng, p.s.bootID), p.s.cmd+int64(rng.IntN(3)), 0)
	case 1:
		p.write(hostileCommand(rng, p.s.bootID), max(1, p.s.cmd+int64(rng.IntN(4))-1), int64(rng.IntN(50)))
	case 2:
		typ := pick(rng, wire.Types...)
		frame, _ := json.Marshal(wire.Envelope{V: 1, Type: typ, Seq: int64(rng.IntN(2)) * (p.s.cmd + 1), Body: jsontext.Value(`{}`)})
		p.raw(frame)
	case 3:
		p.raw([]byte(pick(rng, "", "{", "null", `{"v":1}`, `{"v":2,"type":"beat","body":{}}`, `{"v":1,"v":1,"type":"beat","body":{}}`, strings.Repeat("[", 9000))))
	case 4:
		p.write(p.s.welcomeMessage(), 0, 0)
	case 5, 6:
		p.write(wire.OpenViewer{
			Viewer: pick(rng, "v1", "v2", "\u202e", strings.Repeat("x", 70)), Ticket: make([]byte, pick(rng, wire.TicketSize, 0, 99)),
			TechnicianID: pick(rng, "u1", "", "r1"), Technician: "\x1b[2J", Monitor: pick(rng, "", "../.."), Keyboard: wire.KeyboardRemote,
		}, 0, 0)
	case 7:
		p.write(wire.CloseViewer{Viewer: pick(rng, "v1", "", "v9")}, 0, 0)
	default:
		p.s.cmd++
		p.write(hostileCommand(rng, p.s.bootID), p.s.cmd, 0)
	}
}

// drain reads whatever the agent says, and answers nothing.
func drain(p *peer) {
	for {
		if _, _, err := p.ws.Read(context.Background()); err != nil {
			return
		}
	}
}

// refuser is a customer who never says Yes.
func refuser(pc *sim.PC, seed uint64, stop <-chan struct{}) {
	rng := rand.New(rand.NewPCG(seed, 2))
	for {
		s, changed := pc.Snapshot()
		if s.Prompt != nil && rng.IntN(3) > 0 {
			_ = pc.Answer(s.Prompt.ID, pick(rng, machine.AnswerNo, machine.AnswerTimeout, machine.AnswerClosed, machine.AnswerAbsent))
		}
		select {
		case <-changed:
		case <-stop:
			return
		}
	}
}

// TestHostileServerAfterYes: one Yes is good for one restart, whatever is sent after it.
func TestHostileServerAfterYes(t *testing.T) {
	for seed := range uint64(30) {
		in(t, func(r *rig) {
			rng := rand.New(rand.NewPCG(seed, 3))
			p := r.joined()
			r.pc.RefuseRestarts(errOfTest) // so that the PC stays and a second one would be seen
			r.agreed(p, "r1")
			stop := make(chan struct{})
			defer close(stop)
			go refuser(r.pc, seed, stop)
			go drain(p)
			p.command(wire.GoReboot{Reboot: "r1", BootID: r.s.bootID})
			for range 60 {
				p.command(hostileCommand(rng, r.s.bootID))
			}
			synctest.Wait()
			if n := r.pc.Restarts(); n != 1 {
				t.Errorf("seed %d: %d restarts after one Yes", seed, n)
			}
		})
	}
}

// FuzzServerFrames feeds a server's frames, cut from the input, to a joined agent.
func FuzzServerFrames(f *testing.F) {
	add := func(frames ...[]byte) {
		var b []byte
		for _, frame := range frames {
			b = binary.BigEndian.AppendUint16(b, uint16(len(frame)))
			b = append(b, frame...)
		}
		f.Add(b)
	}
	frame := func(m wire.Message, seq int64) []byte {
		b, err := wire.Encode(m, seq, 0)
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	boot := "boot"
	add(frame(wire.AskReboot{Reboot: "r1", Kind: "normal", BootID: boot, Seconds: 30}, 1), frame(wire.PrepareReboot{Reboot: "r1", BootID: boot}, 2), frame(wire.GoReboot{Reboot: "r1", BootID: boot}, 3))
	add(frame(wire.AskShare{Prompt: "p1", Seconds: 30}, 1), frame(wire.ClosePrompt{ID: "p1"}, 2), frame(wire.EndShare{}, 3))
	add(frame(wire.Chat{From: "x", Text: "y"}, 1), frame(wire.Beat{}, 0), frame(wire.GoingAway{BackIn: 5}, 0))
	add(frame(wire.EndSession{Reason: "idle"}, 1), frame(wire.Regenerate{Generation: 9}, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, sim.Options{})
			p := r.joined()
			go drain(p)
			for len(data) >= 2 {
				n := int(binary.BigEndian.Uint16(data))
				data = data[2:]
				n = min(n, len(data))
				p.raw([]byte(strings.ReplaceAll(string(data[:n]), boot, r.s.bootID)))
				data = data[n:]
			}
			synctest.Wait()
			if r.pc.Document(documentName) == nil || r.document().Over != "" {
				return // it said goodbye
			}
			r.unharmed()
			p.hangUp()
		})
	})
}
