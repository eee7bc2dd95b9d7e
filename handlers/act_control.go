package handlers

import (
	"net/http"

	"github.com/rejoin/rejoin/internal/session"
)

// askControl asks for mouse and keyboard.
func (s *Site) askControl(w http.ResponseWriter, r *http.Request) error {
	return s.act(w, r, session.RequestControl{By: by(r)})
}

// yieldControl hands them over, or lets go of them.
func (s *Site) yieldControl(w http.ResponseWriter, r *http.Request) error {
	return s.act(w, r, session.YieldControl{By: by(r)})
}

// keepControl says no to a colleague who asks for them.
func (s *Site) keepControl(w http.ResponseWriter, r *http.Request) error {
	return s.act(w, r, session.KeepControl{By: by(r)})
}
