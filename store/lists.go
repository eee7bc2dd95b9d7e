package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rejoin/rejoin/internal/session"
)

// SessionFilter says which sessions to list. The zero value lists all.
type SessionFilter struct {
	States     []session.State // none: all states
	Text       string          // each word must occur in the customer's, PC's, Windows user's or technician's name
	Technician string          // the ID of who started them
	Limit      int             // 50 if 0, at most 500
	After      Cursor          // go on after this place; empty: from the newest
}

// Cursor is a place in a list: opaque, not secret, fit for a URL.
type Cursor string

// SessionPage is a part of a list, the newest session first. Next is empty at the end.
type SessionPage struct {
	Sessions []session.Session
	Next     Cursor
}

// ErrCursor says that a cursor is not one of ours.
var ErrCursor = errors.New("store: no such place in the list")

const (
	defaultLimit = 50
	maxLimit     = 500
	maxWords     = 8
)

var allStates = []session.State{session.StateWaiting, session.StateActive, session.StateEnded}

// listed is a session with its place in the list.
type listed struct {
	created int64
	id      string
	doc     []byte
}

// Sessions lists sessions, page by page: a session that is started meanwhile does not shift the pages. Errors: ErrCursor.
func (s *Store) Sessions(ctx context.Context, f SessionFilter) (SessionPage, error) {
	after, err := f.After.place()
	if err != nil {
		return SessionPage{}, err
	}
	limit := min(cmp.Or(max(f.Limit, 0), defaultLimit), maxLimit)
	states := f.States
	if len(states) == 0 {
		states = allStates
	}
	words, err := searchWords(f.Text)
	if err != nil {
		return SessionPage{}, err
	}
	var found []listed
	for _, state := range states { // one by one: each is a range of the index, already in order
		some, err := rows(ctx, s, func(row scanner) (l listed, err error) {
			err = row.Scan(&l.created, &l.id, &l.doc)
			return l, err
		}, `SELECT created_at, id, doc FROM sessions
			WHERE state = ?1 AND (created_at, id) < (?2, ?3) AND (?4 = '' OR technician = ?4)
				AND NOT EXISTS (SELECT 1 FROM json_each(?5) WHERE instr(search, value) = 0)
			ORDER BY created_at DESC, id DESC LIMIT ?6`,
			string(state), after.created, after.id, f.Technician, words, limit+1)
		if err != nil {
			return SessionPage{}, wrap("list sessions", err)
		}
		found = append(found, some...)
	}
	slices.SortFunc(found, func(a, b listed) int {
		return cmp.Or(cmp.Compare(b.created, a.created), cmp.Compare(b.id, a.id))
	})
	return page(found, limit)
}

func page(found []listed, limit int) (SessionPage, error) {
	var p SessionPage
	if len(found) > limit {
		last := found[limit-1]
		p.Next = Cursor(strconv.FormatInt(last.created, 10) + "." + last.id)
		found = found[:limit]
	}
	for _, l := range found {
		one, err := decodeSession(l.doc)
		if err != nil {
			return SessionPage{}, err
		}
		p.Sessions = append(p.Sessions, one)
	}
	return p, nil
}

func (c Cursor) place() (listed, error) {
	if c == "" {
		return listed{created: math.MaxInt64}, nil
	}
	created, id, ok := strings.Cut(string(c), ".")
	n, err := strconv.ParseInt(created, 10, 64)
	if !ok || err != nil || id == "" {
		return listed{}, ErrCursor
	}
	return listed{created: n, id: id}, nil
}

// searchWords is what somebody typed, as a JSON array of folded words.
func searchWords(text string) (string, error) {
	words := strings.Fields(fold(strings.ToValidUTF8(text, "")))
	words = words[:min(len(words), maxWords)]
	b, err := json.Marshal(words)
	if err != nil {
		return "", fmt.Errorf("store: search words: %w", err)
	}
	return string(b), nil
}

// SessionCounts counts the sessions that f lists by state; its States, Limit and After do not matter.
func (s *Store) SessionCounts(ctx context.Context, f SessionFilter) (map[session.State]int, error) {
	words, err := searchWords(f.Text)
	if err != nil {
		return nil, err
	}
	type count struct {
		state string
		n     int
	}
	counts, err := rows(ctx, s, func(row scanner) (c count, err error) {
		err = row.Scan(&c.state, &c.n)
		return c, err
	}, `SELECT state, count(*) FROM sessions WHERE (?1 = '' OR technician = ?1)
			AND NOT EXISTS (SELECT 1 FROM json_each(?2) WHERE instr(search, value) = 0) GROUP BY state`,
		f.Technician, words)
	if err != nil {
		return nil, wrap("count sessions", err)
	}
	out := make(map[session.State]int, len(counts))
	for _, c := range counts {
		out[session.State(c.state)] = c.n
	}
	return out, nil
}

// OpenSessions lists at most limit sessions that have not ended and contain the query's words, the newest first.
func (s *Store) OpenSessions(ctx context.Context, query string, limit int) ([]session.Session, error) {
	p, err := s.Sessions(ctx, SessionFilter{
		States: []session.State{session.StateWaiting, session.StateActive}, Text: query, Limit: limit,
	})
	return p.Sessions, err
}

// EndedSessions lists at most limit sessions that have ended and contain the query's words, the newest first.
func (s *Store) EndedSessions(ctx context.Context, query string, limit int) ([]session.Session, error) {
	p, err := s.Sessions(ctx, SessionFilter{States: []session.State{session.StateEnded}, Text: query, Limit: limit})
	return p.Sessions, err
}

// CountOpen counts the sessions that have not ended.
func (s *Store) CountOpen(ctx context.Context) (int, error) {
	var n int
	err := s.row(ctx, `SELECT count(*) FROM sessions WHERE state IN (?, ?)`,
		[]any{string(session.StateWaiting), string(session.StateActive)}, &n)
	return n, wrap("count sessions", err)
}

// Reboots returns a session's reboots from the ledger, the first one first.
func (s *Store) Reboots(ctx context.Context, id session.ID) ([]session.Reboot, error) {
	all, err := rows(ctx, s, func(row scanner) (r session.Reboot, err error) {
		var doc []byte
		if err = row.Scan(&doc); err != nil {
			return r, err
		}
		if err = json.Unmarshal(doc, &r); err != nil {
			return r, fmt.Errorf("decode a reboot: %w: %w", ErrCorrupt, err)
		}
		return r, nil
	}, `SELECT doc FROM reboots WHERE session = ? ORDER BY requested_at, rowid`, string(id))
	return all, wrap("read the reboot ledger", err)
}

// Boots returns a PC's last reboots that it came back from, in whatever session, the newest first: for an estimate.
func (s *Store) Boots(ctx context.Context, machineID string, limit int) ([]session.Boot, error) {
	if machineID == "" {
		return nil, nil
	}
	all, err := rows(ctx, s, func(row scanner) (b session.Boot, err error) {
		var backAt, off int64
		err = row.Scan(&backAt, &off)
		return session.Boot{At: fromNanos(backAt - off), Off: time.Duration(off)}, err
	}, `SELECT back_at, off_for FROM reboots WHERE machine = ? AND machine <> '' AND off_for > 0 ORDER BY back_at DESC LIMIT ?`,
		machineID, limit)
	return all, wrap("read earlier boots", err)
}
