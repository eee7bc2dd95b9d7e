package relay

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"sync"

	"github.com/coder/websocket"
)

// Room is where viewers wait for the PC's socket. The zero value is ready; its methods are safe for concurrent use.
type Room struct {
	mu      sync.Mutex
	waiting map[string]*Visit
}

// Visit is one viewer that waits.
type Visit struct {
	ID     string
	Ticket []byte // for the PC only, over its own link
	hash   [sha256.Size]byte
	room   *Room
	result chan arrival
}

type arrival struct {
	conn *websocket.Conn
	err  error
}

// Expect begins a visit. Its caller calls Leave in the end.
func (r *Room) Expect(ticketSize int) *Visit {
	v := &Visit{ID: rand.Text(), Ticket: make([]byte, ticketSize), room: r, result: make(chan arrival, 1)}
	rand.Read(v.Ticket) // never fails (crypto/rand)
	v.hash = sha256.Sum256(v.Ticket)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting == nil {
		r.waiting = make(map[string]*Visit)
	}
	r.waiting[v.ID] = v
	return v
}

// Wait returns the socket, the error of Refuse, or ctx's.
func (v *Visit) Wait(ctx context.Context) (*websocket.Conn, error) {
	select {
	case a := <-v.result:
		return a.conn, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Leave ends the waiting. A socket that arrived and that nobody received is closed.
func (v *Visit) Leave() {
	v.room.mu.Lock()
	delete(v.room.waiting, v.ID)
	v.room.mu.Unlock()
	select {
	case a := <-v.result:
		if a.conn != nil {
			_ = a.conn.CloseNow() // nobody wants it
		}
	default:
	}
}

// settle ends a visit's waiting with what make says, in one step: whoever leaves afterwards finds it. A ticket is good once,
// and after a wrong one there is no second try.
func (r *Room) settle(id string, make func(*Visit) (arrival, bool)) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.waiting[id]
	if v == nil {
		return false
	}
	delete(r.waiting, id)
	a, ok := make(v)
	v.result <- a
	return ok
}

// ErrNoVisit says that no such viewer waits, or that the ticket is not its.
var ErrNoVisit = errors.New("relay: no such viewer")

// Arrive hands a socket to the viewer that waits for it.
func (r *Room) Arrive(id string, ticket []byte, conn *websocket.Conn) error {
	hash := sha256.Sum256(ticket)
	ok := r.settle(id, func(v *Visit) (arrival, bool) {
		if subtle.ConstantTimeCompare(hash[:], v.hash[:]) != 1 {
			return arrival{err: ErrNoVisit}, false
		}
		return arrival{conn: conn}, true
	})
	if !ok {
		return ErrNoVisit
	}
	return nil
}

// Refuse ends a visit with an error, if it still waits.
func (r *Room) Refuse(id string, err error) {
	r.settle(id, func(*Visit) (arrival, bool) { return arrival{err: err}, true })
}
