package handlers

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/web"
)

// visitor is who makes a request.
type visitor struct {
	user  account.User // zero: nobody is signed in
	loc   web.Loc
	first bool // came by a one-time link that lets them set a password without the present one
}

func (v visitor) signedIn() bool { return v.user.ID != "" }

// may tells whether the visitor has the role.
func (v visitor) may(a access) bool {
	switch a {
	case visitors:
		return true
	case technician:
		return v.signedIn()
	case admin:
		return v.signedIn() && v.user.Admin
	}
	return false // what is not named here is nobody's
}

// What a sign-in keeps.
const (
	keyUser  = "user"  // the user's ID
	keyEpoch = "epoch" // the user's epoch at the time
	keyFirst = "first" // see visitor.first
)

// newSessions sets up sign-ins: a random token in a cookie, and under its hash, in the store, whose it is. A copy of the
// database therefore opens nothing. On https the cookie's name has the prefix __Host-, with which browsers take it from this
// very origin only (RFC 6265bis, section 4.1.3.2). SameSite is Lax: a link to a session in a ticket must work, and nothing is
// changed by following a link.
func newSessions(cfg Config, store scs.Store, fail func(http.ResponseWriter, *http.Request, error)) *scs.SessionManager {
	m := scs.New()
	m.Store = store
	m.HashTokenInStore = true
	m.IdleTimeout = cfg.SessionIdle
	m.Lifetime = cfg.SessionLifetime
	m.ErrorFunc = fail
	m.Cookie.Name = "rejoin"
	if cfg.PublicURL.Scheme == "https" {
		m.Cookie.Name, m.Cookie.Secure = "__Host-rejoin", true
	}
	m.Cookie.HttpOnly = true
	m.Cookie.Path = "/"
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Persist = false // over when the browser is closed
	return m
}

// guard lets a route's action run for those who may use it.
func (s *Site) guard(rt route) http.Handler {
	run := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := rt.action(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
	var h http.Handler
	switch rt.access {
	case anyone:
		h = run
	case agents:
		h = s.onlyAgents(run)
	case scraper:
		h = s.onlyScraper(run)
	case visitors, technician, admin:
		h = s.sessions.LoadAndSave(s.withVisitor(s.onlyRole(rt, run)))
	default:
		panic("handlers: " + rt.method + " " + rt.pattern + " names no role")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		exchangeOf(r.Context()).route = rt.pattern
		h.ServeHTTP(w, r)
	})
}

// onlyAgents turns browsers away: they always send an Origin with a WebSocket (RFC 6455, section 10.2), agents never do.
func (s *Site) onlyAgents(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header.Values("Origin")) > 0 || r.Header.Get("Sec-Fetch-Mode") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
			s.fail(w, r, errCrossOrigin)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// onlyScraper wants the metrics token; without one there is no such page.
func (s *Site) onlyScraper(next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(s.cfg.MetricsToken))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(token))
		if s.cfg.MetricsToken == "" || !ok || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			s.fail(w, r, errNoSuchPage)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// withVisitor finds out who is signed in, from the store each time: what an admin changes holds at once.
func (s *Site) withVisitor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &exchangeOf(r.Context()).visitor
		v.loc = locOf(r)
		user, err := s.signedIn(r.Context(), r.Context())
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if user.ID == "" && s.sessions.Exists(r.Context(), keyUser) { // disabled, or a sign-in of before a new password
			if err := s.sessions.Destroy(r.Context()); err != nil {
				s.fail(w, r, err)
				return
			}
		}
		v.user = user
		v.first = user.ID != "" && s.sessions.GetBool(r.Context(), keyFirst)
		next.ServeHTTP(w, r)
	})
}

// signedIn returns the user of the sign-in loaded into signIn, or nobody if that is no longer good.
func (s *Site) signedIn(ctx, signIn context.Context) (account.User, error) {
	id := s.sessions.GetString(signIn, keyUser)
	if id == "" {
		return account.User{}, nil
	}
	user, err := s.Store.User(ctx, id)
	if errors.Is(err, account.ErrNotFound) {
		return account.User{}, nil
	}
	if err != nil {
		return account.User{}, err
	}
	if user.Disabled || user.Epoch != s.sessions.GetInt64(signIn, keyEpoch) {
		return account.User{}, nil
	}
	return user, nil
}

// stillSignedIn looks again, for requests that last: whether the request's cookie still stands for the same user, and one
// who may.
func (s *Site) stillSignedIn(r *http.Request, a access) (bool, error) {
	cookie, err := r.Cookie(s.sessions.Cookie.Name)
	if err != nil {
		return false, nil
	}
	loaded, err := s.sessions.Load(s.stop, cookie.Value)
	if err != nil {
		return false, err
	}
	user, err := s.signedIn(r.Context(), loaded)
	if err != nil {
		return false, err
	}
	return user.ID == exchangeOf(r.Context()).visitor.user.ID && visitor{user: user}.may(a), nil
}

// onlyRole checks the role. Who is not signed in is sent to sign in; who is and may not is refused, and that is audited.
func (s *Site) onlyRole(rt route, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := exchangeOf(r.Context()).visitor
		switch {
		case v.may(rt.access):
			next.ServeHTTP(w, r)
		case v.signedIn():
			line := auditLine(s.Hub.Now(), v.user.Actor(), account.ActionDenied, "route", rt.method+" "+rt.pattern)
			if err := s.Store.Record(r.Context(), line); err != nil {
				s.fail(w, r, err)
				return
			}
			s.fail(w, r, errForbidden)
		default:
			s.askToSignIn(w, r)
		}
	})
}

func (s *Site) askToSignIn(w http.ResponseWriter, r *http.Request) {
	here := r.URL.RequestURI()
	switch {
	case isHTMX(r):
		if u, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil {
			here = u.RequestURI()
		}
		w.Header().Set("HX-Redirect", signInURL(here))
		s.fail(w, r, errNotSignedIn)
	case (r.Method == http.MethodGet || r.Method == http.MethodHead) && wantsPage(r):
		http.Redirect(w, r, signInURL(here), http.StatusSeeOther)
	default:
		s.fail(w, r, errNotSignedIn)
	}
}

// signInURL is the sign-in page that leads back to a page of ours.
func signInURL(next string) string {
	if next = localPath(next, ""); next == "" || next == web.PathSessions {
		return web.PathSignIn
	}
	return web.PathSignIn + "?next=" + url.QueryEscape(next)
}

// auditLine makes a line of pairs of names and values.
func auditLine(at time.Time, by session.Actor, action session.Action, pairs ...string) session.AuditLine {
	line := session.AuditLine{At: at, Actor: by, Action: action}
	for i := 0; i+1 < len(pairs); i += 2 {
		if line.Params == nil {
			line.Params = make(map[string]string, len(pairs)/2)
		}
		line.Params[pairs[i]] = pairs[i+1]
	}
	return line
}
