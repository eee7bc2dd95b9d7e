// Package account holds the words of signing in: users, roles, one-time tokens, and what of it is audited. Like
// internal/session it has no I/O; store keeps these values, handlers decide with them.
package account

import (
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rejoin/rejoin/internal/session"
)

// User is somebody who can sign in. Users are never deleted, since the audit log names them.
type User struct {
	ID           string
	Login        string // as [NormalLogin] returns it; unique
	Name         string // as customers see it
	Admin        bool   // otherwise a technician; an admin may do all a technician may
	Disabled     bool
	PasswordHash string // Argon2id; empty: none set yet
	// Epoch counts changes that end all of the user's sign-ins: a new password, being disabled, another role. A sign-in
	// remembers the epoch it was made in and is over when that is no longer the present one.
	Epoch     int64
	CreatedAt time.Time
	SeenAt    time.Time // last sign-in; zero: never
	LinkUntil time.Time // an unused one-time link is good until then; zero: there is none
}

// Actor is the user as audit lines and chats name them.
func (u User) Actor() session.Actor {
	return session.Actor{Kind: session.ActorTechnician, ID: u.ID, Name: u.Name}
}

// Bounds in characters.
const (
	MaxLogin   = 64
	MaxName    = 80
	MaxCompany = 80
)

// NormalLogin is the form in which logins are stored and compared: lower case, of letters, digits and . _ @ + -. ok is false
// for anything else.
func NormalLogin(typed string) (login string, ok bool) {
	login = strings.ToLower(strings.TrimSpace(typed))
	if login == "" || len(login) > MaxLogin {
		return "", false
	}
	for _, r := range login {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("._@+-", r)) {
			return "", false
		}
	}
	return login, true
}

// NormalName trims a name of a person or company; the fault is a code of [session.FieldError], or "".
func NormalName(typed string, most int) (name, fault string) {
	name = strings.Join(strings.Fields(typed), " ")
	switch {
	case name == "":
		return name, "required"
	case utf8.RuneCountInString(name) > most:
		return name, "too_long"
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return name, "choice"
	}
	return name, ""
}

// Purpose is what a one-time token is good for; one for another purpose is refused.
type Purpose string

const (
	PurposeSetup    Purpose = "setup"    // creates the first admin
	PurposeSignIn   Purpose = "sign_in"  // signs in, no more: the demo
	PurposePassword Purpose = "password" // signs in and sets a password without the present one
)

// Token is a one-time token as it is stored: its SHA-256, never itself.
type Token struct {
	Hash      []byte
	Purpose   Purpose
	User      string // ID; empty for PurposeSetup
	ExpiresAt time.Time
}

// Errors of whoever stores these values.
var (
	ErrNotFound  = errors.New("account: not found")
	ErrTaken     = errors.New("account: the login is taken")
	ErrTokenGone = errors.New("account: the link is unknown, used or expired")
	ErrSetUp     = errors.New("account: there is an admin already")
	ErrLastAdmin = errors.New("account: the last admin who can sign in")
	ErrConflict  = errors.New("account: changed meanwhile")
)

// Settings are an installation's few settings.
type Settings struct {
	Company   string // as customers' prompts name it
	PublicURL string // the server's address at its last start, for links made on the command line
}

// PolicyRecord is the consent policy for new sessions and who saved it.
type PolicyRecord struct {
	Policy   session.Policy
	Revision int64 // counts changes; 0: nobody changed the default yet
	By       session.Actor
	At       time.Time
}

// What is audited beside sessions.
const (
	ActionSetUp           session.Action = "account.set_up"           // params login
	ActionSignedIn        session.Action = "account.signed_in"        // params address, how: password, link
	ActionSignInFailed    session.Action = "account.sign_in_failed"   // params address, login
	ActionSignInLimited   session.Action = "account.sign_in_limited"  // params address, login
	ActionSignedOut       session.Action = "account.signed_out"       //
	ActionUserCreated     session.Action = "account.created"          // params login, role
	ActionUserDisabled    session.Action = "account.disabled"         // params login
	ActionUserEnabled     session.Action = "account.enabled"          // params login
	ActionLinkIssued      session.Action = "account.link_issued"      // params login
	ActionPasswordChanged session.Action = "account.password_changed" // params how: password, link
	ActionPolicyChanged   session.Action = "policy.changed"           // params: each changed member, "old → new"
	ActionSettingsChanged session.Action = "settings.changed"         // params company
	ActionDenied          session.Action = "access.denied"            // params route
)
