package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
)

// problem is an error as a person sees it: a status, which the pages have words for, and where the state machine refused,
// why.
type problem struct {
	status     int
	what       string // a stable word for the log
	refusal    *session.Refusal
	retryAfter time.Duration
	allow      []string // of a 405
	back       string   // where to go on; empty: the start
	cause      error
}

func (p *problem) Error() string {
	if p.cause != nil {
		return fmt.Sprintf("%s: %v", p.what, p.cause)
	}
	return p.what
}

func (p *problem) Unwrap() error { return p.cause }

// The problems that are ours and not a refusal of the state machine.
var (
	errNoSuchPage      = &problem{status: http.StatusNotFound, what: "not found"}
	errForbidden       = &problem{status: http.StatusForbidden, what: "not allowed for this role"}
	errNotSignedIn     = &problem{status: http.StatusUnauthorized, what: "not signed in", back: pathSignIn}
	errCrossOrigin     = &problem{status: http.StatusForbidden, what: "cross-origin request"}
	errForeignHost     = &problem{status: http.StatusMisdirectedRequest, what: "foreign host"}
	errNotThroughProxy = &problem{status: http.StatusForbidden, what: "not through the proxy"}
	errPlainHTTP       = &problem{status: http.StatusForbidden, what: "plain http"}
	errTooLarge        = &problem{status: http.StatusRequestEntityTooLarge, what: "body too large"}
	errNoSocket        = &problem{status: http.StatusBadRequest, what: "not a WebSocket"}
	errBadForm         = &problem{status: http.StatusBadRequest, what: "bad form"}
	errPanic           = &problem{status: http.StatusInternalServerError, what: "panic"}
	errBusy            = &problem{status: http.StatusServiceUnavailable, what: "busy", retryAfter: 5 * time.Second}
	errStopping        = &problem{status: http.StatusServiceUnavailable, what: "stopping", retryAfter: 5 * time.Second}
)

// statusClientGone marks, in the log alone, a client that hung up before its answer.
const statusClientGone = 499

// problemOf is the one place that turns errors into a status. What is not known here is our fault: a 500 whose cause
// stands in the log only.
func problemOf(err error) *problem {
	var p *problem
	var refusal *session.Refusal
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &refusal):
		return &problem{status: refusalStatus(refusal.Code), what: "refused", refusal: refusal, cause: err}
	case errors.Is(err, hub.ErrNotFound), errors.Is(err, account.ErrNotFound):
		return &problem{status: http.StatusNotFound, what: "not found", cause: err}
	case errors.Is(err, account.ErrLastAdmin):
		return &problem{status: http.StatusConflict, what: "last admin", back: pathUsers, cause: err}
	case errors.Is(err, hub.ErrTooManyGuesses):
		return &problem{status: http.StatusTooManyRequests, what: "too many codes tried", retryAfter: time.Minute, cause: err}
	case errors.Is(err, errBadForwarded):
		return &problem{status: http.StatusBadRequest, what: "bad forwarded headers", cause: err}
	case errors.As(err, &tooLarge):
		return &problem{status: http.StatusRequestEntityTooLarge, what: "body too large", cause: err}
	case errors.Is(err, context.Canceled):
		return &problem{status: statusClientGone, what: "client gone", cause: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &problem{status: http.StatusServiceUnavailable, what: "took too long", retryAfter: 5 * time.Second, cause: err}
	}
	return &problem{status: http.StatusInternalServerError, what: "internal", cause: err}
}

func refusalStatus(code session.RefusalCode) int {
	if code == session.RefusedInvalid {
		return http.StatusUnprocessableEntity
	}
	return http.StatusConflict
}
