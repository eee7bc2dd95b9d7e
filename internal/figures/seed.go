package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rejoin/rejoin/internal/figures/simpc"
	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store"
)

// jonas is the technician of all sessions here.
var jonas = session.Actor{Kind: session.ActorTechnician, ID: "u-figures", Name: "Jonas Weber"}

// machineOf and bootOf are the PC, and the boot in which it joined.
func machineOf(i int) string { return fmt.Sprintf("machine-%d", i) }
func bootOf(i int) string    { return simpc.BootID(machineOf(i)) }

// sessionOf names the session of the i-th PC.
func sessionOf(i int) session.ID { return session.ID(fmt.Sprintf("figures-session-%05d-abcdefgh", i)) }

// keyOf is its key: the fleet runs in another process and has no file of keys.
func keyOf(i int) ed25519.PrivateKey {
	seed := sha256.Sum256(fmt.Appendf(nil, "figures key %d", i))
	return ed25519.NewKeyFromSeed(seed[:])
}

// instanceOf is the process that joined.
func instanceOf(i int) string { return fmt.Sprintf("instance-%d", i) }

// seedSessions writes n sessions that PCs have joined, by the state machine and the store as the server would: connect codes
// let in five PCs a minute from an address, which is right and far too slow here.
func seedSessions(ctx context.Context, st *store.Store, n int) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(256)
	for i := range n {
		g.Go(func() error { return seedSession(ctx, st, i) })
	}
	return g.Wait()
}

func seedSession(ctx context.Context, st *store.Store, i int) error {
	now := time.Now().UTC().Truncate(time.Microsecond)
	policy := session.DefaultPolicy()
	policy.WindowMinutes = session.MaxWindowMinutes
	s, effects, err := session.New(session.NewParams{
		ID: sessionOf(i), By: jonas, Company: "Nordlicht IT", Customer: "Marianne Keller", Mode: session.ModeStandard,
		Policy: policy, CodeExpiresAt: now.Add(time.Hour),
	}, now)
	if err != nil {
		return fmt.Errorf("seed a session: %w", err)
	}
	if err := commitStep(ctx, st, 0, s, effects, now); err != nil {
		return err
	}
	joined, effects, err := session.Apply(s, session.Join{
		PC: seedPC(i), PublicKey: keyOf(i).Public().(ed25519.PublicKey), BootID: bootOf(i), Instance: instanceOf(i),
		SignedIn: true, Address: "127.0.0.1",
	}, now)
	if err != nil {
		return fmt.Errorf("seed a join: %w", err)
	}
	return commitStep(ctx, st, s.Revision, joined, effects, now)
}

func seedPC(i int) session.PC {
	return session.PC{
		Name: fmt.Sprintf("KELLER-NB-%d", i), OS: "Windows 11 Pro", Platform: "windows", User: "marianne", Locale: "de-DE",
		MachineID: machineOf(i), Version: "figures", Reboot: session.Capability{Available: true},
		SafeMode: session.Capability{Why: session.WhyNeedsService},
	}
}

func commitStep(ctx context.Context, st *store.Store, before int64, s session.Session, effects []session.Effect, now time.Time) error {
	t := hub.Transition{Before: before, After: s, Deadline: s.NextDeadline(), At: now}
	for _, e := range effects {
		if a, ok := e.(session.Audit); ok {
			t.Audit = append(t.Audit, a.Line)
		}
	}
	if err := st.Commit(ctx, t); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	return nil
}
