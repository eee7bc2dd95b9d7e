package handlers

import (
	"net/http"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/web"
)

func (s *Site) signOut(w http.ResponseWriter, r *http.Request) error {
	v := exchangeOf(r.Context()).visitor
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	if v.signedIn() {
		if err := s.Store.Record(r.Context(), auditLine(s.Hub.Now(), v.user.Actor(), account.ActionSignedOut)); err != nil {
			return err
		}
	}
	return goTo(w, r, web.PathSignIn+"?out")
}
