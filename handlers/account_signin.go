package handlers

import (
	"errors"
	"net/http"
	"time"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/web"
)

// signInLimits bound wrong passwords: for one login from one address, and for one address whatever the login. There is
// no limit for a login from everywhere: it would let anybody lock a technician out.
type signInLimits struct {
	pair    *attempts // login and address
	address *attempts
	links   *attempts // one-time links tried from an address
}

func newSignInLimits(now func() time.Time) signInLimits {
	return signInLimits{
		pair:    newAttempts(5, time.Minute, now),
		address: newAttempts(30, 10*time.Second, now),
		links:   newAttempts(10, 10*time.Second, now),
	}
}

func (s *Site) signInPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	next := localPath(q.Get("next"), "")
	if exchangeOf(r.Context()).visitor.signedIn() {
		return goTo(w, r, orHome(next))
	}
	return s.render(w, r, http.StatusOK, web.SignInView(web.SignInPage{Page: s.page(r), Next: next, SignedOut: q.Has("out")}))
}

// orHome is where to go after signing in.
func orHome(next string) string { return localPath(next, web.PathSessions) }

func (s *Site) signIn(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	p := web.SignInPage{Page: s.page(r), Login: f.Get("login"), Next: localPath(f.Get("next"), "")}
	login, valid := account.NormalLogin(p.Login)
	c := exchangeOf(r.Context()).client
	if wait, ok := s.maySignIn(c, login); !ok {
		return s.signInLimited(w, r, p, login, wait)
	}
	user, err := s.Store.UserByLogin(r.Context(), login)
	if err != nil && !errors.Is(err, account.ErrNotFound) {
		return err
	}
	hash := user.PasswordHash
	if !valid || user.Disabled {
		hash = ""
	}
	match, err := s.Passwords.Match(r.Context(), f.Get("password"), hash)
	if err != nil {
		return err
	}
	if !match {
		line := auditLine(s.Hub.Now(), nobody, account.ActionSignInFailed, "login", shownLogin(login), "address", c.addr.String())
		if err := s.Store.Record(r.Context(), line); err != nil {
			return err
		}
		s.metrics.signIns.WithLabelValues("failed").Inc()
		p.Error = web.SignInWrong
		return s.render(w, r, http.StatusUnprocessableEntity, web.SignInView(p))
	}
	s.limits.pair.forgive(login + " " + c.bucket())
	line := auditLine(s.Hub.Now(), user.Actor(), account.ActionSignedIn, "how", "password", "address", c.addr.String())
	if err := s.Store.NoteSignIn(r.Context(), user.ID, s.Hub.Now(), line); err != nil {
		return err
	}
	if err := s.startSignIn(r, user, false); err != nil {
		return err
	}
	return goTo(w, r, orHome(p.Next))
}

// nobody is the actor of what happened before anybody was signed in.
var nobody = session.Actor{Kind: session.ActorServer}

// shownLogin is a login for the audit log: what was typed, if it can be one. Anything else may be a password that went
// into the wrong field.
func shownLogin(login string) string {
	if login == "" {
		return "?"
	}
	return login
}

func (s *Site) maySignIn(c client, login string) (wait time.Duration, ok bool) {
	if wait, ok = s.limits.address.take(c.bucket()); !ok {
		return wait, false
	}
	return s.limits.pair.take(login + " " + c.bucket())
}

func (s *Site) signInLimited(w http.ResponseWriter, r *http.Request, p web.SignInPage, login string, wait time.Duration) error {
	s.metrics.signIns.WithLabelValues("limited").Inc()
	s.log.WarnContext(r.Context(), "sign-in limited", "request", exchangeOf(r.Context()).id, "login", shownLogin(login),
		"address", exchangeOf(r.Context()).client.addr.String())
	p.Error, p.RetryAfter = web.SignInLimited, wait
	setRetryAfter(w, wait)
	return s.render(w, r, http.StatusTooManyRequests, web.SignInView(p))
}

// startSignIn gives the visitor a new token, so that one that was planted or seen before is worth nothing, and notes whose
// it is.
func (s *Site) startSignIn(r *http.Request, user account.User, first bool) error {
	ctx := r.Context()
	if err := s.sessions.Clear(ctx); err != nil {
		return err
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.sessions.Put(ctx, keyUser, user.ID)
	s.sessions.Put(ctx, keyEpoch, user.Epoch)
	if first {
		s.sessions.Put(ctx, keyFirst, true)
	}
	s.metrics.signIns.WithLabelValues("ok").Inc()
	exchangeOf(ctx).visitor.user = user
	return nil
}
