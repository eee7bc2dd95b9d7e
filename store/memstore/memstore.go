// Package memstore is hub.Store in memory, for tests and simulations: the same answers as the database's, at once, and
// nothing of it lasts. It does no I/O, starts no goroutine and asks no clock, so that it may be used under testing/synctest.
package memstore

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
)

// Store is an empty store when new; use [New]. All methods are safe for concurrent use.
type Store struct {
	mu       sync.Mutex
	sessions map[session.ID]*entry
	queue    queue
	codes    map[string]*hub.CodeRecord // by hash
	guesses  map[string][]time.Time
	alive    time.Time
	marked   bool
	created  int64 // sessions, ever
	lines    int64 // audit lines, ever
}

var _ hub.Store = (*Store)(nil)

// entry is a session and what belongs to it.
type entry struct {
	session  session.Session
	n        int64 // order of creation
	deadline time.Time
	place    int // in the queue; -1: not there
	outbox   []hub.Command
	chat     []session.ChatMessage
	audit    []session.AuditLine
	reboots  []session.Reboot
	code     *hub.CodeRecord // the newest
}

// New makes an empty store.
func New() *Store {
	return &Store{
		sessions: make(map[session.ID]*entry), codes: make(map[string]*hub.CodeRecord), guesses: make(map[string][]time.Time),
	}
}

// Session implements hub.Store.
func (s *Store) Session(ctx context.Context, id session.ID) (session.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.find(ctx, id)
	if err != nil {
		return session.Session{}, err
	}
	return clone(e.session), nil
}

func (s *Store) find(ctx context.Context, id session.ID) (*entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e := s.sessions[id]
	if e == nil {
		return nil, hub.ErrNotFound
	}
	return e, nil
}

// Commit implements hub.Store.
func (s *Store) Commit(ctx context.Context, t hub.Transition) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	id := t.After.ID
	if id == "" || t.After.Revision <= t.Before {
		return fmt.Errorf("memstore: transition of session %q from revision %d to %d", id, t.Before, t.After.Revision)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.check(t)
	if err != nil {
		return err
	}
	if e == nil {
		s.created++
		e = &entry{n: s.created, place: -1}
		s.sessions[id] = e
	}
	if t.RedeemCode != nil {
		c := s.codes[string(t.RedeemCode)]
		c.UsedAt, c.Sealed = t.At, nil
	}
	s.issue(e, t)
	e.write(t, &s.lines)
	s.queue.set(e, t.Deadline)
	return nil
}

// check holds t against what is there, and changes nothing. The entry is nil for a session to create.
func (s *Store) check(t hub.Transition) (*entry, error) {
	e := s.sessions[t.After.ID]
	if (e == nil) != (t.Before == 0) || e != nil && e.session.Revision != t.Before {
		return nil, hub.ErrConflict
	}
	if t.RedeemCode != nil {
		if c := s.codes[string(t.RedeemCode)]; c == nil || c.Session != t.After.ID || !c.UsedAt.IsZero() {
			return nil, hub.ErrCodeGone
		}
	}
	if t.IssueCode != nil {
		if c := s.codes[string(t.IssueCode.Hash)]; c != nil && c.Session != t.After.ID && c.UsedAt.IsZero() {
			other := s.sessions[c.Session].session
			if other.State == session.StateWaiting && !t.At.After(other.CodeExpiresAt) {
				return nil, hub.ErrCodeTaken
			}
		}
	}
	return e, nil
}

func (s *Store) issue(e *entry, t hub.Transition) {
	if t.IssueCode == nil {
		return
	}
	if e.code != nil && e.code.UsedAt.IsZero() {
		delete(s.codes, string(e.code.Hash))
	}
	if old := s.codes[string(t.IssueCode.Hash)]; old != nil {
		if owner := s.sessions[old.Session]; owner != nil && owner.code == old {
			owner.code = nil
		}
	}
	c := *t.IssueCode
	c.Hash, c.Sealed, c.Session = slices.Clone(c.Hash), slices.Clone(c.Sealed), t.After.ID
	c.UsedAt = time.Time{}
	e.code, s.codes[string(c.Hash)] = &c, &c
}

func (e *entry) write(t hub.Transition, lines *int64) {
	e.session = clone(t.After)
	for _, l := range t.Audit {
		*lines++
		l.Seq, l.Params = *lines, maps.Clone(l.Params)
		e.audit = append(e.audit, l)
	}
	for _, m := range t.Chat {
		m.Seq = int64(len(e.chat) + 1)
		e.chat = append(e.chat, m)
	}
	acked := t.After.AckedSeq
	e.outbox = slices.DeleteFunc(e.outbox, func(c hub.Command) bool { return c.Seq <= acked })
	for _, c := range t.Commands {
		if c.Seq > acked {
			c.Body = slices.Clone(c.Body)
			e.outbox = append(e.outbox, c)
		}
	}
	if r := e.session.Reboot; r != nil {
		i := slices.IndexFunc(e.reboots, func(old session.Reboot) bool { return old.ID == r.ID })
		if i < 0 {
			i, e.reboots = len(e.reboots), append(e.reboots, session.Reboot{})
		}
		e.reboots[i] = *cloneReboot(r)
	}
}

// Overdue implements hub.Store.
func (s *Store) Overdue(ctx context.Context, now time.Time, limit int) ([]session.ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.queue.before(now, limit), nil
}

// NextDeadline implements hub.Store.
func (s *Store) NextDeadline(ctx context.Context) (time.Time, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil || len(s.queue) == 0 {
		return time.Time{}, false, err
	}
	return s.queue[0].deadline, true, nil
}

// Unfinished implements hub.Store. The oldest come first.
func (s *Store) Unfinished(ctx context.Context) ([]session.ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var open []*entry
	for _, e := range s.sessions {
		if e.session.State != session.StateEnded {
			open = append(open, e)
		}
	}
	slices.SortFunc(open, func(a, b *entry) int {
		return cmp.Or(a.session.CreatedAt.Compare(b.session.CreatedAt), cmp.Compare(a.n, b.n))
	})
	var ids []session.ID
	for _, e := range open {
		ids = append(ids, e.session.ID)
	}
	return ids, nil
}

// Outbox implements hub.Store.
func (s *Store) Outbox(ctx context.Context, id session.ID, after int64) ([]hub.Command, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.sessions[id]
	if err := ctx.Err(); err != nil || e == nil {
		return nil, err
	}
	var commands []hub.Command
	for _, c := range e.outbox {
		if c.Seq > after {
			c.Body = slices.Clone(c.Body)
			commands = append(commands, c)
		}
	}
	return commands, nil
}

// LastChat implements hub.Store.
func (s *Store) LastChat(ctx context.Context, id session.ID, n int) ([]session.ChatMessage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.sessions[id]
	if err := ctx.Err(); err != nil || e == nil {
		return nil, err
	}
	return slices.Clone(e.chat[max(0, len(e.chat)-n):]), nil
}

// Code implements hub.Store.
func (s *Store) Code(ctx context.Context, hash []byte) (hub.CodeRecord, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(ctx, s.codes[string(hash)])
}

// SessionCode implements hub.Store.
func (s *Store) SessionCode(ctx context.Context, id session.ID) (hub.CodeRecord, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.find(ctx, id)
	if err != nil {
		return hub.CodeRecord{}, err
	}
	return found(ctx, e.code)
}

func found(ctx context.Context, c *hub.CodeRecord) (hub.CodeRecord, error) {
	if err := ctx.Err(); err != nil {
		return hub.CodeRecord{}, err
	}
	if c == nil {
		return hub.CodeRecord{}, hub.ErrNotFound
	}
	out := *c
	out.Hash, out.Sealed = slices.Clone(c.Hash), slices.Clone(c.Sealed)
	return out, nil
}

// SpendGuess implements hub.Store.
func (s *Store) SpendGuess(ctx context.Context, key string, now time.Time, limit int, per time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return false, err
	}
	counted := slices.DeleteFunc(s.guesses[key], func(at time.Time) bool { return !at.After(now.Add(-per)) })
	s.guesses[key] = counted
	n := 0
	for _, at := range counted {
		if !at.After(now.Add(per)) {
			n++
		}
	}
	if n >= limit {
		return false, nil
	}
	s.guesses[key] = append(counted, now)
	return true, nil
}

// AliveMark implements hub.Store.
func (s *Store) AliveMark(ctx context.Context) (time.Time, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.alive, s.marked && ctx.Err() == nil, ctx.Err()
}

// SetAliveMark implements hub.Store.
func (s *Store) SetAliveMark(ctx context.Context, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	s.alive, s.marked = at, true
	return nil
}

// Timeline returns a session's audit lines after the given number, oldest first.
func (s *Store) Timeline(_ context.Context, id session.ID, afterSeq int64) ([]session.AuditLine, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.sessions[id]
	if e == nil {
		return nil, nil
	}
	i := slices.IndexFunc(e.audit, func(l session.AuditLine) bool { return l.Seq > afterSeq })
	if i < 0 {
		return nil, nil
	}
	return slices.Clone(e.audit[i:]), nil
}

// Reboots returns a session's reboots, the first one first.
func (s *Store) Reboots(_ context.Context, id session.ID) ([]session.Reboot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.sessions[id]
	if e == nil {
		return nil, nil
	}
	var all []session.Reboot
	for i := range e.reboots {
		all = append(all, *cloneReboot(&e.reboots[i]))
	}
	return all, nil
}

// Forget drops a session and all that belongs to it: a long simulation has no use for those that are over.
func (s *Store) Forget(id session.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.sessions[id]
	if e == nil {
		return
	}
	s.queue.set(e, time.Time{})
	if e.code != nil {
		delete(s.codes, string(e.code.Hash))
	}
	delete(s.sessions, id)
}

// clone copies what a session refers to, so that nobody shares memory with the store.
func clone(s session.Session) session.Session {
	s.PublicKey = slices.Clone(s.PublicKey)
	s.Reboot = cloneReboot(s.Reboot)
	if s.Rival != nil {
		rival := *s.Rival
		s.Rival = &rival
	}
	return s
}

func cloneReboot(r *session.Reboot) *session.Reboot {
	if r == nil {
		return nil
	}
	c := *r
	c.Steps, c.Blockers = slices.Clone(r.Steps), slices.Clone(r.Blockers)
	return &c
}

// queue is a heap of the sessions that have a deadline, the earliest first.
type queue []*entry

// set gives e a deadline; a zero one takes it out.
func (q *queue) set(e *entry, at time.Time) {
	was := e.place >= 0
	e.deadline = at
	switch {
	case at.IsZero() && was:
		heap.Remove(q, e.place)
	case at.IsZero():
	case was:
		heap.Fix(q, e.place)
	default:
		heap.Push(q, e)
	}
}

// before lists what is due before now, in order, and leaves it in the queue.
func (q queue) before(now time.Time, limit int) []session.ID {
	var (
		due  []*entry
		walk = []int{0} // a heap's children are never earlier than their parent
	)
	for len(walk) > 0 {
		i := walk[len(walk)-1]
		walk = walk[:len(walk)-1]
		if i >= len(q) || !q[i].deadline.Before(now) {
			continue
		}
		due = append(due, q[i])
		walk = append(walk, 2*i+1, 2*i+2)
	}
	slices.SortFunc(due, func(a, b *entry) int {
		return cmp.Or(a.deadline.Compare(b.deadline), cmp.Compare(a.n, b.n))
	})
	var ids []session.ID
	for _, e := range due[:min(limit, len(due))] {
		ids = append(ids, e.session.ID)
	}
	return ids
}

// Len implements heap.Interface.
func (q queue) Len() int { return len(q) }

// Less implements heap.Interface.
func (q queue) Less(i, j int) bool {
	return cmp.Or(q[i].deadline.Compare(q[j].deadline), cmp.Compare(q[i].n, q[j].n)) < 0
}

// Swap implements heap.Interface.
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

// Push implements heap.Interface.
func (q *queue) Push(x any) {
	e := x.(*entry)
	e.place = len(*q)
	*q = append(*q, e)
}

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last], *q = nil, (*q)[:last]
	e.place = -1
	return e
}
