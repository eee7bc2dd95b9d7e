package handlers

import (
	"errors"
	"net/http"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/web"
)

// setupPage creates the first admin, for whoever has the link that the server printed at its first start. Once there is an
// admin it does not exist any more.
func (s *Site) setupPage(w http.ResponseWriter, r *http.Request) error {
	if err := s.setupOpen(r); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, web.SetupView(web.SetupPage{Page: s.page(r)}))
}

func (s *Site) setupOpen(r *http.Request) error {
	over, err := s.Store.HasAdmin(r.Context())
	if err != nil {
		return err
	}
	if over {
		return errNoSuchPage
	}
	return nil
}

func (s *Site) setup(w http.ResponseWriter, r *http.Request) error {
	if err := s.setupOpen(r); err != nil {
		return err
	}
	f, err := form(r)
	if err != nil {
		return err
	}
	c := exchangeOf(r.Context()).client
	if wait, ok := s.limits.links.take(c.bucket()); !ok {
		return &problem{status: http.StatusTooManyRequests, what: "too many links tried", retryAfter: wait}
	}
	p := web.SetupPage{
		Page: s.page(r), Token: f.Get("token"), CompanyTyped: f.Get("company"), Name: f.Get("name"), Login: f.Get("login"),
	}
	user, company := newUser(p.Name, p.Login, true, &p.Errors), ""
	if company, p.Errors = checkName("company", p.CompanyTyped, account.MaxCompany, p.Errors); len(p.Errors) == 0 {
		if fault := passwordFault(f.Get("password"), f.Get("again")); fault.Code != "" {
			p.Errors = append(p.Errors, fault)
		}
	}
	if len(p.Errors) > 0 {
		return s.render(w, r, http.StatusUnprocessableEntity, web.SetupView(p))
	}
	if user.PasswordHash, err = s.Passwords.Hash(r.Context(), f.Get("password")); err != nil {
		return err
	}
	now := s.Hub.Now()
	user.CreatedAt = now
	err = s.Store.CreateFirstAdmin(r.Context(), TokenHash(p.Token), user, company, now,
		auditLine(now, user.Actor(), account.ActionSetUp, "login", user.Login, "address", c.addr.String()))
	switch {
	case errors.Is(err, account.ErrTokenGone):
		p.BadToken = true
		return s.render(w, r, http.StatusUnprocessableEntity, web.SetupView(p))
	case errors.Is(err, account.ErrSetUp):
		return errNoSuchPage
	case err != nil:
		return err
	}
	if err := s.startSignIn(r, user, false); err != nil {
		return err
	}
	return goTo(w, r, web.PathSessions)
}

// newUser reads a user from a form and notes what is wrong.
func newUser(name, login string, admin bool, errs *[]web.FieldError) account.User {
	u := account.User{ID: NewUserID(), Admin: admin}
	u.Name, *errs = checkName("name", name, account.MaxName, *errs)
	var ok bool
	if u.Login, ok = account.NormalLogin(login); !ok {
		fault := web.FieldError{Field: "login", Code: "choice"}
		switch {
		case login == "":
			fault.Code = "required"
		case len(login) > account.MaxLogin:
			fault = web.FieldError{Field: "login", Code: "too_long", Max: account.MaxLogin}
		}
		*errs = append(*errs, fault)
	}
	return u
}

func checkName(field, typed string, most int, errs []web.FieldError) (string, []web.FieldError) {
	name, fault := account.NormalName(typed, most)
	switch fault {
	case "":
	case "too_long":
		errs = append(errs, web.FieldError{Field: field, Code: fault, Max: most})
	default:
		errs = append(errs, web.FieldError{Field: field, Code: fault})
	}
	return name, errs
}
