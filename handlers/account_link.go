package handlers

import (
	"crypto/sha256"
	"errors"
	"net/http"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/web"
)

// linkPage shows a one-time link's button. The token is in the fragment: it stands in no log, and a program that opens
// links in advance does not use it up.
func (s *Site) linkPage(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, web.LinkView(web.LinkPage{Page: s.page(r)}))
}

// link uses the token up.
func (s *Site) link(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	c := exchangeOf(r.Context()).client
	if wait, ok := s.limits.links.take(c.bucket()); !ok {
		return &problem{status: http.StatusTooManyRequests, what: "too many links tried", retryAfter: wait}
	}
	now := s.Hub.Now()
	user, purpose, err := s.Store.UseToken(r.Context(), TokenHash(f.Get("token")),
		[]account.Purpose{account.PurposeSignIn, account.PurposePassword}, now,
		auditLine(now, nobody, account.ActionSignedIn, "how", "link", "address", c.addr.String()))
	if errors.Is(err, account.ErrTokenGone) {
		s.metrics.signIns.WithLabelValues("bad_link").Inc()
		return s.render(w, r, http.StatusUnprocessableEntity, web.LinkView(web.LinkPage{Page: s.page(r), Bad: true}))
	}
	if err != nil {
		return err
	}
	first := purpose == account.PurposePassword
	if err := s.startSignIn(r, user, first); err != nil {
		return err
	}
	if first {
		return goTo(w, r, web.PathPassword)
	}
	return goTo(w, r, web.PathSessions)
}

// TokenHash is what is stored of a one-time token. Tokens are 26 random characters, so a plain hash can't be guessed back.
func TokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
