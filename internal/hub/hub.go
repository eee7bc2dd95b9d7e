package hub

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rejoin/rejoin/internal/relay"
	"github.com/rejoin/rejoin/internal/session"
)

// Options configure a [Hub].
type Options struct {
	Key     ed25519.PrivateKey    // the server's identity, which agents pin
	CodeKey []byte                // 32 bytes; keys the hashes of connect codes and seals the codes for display
	Log     *slog.Logger          // required
	Metrics prometheus.Registerer // nil: not measured

	CodeValid time.Duration // of a connect code; 0: 10 minutes
	Guesses   Guesses
	Hooks     Hooks
}

// Hub dispatches events to sessions. Its methods are safe for concurrent use.
type Hub struct {
	store   Store
	opts    Options
	log     *slog.Logger
	codes   codeKeys
	clock   clock
	board   board
	metrics metrics
	links   links
	screens relay.Room       // viewers that wait for the agent's socket
	locks   [1024]sync.Mutex // of sessions, by hash: events of one session take turns
	seed    maphash.Seed
	setting sync.RWMutex  // held for writing while the clock is set forward and the step credited
	ready   chan struct{} // closed once the downtime before this start is credited
	wake    chan struct{} // an earlier deadline may have been set
	nextMu  sync.Mutex
	next    time.Time // what the deadline loop sleeps until; zero: nothing
}

// New makes a hub. Until [Hub.Run] has credited the downtime before this start, Dispatch and ServeAgent wait.
func New(store Store, opts Options) (*Hub, error) {
	if opts.CodeValid == 0 {
		opts.CodeValid = 10 * time.Minute
	}
	opts.Guesses = opts.Guesses.withDefaults()
	codes, err := newCodeKeys(opts.CodeKey)
	if err != nil {
		return nil, err
	}
	if len(opts.Key) != ed25519.PrivateKeySize {
		return nil, errors.New("hub: the server's key is missing")
	}
	h := &Hub{
		store: store, opts: opts, log: opts.Log, codes: codes, metrics: newMetrics(opts.Metrics),
		seed: maphash.MakeSeed(), ready: make(chan struct{}), wake: make(chan struct{}, 1),
	}
	h.clock.reset(time.Time{})
	h.links.hub, h.links.by = h, make(map[session.ID]*link)
	return h, nil
}

// Now is the server's time: it never goes back, and deadlines are measured by it.
func (h *Hub) Now() time.Time { return h.clock.now() }

// Session loads a session, or returns [ErrNotFound].
func (h *Hub) Session(ctx context.Context, id session.ID) (session.Session, error) {
	return h.store.Session(ctx, id)
}

// Watch starts a watch on one session, or with "" on all. Start it before loading, so that no change falls in between.
func (h *Hub) Watch(id session.ID) *Watch { return h.board.watch(id) }

// Dispatch applies an event to a session and returns the session after it. Errors: *[session.Refusal],
// [session.ErrGap], [ErrNotFound], ctx's, and those of a store in trouble; then nothing has changed.
func (h *Hub) Dispatch(ctx context.Context, id session.ID, ev session.Event) (session.Session, error) {
	return h.dispatch(ctx, id, ev, nil, nil)
}

// maxConflicts bounds how often an event is applied again because another hub on the same store was faster.
const maxConflicts = 50

// dispatch is Dispatch with two hooks: with adds to the transition before it is committed; committed runs once what came of
// the event is in the store, before anybody else hears of it and while the session's turn lasts.
func (h *Hub) dispatch(ctx context.Context, id session.ID, ev session.Event,
	with func(*Transition), committed func(session.Session),
) (session.Session, error) {
	if err := h.waitReady(ctx); err != nil {
		return session.Session{}, err
	}
	h.setting.RLock()
	defer h.setting.RUnlock()
	turn := h.turn(id)
	turn.Lock()
	defer turn.Unlock()
	for range maxConflicts {
		s, err := h.store.Session(ctx, id)
		if err != nil {
			return s, err
		}
		next, err := h.step(ctx, s, ev, with, committed)
		if errors.Is(err, session.ErrOverdue) {
			if _, err = h.step(ctx, s, session.Tick{}, nil, nil); err == nil {
				continue
			}
		}
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return s, err
		}
		return next, nil
	}
	return session.Session{}, fmt.Errorf("hub: session %s: %w", id, ErrConflict)
}

// step applies one event and commits what comes of it; only then does anybody hear of it. The hooks are those of dispatch.
func (h *Hub) step(ctx context.Context, s session.Session, ev session.Event,
	with func(*Transition), committed func(session.Session),
) (session.Session, error) {
	if committed == nil {
		committed = func(session.Session) {}
	}
	now := h.Now()
	next, effects, err := session.Apply(s, ev, now)
	if err != nil {
		return s, err
	}
	if next.Revision == s.Revision {
		committed(next)
		return next, nil
	}
	t, err := newTransition(s.Revision, next, effects, now)
	if err != nil {
		return s, err
	}
	if with != nil {
		with(&t)
	}
	began := time.Now()
	if err := h.store.Commit(ctx, t); err != nil {
		return s, err
	}
	h.metrics.committed(s, next, time.Since(began))
	committed(next)
	h.published(t)
	return next, nil
}

// published tells everybody about a committed transition.
func (h *Hub) published(t Transition) {
	if len(t.Commands) > 0 {
		h.links.deliver(t.After.ID, t.Commands)
	}
	if t.After.State == session.StateEnded {
		h.links.ended(t.After.ID)
	}
	h.board.post(t.After.ID)
	if t.Deadline.IsZero() {
		return
	}
	h.nextMu.Lock()
	earlier := h.next.IsZero() || t.Deadline.Before(h.next)
	h.nextMu.Unlock()
	if earlier {
		select {
		case h.wake <- struct{}{}:
		default:
		}
	}
}

// newTransition sorts effects into what the store writes.
func newTransition(before int64, after session.Session, effects []session.Effect, now time.Time) (Transition, error) {
	t := Transition{Before: before, After: after, Deadline: after.NextDeadline(), At: now}
	for _, e := range effects {
		switch e := e.(type) {
		case session.Audit:
			t.Audit = append(t.Audit, e.Line)
		case session.SaveChat:
			t.Chat = append(t.Chat, e.Message)
		case session.Send:
			c, err := encodeCommand(e)
			if err != nil {
				return t, err
			}
			t.Commands = append(t.Commands, c)
		}
	}
	return t, nil
}

func (h *Hub) turn(id session.ID) *sync.Mutex {
	return &h.locks[maphash.String(h.seed, string(id))%uint64(len(h.locks))]
}

func (h *Hub) waitReady(ctx context.Context) error {
	select {
	case <-h.ready:
		return nil
	default:
	}
	select {
	case <-h.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
