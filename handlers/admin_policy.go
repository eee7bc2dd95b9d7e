package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/web"
)

func (s *Site) adminHome(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, web.PathPolicy, http.StatusSeeOther)
	return nil
}

func (s *Site) policyPage(w http.ResponseWriter, r *http.Request) error {
	rec, err := s.Store.Policy(r.Context())
	if err != nil {
		return err
	}
	p := web.PolicyPage{Page: s.page(r), Typed: typedPolicy(rec.Policy), Revision: rec.Revision, Saved: r.URL.Query().Has("saved")}
	return s.render(w, r, http.StatusOK, web.PolicyView(p))
}

// savePolicy changes the policy for sessions that start from now on. If somebody else has saved meanwhile nothing is
// overwritten: the page shows theirs beside what was typed.
func (s *Site) savePolicy(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	revision, err := strconv.ParseInt(f.Get("revision"), 10, 64)
	if err != nil {
		return errBadForm
	}
	p := web.PolicyPage{Page: s.page(r), Typed: policyForm(f), Revision: revision}
	policy, errs := parsePolicy(p.Typed)
	if p.Errors = errs; len(errs) > 0 {
		return s.render(w, r, http.StatusUnprocessableEntity, web.PolicyView(p))
	}
	now, err := s.Store.Policy(r.Context())
	if err != nil {
		return err
	}
	line := auditLine(s.Hub.Now(), by(r), account.ActionPolicyChanged, policyChanges(now.Policy, policy)...)
	err = s.Store.SetPolicy(r.Context(), policy, revision, line)
	if errors.Is(err, account.ErrConflict) {
		if now, err = s.Store.Policy(r.Context()); err != nil {
			return err
		}
		p.Revision = now.Revision
		p.Conflict = &web.PolicyConflict{By: now.By.Name, At: now.At, Policy: now.Policy}
		return s.render(w, r, http.StatusConflict, web.PolicyView(p))
	}
	if err != nil {
		return err
	}
	return goTo(w, r, web.PathPolicy+"?saved")
}

func policyForm(f url.Values) web.PolicyTyped {
	return web.PolicyTyped{
		AskBeforeReboot:  f.Get(web.FieldAskBeforeReboot) == "on",
		PromptSeconds:    f.Get(web.FieldPromptSeconds),
		OnNoReply:        session.Answer(f.Get(web.FieldOnNoReply)),
		AskBeforeSharing: f.Get(web.FieldAskBeforeSharing) == "on",
		AskBeforeControl: f.Get(web.FieldAskBeforeControl) == "on",
		PhoneCancel:      f.Get(web.FieldPhoneCancel) == "on",
		WindowMinutes:    f.Get(web.FieldWindowMinutes),
		IdleMinutes:      f.Get(web.FieldIdleMinutes),
	}
}

func typedPolicy(p session.Policy) web.PolicyTyped {
	return web.PolicyTyped{
		AskBeforeReboot: p.AskBeforeReboot, PromptSeconds: strconv.Itoa(p.PromptSeconds), OnNoReply: p.OnNoReply,
		AskBeforeSharing: p.AskBeforeSharing, AskBeforeControl: p.AskBeforeControl, PhoneCancel: p.PhoneCancel,
		WindowMinutes: strconv.Itoa(p.WindowMinutes), IdleMinutes: strconv.Itoa(p.IdleMinutes),
	}
}

// parsePolicy reads what was typed. What is no number counts as one that is out of range.
func parsePolicy(t web.PolicyTyped) (session.Policy, []web.FieldError) {
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			return -1
		}
		return n
	}
	p := session.Policy{
		AskBeforeReboot: t.AskBeforeReboot, PromptSeconds: number(t.PromptSeconds), OnNoReply: t.OnNoReply,
		AskBeforeSharing: t.AskBeforeSharing, AskBeforeControl: t.AskBeforeControl, PhoneCancel: t.PhoneCancel,
		WindowMinutes: number(t.WindowMinutes), IdleMinutes: number(t.IdleMinutes),
	}
	return p, p.Check()
}

// policyChanges are the members that differ, for the audit log.
func policyChanges(before, after session.Policy) []string {
	var pairs []string
	for _, m := range []struct {
		name     string
		old, new any
	}{
		{web.FieldAskBeforeReboot, before.AskBeforeReboot, after.AskBeforeReboot},
		{web.FieldPromptSeconds, before.PromptSeconds, after.PromptSeconds},
		{web.FieldOnNoReply, before.OnNoReply, after.OnNoReply},
		{web.FieldAskBeforeSharing, before.AskBeforeSharing, after.AskBeforeSharing},
		{web.FieldAskBeforeControl, before.AskBeforeControl, after.AskBeforeControl},
		{web.FieldPhoneCancel, before.PhoneCancel, after.PhoneCancel},
		{web.FieldWindowMinutes, before.WindowMinutes, after.WindowMinutes},
		{web.FieldIdleMinutes, before.IdleMinutes, after.IdleMinutes},
	} {
		if m.old != m.new {
			pairs = append(pairs, m.name, fmt.Sprintf("%v → %v", m.old, m.new))
		}
	}
	return pairs
}
