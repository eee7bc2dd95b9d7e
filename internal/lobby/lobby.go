// Package lobby bounds how many strangers may wait to be let in. When it is full, whoever has waited longest is put out
// for the newcomer: honest ones need milliseconds, so a flood of silent ones puts out its own kind, and never locks
// the door for everybody else, as turning newcomers away would.
package lobby

import (
	"container/list"
	"sync"
)

// Lobby is safe for concurrent use.
type Lobby struct {
	total, perKey int

	mu    sync.Mutex
	all   *list.List            // of *guest, the longest waiting first
	byKey map[string]*list.List // the same, by key
}

type guest struct {
	key           string
	putOut        func()
	inAll, inKeys *list.Element
}

// New returns a lobby for total guests, at most perKey of them with one key.
func New(total, perKey int) *Lobby {
	return &Lobby{total: total, perKey: perKey, all: list.New(), byKey: make(map[string]*list.List)}
}

// Enter lets a guest in. key is who they belong to, such as a network address; guests with the key "" are bounded by the
// total alone. putOut is called, once and from another goroutine's Enter, if room is needed; it must not block. leave ends
// the waiting and tells whether the guest was still in; further calls do nothing.
func (l *Lobby) Enter(key string, putOut func()) (leave func() bool) {
	g := &guest{key: key, putOut: putOut}
	for _, old := range l.add(g) {
		old.putOut()
	}
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.remove(g)
	}
}

// Len is how many are waiting.
func (l *Lobby) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Len()
}

func (l *Lobby) add(g *guest) (out []*guest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	keys := l.byKey[g.key]
	if keys != nil && g.key != "" && keys.Len() >= l.perKey {
		out = append(out, l.front(keys))
	}
	if l.all.Len() >= l.total {
		out = append(out, l.front(l.all))
	}
	if keys = l.byKey[g.key]; keys == nil {
		keys = list.New()
		l.byKey[g.key] = keys
	}
	g.inAll, g.inKeys = l.all.PushBack(g), keys.PushBack(g)
	return out
}

// front takes out who has waited longest; the caller holds the lock and knows that there is somebody.
func (l *Lobby) front(in *list.List) *guest {
	g := in.Front().Value.(*guest)
	l.remove(g)
	return g
}

func (l *Lobby) remove(g *guest) bool {
	if g.inAll == nil {
		return false
	}
	l.all.Remove(g.inAll)
	keys := l.byKey[g.key]
	keys.Remove(g.inKeys)
	if keys.Len() == 0 {
		delete(l.byKey, g.key)
	}
	g.inAll, g.inKeys = nil, nil
	return true
}
