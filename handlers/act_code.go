package handlers

import (
	"net/http"

	"github.com/rejoin/rejoin/web"
)

// newCode replaces a waiting session's connect code.
func (s *Site) newCode(w http.ResponseWriter, r *http.Request) error {
	id := sessionID(r)
	if _, err := s.Hub.NewCode(r.Context(), id, by(r)); err != nil {
		return backTo(web.SessionURL(id), err)
	}
	return done(w, r, web.SessionURL(id))
}
