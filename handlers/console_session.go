package handlers

import (
	"context"
	"net/http"
	"reflect"
	"strconv"

	"github.com/a-h/templ"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
	"github.com/rejoin/rejoin/web"
)

// How much a session's page shows.
const (
	maxChatShown  = 500
	maxAuditShown = 300
	maxBootsShown = 20
)

func (s *Site) sessionPage(w http.ResponseWriter, r *http.Request) error {
	p, err := s.sessionData(r.Context(), s.page(r), sessionID(r))
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, web.SessionView(p))
}

func sessionID(r *http.Request) session.ID { return session.ID(r.PathValue("id")) }

// sessionLive streams a session's page. Who has it open is seen by the others.
func (s *Site) sessionLive(w http.ResponseWriter, r *http.Request) error {
	id := sessionID(r)
	if _, err := s.Hub.Session(r.Context(), id); err != nil {
		return err
	}
	watch := s.Hub.Watch(id)
	defer watch.Close()
	user := exchangeOf(r.Context()).visitor.user
	came, leave := s.presence.enter(id, user.ID, user.Name)
	defer leave()
	base := s.page(r)
	var last *web.SessionPage
	return s.stream(w, r, live{
		access: technician, changed: []<-chan struct{}{watch.C(), came}, pause: pagePause,
		draw: func(ctx context.Context) (string, templ.Component, error) {
			base.Now = s.Hub.Now()
			p, err := s.sessionDataSince(ctx, base, id, last)
			if err == nil {
				last = &p
			}
			return strconv.FormatInt(p.Session.Revision, 10), web.SessionLive(p), err
		},
	})
}

// sessionData loads what a session's page shows.
func (s *Site) sessionData(ctx context.Context, base web.Page, id session.ID) (web.SessionPage, error) {
	return s.sessionDataSince(ctx, base, id, nil)
}

// sessionDataSince is sessionData for an open page that showed last before, or nil: each command is followed by its
// acknowledgement, which writes no lines, so that those of last are still right.
func (s *Site) sessionDataSince(ctx context.Context, base web.Page, id session.ID, last *web.SessionPage) (web.SessionPage, error) {
	p := web.SessionPage{Page: base, Form: web.RebootForm{Kind: session.KindNormal}, Presence: s.presence.who(id)}
	base.Path = web.SessionURL(id)
	var err error
	if p.Session, err = s.Hub.Session(ctx, id); err != nil {
		return p, err
	}
	if p.Session.State == session.StateWaiting {
		if p.Code, err = s.codeOf(ctx, id); err != nil {
			return p, err
		}
		if p.Code != "" {
			p.JoinURL = web.JoinLink(s.cfg.PublicURL.String(), p.Code)
		}
	}
	if p.Undelivered, err = s.undelivered(ctx, p.Session); err != nil {
		return p, err
	}
	if last != nil && onlyAcknowledged(last.Session, p.Session) {
		p.Chat, p.Audit, p.Address, p.ETA, p.Boots = last.Chat, last.Audit, last.Address, last.ETA, last.Boots
		return p, nil
	}
	if p.Chat, err = s.Store.LastChat(ctx, id, maxChatShown); err != nil {
		return p, err
	}
	if p.Audit, err = s.Store.SessionAudit(ctx, id, maxAuditShown); err != nil {
		return p, err
	}
	p.Address = lastAddress(p.Audit)
	p.ETA, p.Boots, err = s.etaOf(ctx, p.Session)
	return p, err
}

// onlyAcknowledged tells whether nothing but one acknowledgement of the agent lies between two states of a session.
func onlyAcknowledged(before, now session.Session) bool {
	if now.Revision != before.Revision+1 || now.AckedSeq <= before.AckedSeq {
		return false // whatever writes lines only changes the revision, at least
	}
	before.Revision, before.AckedSeq = now.Revision, now.AckedSeq
	return reflect.DeepEqual(before, now)
}

// lastAddress is where the PC last came from.
func lastAddress(lines []session.AuditLine) string {
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i].Action == session.ActionRivalMet {
			continue // the other one's
		}
		if a := lines[i].Params["address"]; a != "" {
			return a
		}
	}
	return ""
}

// undelivered counts the technicians' lines that the agent has not acknowledged.
func (s *Site) undelivered(ctx context.Context, one session.Session) (int, error) {
	if one.State != session.StateActive || one.AckedSeq >= one.CommandSeq {
		return 0, nil
	}
	commands, err := s.Store.Outbox(ctx, one.ID, one.AckedSeq)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, c := range commands {
		if c.Type == (wire.Chat{}).Type() {
			n++
		}
	}
	return n, nil
}
