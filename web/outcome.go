package web

import (
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/session"
)

// outcomeCard is a reboot that is over, in a session that goes on.
func (l Loc) outcomeCard(d SessionPage) *card {
	r := d.Session.Reboot
	ask, try := actions{Say: true, Ask: true}, actions{Say: true, Try: true}
	var c *card
	switch r.Outcome {
	case session.OutcomeResumed:
		c = l.resumedCard(d)
	case session.OutcomeRefused:
		c = l.plainCard(d, "warn", "user", "refused", ask)
	case session.OutcomeNoReply:
		c = l.plainCard(d, "warn", "clock", "no_reply", ask)
	case session.OutcomeCustomerAbsent:
		c = l.plainCard(d, "warn", "user", "absent", ask)
	case session.OutcomeNotShown:
		c = l.plainCard(d, "warn", "warn", "not_shown", ask)
	case session.OutcomeFailed:
		c = l.failedCard(d, try)
	case session.OutcomeDidNotHappen:
		c = l.didNotHappenCard(d, try)
	default:
		c = l.plainCard(d, "off", "x", "cancelled", actions{Try: true})
	}
	c.Over = true
	return c
}

func (l Loc) resumedCard(d SessionPage) *card {
	r := d.Session.Reboot
	key := "resumed"
	if r.Adopted {
		key = "resumed_adopted"
	}
	c := l.plainCard(d, "ok", "done", key, actions{})
	if d.Session.Sharing.State == session.SharingOn {
		c.Folded, c.Next = true, l.Rich("card.resumed.next_shared")
	}
	if r.Restarts > 0 {
		c.Body = together(c.Body, l.RichN("card.resumed.restarts", r.Restarts+1))
	}
	c.Axis = l.backAxis(d)
	if c.Axis != nil {
		c.Axis.Words = nil
	}
	return c
}

func (l Loc) failedCard(d SessionPage, do actions) *card {
	r := d.Session.Reboot
	c := l.plainCard(d, "bad", "stop", "failed", do)
	c.Body = l.Rich("failure." + failureKey(r.Failure))
	if r.Detail != "" {
		c.Body = together(c.Body, l.Rich("card.failed.detail", "Detail", r.Detail))
	}
	return c
}

// failureKey is the text for what failed; a word that this server does not know gets a general one.
func failureKey(failure string) string {
	switch failure {
	case session.FailureTicket, session.FailureAutostart, session.FailureRestart, session.FailureBootID,
		session.FailureGrant, session.FailureTimeout, session.FailureSafeMode:
		return failure
	}
	return "other"
}

func (l Loc) didNotHappenCard(d SessionPage, do actions) *card {
	s, r := d.Session, d.Session.Reboot
	c := l.plainCard(d, "warn", "warn", "did_not_happen", do)
	if len(r.Blockers) == 0 {
		c.Body = l.Rich("card.did_not_happen.unknown", "At", at(r.EndedAt, "s"))
		c.Next = l.Rich("card.did_not_happen.next_unknown", l.names(s)...)
		return c
	}
	c.Body = l.RichN("card.did_not_happen.blocked", len(r.Blockers), "Apps", strings.Join(r.Blockers, ", "), "At", at(r.EndedAt, "s"))
	return c
}

// endedCard is the end of a session.
func (l Loc) endedCard(d SessionPage) *card {
	s, r := d.Session, d.Session.Reboot
	tone, symbol, key := "off", "done", string(s.EndReason)
	switch s.EndReason {
	case session.EndExpired:
		tone, symbol = "bad", "stop"
	case session.EndByCustomer, session.EndReconnectCancelled:
		symbol = "user"
	case session.EndIdle:
		symbol = "clock"
	}
	c := &card{
		ID: "card-end", Tone: tone, Ring: ring{Icon: symbol}, Away: true, Do: actions{Fresh: true},
		Title: l.Rich("card.ended."+key+".title", l.names(s, "Span", span(windowOf(s)))...),
		Body: l.Rich("card.ended."+key+".body", l.names(s, "By", l.actor(s.EndedBy), "At", at(s.EndedAt, "s"),
			"Since", at(s.Link.Since, "s"), "Span", span(s.Policy.Idle()))...),
		Next: l.Rich("card.ended.next", l.names(s)...),
	}
	if s.EndReason != session.EndExpired {
		return c
	}
	c.Next = l.Rich("card.ended.expired.next", l.names(s)...)
	if r != nil && r.Outcome == session.OutcomeExpired {
		c.Steps = l.steps(d)
	}
	c.Axis = &axis{Since: s.Link.Since, Until: s.EndedAt, Past: s.EndedAt.Sub(s.Link.Since), Words: l.Rich("axis.over")}
	return c
}

// windowOf is how long the PC had to come back, extensions and the server's downtime included.
func windowOf(s session.Session) time.Duration {
	return s.Policy.Window() + time.Duration(s.Link.Extended)*time.Minute
}

// actor names who did something; nobody by name is the program or the server.
func (l Loc) actor(a session.Actor) string {
	if n := Clean(a.Name); n != "" {
		return n
	}
	switch a.Kind {
	case session.ActorTechnician:
		return l.T("actor.technician")
	case session.ActorCustomer:
		return l.T("actor.customer")
	case session.ActorAgent:
		return l.T("actor.agent")
	}
	return l.T("actor.server")
}

// spanParam is a number of seconds in an audit line's params, in words.
func spanParam(line session.AuditLine, name string) string {
	d, err := time.ParseDuration(line.Params[name] + "s")
	if err != nil {
		return Clean(line.Params[name])
	}
	return span(d)
}

// sharingWords say whether the screen is shared, and what that means.
type sharingWords struct {
	badge
	Title, Body string
}

func (l Loc) sharingWords(s session.Session) sharingWords {
	names := l.names(s)
	words := func(tone, symbol, key string) sharingWords {
		return sharingWords{
			badge: badge{tone, symbol, l.T("share." + key + ".word")},
			Title: l.T("share."+key+".title", names...),
			Body:  l.T("share."+key+".body", names...),
		}
	}
	switch s.Sharing.State {
	case session.SharingAsking:
		return words("live", "clock", "asking")
	case session.SharingOn:
		if s.Sharing.Paused {
			return words("warn", "pause", "paused")
		}
		return words("ok", "eye", "on")
	case session.SharingRefused:
		return words("warn", "user", "refused")
	case session.SharingNoReply:
		return words("warn", "clock", "no_reply")
	case session.SharingNotShown:
		return words("warn", "warn", "not_shown")
	case session.SharingAbsent:
		return words("warn", "user", "absent")
	case session.SharingStopped:
		return words("off", "lock", "stopped")
	}
	return words("off", "lock", "off")
}
