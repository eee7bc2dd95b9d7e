package handlers

import (
	"net/http"

	"github.com/rejoin/rejoin/internal/session"
)

// askShare asks the customer to show the screen.
func (s *Site) askShare(w http.ResponseWriter, r *http.Request) error {
	return s.act(w, r, session.RequestShare{By: by(r)})
}

// stopShare ends it.
func (s *Site) stopShare(w http.ResponseWriter, r *http.Request) error {
	return s.act(w, r, session.StopShare{By: by(r)})
}
