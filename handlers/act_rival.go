package handlers

import (
	"net/http"

	"github.com/rejoin/rejoin/internal/session"
)

// chooseRival settles which of two PCs with one key is the customer's.
func (s *Site) chooseRival(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	return s.act(w, r, session.ChooseRival{By: by(r), Keep: session.RivalChoice(f.Get("keep"))})
}
