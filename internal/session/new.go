package session

import "time"

// NewParams is what a technician gives to start a session.
type NewParams struct {
	ID            ID
	By            Actor
	Company       string
	Customer      string // at most MaxName characters, may be empty
	Mode          Mode
	Policy        Policy
	CodeExpiresAt time.Time
}

// Limits of what people type, in characters.
const (
	MaxName    = 120
	MaxMessage = 300
	MaxReason  = 200
	MaxChat    = 4000
)

// New starts a session: a connect code is out, no PC is there yet.
func New(p NewParams, now time.Time) (Session, []Effect, error) {
	switch {
	case p.Mode != ModeStandard && p.Mode != ModePhone:
		return Session{}, nil, &Refusal{Code: RefusedInvalid, Why: "mode"}
	case tooLong(p.Customer, MaxName):
		return Session{}, nil, &Refusal{Code: RefusedInvalid, Why: "customer"}
	case p.Policy.Check() != nil:
		return Session{}, nil, &Refusal{Code: RefusedInvalid, Why: "policy"}
	}
	s := Session{
		ID: p.ID, State: StateWaiting, Mode: p.Mode, Policy: p.Policy, Technician: p.By, Company: p.Company,
		Customer: p.Customer, CreatedAt: now, CodeExpiresAt: p.CodeExpiresAt, ActiveAt: now,
	}
	t := transition{s: &s, now: now}
	t.audit(p.By, ActionCreated, "mode", string(p.Mode))
	s.Revision = 1
	return s, t.effects, nil
}
