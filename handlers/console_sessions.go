package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/rejoin/rejoin/internal/hub"
	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/web"
)

// How much the list of sessions shows.
const (
	maxOpenShown  = 200
	maxEndedShown = 50
	maxQuery      = 100
)

func (s *Site) sessionsPage(w http.ResponseWriter, r *http.Request) error {
	p, err := s.sessionsData(r.Context(), s.page(r), r.URL.Query().Get("q"))
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, web.SessionsView(p))
}

// sessionsLive streams the list. Only what can be seen in it makes it draw again.
func (s *Site) sessionsLive(w http.ResponseWriter, r *http.Request) error {
	watch := s.Hub.Watch("")
	defer watch.Close()
	query := r.URL.Query().Get("q")
	base := s.page(r)
	return s.stream(w, r, live{
		access: technician, changed: []<-chan struct{}{watch.C()}, pause: listPause,
		draw: func(ctx context.Context) (string, templ.Component, error) {
			base.Now = s.Hub.Now()
			p, err := s.sessionsData(ctx, base, query)
			return "", web.SessionsLive(p), err
		},
	})
}

// listPause spares the server when thousands of PCs come back at once: the list is drawn a few times a second.
const listPause = 300 * time.Millisecond

func (s *Site) sessionsData(ctx context.Context, base web.Page, query string) (web.SessionsPage, error) {
	p := web.SessionsPage{Page: base, Query: cut(strings.TrimSpace(query), maxQuery), New: web.SessionForm{Mode: session.ModeStandard}}
	open, err := s.Store.OpenSessions(ctx, p.Query, maxOpenShown)
	if err != nil {
		return p, err
	}
	ended, err := s.Store.EndedSessions(ctx, p.Query, maxEndedShown)
	if err != nil {
		return p, err
	}
	if p.Total, err = s.Store.CountOpen(ctx); err != nil {
		return p, err
	}
	for _, one := range open {
		row := web.SessionRow{Session: one}
		if one.State == session.StateWaiting {
			if row.Code, err = s.codeOf(ctx, one.ID); err != nil {
				return p, err
			}
		}
		if one.State == session.StateActive && one.Reboot.Live() {
			if row.ETA, _, err = s.etaOf(ctx, one); err != nil {
				return p, err
			}
		}
		p.Open = append(p.Open, row)
	}
	for _, one := range ended {
		p.Ended = append(p.Ended, web.SessionRow{Session: one})
	}
	return p, nil
}

// codeOf is a waiting session's code, or nothing if there is none that can be used.
func (s *Site) codeOf(ctx context.Context, id session.ID) (string, error) {
	code, _, err := s.Hub.Code(ctx, id)
	if errors.Is(err, hub.ErrNotFound) {
		return "", nil
	}
	return code, err
}

// cut shortens s to most characters.
func cut(s string, most int) string {
	for i := range s {
		if most == 0 {
			return s[:i]
		}
		most--
	}
	return s
}
