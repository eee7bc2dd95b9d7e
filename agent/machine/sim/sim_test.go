package sim

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
)

var timing = Timing{Ask: time.Second, Patience: 10 * time.Second, GoDown: time.Second, Off: time.Second, Boot: time.Second, SignIn: time.Second}

// waitFor waits until the PC shows something.
func waitFor(t *testing.T, pc *PC, what string, seen func(Snapshot) bool) Snapshot {
	t.Helper()
	timeout := time.After(time.Minute)
	for {
		s, changed := pc.Snapshot()
		if seen(s) {
			return s
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("never: %s; %+v", what, s)
		}
	}
}

func at(power Power) func(Snapshot) bool { return func(s Snapshot) bool { return s.Power == power } }

// TestRestart: a restart is asked, announced and followed by another boot, in which RunOnce runs what is registered, once.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var steps []machine.ShutdownStep
		started := 0
		pc, err := New(Options{Timing: timing, Agent: func(ctx context.Context, p *Process) {
			started++
			p.Autostart().Set()
			for {
				select {
				case s := <-p.Shutdowns():
					steps = append(steps, s.Step)
					s.Done()
				case <-ctx.Done():
					return
				}
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer pc.Close()
		before, _ := pc.Snapshot()
		if err := pc.StartAgent(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := pc.SystemRestart(); err != nil {
			t.Fatal(err)
		}
		if err := pc.SystemRestart(); !errors.Is(err, ErrNotNow) {
			t.Errorf("a second restart at once: %v", err)
		}
		after := waitFor(t, pc, "sign-in screen", at(SignInScreen))
		if after.BootID == before.BootID || after.Running || !after.Autostart {
			t.Errorf("%+v after %+v", after, before)
		}
		if err := pc.SignIn(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, pc, "the agent", func(s Snapshot) bool { return s.Running })
		synctest.Wait()
		if started != 2 || len(steps) != 2 || steps[0] != asked || steps[1] != ending {
			t.Errorf("started %d times, told %v", started, steps)
		}
	})
}

func TestBlockedRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := make(chan machine.ShutdownStep, 10)
		pc, err := New(Options{Timing: timing, Agent: func(ctx context.Context, p *Process) {
			for {
				select {
				case s := <-p.Shutdowns():
					told <- s.Step
					s.Done()
				case <-ctx.Done():
					return
				}
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer pc.Close()
		pc.StartAgent()
		pc.Block("Word")
		if err := pc.SystemRestart(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, pc, "blocked", at(Blocked))
		waitFor(t, pc, "the desktop again", at(Desktop))
		synctest.Wait()
		if <-told != asked || <-told != aborted {
			t.Error("told otherwise")
		}
		pc.SystemRestart()
		waitFor(t, pc, "blocked", at(Blocked))
		pc.Unblock()
		waitFor(t, pc, "going down", at(GoingDown))
	})
}

// TestDeadProcess: what a killed process still tries has no effect.
func TestDeadProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		process := make(chan *Process, 1)
		pc, err := New(Options{
			Dial: func(context.Context, string, string) (net.Conn, error) {
				a, b := net.Pipe()
				go func() { // the server
					buf := make([]byte, 10)
					for {
						if _, err := b.Read(buf); err != nil {
							b.Close()
							return
						}
					}
				}()
				return a, nil
			},
			Agent: func(ctx context.Context, p *Process) { process <- p; <-ctx.Done() },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer pc.Close()
		pc.StartAgent()
		x := <-process
		if err := x.Sealed().Save("a", []byte("1")); err != nil {
			t.Fatal(err)
		}
		conn, err := x.Dial(t.Context(), "tcp", "x:1")
		if err != nil {
			t.Fatal(err)
		}
		if err := pc.KillAgent(); err != nil {
			t.Fatal(err)
		}
		if err := x.Sealed().Save("a", []byte("2")); err == nil {
			t.Error("saved")
		}
		if err := x.Restart(t.Context(), machine.RestartNormal); err == nil || pc.Restarts() != 0 {
			t.Error("restarted")
		}
		if _, err := conn.Write([]byte("x")); err == nil {
			t.Error("written")
		}
		if _, err := x.Dial(t.Context(), "tcp", "x:1"); err == nil {
			t.Error("dialled")
		}
		if err := x.Autostart().Set(); err == nil {
			t.Error("registered")
		}
		if got := string(pc.Document("a")); got != "1" {
			t.Errorf("the disk has %q", got)
		}
	})
}

// TestDisk: a second start finds everything as it was.
func TestDisk(t *testing.T) {
	dir := t.TempDir()
	open := func() (*PC, *Process) {
		process := make(chan *Process, 1)
		pc, err := New(Options{Dir: dir, Timing: Timing{}, Agent: func(ctx context.Context, p *Process) { process <- p; <-ctx.Done() }})
		if err != nil {
			t.Fatal(err)
		}
		if s, _ := pc.Snapshot(); !s.Running {
			if err := pc.StartAgent(); err != nil {
				t.Fatal(err)
			}
		}
		return pc, <-process
	}
	pc, x := open()
	first, _ := pc.Snapshot()
	if _, err := x.Sealed().Load("session"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("load: %v", err)
	}
	if err := x.Sealed().Save("session", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	x.Autostart().Set()
	pc.Block("Word")
	pc.SetLocale("fr-FR")
	pc.Close()

	pc, x = open()
	second, _ := pc.Snapshot()
	data, err := x.Sealed().Load("session")
	if err != nil || string(data) != "kept" || second.BootID != first.BootID || !second.Autostart || second.Locale != "fr-FR" || len(second.Blockers) != 1 || !second.Running {
		t.Errorf("%q %v %+v", data, err, second)
	}
	if err := x.Sealed().Remove("session"); err != nil || pc.Document("session") != nil {
		t.Errorf("remove: %v", err)
	}
	if err := pc.PullThePlug(); err != nil {
		t.Fatal(err)
	}
	pc.Close()
	pc, err = New(Options{Dir: dir, Agent: func(context.Context, *Process) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	if s, _ := pc.Snapshot(); s.Power != Off || s.Running {
		t.Errorf("%+v", s)
	}
}
