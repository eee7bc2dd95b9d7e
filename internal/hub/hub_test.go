package hub_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
	"github.com/rejoin/rejoin/store"
	"github.com/rejoin/rejoin/store/memstore"
)

func TestRebootStoryOverTheLink(t *testing.T) {
	s := newServer(t)
	id, code := s.create(session.DefaultPolicy())
	a := s.newPC().join(code)
	a.confirm()
	s.must(id, session.RequestReboot{By: jonas, Kind: session.KindNormal, Message: "Printer driver"})
	ask, env := nextWithSeq[*wire.AskReboot](a)
	if ask.BootID != a.boot || ask.By != jonas.Name || ask.Message != "Printer driver" || env.Seq != 1 {
		t.Fatalf("asked %+v as number %d", ask, env.Seq)
	}
	a.send(&wire.ConsentAnswered{Reboot: ask.Reboot, Answer: "yes", Source: "customer"}, 1, 1)
	next[*wire.PrepareReboot](a)
	a.send(&wire.RebootPrepared{Reboot: ask.Reboot}, 2, 2)
	goNow, env := nextWithSeq[*wire.GoReboot](a)
	if goNow.BootID != a.boot || env.Seq != 3 {
		t.Fatalf("commanded %+v as number %d", goNow, env.Seq)
	}
	a.send(&wire.GoingDown{Reboot: ask.Reboot, BootID: a.boot}, 3, 3)
	s.until(id, "going down", func(s session.Session) bool { return s.Reboot.Phase == session.PhaseGoingDown })
	a.hangUp()
	s.until(id, "down", func(s session.Session) bool { return s.Reboot.Phase == session.PhaseDown })
	a.acked = 3
	a.reboot()
	share := next[*wire.AskShare](a)
	a.send(&wire.ShareAnswered{Prompt: share.Prompt, Answer: "yes", Source: "customer"}, 4, 4)
	got := s.until(id, "resumed", func(s session.Session) bool { return !s.Reboot.Live() })
	if got.Reboot.Outcome != session.OutcomeResumed || got.Sharing.State != session.SharingOn || got.Reboot.Adopted {
		t.Errorf("ended as %+v, sharing %+v", got.Reboot, got.Sharing)
	}
}

func TestLostWelcomeIsSentAgainToTheSameKeyOnly(t *testing.T) {
	s := newServer(t)
	_, code := s.create(session.DefaultPolicy())
	a := s.newPC().join(code)
	a.hangUp()
	<-a.served
	thief := s.newPC()
	thief.sendJoin(code)
	if r := next[*wire.Refused](thief); r.Code != wire.RefusedCode {
		t.Errorf("another key with a used code: %s", r.Code)
	}
	a.join(code)
	a.confirm()
	a.hangUp()
	<-a.served
	a.sendJoin(code)
	if r := next[*wire.Refused](a); r.Code != wire.RefusedCode {
		t.Errorf("the code after the generation was confirmed: %s", r.Code)
	}
}

func TestCommandsAreSentAgainUntilAcknowledged(t *testing.T) {
	s := newServer(t)
	id, code := s.create(session.DefaultPolicy())
	a := s.newPC().join(code)
	for _, text := range []string{"one", "two", "three"} {
		s.must(id, session.SendChat{By: jonas, Text: text})
	}
	for want := int64(1); want <= 3; want++ {
		if _, env := nextWithSeq[*wire.Chat](a); env.Seq != want {
			t.Fatalf("number %d, not %d", env.Seq, want)
		}
	}
	a.hangUp()
	<-a.served
	s.must(id, session.SendChat{By: jonas, Text: "four"})
	a.acked = 1
	a.rejoin()
	for want := int64(2); want <= 4; want++ {
		if _, env := nextWithSeq[*wire.Chat](a); env.Seq != want {
			t.Fatalf("number %d, not %d", env.Seq, want)
		}
	}
	a.send(&wire.Ack{}, 0, 4)
	s.until(id, "acknowledged", func(s session.Session) bool { return s.AckedSeq == 4 })
	if left, err := s.store.Outbox(t.Context(), id, 0); err != nil || len(left) != 0 {
		t.Errorf("outbox keeps %d commands (%v)", len(left), err)
	}
}

// TestTheWelcomeBringsTheConversation: also to the process that a PC starts again without it, and by the time that anybody
// hears of its return it can be spoken to.
func TestTheWelcomeBringsTheConversation(t *testing.T) {
	s := newServer(t)
	id, code := s.create(session.DefaultPolicy())
	a := s.newPC().join(code)
	s.must(id, session.SendChat{By: jonas, Text: "one"})
	a.send(&wire.CustomerChat{Text: "two"}, 1, 1)
	s.until(id, "the answer", func(s session.Session) bool { return s.EventSeq == 1 })
	a.hangUp()
	<-a.served
	s.until(id, "offline", func(s session.Session) bool { return !s.Link.Online })
	a.acked = 1
	a.sendRejoin()
	s.until(id, "online", func(s session.Session) bool { return s.Link.Online })
	s.must(id, session.SendChat{By: jonas, Text: "three"})
	h := a.welcomed().History
	if len(h) != 2 || h[0].Text != "one" || h[0].Mine || h[1].Text != "two" || !h[1].Mine {
		t.Errorf("the welcome brings %+v", h)
	}
	if m, env := nextWithSeq[*wire.Chat](a); m.Text != "three" || env.Seq != 2 {
		t.Errorf("then %q came, as number %d", m.Text, env.Seq)
	}
}

func TestEventsAreTakenOnceAndInOrder(t *testing.T) {
	s := newServer(t)
	id, code := s.create(session.DefaultPolicy())
	a := s.newPC().join(code)
	a.send(&wire.CustomerChat{Text: "hello"}, 1, 0)
	a.send(&wire.CustomerChat{Text: "hello"}, 1, 0)
	a.send(&wire.CustomerChat{Text: "again"}, 2, 0)
	s.until(id, "both taken", func(s session.Session) bool { return s.EventSeq == 2 })
	chat, err := s.store.LastChat(t.Context(), id, 10)
	if err != nil || len(chat) != 2 {
		t.Fatalf("%d lines (%v), not 2", len(chat), err)
	}
	a.send(&wire.CustomerChat{Text: "skipped one"}, 4, 0)
	if tr := next[*wire.Trouble](a); tr.Message != "customer.chat" || tr.Code != wire.ErrNumber {
		t.Errorf("a gap was answered with %+v", tr)
	}
	<-a.served
}

func TestBadFramesAreNamed(t *testing.T) {
	s := newServer(t)
	_, code := s.create(session.DefaultPolicy())
	a := s.newPC().join(code)
	a.confirm()
	for _, tc := range []struct {
		name, frame string
		want        wire.Trouble
	}{
		{"no JSON", `{`, wire.Trouble{Code: wire.ErrMalformed}},
		{"unknown type", `{"v":1,"type":"format.disk","seq":1,"body":{}}`, wire.Trouble{Message: "format.disk", Code: wire.ErrUnknown}},
		{"unknown member", `{"v":1,"type":"signed_in","seq":1,"body":{"x":1}}`, wire.Trouble{Message: "signed_in", Code: wire.ErrMalformed}},
		{"a command", `{"v":1,"type":"share.end","seq":1,"body":{}}`, wire.Trouble{Message: "share.end", Code: wire.ErrUnexpected}},
		{"acknowledges the future", `{"v":1,"type":"ack","ack":99,"body":{}}`, wire.Trouble{Message: "ack", Code: wire.ErrNumber}},
	} {
		a.sendRaw([]byte(tc.frame))
		if got := next[*wire.Trouble](a); *got != tc.want {
			t.Errorf("%s: %+v, not %+v", tc.name, *got, tc.want)
		}
		<-a.served
		a.rejoin()
	}
}

func TestProofsOfOthersAreRefused(t *testing.T) {
	s := newServer(t)
	_, code := s.create(session.DefaultPolicy())
	a := s.newPC().join(code)
	a.confirm()
	a.hangUp()
	<-a.served
	rejoin := func(a *pc, mend func(*wire.Claim), key ed25519.PrivateKey) wire.RefusalCode {
		a.dial(wire.PurposeRejoin)
		c := a.claim(wire.PurposeRejoin, "")
		mend(&c)
		a.send(&wire.Rejoin{Session: a.session, Generation: a.generation, BootID: a.boot, Instance: a.instance, PC: a.info(),
			Proof: c.Sign(key)}, 0, 0)
		return next[*wire.Refused](a).Code
	}
	for name, mend := range map[string]func(*wire.Claim){
		"purpose":     func(c *wire.Claim) { c.Purpose = wire.PurposeJoin },
		"old nonce":   func(c *wire.Claim) { c.ServerNonce = make([]byte, wire.NonceSize) },
		"session":     func(c *wire.Claim) { c.Session = "other" },
		"generation":  func(c *wire.Claim) { c.Generation++ },
		"boot":        func(c *wire.Claim) { c.BootID = "boot-9" },
		"instance":    func(c *wire.Claim) { c.Instance = "other" },
		"server":      func(c *wire.Claim) { c.ServerKey = newKey(t).Public().(ed25519.PublicKey) },
		"agent nonce": func(c *wire.Claim) { c.AgentNonce = make([]byte, wire.NonceSize) },
	} {
		if got := rejoin(a, mend, a.key); got != wire.RefusedProof {
			t.Errorf("proof with another %s: %s", name, got)
		}
	}
	if got := rejoin(a, func(*wire.Claim) {}, newKey(t)); got != wire.RefusedProof {
		t.Errorf("proof with another key: %s", got)
	}
	a.session = "nosuchsession"
	if got := rejoin(a, func(*wire.Claim) {}, a.key); got != wire.RefusedUnknown {
		t.Errorf("unknown session: %s", got)
	}
}

func TestSilentAgentIsLostWithin15Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMemServer(t)
		id, code := s.create(session.DefaultPolicy())
		a := s.newPC().join(code)
		a.confirm()
		a.mute = true
		began := time.Now()
		// The server's own sending must not count as a sign of life.
		go func() {
			for range 20 {
				elapse(time.Second)
				s.Dispatch(context.Background(), id, session.SendChat{By: jonas, Text: "are you there?"})
			}
		}()
		got := s.until(id, "offline", func(s session.Session) bool { return !s.Link.Online })
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("seen after %s", took)
		}
		if want := began.Add(got.Policy.Window()); got.Link.WindowUntil.Sub(want).Abs() > time.Second {
			t.Errorf("the window ends %s, not %s after the last sign of life", got.Link.WindowUntil.Sub(began), got.Policy.Window())
		}
		elapse(20 * time.Second) // virtual: lets the sender finish
		s.stop()
	})
}

func TestWindowIsKeptToTheMillisecond(t *testing.T) {
	for _, tc := range []struct {
		after time.Duration
		in    bool
	}{{9*time.Minute + 59999*time.Millisecond, true}, {10*time.Minute + time.Millisecond, false}} {
		synctest.Test(t, func(t *testing.T) {
			s := newMemServer(t)
			id, code := s.create(session.DefaultPolicy())
			a := s.newPC().join(code)
			a.hangUp()
			gone := s.until(id, "offline", func(s session.Session) bool { return !s.Link.Online })
			elapse(gone.Link.Since.Add(tc.after).Sub(s.Now())) // virtual
			a.sendRejoin()
			if tc.in {
				a.welcomed()
			} else if r := next[*wire.Refused](a); r.Code != wire.RefusedExpired {
				t.Errorf("after %s: %s", tc.after, r.Code)
			}
			s.stop()
		})
	}
}

func TestExpiryNeedsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMemServer(t)
		id, code := s.create(session.DefaultPolicy())
		a := s.newPC().join(code)
		a.hangUp()
		gone := s.until(id, "offline", func(s session.Session) bool { return !s.Link.Online })
		elapse(10*time.Minute + time.Second) // virtual
		synctest.Wait()
		got := s.until(id, "ended", func(s session.Session) bool { return s.State == session.StateEnded })
		if late := got.EndedAt.Sub(gone.Link.WindowUntil); got.EndReason != session.EndExpired || late > 50*time.Millisecond {
			t.Errorf("ended %s, %s after the deadline", got.EndReason, late)
		}
		s.stop()
	})
}

func TestServerDowntimeDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, key := memstore.New(), newKey(t)
		s := start(t, st, key)
		away, code := s.create(session.DefaultPolicy())
		a := s.newPC().join(code)
		a.hangUp()
		s.until(away, "offline", func(s session.Session) bool { return !s.Link.Online })
		elapse(9 * time.Minute) // virtual
		here, code := s.create(session.DefaultPolicy())
		b := s.newPC().join(code)
		b.confirm()
		s.stop()
		elapse(time.Hour) // the server is down
		s2 := start(t, st, key)
		a.s, b.s = s2, s2
		got := s2.until(here, "credited", func(s session.Session) bool { return !s.CreditedUntil.IsZero() })
		if left := got.Link.WindowUntil.Sub(s2.Now()); left < 10*time.Minute-time.Second {
			t.Errorf("whoever was connected has %s left", left)
		}
		elapse(50 * time.Second) // 9:50 of the window are over
		a.rejoin()
		b.rejoin()
		s2.stop()
	})
}

func TestTwoPCsWithOneKey(t *testing.T) {
	for _, keep := range []session.RivalChoice{session.KeepCurrent, session.KeepRival} {
		t.Run(string(keep), func(t *testing.T) {
			s := newServer(t)
			id, code := s.create(session.DefaultPolicy())
			a := s.newPC().join(code)
			a.confirm()
			b := a.copyOf()
			answerProbe(a)
			b.sendRejoin()
			next[*wire.Hold](b)
			s.until(id, "two PCs", func(s session.Session) bool { return s.Rival != nil })
			_, err := s.Dispatch(t.Context(), id, session.RequestReboot{By: jonas, Kind: session.KindNormal})
			if no := new(session.Refusal); !errors.As(err, &no) || no.Code != session.RefusedRival {
				t.Errorf("a reboot while two PCs are there: %v", err)
			}
			s.must(id, session.ChooseRival{By: jonas, Keep: keep})
			winner, loser := a, b
			if keep == session.KeepRival {
				winner, loser = b, a
				b.welcomed()
				<-a.served
				a.sendRejoin()
			} else {
				regen := next[*wire.Regenerate](a)
				a.generation = regen.Generation
			}
			if r := next[*wire.Refused](loser); r.Code != wire.RefusedSuperseded {
				t.Errorf("the loser hears %s", r.Code)
			}
			if winner == b { // it runs in another boot, so it counts as restarted
				next[*wire.AskShare](b)
			}
			s.must(id, session.SendChat{By: jonas, Text: "it is you"})
			next[*wire.Chat](winner)
			loser.sendRejoin()
			if r := next[*wire.Refused](loser); r.Code != wire.RefusedSuperseded {
				t.Errorf("the loser comes again and hears %s", r.Code)
			}
		})
	}
}

// elapse lets virtual time pass; it is for synctest bubbles only.
func elapse(d time.Duration) { <-time.After(d) }

// answerProbe answers one beat, as the living agent would.
func answerProbe(a *pc) {
	go func() {
		frame, err := recv(context.Background(), a.toAgent, a.closed)
		for ; err == nil; frame, err = recv(context.Background(), a.toAgent, a.closed) {
			m, _, derr := wire.Decode(frame)
			if _, beat := m.(*wire.Beat); derr == nil && beat {
				a.send(&wire.BeatOK{}, 0, 0)
				return
			}
		}
	}()
}

func TestRebootedPCReplacesItsDeadConnection(t *testing.T) {
	s := newServer(t)
	id, code := s.create(session.DefaultPolicy())
	a := s.newPC().join(code)
	a.confirm()
	old := a.pipe
	a.reboot() // the old connection neither answers nor ends
	got := s.until(id, "back", func(s session.Session) bool { return s.Reboot != nil })
	if !got.Reboot.Adopted || !got.Link.Online {
		t.Errorf("reboot %+v, link %+v", got.Reboot, got.Link)
	}
	select {
	case <-old.closed:
	case <-time.After(10 * time.Second):
		t.Error("the old connection is still open")
	}
}

func TestGuessesAreLimited(t *testing.T) {
	s := newServer(t)
	_, code := s.create(session.DefaultPolicy())
	var evaluated atomic.Int32
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			_, err := s.LookCode(t.Context(), "000000000"+string(rune('0'+i%10)), "203.0.113.9")
			if errors.Is(err, hub.ErrCodeGone) {
				evaluated.Add(1)
			}
		}()
	}
	wg.Wait()
	if n := evaluated.Load(); n > 5 {
		t.Errorf("%d guesses of one address were evaluated", n)
	}
	if _, err := s.LookCode(t.Context(), code, "203.0.113.9"); !errors.Is(err, hub.ErrTooManyGuesses) {
		t.Errorf("one more from there: %v", err)
	}
	if _, err := s.LookCode(t.Context(), code, "203.0.113.10"); err != nil {
		t.Errorf("a neighbour: %v", err)
	}
}

func TestShutdownTellsWhenToComeBack(t *testing.T) {
	s := newServer(t)
	_, code := s.create(session.DefaultPolicy())
	a := s.newPC().join(code)
	if err := s.Shutdown(t.Context(), 1500*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if m := next[*wire.GoingAway](a); m.BackIn != 1500 {
		t.Errorf("back in %d ms", m.BackIn)
	}
}

func TestNormalCode(t *testing.T) {
	for typed, want := range map[string]string{
		"4829130057": "4829130057", " 482 913 0057\t": "4829130057", "482-913-0057": "4829130057", "(482) 913–0057": "4829130057",
		"482.913.0057": "4829130057", "482\u00a0913\u202f0057": "4829130057",
		"482913005": "", "48291300571": "", "482913005a": "", "": "", "４８２９１３００５７": "",
	} {
		got, ok := hub.NormalCode(typed)
		if ok != (want != "") || (ok && got != want) {
			t.Errorf("%q: %q, %v", typed, got, ok)
		}
	}
}

func TestForwardStepOfTheClockIsCredited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMemServer(t)
		id, code := s.create(session.DefaultPolicy())
		a := s.newPC().join(code)
		a.hangUp()
		before := s.until(id, "offline", func(s session.Session) bool { return !s.Link.Online })
		elapse(5 * time.Minute)
		s.JumpWall(time.Hour) // the server's machine slept, say
		elapse(3 * time.Second)
		got := s.until(id, "credited", func(s session.Session) bool { return !s.CreditedUntil.IsZero() })
		if moved := got.Link.WindowUntil.Sub(before.Link.WindowUntil); (moved - time.Hour).Abs() > 3*time.Second {
			t.Errorf("the deadline moved by %s", moved)
		}
		if behind := time.Until(s.Now()).Abs(); behind > time.Second {
			t.Errorf("the server's clock is off by %s", behind)
		}
		elapse(4 * time.Minute)
		a.rejoin()
		s.stop()
	})
}

// A server that is stopped before it has begun has not failed.
func TestStoppedBeforeItBegan(t *testing.T) {
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "rejoin.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	h, err := hub.New(st, hub.Options{Key: newKey(t), CodeKey: bytes.Repeat([]byte{7}, 32), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Run(ctx); err != nil {
		t.Error(err)
	}
}
