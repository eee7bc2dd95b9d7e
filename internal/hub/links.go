package hub

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
)

// links are the agents that are connected to this process.
type links struct {
	hub      *Hub
	mu       sync.RWMutex
	by       map[session.ID]*link
	stopping bool
}

// sweepEvery is how often silent links are looked for. With wire.SilentAfter it bounds how late a loss is seen.
const sweepEvery = time.Second

func (ls *links) get(id session.ID) *link {
	ls.mu.RLock()
	defer ls.mu.RUnlock()
	return ls.by[id]
}

// add makes l the session's link and returns the one it replaces.
func (ls *links) add(l *link) (replaced *link) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	replaced = ls.by[l.session]
	ls.by[l.session] = l
	ls.hub.metrics.online.Set(float64(len(ls.by)))
	if replaced != nil {
		replaced.mu.Lock()
		replaced.superior = true
		replaced.mu.Unlock()
	}
	return replaced
}

// lost takes a link out and reports its loss, unless a newer one has taken its place or the server stops: the next start
// takes all links for lost.
func (ls *links) lost(l *link) {
	ls.mu.Lock()
	if ls.by[l.session] == l {
		delete(ls.by, l.session)
		ls.hub.metrics.online.Set(float64(len(ls.by)))
	}
	stopping := ls.stopping
	ls.mu.Unlock()
	l.mu.Lock()
	superior := l.superior
	l.mu.Unlock()
	if !stopping && !superior {
		ls.hub.reportLoss(l)
	}
}

// reportLoss tries until the store takes it; a link that came meanwhile makes it a no-op.
func (h *Hub) reportLoss(l *link) {
	ev := session.LoseLink{Admitted: l.admitted, LastSeen: l.lastHeard()}
	for {
		ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
		_, err := h.Dispatch(ctx, l.session, ev)
		cancel()
		if err == nil || errors.Is(err, ErrNotFound) || h.links.isStopping() {
			return
		}
		h.log.Error("could not note the loss of a link", "session", l.session, "err", err)
		timer := time.NewTimer(retryEvery)
		<-timer.C
	}
}

func (ls *links) isStopping() bool {
	ls.mu.RLock()
	defer ls.mu.RUnlock()
	return ls.stopping
}

func (ls *links) deliver(id session.ID, commands []Command) {
	if l := ls.get(id); l != nil {
		l.sendCommands(commands)
	}
}

// ended gives the agent of an ended session some time to say goodbye.
func (ls *links) ended(id session.ID) {
	if l := ls.get(id); l != nil {
		l.mu.Lock()
		l.endBy = ls.hub.Now().Add(endWithin)
		l.mu.Unlock()
	}
}

func (ls *links) all() []*link {
	ls.mu.RLock()
	defer ls.mu.RUnlock()
	out := make([]*link, 0, len(ls.by))
	for _, l := range ls.by {
		out = append(out, l)
	}
	return out
}

// sweep hangs up on agents that have not been heard of for too long. Only what was received counts: a peer that judges by
// its own writes keeps dead connections for a quarter of an hour.
func (ls *links) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := ls.hub.Now()
		for _, l := range ls.all() {
			l.mu.Lock()
			late := !l.endBy.IsZero() && now.After(l.endBy)
			l.mu.Unlock()
			switch {
			case now.Sub(l.lastHeard()) > wire.SilentAfter:
				l.hangUp(CloseAbnormal, "") // a farewell would be waited for, and the loss told only then
			case late:
				l.hangUp(closeNormal, "session ended")
			}
		}
	}
}

// sendAway tells all agents when to come back, and hangs up.
func (ls *links) sendAway(ctx context.Context, backIn time.Duration) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, 64)
	for _, l := range ls.all() {
		wg.Add(1)
		go func() {
			defer wg.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			l.bye(wire.GoingAway{BackIn: int(backIn.Milliseconds())}, closeGoingAway)
		}()
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// Shutdown tells the agents that the server stops and in what time to come back. From then on lost links are not noted:
// the next start credits the time in between. Call it before the context of [Hub.Run] ends.
func (h *Hub) Shutdown(ctx context.Context, backIn time.Duration) error {
	h.links.mu.Lock()
	h.links.stopping = true
	h.links.mu.Unlock()
	h.links.sendAway(ctx, backIn)
	// The last thing this server knows: it was alive until now.
	return h.store.SetAliveMark(ctx, h.Now())
}
