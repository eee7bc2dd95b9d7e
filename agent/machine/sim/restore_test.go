package sim

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A PC that is switched off with its simulation while Windows goes down, or between that and the next boot, comes up in
// another boot: nothing that ran before is still there.
func TestRestoreInTheMiddleOfARestart(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration // the restart began
		power Power
		then  Power
	}{
		{"asking", 500 * time.Millisecond, Asking, Desktop},
		{"going down", 2 * time.Second, GoingDown, Booting},
		{"off", 4 * time.Second, Off, Booting},
		{"booting", 6 * time.Second, Booting, SignInScreen},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				open := func() *PC {
					pc, err := New(Options{
						Dir: dir, Agent: func(ctx context.Context, _ *Process) { <-ctx.Done() },
						Timing: Timing{Ask: time.Second, GoDown: 2 * time.Second, Off: 2 * time.Second, Boot: 4 * time.Second},
					})
					if err != nil {
						t.Fatal(err)
					}
					return pc
				}
				pc := open()
				before, _ := pc.Snapshot()
				if err := pc.SystemRestart(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(c.after) // of the bubble's clock
				synctest.Wait()
				if s, _ := pc.Snapshot(); s.Power != c.power {
					t.Fatalf("after %v the PC is %s, want %s", c.after, s.Power, c.power)
				}
				pc.Close()

				again := open()
				defer again.Close()
				found, _ := again.Snapshot()
				if found.Power != c.then {
					t.Errorf("found again as %s, want %s", found.Power, c.then)
				}
				if same := found.BootID == before.BootID; same != (c.then == Desktop) {
					t.Errorf("found again in boot %s, left in %s", found.BootID, before.BootID)
				}
				time.Sleep(20 * time.Second)
				synctest.Wait()
				if s, _ := again.Snapshot(); c.then != Desktop && s.Power != SignInScreen {
					t.Errorf("20 s later it is %s", s.Power)
				}
			})
		})
	}
}
