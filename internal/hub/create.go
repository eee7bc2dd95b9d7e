package hub

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// NewSession is what a technician gives to start a session.
type NewSession struct {
	By       session.Actor
	Customer string
	Mode     session.Mode
	Policy   session.Policy
	Company  string
}

// Create starts a session with a fresh connect code. Errors: *[session.Refusal] for bad input.
func (h *Hub) Create(ctx context.Context, n NewSession) (session.Session, error) {
	if err := h.waitReady(ctx); err != nil {
		return session.Session{}, err
	}
	now := h.Now()
	id := session.ID(strings.ToLower(rand.Text()))
	code, err := h.codes.issue(id, now.Add(h.opts.CodeValid))
	if err != nil {
		return session.Session{}, err
	}
	s, effects, err := session.New(session.NewParams{
		ID: id, By: n.By, Company: n.Company, Customer: clean(n.Customer, session.MaxName+1), Mode: n.Mode, Policy: n.Policy,
		CodeExpiresAt: code.ExpiresAt,
	}, now)
	if err != nil {
		return s, err
	}
	t, err := newTransition(0, s, effects, now)
	if err != nil {
		return s, err
	}
	t.IssueCode = &code
	if err := h.store.Commit(ctx, t); err != nil {
		return s, err
	}
	h.metrics.created()
	h.published(t)
	return s, nil
}

// NewCode replaces a waiting session's connect code; the old one is worthless from then on.
func (h *Hub) NewCode(ctx context.Context, id session.ID, by session.Actor) (session.Session, error) {
	code, err := h.codes.issue(id, h.Now().Add(h.opts.CodeValid))
	if err != nil {
		return session.Session{}, err
	}
	return h.dispatch(ctx, id, session.IssueCode{By: by, ExpiresAt: code.ExpiresAt},
		func(t *Transition) { t.IssueCode = &code }, nil)
}

// Code is a waiting session's connect code for its technicians' eyes, and until when it is good. [ErrNotFound] if there is
// none that can still be used.
func (h *Hub) Code(ctx context.Context, id session.ID) (code string, expires time.Time, err error) {
	record, err := h.store.SessionCode(ctx, id)
	if err != nil {
		return "", time.Time{}, err
	}
	s, err := h.store.Session(ctx, id)
	if err != nil {
		return "", time.Time{}, err
	}
	// The session's own time counts: downtime of the server moves it.
	if s.State != session.StateWaiting || !record.UsedAt.IsZero() || h.Now().After(s.CodeExpiresAt) {
		return "", s.CodeExpiresAt, ErrNotFound
	}
	code, err = h.codes.open(record)
	if err != nil {
		return "", time.Time{}, errors.Join(ErrNotFound, err) // sealed with a key that is gone
	}
	return code, s.CodeExpiresAt, nil
}
