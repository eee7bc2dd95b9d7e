package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/web"
)

// rebootPage is the reboot form as a page, for those without scripts.
func (s *Site) rebootPage(w http.ResponseWriter, r *http.Request) error {
	p, err := s.sessionData(r.Context(), s.page(r), sessionID(r))
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, web.RebootView(web.RebootPage{SessionPage: p}))
}

// requestReboot is OK in the reboot dialog. What is refused comes back in the form, with everything as typed.
func (s *Site) requestReboot(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	id, v := sessionID(r), exchangeOf(r.Context()).visitor
	typed := web.RebootForm{
		Kind: session.Kind(f.Get("kind")), Message: strings.ReplaceAll(f.Get("message"), "\r\n", "\n"),
		Reason: web.Reason(f.Get("reason")), Other: f.Get("reason_text"),
	}
	_, err = s.Hub.Dispatch(r.Context(), id, session.RequestReboot{
		By: v.user.Actor(), Kind: typed.Kind, Message: strings.TrimSpace(typed.Message),
		Reason: v.loc.Reason(typed.Reason, typed.Other),
	})
	var refusal *session.Refusal
	if !errors.As(err, &refusal) {
		if err != nil {
			return err
		}
		return done(w, r, web.SessionURL(id))
	}
	if refusal.Code == session.RefusedInvalid {
		typed.Errors = append(typed.Errors, rebootField(refusal.Why))
	} else {
		typed.Refusal = refusal
	}
	p, err := s.sessionData(r.Context(), s.page(r), id)
	if err != nil {
		return err
	}
	p.Form = typed
	status := refusalStatus(refusal.Code)
	if isHTMX(r) {
		return s.render(w, r, status, web.RebootFormView(p))
	}
	return s.render(w, r, status, web.RebootView(web.RebootPage{SessionPage: p}))
}

func rebootField(field string) web.FieldError {
	fault := refusedField(field, map[string]int{"message": session.MaxMessage, "reason": session.MaxReason})
	if fault.Field == "reason" {
		fault.Field = "reason_text"
	}
	return fault
}
