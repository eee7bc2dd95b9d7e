package handlers

import (
	"net/http"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/web"
)

// endPage asks before a session ends, for those without scripts.
func (s *Site) endPage(w http.ResponseWriter, r *http.Request) error {
	p, err := s.sessionData(r.Context(), s.page(r), sessionID(r))
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, web.EndView(web.EndPage{SessionPage: p}))
}

func (s *Site) endSession(w http.ResponseWriter, r *http.Request) error {
	return s.act(w, r, session.End{By: by(r)})
}
