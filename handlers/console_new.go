package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/web"
)

func (s *Site) sessionNewPage(w http.ResponseWriter, r *http.Request) error {
	p := web.SessionNewPage{Page: s.page(r), Form: web.SessionForm{Mode: session.ModeStandard}}
	return s.render(w, r, http.StatusOK, web.SessionNewView(p))
}

// createSession starts a session under the present policy, which is pinned to it.
func (s *Site) createSession(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	p := web.SessionNewPage{Page: s.page(r), Form: web.SessionForm{Customer: f.Get("customer"), Mode: session.Mode(f.Get("mode"))}}
	policy, err := s.Store.Policy(r.Context())
	if err != nil {
		return err
	}
	created, err := s.Hub.Create(r.Context(), hub.NewSession{
		By: exchangeOf(r.Context()).visitor.user.Actor(), Customer: strings.TrimSpace(p.Form.Customer), Mode: p.Form.Mode,
		Policy: policy.Policy, Company: p.Company,
	})
	var refusal *session.Refusal
	if errors.As(err, &refusal) && refusal.Code == session.RefusedInvalid {
		p.Form.Errors = append(p.Form.Errors, refusedField(refusal.Why, map[string]int{"customer": session.MaxName}))
		if isHTMX(r) {
			return s.render(w, r, http.StatusUnprocessableEntity, web.SessionFormView(p.Loc, p.Form))
		}
		return s.render(w, r, http.StatusUnprocessableEntity, web.SessionNewView(p))
	}
	if err != nil {
		return err
	}
	return goTo(w, r, web.SessionURL(created.ID))
}

// refusedField turns a refusal's field into a form's: too long if the field has a limit, a wrong choice otherwise.
func refusedField(field string, limits map[string]int) web.FieldError {
	if most, ok := limits[field]; ok {
		return web.FieldError{Field: field, Code: "too_long", Max: most}
	}
	return web.FieldError{Field: field, Code: "choice"}
}
