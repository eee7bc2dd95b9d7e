package web

import (
	"strings"

	"github.com/a-h/templ"

	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/session"
)

// entry is an audit line in words.
type entry struct {
	badge
	Sub []templ.Component // further facts, the most telling first
}

// look is how an action is shown.
type look struct {
	tone, icon string
	chat       bool // it also stands in the conversation
}

var looks = map[session.Action]look{
	session.ActionCreated:          {"off", "plus", false},
	session.ActionCodeIssued:       {"off", "key", false},
	session.ActionJoined:           {"ok", "signin", true},
	session.ActionEnded:            {"off", "x", true},
	session.ActionExpired:          {"bad", "stop", true},
	session.ActionIdle:             {"off", "clock", true},
	session.ActionLinkLost:         {"warn", "wifi", true},
	session.ActionLinkBack:         {"ok", "link", true},
	session.ActionAgentRestarted:   {"off", "restart", true},
	session.ActionWindowExtended:   {"live", "clock", false},
	session.ActionRivalMet:         {"warn", "warn", false},
	session.ActionRivalGone:        {"off", "monitor", false},
	session.ActionRivalChosen:      {"live", "monitor", false},
	session.ActionServerDown:       {"warn", "warn", true},
	session.ActionRebootRequested:  {"live", "restart", true},
	session.ActionRebootConsent:    {"ok", "done", true},
	session.ActionRebootPreparing:  {"off", "now", false},
	session.ActionRebootArmed:      {"ok", "done", false},
	session.ActionRebootGoingDown:  {"live", "power", false},
	session.ActionRebootAdopted:    {"live", "update", true},
	session.ActionRebootDown:       {"warn", "power", true},
	session.ActionRebootStillThere: {"warn", "monitor", false},
	session.ActionRebootBack:       {"ok", "signin", true},
	session.ActionRebootAgain:      {"live", "restart", true},
	session.ActionRebootSignedIn:   {"ok", "user", false},
	session.ActionRebootResumed:    {"ok", "done", true},
	session.ActionRebootFailed:     {"bad", "stop", true},
	session.ActionRebootBlocked:    {"bad", "stop", true},
	session.ActionRebootCancelled:  {"off", "x", true},
	session.ActionRebootExpired:    {"bad", "stop", false},
	session.ActionReturnAsked:      {"live", "clock", false},
	session.ActionReturnCancelled:  {"off", "user", true},
	session.ActionShareAsked:       {"live", "eye", false},
	session.ActionShareAnswered:    {"ok", "eye", true},
	session.ActionShareStopped:     {"off", "lock", true},
	session.ActionSharePaused:      {"off", "pause", true},
	session.ActionShareUnpaused:    {"ok", "eye", true},
	session.ActionWatchBegan:       {"off", "eye", false},
	session.ActionWatchEnded:       {"off", "eye", false},
	session.ActionControlAsked:     {"live", "pointer", false},
	session.ActionControlAnswered:  {"ok", "pointer", true},
	session.ActionControlStopped:   {"off", "pointer", true},
	session.ActionControlWanted:    {"live", "handover", false},
	session.ActionControlKept:      {"off", "handover", false},
	session.ActionControlPassed:    {"live", "pointer", true},
	session.ActionControlReleased:  {"off", "pointer", false},
	session.ActionLateMessage:      {"off", "clock", false},

	account.ActionSetUp:           {"ok", "plus", false},
	account.ActionSignedIn:        {"ok", "signin", false},
	account.ActionSignInFailed:    {"warn", "stop", false},
	account.ActionSignInLimited:   {"bad", "stop", false},
	account.ActionSignedOut:       {"off", "signin", false},
	account.ActionUserCreated:     {"live", "plus", false},
	account.ActionUserDisabled:    {"warn", "never", false},
	account.ActionUserEnabled:     {"ok", "user", false},
	account.ActionLinkIssued:      {"live", "key", false},
	account.ActionPasswordChanged: {"live", "key", false},
	account.ActionPolicyChanged:   {"live", "shield-check", false},
	account.ActionSettingsChanged: {"live", "gear", false},
	account.ActionDenied:          {"bad", "lock", false},
}

// entryOf says an audit line in words. An action that the catalogues don't know shows its own name.
func (l Loc) entryOf(line session.AuditLine) entry {
	look, known := looks[line.Action]
	e := entry{badge: badge{look.tone, look.icon, ""}}
	if !known {
		return l.otherEntry(line)
	}
	p := line.Params
	switch line.Action {
	case session.ActionRebootConsent:
		return l.answered(line, "consent")
	case session.ActionShareAnswered:
		return l.answered(line, "share")
	case session.ActionControlAnswered:
		return l.answered(line, "control")
	case session.ActionControlPassed:
		e.Text = l.T("audit.control.passed", "Name", p["to"])
		if line.Actor.Kind == session.ActorTechnician && line.Actor.Name != p["to"] { // whoever handed it over
			e.Sub = l.detail(line)
		}
		return e
	case session.ActionJoined:
		e.Text = l.T("audit.session.joined", "Who", upperFirst(l.actor(line.Actor)))
		e.Sub = l.subs(p["pc"], p["address"])
		return e
	case session.ActionEnded:
		e.Text = l.T("audit.ended." + endKey(p["reason"]))
	case session.ActionLinkBack, session.ActionAgentRestarted, session.ActionRebootBack:
		e.Text = l.T("audit."+string(line.Action), "Span", spanParam(line, "away"))
		e.Sub = l.subs(p["address"])
		return e
	case session.ActionServerDown:
		e.Text = l.T("audit.server.was_down", "Span", spanParam(line, "seconds"))
	case session.ActionRebootResumed:
		e.Text = l.T("audit.reboot.resumed", "Span", spanParam(line, "off"))
		return e
	case session.ActionControlWanted:
		e.Text = l.T("audit.control.wanted", "Name", p["of"])
	case session.ActionControlKept:
		e.Text = l.T("audit.control.kept", "Name", p["from"])
	case session.ActionWindowExtended:
		e.Text = l.T("audit.link.window_extended", "Minutes", p["minutes"])
	case session.ActionRivalChosen:
		e.Text = l.T("audit.rival." + rivalKey(p["keep"]))
	case session.ActionLateMessage:
		e.Text = l.T("audit.agent.late", "Message", p["message"])
		return e
	default:
		e.Text = l.T("audit." + string(line.Action))
	}
	e.Sub = l.detail(line)
	return e
}

// detail is what else an audit line holds, and who it was.
func (l Loc) detail(line session.AuditLine) []templ.Component {
	p := line.Params
	var subs []templ.Component
	switch line.Action {
	case session.ActionCreated:
		subs = l.subs(l.mode(session.Mode(p["mode"])))
	case session.ActionRivalMet:
		subs = l.subs(p["pc"], p["address"])
	case session.ActionRebootRequested:
		subs = l.subs(l.kind(session.Kind(p["kind"])), p["reason"])
		if p["message"] != "" {
			subs = append(subs, plain(l.T("quote", "Text", p["message"])))
		}
	case session.ActionRebootAdopted:
		subs = l.subs(l.T("audit.adopted." + adoptedKey(p["how"])))
	case session.ActionRebootFailed:
		subs = append(subs, l.Rich("failure."+failureKey(p["step"])))
		subs = append(subs, l.subs(p["detail"])...)
	case session.ActionRebootBlocked:
		subs = l.subs(p["apps"])
	case account.ActionPolicyChanged:
		for _, name := range sortedKeys(p) {
			subs = append(subs, plain(l.policyField(name)+": "+p[name]))
		}
	default:
		subs = l.subs(p["login"], l.how(p["how"]), p["role"], p["company"], p["route"], p["address"])
	}
	switch line.Actor.Kind {
	case session.ActorTechnician, session.ActorCustomer:
		subs = append(subs, plain(l.T("audit.by", "Who", l.actor(line.Actor))))
	}
	return subs
}

func (l Loc) answered(line session.AuditLine, about string) entry {
	answer := session.Answer(line.Params["answer"])
	e := entry{badge: badge{"warn", "user", ""}}
	switch answer {
	case session.AnswerYes:
		e.Tone, e.Icon = "ok", "done"
	case session.AnswerNoReply:
		e.Icon = "clock"
	case session.AnswerNotShown:
		e.Icon = "warn"
	}
	e.Text = l.T("audit."+about+"."+answerKey(answer), "Who", upperFirst(l.actor(line.Actor)))
	switch session.Source(line.Params["source"]) {
	case session.SourcePrior:
		e.Sub = l.subs(l.T("answer.prior"))
	case session.SourceTimeout:
		e.Sub = l.subs(l.T("answer.timeout"))
	}
	return e
}

// otherEntry is a line that this server does not know, such as a newer one's.
func (l Loc) otherEntry(line session.AuditLine) entry {
	e := entry{badge: badge{"off", "info", Clean(string(line.Action))}}
	for _, name := range sortedKeys(line.Params) {
		e.Sub = append(e.Sub, plain(name+": "+line.Params[name]))
	}
	if line.Actor.Name != "" {
		e.Sub = append(e.Sub, plain(l.T("audit.by", "Who", l.actor(line.Actor))))
	}
	return e
}

// subs are those of the values that hold something.
func (l Loc) subs(values ...string) []templ.Component {
	var out []templ.Component
	for _, v := range values {
		if strings.TrimSpace(v) != "" {
			out = append(out, plain(v))
		}
	}
	return out
}

// What comes from the database is matched against the words that the catalogues know.

func answerKey(a session.Answer) string {
	switch a {
	case session.AnswerYes, session.AnswerNo, session.AnswerNoReply, session.AnswerAbsent:
		return string(a)
	}
	return string(session.AnswerNotShown)
}

func endKey(reason string) string {
	switch session.EndReason(reason) {
	case session.EndByCustomer, session.EndReconnectCancelled:
		return reason
	}
	return string(session.EndByTechnician)
}

func rivalKey(keep string) string {
	if session.RivalChoice(keep) == session.KeepRival {
		return "rival"
	}
	return "current"
}

func adoptedKey(how string) string {
	if how == "announced" {
		return how
	}
	return "found"
}

// how is the way somebody signed in or changed a password.
func (l Loc) how(how string) string {
	switch how {
	case "password":
		return l.T("audit.how.password")
	case "link":
		return l.T("audit.how.link")
	}
	return ""
}

// policyField is the name of a policy's member, as the policy page has it.
func (l Loc) policyField(name string) string {
	if id := "policy." + name; l.Has(id) {
		return l.T(id)
	}
	return Clean(name)
}

func (l Loc) mode(m session.Mode) string {
	if m == session.ModePhone {
		return l.T("mode.phone")
	}
	return l.T("mode.standard")
}

func (l Loc) kind(k session.Kind) string {
	if k == session.KindSafeMode {
		return l.T("kind.safe_mode")
	}
	return l.T("kind.normal")
}

// talk is the conversation: what was said and what happened, in order.
type talk struct {
	Message *session.ChatMessage
	Event   *session.AuditLine
	ByShown bool // the line before is from the same person, not long ago
	Pending bool // it has not reached the PC yet
}

// sameBreath is how soon a line must follow to stand under the same name.
const sameBreath = 3 * 60e9

// conversation merges messages and events by time.
func conversation(d SessionPage) []talk {
	var out []talk
	events := d.Audit
	technician := 0
	for i := range d.Chat {
		if d.Chat[i].From.Kind == session.ActorTechnician {
			technician++
		}
	}
	for i := range d.Chat {
		m := &d.Chat[i]
		for len(events) > 0 && !events[0].At.After(m.At) {
			out = appendEvent(out, &events[0])
			events = events[1:]
		}
		t := talk{Message: m}
		if n := len(out); n > 0 && out[n-1].Message != nil {
			before := out[n-1].Message
			t.ByShown = before.From == m.From && m.At.Sub(before.At) < sameBreath
		}
		if m.From.Kind == session.ActorTechnician {
			t.Pending = technician <= d.Undelivered
			technician--
		}
		out = append(out, t)
	}
	for i := range events {
		out = appendEvent(out, &events[i])
	}
	return out
}

func appendEvent(out []talk, line *session.AuditLine) []talk {
	if !looks[line.Action].chat {
		return out
	}
	return append(out, talk{Event: line})
}
