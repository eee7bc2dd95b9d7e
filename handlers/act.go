package handlers

import (
	"errors"
	"net/http"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/web"
)

// act dispatches a technician's event and answers: on the page, the stream brings what has changed. What the session's
// state does not allow is told, with the way back to the page.
func (s *Site) act(w http.ResponseWriter, r *http.Request, ev session.Event) error {
	id := sessionID(r)
	if _, err := s.Hub.Dispatch(r.Context(), id, ev); err != nil {
		return backTo(web.SessionURL(id), err)
	}
	return done(w, r, web.SessionURL(id))
}

// backTo adds the way back to a refusal.
func backTo(page string, err error) error {
	var refusal *session.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	p := *problemOf(err)
	p.back = page
	return &p
}

// by is the acting technician.
func by(r *http.Request) session.Actor { return exchangeOf(r.Context()).visitor.user.Actor() }
