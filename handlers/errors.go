package handlers

import (
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rejoin/rejoin/web"
)

// fail answers with what err is to a person: a page, or the page's message alone for a request by script, or one line of
// text for what is no browser. Errors that are the server's own go to the log with the request ID that the person sees.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	x := exchangeOf(r.Context())
	if p.status >= 500 && p.status != http.StatusServiceUnavailable {
		s.log.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("request", x.id),
			slog.String("route", x.route), slog.Any("error", err))
	} else {
		s.log.LogAttrs(r.Context(), slog.LevelDebug, "request refused", slog.String("request", x.id),
			slog.String("route", x.route), slog.Any("error", err))
	}
	h := w.Header()
	if p.retryAfter > 0 {
		setRetryAfter(w, p.retryAfter)
	}
	if p.status == http.StatusMethodNotAllowed {
		h.Set("Allow", strings.Join(p.allow, ", "))
	}
	if p.status == statusClientGone {
		w.WriteHeader(p.status) // for the log; nobody reads it
		return
	}
	if !wantsPage(r) {
		failPlain(w, p, x.id)
		return
	}
	page := web.ErrorPage{
		Page: s.page(r), Status: p.status, Refusal: p.refusal, RequestID: x.id, RetryAfter: p.retryAfter, Back: p.back,
	}
	component := web.ErrorView(page)
	if isHTMX(r) {
		component = web.Problem(page)
	}
	if err := s.render(w, r, p.status, component); err != nil {
		s.log.ErrorContext(r.Context(), "error page failed", "request", x.id, "error", err)
		failPlain(w, p, x.id)
	}
}

// wantsPage tells whether a person reads the answer.
func wantsPage(r *http.Request) bool {
	switch exchangeOf(r.Context()).route {
	case pathAgentLink, pathAgentScreen, web.PathSessionScreen, pathHealthz, pathReadyz, pathMetrics:
		return false
	}
	return isHTMX(r) || strings.Contains(r.Header.Get("Accept"), "text/html")
}

func failPlain(w http.ResponseWriter, p *problem, id string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(p.status)
	fmt.Fprintf(w, "%d %s (request %s)\n", p.status, p.what, id)
}

func setRetryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
}
