package handlers

import (
	"net/http"
	"strconv"

	"github.com/rejoin/rejoin/internal/session"
)

// extendWindow gives an absent PC more time.
func (s *Site) extendWindow(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	minutes, err := strconv.Atoi(f.Get("minutes"))
	if err != nil {
		return errBadForm
	}
	return s.act(w, r, session.ExtendWindow{By: by(r), Minutes: minutes})
}
