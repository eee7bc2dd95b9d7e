package hub

import (
	"sync"

	"github.com/rejoin/rejoin/internal/session"
)

// Watch tells that a session changed, never what: whoever is woken loads what it needs. Signals are coalesced, so a slow
// watcher misses nothing and holds nobody up.
type Watch struct {
	c     chan struct{}
	id    session.ID
	board *board
}

// C receives a value after each change (several may be one).
func (w *Watch) C() <-chan struct{} { return w.c }

// Close ends the watch.
func (w *Watch) Close() {
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	delete(w.board.watches[w.id], w)
	if len(w.board.watches[w.id]) == 0 {
		delete(w.board.watches, w.id)
	}
}

// board is where changes are posted.
type board struct {
	mu      sync.Mutex
	watches map[session.ID]map[*Watch]struct{} // "" watches all
}

func (b *board) watch(id session.ID) *Watch {
	w := &Watch{c: make(chan struct{}, 1), id: id, board: b}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.watches == nil {
		b.watches = make(map[session.ID]map[*Watch]struct{})
	}
	if b.watches[id] == nil {
		b.watches[id] = make(map[*Watch]struct{})
	}
	b.watches[id][w] = struct{}{}
	return w
}

func (b *board) post(id session.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, key := range []session.ID{id, ""} {
		for w := range b.watches[key] {
			select {
			case w.c <- struct{}{}:
			default:
			}
		}
	}
}
