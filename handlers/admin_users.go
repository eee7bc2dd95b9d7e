package handlers

import (
	"errors"
	"net/http"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/web"
)

func (s *Site) usersPage(w http.ResponseWriter, r *http.Request) error {
	return s.showUsers(w, r, http.StatusOK, web.UserForm{}, nil)
}

func (s *Site) showUsers(w http.ResponseWriter, r *http.Request, status int, f web.UserForm, link *web.UserLink) error {
	users, err := s.Store.Users(r.Context())
	if err != nil {
		return err
	}
	p := web.UsersPage{Page: s.page(r), Form: f, Link: link}
	p.Path = web.PathUsers
	for _, u := range users {
		p.Users = append(p.Users, userRow(u))
	}
	return s.render(w, r, status, web.UsersView(p))
}

func userRow(u account.User) web.UserRow {
	return web.UserRow{
		ID: u.ID, Name: u.Name, Login: u.Login, Admin: u.Admin, Disabled: u.Disabled, SeenAt: u.SeenAt, LinkUntil: u.LinkUntil,
	}
}

// createUser makes a user without a password; the link that is shown once lets them set it.
func (s *Site) createUser(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	typed := web.UserForm{Name: f.Get("name"), Login: f.Get("login"), Admin: f.Get("admin") != ""}
	user := newUser(typed.Name, typed.Login, typed.Admin, &typed.Errors)
	if len(typed.Errors) > 0 {
		return s.showUsers(w, r, http.StatusUnprocessableEntity, typed, nil)
	}
	now := s.Hub.Now()
	user.CreatedAt = now
	text, token := NewToken(account.PurposePassword, user.ID, now)
	err = s.Store.CreateUser(r.Context(), user, token,
		auditLine(now, by(r), account.ActionUserCreated, "login", user.Login, "role", roleName(user)))
	if errors.Is(err, account.ErrTaken) {
		typed.Errors = append(typed.Errors, web.FieldError{Field: "login", Code: "taken"})
		return s.showUsers(w, r, http.StatusUnprocessableEntity, typed, nil)
	}
	if err != nil {
		return err
	}
	return s.showUsers(w, r, http.StatusOK, web.UserForm{}, s.userLink(user, text, token))
}

func roleName(u account.User) string {
	if u.Admin {
		return string(admin)
	}
	return string(technician)
}

func (s *Site) userLink(u account.User, text string, t account.Token) *web.UserLink {
	u.LinkUntil = t.ExpiresAt
	return &web.UserLink{User: userRow(u), URL: web.SignInLink(s.cfg.PublicURL.String(), text), Until: t.ExpiresAt}
}

// resetUser makes a new one-time link with which the user sets a new password. The old password goes on working until then, so that an
// admin's mistake locks nobody out.
func (s *Site) resetUser(w http.ResponseWriter, r *http.Request) error {
	user, err := s.Store.User(r.Context(), r.PathValue("user"))
	if err != nil {
		return err
	}
	if user.Disabled {
		return &problem{status: http.StatusConflict, what: "user is disabled", back: web.PathUsers}
	}
	now := s.Hub.Now()
	text, token := NewToken(account.PurposePassword, user.ID, now)
	if err := s.Store.IssueToken(r.Context(), token, auditLine(now, by(r), account.ActionLinkIssued, "login", user.Login)); err != nil {
		return err
	}
	return s.showUsers(w, r, http.StatusOK, web.UserForm{}, s.userLink(user, text, token))
}

// disableUser ends the user's sign-ins too: their pages close within a beat.
func (s *Site) disableUser(w http.ResponseWriter, r *http.Request) error {
	return s.setDisabled(w, r, true, account.ActionUserDisabled)
}

func (s *Site) enableUser(w http.ResponseWriter, r *http.Request) error {
	return s.setDisabled(w, r, false, account.ActionUserEnabled)
}

func (s *Site) setDisabled(w http.ResponseWriter, r *http.Request, disabled bool, action session.Action) error {
	user, err := s.Store.User(r.Context(), r.PathValue("user"))
	if err != nil {
		return err
	}
	line := auditLine(s.Hub.Now(), by(r), action, "login", user.Login)
	if err := s.Store.SetDisabled(r.Context(), user.ID, disabled, line); err != nil {
		return err
	}
	return goTo(w, r, web.PathUsers)
}
