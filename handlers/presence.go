package handlers

import (
	"cmp"
	"slices"
	"sync"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/web"
)

// presence knows which technicians have a session's page open. It is this process's own knowledge and gone with it: open
// pages connect anew and are counted again. The zero value is ready.
type presence struct {
	mu    sync.Mutex
	rooms map[session.ID]*room
}

// room is one session's page.
type room struct {
	open    map[string]*sitter // by user
	watches map[chan struct{}]struct{}
}

// sitter is a user and how many of their tabs show the page.
type sitter struct {
	name string
	tabs int
}

// enter counts a tab in and returns a signal that somebody came or went. leave must be called once.
func (p *presence) enter(id session.ID, user, name string) (changed <-chan struct{}, leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rooms == nil {
		p.rooms = make(map[session.ID]*room)
	}
	r := p.rooms[id]
	if r == nil {
		r = &room{open: make(map[string]*sitter), watches: make(map[chan struct{}]struct{})}
		p.rooms[id] = r
	}
	if r.open[user] == nil {
		r.open[user] = &sitter{name: name}
		r.tell()
	}
	r.open[user].tabs++
	c := make(chan struct{}, 1)
	r.watches[c] = struct{}{}
	return c, func() { p.leave(id, user, c) }
}

func (p *presence) leave(id session.ID, user string, c chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.rooms[id]
	delete(r.watches, c)
	if r.open[user].tabs--; r.open[user].tabs == 0 {
		delete(r.open, user)
		r.tell()
	}
	if len(r.open) == 0 {
		delete(p.rooms, id)
	}
}

// tell signals all watches of the room; the caller holds the lock.
func (r *room) tell() {
	for c := range r.watches {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// who lists the users that have the page open, by name.
func (p *presence) who(id session.ID) []web.Presence {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.rooms[id]
	if r == nil {
		return nil
	}
	var out []web.Presence
	for user, s := range r.open {
		out = append(out, web.Presence{ID: user, Name: s.name})
	}
	slices.SortFunc(out, func(a, b web.Presence) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return out
}
