package web

import (
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// Page is what every page needs. The nonce is in the context.
type Page struct {
	Loc     Loc
	Now     time.Time // the server's, for clocks that run in the browser
	Company string    // from the settings; empty before setup
	Path    string    // of this page with its query, to come back after a change of language
	Viewer  *Viewer   // nil: nobody is signed in
	Demo    bool      // the demo PC exists
}

// Viewer is who is signed in.
type Viewer struct {
	ID    string
	Name  string
	Login string
	Admin bool
}

// FieldError is a form field that can't be accepted. Codes: those of [session.FieldError], and "taken" (a login that
// exists), "wrong" (the present password), "different" (the repeated password), "too_short" (Min characters).
type FieldError = session.FieldError

// JoinPage is where a customer types the code.
type JoinPage struct {
	Page
	Code       string    // as typed, or empty
	Error      JoinError // empty: none
	RetryAfter time.Duration
	NotWindows bool       // by the browser's own words: this computer can't run the agent
	Ready      *JoinReady // a valid code
}

// JoinError is why a code is not accepted.
type JoinError string

const (
	JoinFormat  JoinError = "format"   // not ten digits
	JoinUnknown JoinError = "unknown"  // unknown, used or expired: not told apart
	JoinLimited JoinError = "limited"  // too many tries, see RetryAfter
	JoinNoAgent JoinError = "no_agent" // this server has no agent to hand out
)

// JoinReady is what a valid code leads to.
type JoinReady struct {
	Code       string // ten digits
	Technician string
	Company    string
	FileName   string // of the download
	Size       int64  // of the download, in bytes
	ExpiresAt  time.Time
	Policy     session.Policy
}

// SetupPage creates the first admin. The token is in the link's fragment; a script moves it into the form.
type SetupPage struct {
	Page
	Token, CompanyTyped, Name, Login string // as typed
	Errors                           []FieldError
	BadToken                         bool // unknown or used
}

// SignInPage asks for login and password.
type SignInPage struct {
	Page
	Login      string // as typed
	Next       string // where to go then
	Error      SignInError
	RetryAfter time.Duration
	SignedOut  bool // just now
}

// SignInError is why somebody was not signed in.
type SignInError string

const (
	SignInWrong   SignInError = "wrong" // login or password, not told which
	SignInLimited SignInError = "limited"
)

// LinkPage signs in by a one-time link: the token is in the fragment, and only a click sends it, so that programs which
// open links in advance don't use it up.
type LinkPage struct {
	Page
	Bad bool // unknown, used or expired
}

// MinPassword is the shortest password that is accepted, in characters.
const MinPassword = 12

// PasswordPage changes the viewer's password.
type PasswordPage struct {
	Page
	First  bool // the viewer came by a one-time link: the present password is not asked
	Errors []FieldError
	Saved  bool
}

// SessionsPage lists the sessions.
type SessionsPage struct {
	Page
	Query  string // filter, as typed
	Open   []SessionRow
	Ended  []SessionRow // the newest first
	Total  int          // of all sessions that are not ended, whatever the filter
	New    SessionForm  // what is typed in the dialog
	Asking bool         // the dialog is open, because something in it is wrong
}

// SessionRow is a session in the list.
type SessionRow struct {
	Session session.Session
	ETA     ETA
	Code    string // while it waits
}

// SessionForm is the form for a new session.
type SessionForm struct {
	Customer string
	Mode     session.Mode
	Errors   []FieldError
}

// SessionNewPage is that form as a page, for those without scripts.
type SessionNewPage struct {
	Page
	Form SessionForm
}

// ETA is how long this PC was away at earlier reboots. Count is how many are known; with 0 the rest means nothing.
type ETA struct {
	Typical, Lo, Hi time.Duration
	Count           int
}

// Boot is an earlier reboot of a PC.
type Boot = session.Boot

// Presence is a technician who has the page open.
type Presence struct {
	ID, Name string
}

// SessionPage is the page of one session.
type SessionPage struct {
	Page
	Session     session.Session
	Code        string                // ten digits, while a valid one is out
	JoinURL     string                // the link with that code
	Address     string                // the PC's, as the server sees it
	Chat        []session.ChatMessage // oldest first
	Undelivered int                   // of the technicians' lines, the last so many have not reached the PC
	Audit       []session.AuditLine   // of this session, oldest first
	ETA         ETA
	Boots       []Boot     // of this PC, newest first
	Presence    []Presence // the viewer too
	Form        RebootForm
}

// RebootForm is what the reboot dialog holds.
type RebootForm struct {
	Kind    session.Kind
	Message string
	Reason  Reason // a choice
	Other   string // the reason in one's own words, for ReasonOther
	Errors  []FieldError
	Refusal *session.Refusal // what the session's state does not allow
}

// Reason is a ready-made reason for a reboot. The ledger keeps [Loc.Reason].
type Reason string

const (
	ReasonNone   Reason = ""
	ReasonUpdate Reason = "update"
	ReasonDriver Reason = "driver"
	ReasonSlow   Reason = "slow"
	ReasonOther  Reason = "other"
)

// Reasons are the choices, in the order of the form.
var Reasons = []Reason{ReasonNone, ReasonUpdate, ReasonDriver, ReasonSlow, ReasonOther}

// RebootPage is the reboot form as a page, for those without scripts and for what is wrong in it.
type RebootPage struct{ SessionPage }

// EndPage asks before a session ends, for those without scripts.
type EndPage struct{ SessionPage }

// ErrorPage says what went wrong, as a page or, by [Problem], as a fragment.
type ErrorPage struct {
	Page
	Status     int
	Refusal    *session.Refusal // of a 409
	RequestID  string
	RetryAfter time.Duration // of a 429 or 503
	Back       string        // a link to go on with; empty: to the start
}
