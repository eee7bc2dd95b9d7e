package web

import (
	"net/url"
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// split parts the open sessions into those that wait for a PC and those that have one.
func (d SessionsPage) split() (waiting, active []SessionRow) {
	for _, row := range d.Open {
		if row.Session.State == session.StateWaiting {
			waiting = append(waiting, row)
		} else {
			active = append(active, row)
		}
	}
	return waiting, active
}

func sessionsLivePath(query string) string {
	if query == "" {
		return PathSessionsLive
	}
	return PathSessionsLive + "?q=" + url.QueryEscape(query)
}

// filterText is what the filter searches; the code only as digits.
func (l Loc) filterText(row SessionRow) string {
	s := row.Session
	return strings.ToLower(strings.Join([]string{
		l.customer(s), Clean(s.PC.Name), Clean(s.PC.OS), Clean(s.PC.User), l.actor(s.Technician), row.Code, GroupCode(row.Code),
	}, " "))
}

// rowTime is the clock of a row in the list: from since on, or down to until; with both the bar shows how far it is.
type rowTime struct {
	since, until time.Time
	down         bool
}

func rowClockOf(s session.Session, now time.Time) rowTime {
	r := s.Reboot
	switch {
	case s.State == session.StateWaiting && now.Before(s.CodeExpiresAt):
		return rowTime{s.CreatedAt, s.CodeExpiresAt, true}
	case s.State == session.StateWaiting:
		return rowTime{since: s.CreatedAt}
	case !s.Link.Online:
		return rowTime{s.Link.Since, s.Link.WindowUntil, false}
	case r.Live() && !r.Until.IsZero():
		return rowTime{r.Until.Add(-s.Policy.Prompt()), r.Until, true}
	case s.Sharing.State == session.SharingAsking:
		return rowTime{s.Sharing.Since, s.Sharing.Until, true}
	}
	return rowTime{since: since(s)}
}

// rowNote is the line below a row's badge: what tells most about its state.
func (l Loc) rowNote(row SessionRow, now time.Time) string {
	s, r := row.Session, row.Session.Reboot
	switch {
	case s.State == session.StateEnded:
		return l.endNote(s)
	case s.State == session.StateWaiting && now.After(s.CodeExpiresAt):
		return l.T("row.code_over")
	case s.State == session.StateWaiting:
		return l.T("row.code", "Code", GroupCode(row.Code))
	case s.Rival != nil:
		return l.T("row.rival")
	case !s.Link.Online && row.ETA.Count > 0 && r.Live():
		return l.T("row.usual", "Typical", span(row.ETA.Typical))
	case !s.Link.Online:
		return l.T("row.away", "Span", span(s.Policy.Window()))
	case r.Live():
		return l.liveNote(s)
	case r != nil && now.Sub(r.EndedAt) < outcomeShown && r.Outcome != session.OutcomeResumed && r.Outcome != session.OutcomeCancelled:
		return l.outcomeRow(r)
	}
	return l.sharingWords(s).Text
}

func (l Loc) endNote(s session.Session) string {
	switch s.EndReason {
	case session.EndExpired:
		return l.T("row.expired", "Span", span(windowOf(s)))
	case session.EndByTechnician:
		return l.T("row.ended_by", "Who", l.actor(s.EndedBy))
	case session.EndIdle:
		return l.T("row.idle", "Span", span(s.Policy.Idle()))
	}
	return ""
}

func (l Loc) liveNote(s session.Session) string {
	r := s.Reboot
	switch {
	case r.Phase == session.PhaseAwaitingConsent && s.Policy.OnNoReply == session.AnswerYes:
		return l.T("row.asking_yes")
	case r.Phase == session.PhaseAwaitingConsent:
		return l.T("row.asking_no")
	case r.Phase == session.PhaseBack && r.SignedInAt.IsZero():
		return l.T("row.sign_in", "Off", clock(r.OffFor()))
	case r.Adopted:
		return l.T("row.adopted")
	}
	return ""
}

func (l Loc) outcomeRow(r *session.Reboot) string {
	if len(r.Blockers) > 0 {
		return l.T("row.blocked", "App", r.Blockers[0])
	}
	return l.outcomeNote(r)
}
