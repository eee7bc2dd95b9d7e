package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/session"
)

// PolicyPage shows and changes the consent policy.
type PolicyPage struct {
	Page
	Typed    PolicyTyped
	Errors   []FieldError
	Revision int64 // goes along with the form: an edit of an older one is a conflict
	Saved    bool
	Conflict *PolicyConflict
}

// PolicyTyped is the form as typed: the numbers are what stood in the fields.
type PolicyTyped struct {
	AskBeforeReboot  bool
	PromptSeconds    string
	OnNoReply        session.Answer
	AskBeforeSharing bool
	AskBeforeControl bool
	PhoneCancel      bool
	WindowMinutes    string
	IdleMinutes      string
}

// PolicyConflict is what somebody else saved meanwhile.
type PolicyConflict struct {
	By     string
	At     time.Time
	Policy session.Policy
}

// Names of the form's fields: the JSON names of [session.Policy].
const (
	FieldAskBeforeReboot  = "ask_before_reboot" // "on" or absent
	FieldPromptSeconds    = "prompt_seconds"
	FieldOnNoReply        = "on_no_reply"
	FieldAskBeforeSharing = "ask_before_sharing"
	FieldAskBeforeControl = "ask_before_control"
	FieldPhoneCancel      = "phone_cancel"
	FieldWindowMinutes    = "window_minutes"
	FieldIdleMinutes      = "idle_minutes"
)

// UsersPage lists the users and creates new ones.
type UsersPage struct {
	Page
	Users []UserRow
	Form  UserForm
	Link  *UserLink // shown once, after a user was created or reset
}

// UserRow is a user in the list.
type UserRow struct {
	ID, Name, Login string
	Admin, Disabled bool
	SeenAt          time.Time // last sign-in; zero: never
	LinkUntil       time.Time // a one-time link is out; zero: none
}

// UserForm is the form for a new user.
type UserForm struct {
	Name, Login string
	Admin       bool
	Errors      []FieldError
}

// UserLink is a one-time link to hand over.
type UserLink struct {
	User  UserRow
	URL   string
	Until time.Time
}

// SettingsPage holds the few settings there are.
type SettingsPage struct {
	Page
	CompanyTyped string
	Errors       []FieldError
	Saved        bool
}

// AuditPage is the audit log, the newest line first.
type AuditPage struct {
	Page
	Lines []AuditRow
	Older int64 // where the next page begins; 0: there is none
	First bool  // this is the newest page
	Chain ChainState
}

// AuditRow is an audit line, with the session it belongs to if there is one.
type AuditRow struct {
	Line     session.AuditLine
	Session  session.ID
	Customer string
}

// ChainState is what the last check of the audit log's hash chain said.
type ChainState = account.ChainState

// Policy is what the form says; numbers that can't be read are -1, which no range holds.
func (t PolicyTyped) Policy() session.Policy {
	number := func(s string) int {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil {
			return -1
		}
		return n
	}
	return session.Policy{
		AskBeforeReboot: t.AskBeforeReboot, PromptSeconds: number(t.PromptSeconds), OnNoReply: t.OnNoReply,
		AskBeforeSharing: t.AskBeforeSharing, AskBeforeControl: t.AskBeforeControl, PhoneCancel: t.PhoneCancel,
		WindowMinutes: number(t.WindowMinutes), IdleMinutes: number(t.IdleMinutes),
	}
}

// TypedPolicy is the form for a policy.
func TypedPolicy(p session.Policy) PolicyTyped {
	return PolicyTyped{
		AskBeforeReboot: p.AskBeforeReboot, PromptSeconds: strconv.Itoa(p.PromptSeconds), OnNoReply: p.OnNoReply,
		AskBeforeSharing: p.AskBeforeSharing, AskBeforeControl: p.AskBeforeControl, PhoneCancel: p.PhoneCancel,
		WindowMinutes: strconv.Itoa(p.WindowMinutes), IdleMinutes: strconv.Itoa(p.IdleMinutes),
	}
}

// policy is what the page explains: the form, as far as it makes sense, else the default's values.
func (d PolicyPage) policy() session.Policy {
	p, usual := d.Typed.Policy(), session.DefaultPolicy()
	for _, e := range p.Check() {
		switch e.Field {
		case FieldPromptSeconds:
			p.PromptSeconds = usual.PromptSeconds
		case FieldOnNoReply:
			p.OnNoReply = usual.OnNoReply
		case FieldWindowMinutes:
			p.WindowMinutes = usual.WindowMinutes
		case FieldIdleMinutes:
			p.IdleMinutes = usual.IdleMinutes
		}
	}
	return p
}
