package handlers

import (
	"net/http"
	"net/url"
	"time"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/web"
)

func (s *Site) passwordPage(w http.ResponseWriter, r *http.Request) error {
	p := web.PasswordPage{Page: s.page(r), First: exchangeOf(r.Context()).visitor.first, Saved: r.URL.Query().Has("saved")}
	return s.render(w, r, http.StatusOK, web.PasswordView(p))
}

// changePassword ends all other sign-ins of the user: whoever had the old password is out.
func (s *Site) changePassword(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	v := exchangeOf(r.Context()).visitor
	p := web.PasswordPage{Page: s.page(r), First: v.first}
	wait, err := s.checkNewPassword(r, v, f, &p)
	if err != nil {
		return err
	}
	if wait > 0 {
		return &problem{status: http.StatusTooManyRequests, what: "too many passwords tried", retryAfter: wait, back: web.PathPassword}
	}
	if len(p.Errors) > 0 {
		return s.render(w, r, http.StatusUnprocessableEntity, web.PasswordView(p))
	}
	hash, err := s.Passwords.Hash(r.Context(), f.Get("password"))
	if err != nil {
		return err
	}
	how := "password"
	if v.first {
		how = "link"
	}
	user, err := s.Store.SetPassword(r.Context(), v.user.ID, hash,
		auditLine(s.Hub.Now(), v.user.Actor(), account.ActionPasswordChanged, "how", how))
	if err != nil {
		return err
	}
	if err := s.startSignIn(r, user, false); err != nil {
		return err
	}
	return goTo(w, r, web.PathPassword+"?saved")
}

// checkNewPassword fills in what is wrong with the form. The present password is asked for, as somebody may have sat down at
// a computer that was left open, and trying it is limited like signing in.
func (s *Site) checkNewPassword(r *http.Request, v visitor, f url.Values, p *web.PasswordPage) (wait time.Duration, err error) {
	if fault := passwordFault(f.Get("password"), f.Get("again")); fault.Code != "" {
		p.Errors = append(p.Errors, fault)
	}
	if v.first {
		return 0, nil
	}
	wait, ok := s.limits.pair.take(v.user.Login + " " + exchangeOf(r.Context()).client.bucket())
	if !ok {
		return wait, nil
	}
	match, err := s.Passwords.Match(r.Context(), f.Get("current"), v.user.PasswordHash)
	if err != nil {
		return 0, err
	}
	if !match {
		p.Errors = append(p.Errors, web.FieldError{Field: "current", Code: "wrong"})
	}
	return 0, nil
}
