package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rejoin/rejoin/internal/session"
)

const (
	// markEvery is how often the server writes that it is alive; the error of the downtime is at most this, in the
	// customer's favour.
	markEvery = 2 * time.Second
	// wallStep is how far the wall clock must be ahead to be followed: then the machine slept, or its clock was set.
	wallStep = 5 * time.Second
	// retryEvery is how soon something is tried again while the store is in trouble.
	retryEvery = time.Second
	// batch is how many overdue sessions are looked up at a time.
	batch = 256
	// creditWorkers is how many sessions are credited at a time: enough to fill a group commit.
	creditWorkers = 128
)

// Run credits the downtime before this start, then keeps deadlines, the alive mark and silent links in view until ctx
// ends. It returns an error only when the store can't be read at the start.
func (h *Hub) Run(ctx context.Context) error {
	if err := h.begin(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it had begun
		}
		return err
	}
	close(h.ready)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { h.keepMark(ctx); return nil })
	g.Go(func() error { h.keepDeadlines(ctx); return nil })
	g.Go(func() error { h.links.sweep(ctx); return nil })
	return g.Wait()
}

// creditDowntime gives every open session the time back in which no server ran.
func (h *Hub) creditDowntime(ctx context.Context, from, to time.Time) error {
	ids, err := h.store.Unfinished(ctx)
	if err != nil {
		return fmt.Errorf("hub: list open sessions: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(creditWorkers)
	for _, id := range ids {
		g.Go(func() error { return h.creditOne(ctx, id, session.ServerWasDown{From: from, To: to}) })
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("hub: credit the server's downtime: %w", err)
	}
	h.log.Info("credited the server's downtime", "sessions", len(ids), "down", to.Sub(from).Round(time.Millisecond))
	return nil
}

// begin takes up the clock and credits the downtime.
func (h *Hub) begin(ctx context.Context) error {
	mark, known, err := h.store.AliveMark(ctx)
	if err != nil {
		return fmt.Errorf("hub: read the alive mark: %w", err)
	}
	h.clock.reset(mark)
	if known {
		if err := h.creditDowntime(ctx, mark, h.Now()); err != nil {
			return err
		}
	}
	// Only now may the mark move on: a crash before this credits the same span again, less what was credited already.
	if err := h.store.SetAliveMark(ctx, h.Now()); err != nil {
		return fmt.Errorf("hub: write the alive mark: %w", err)
	}
	return nil
}

// creditOne does not go through dispatch: nothing else may touch a session before it has been credited.
func (h *Hub) creditOne(ctx context.Context, id session.ID, ev session.ServerWasDown) error {
	for {
		s, err := h.store.Session(ctx, id)
		if err != nil {
			return err
		}
		if _, err = h.step(ctx, s, ev, nil, nil); !errors.Is(err, ErrConflict) {
			return err
		}
	}
}

// keepMark writes the alive mark and follows steps of the wall clock.
func (h *Hub) keepMark(ctx context.Context) {
	tick := time.NewTicker(markEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if ahead := h.clock.behind(); ahead > wallStep {
			h.followWall(ctx, ahead)
		}
		if err := h.store.SetAliveMark(ctx, h.Now()); err != nil && ctx.Err() == nil {
			h.log.Error("could not write the alive mark; is the disk full or read-only?", "err", err)
		}
	}
}

// followWall treats a forward step of the wall clock as downtime: the machine slept, or its clock was wrong. Agents are
// sent away for a moment, since their links count as lost after a downtime.
func (h *Hub) followWall(ctx context.Context, ahead time.Duration) {
	h.setting.Lock() // between the step and its credit everything would seem overdue
	defer h.setting.Unlock()
	from := h.Now()
	h.log.Warn("the clock stepped forward; deadlines are moved along", "by", ahead.Round(time.Millisecond))
	h.links.sendAway(ctx, 0)
	h.clock.skip(ahead)
	if err := h.creditDowntime(ctx, from, h.Now()); err != nil && ctx.Err() == nil {
		h.log.Error("could not credit the clock's step", "err", err)
	}
}

// keepDeadlines applies Tick to sessions whose deadline is over.
func (h *Hub) keepDeadlines(ctx context.Context) {
	for ctx.Err() == nil {
		wait := h.tickOverdue(ctx)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-h.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// tickOverdue deals with what is over and returns how long nothing more will be. At most a minute: another hub on the
// same store may set deadlines that this one does not hear of.
func (h *Hub) tickOverdue(ctx context.Context) time.Duration {
	for {
		ids, err := h.store.Overdue(ctx, h.Now(), batch)
		if err != nil {
			return h.inTrouble(ctx, "look for deadlines", err)
		}
		var failed error
		for _, id := range ids {
			if _, err := h.Dispatch(ctx, id, session.Tick{}); err != nil {
				failed = fmt.Errorf("session %s: %w", id, err) // the others have deadlines too
			}
		}
		if failed != nil {
			return h.inTrouble(ctx, "carry out a deadline", failed)
		}
		if len(ids) < batch {
			break
		}
	}
	at, ok, err := h.store.NextDeadline(ctx)
	if err != nil {
		return h.inTrouble(ctx, "look for the next deadline", err)
	}
	if !ok {
		at = time.Time{}
	}
	h.nextMu.Lock()
	h.next = at
	h.nextMu.Unlock()
	if !ok {
		return time.Minute
	}
	// A deadline itself is still in time, so the moment after it is waited for.
	return min(max(at.Sub(h.Now())+time.Millisecond, 5*time.Millisecond), time.Minute)
}

func (h *Hub) inTrouble(ctx context.Context, doing string, err error) time.Duration {
	if ctx.Err() == nil {
		h.log.Error("could not "+doing, "err", err)
	}
	return retryEvery
}
