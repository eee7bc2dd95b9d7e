package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
)

// Session implements hub.Store.
func (s *Store) Session(ctx context.Context, id session.ID) (session.Session, error) {
	known := s.recent.get(id)
	var revision int64
	if known != nil {
		revision = known.Revision
	}
	var doc []byte // nil if the revision is the one we know
	err := s.row(ctx, `SELECT CASE WHEN revision = ? THEN NULL ELSE doc END FROM sessions WHERE id = ?`,
		[]any{revision, string(id)}, &doc)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return session.Session{}, hub.ErrNotFound
	case err != nil:
		return session.Session{}, wrap("read session "+string(id), err)
	case doc == nil:
		return stored(*known), nil
	}
	read, err := decodeSession(doc)
	if err != nil {
		return read, err
	}
	kept := stored(read)
	s.recent.put(&kept)
	return read, nil
}

func decodeSession(doc []byte) (session.Session, error) {
	var out session.Session
	out.Policy.AskBeforeControl = true // of sessions from before there was such a choice
	if err := json.Unmarshal(doc, &out); err != nil {
		return session.Session{}, fmt.Errorf("store: decode a session: %w: %w", ErrCorrupt, err)
	}
	return out, nil
}

// Overdue implements hub.Store.
func (s *Store) Overdue(ctx context.Context, now time.Time, limit int) ([]session.ID, error) {
	ids, err := rows(ctx, s, scanID,
		`SELECT id FROM sessions WHERE deadline > 0 AND deadline < ? ORDER BY deadline, n LIMIT ?`, nanos(now), limit)
	return ids, wrap("list overdue sessions", err)
}

// NextDeadline implements hub.Store.
func (s *Store) NextDeadline(ctx context.Context) (time.Time, bool, error) {
	var at int64
	err := s.row(ctx, `SELECT deadline FROM sessions WHERE deadline > 0 ORDER BY deadline LIMIT 1`, nil, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, false, nil
	}
	return fromNanos(at), err == nil, wrap("read the next deadline", err)
}

// Unfinished implements hub.Store. The oldest come first.
func (s *Store) Unfinished(ctx context.Context) ([]session.ID, error) {
	ids, err := rows(ctx, s, scanID, `SELECT id FROM sessions WHERE state IN (?, ?) ORDER BY created_at, n`,
		string(session.StateWaiting), string(session.StateActive))
	return ids, wrap("list unfinished sessions", err)
}

// Outbox implements hub.Store.
func (s *Store) Outbox(ctx context.Context, id session.ID, after int64) ([]hub.Command, error) {
	commands, err := rows(ctx, s, func(row scanner) (c hub.Command, err error) {
		err = row.Scan(&c.Seq, &c.Type, &c.Body)
		return c, err
	}, `SELECT seq, type, body FROM outbox WHERE session = ?1
		AND seq > max(?2, (SELECT acked_seq FROM sessions WHERE id = ?1)) ORDER BY seq`, string(id), after)
	return commands, wrap("read an outbox", err)
}

// LastChat implements hub.Store.
func (s *Store) LastChat(ctx context.Context, id session.ID, n int) ([]session.ChatMessage, error) {
	lines, err := rows(ctx, s, scanChat, `SELECT seq, at, actor_kind, actor_id, actor_name, text FROM
		(SELECT * FROM chat WHERE session = ? ORDER BY seq DESC LIMIT ?) ORDER BY seq`, string(id), n)
	return lines, wrap("read a conversation", err)
}

// Chat returns a session's conversation, oldest line first.
func (s *Store) Chat(ctx context.Context, id session.ID) ([]session.ChatMessage, error) {
	lines, err := rows(ctx, s, scanChat,
		`SELECT seq, at, actor_kind, actor_id, actor_name, text FROM chat WHERE session = ? ORDER BY seq`, string(id))
	return lines, wrap("read a conversation", err)
}

func scanChat(row scanner) (m session.ChatMessage, err error) {
	var (
		at   int64
		kind string
	)
	err = row.Scan(&m.Seq, &at, &kind, &m.From.ID, &m.From.Name, &m.Text)
	m.At, m.From.Kind = fromNanos(at), session.ActorKind(kind)
	return m, err
}

func scanID(row scanner) (session.ID, error) {
	var id string
	err := row.Scan(&id)
	return session.ID(id), err
}

const markAlive = "alive"

// AliveMark implements hub.Store.
func (s *Store) AliveMark(ctx context.Context) (time.Time, bool, error) {
	var at int64
	err := s.row(ctx, `SELECT at FROM marks WHERE name = ?`, []any{markAlive}, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, false, nil
	}
	return fromNanos(at), err == nil, wrap("read the alive mark", err)
}

// SetAliveMark implements hub.Store.
func (s *Store) SetAliveMark(ctx context.Context, at time.Time) error {
	return s.write(ctx, "alive", func(t *tx) error {
		_, err := t.exec(`INSERT INTO marks (name, at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at`,
			markAlive, nanos(at))
		return err
	})
}
