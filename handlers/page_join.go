package handlers

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/web"
)

// joinPage is where a customer types the code. A link's code is in its fragment, which only the browser sees.
func (s *Site) joinPage(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, web.JoinView(web.JoinPage{Page: s.page(r), NotWindows: notWindows(r)}))
}

// join looks a code up: at most so many tries per address and for the whole server, which the hub counts.
func (s *Site) join(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r)
	if err != nil {
		return err
	}
	p := web.JoinPage{Page: s.page(r), Code: f.Get("code"), NotWindows: notWindows(r)}
	code, ok := hub.NormalCode(p.Code)
	if !ok {
		p.Error = web.JoinFormat
		return s.render(w, r, http.StatusUnprocessableEntity, web.JoinView(p))
	}
	found, err := s.Hub.LookCode(r.Context(), code, exchangeOf(r.Context()).client.addr.String())
	switch {
	case errors.Is(err, hub.ErrCodeGone), errors.Is(err, hub.ErrNotFound):
		p.Error = web.JoinUnknown
		return s.render(w, r, http.StatusUnprocessableEntity, web.JoinView(p))
	case errors.Is(err, hub.ErrTooManyGuesses):
		p.Error, p.RetryAfter = web.JoinLimited, time.Minute
		w.Header().Set("Retry-After", "60")
		return s.render(w, r, http.StatusTooManyRequests, web.JoinView(p))
	case err != nil:
		return err
	}
	size, err := s.Agent.Size()
	if err != nil {
		s.log.ErrorContext(r.Context(), "no agent program to hand out", "request", exchangeOf(r.Context()).id, "error", err)
		p.Error = web.JoinNoAgent
		return s.render(w, r, http.StatusServiceUnavailable, web.JoinView(p))
	}
	p.Ready = &web.JoinReady{
		Code: code, Technician: found.Technician.Name, Company: found.Company, ExpiresAt: found.CodeExpiresAt,
		Policy: found.Policy, FileName: agentFileName(s.cfg.PublicURL, code), Size: size,
	}
	return s.render(w, r, http.StatusOK, web.JoinView(p))
}

// notWindows tells whether the browser says that it runs on something else. It may lie; it is asked for a friendly word, not
// for a decision.
func notWindows(r *http.Request) bool {
	if hint := r.Header.Get("Sec-CH-UA-Platform"); hint != "" {
		return !strings.Contains(hint, "Windows")
	}
	agent := r.UserAgent()
	for _, other := range []string{"Macintosh", "iPhone", "iPad", "Android", "X11; Linux", "CrOS"} {
		if strings.Contains(agent, other) {
			return true
		}
	}
	return false
}
