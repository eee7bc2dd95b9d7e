package web

import (
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/rejoin/rejoin/internal/session"
)

// The moment at which all pages of the tests are drawn.
var noon = time.Date(2026, 11, 23, 14, 4, 30, 0, time.UTC)

func ago(d time.Duration) time.Time  { return noon.Add(-d) }
func soon(d time.Duration) time.Time { return noon.Add(d) }

var (
	jonas    = session.Actor{Kind: session.ActorTechnician, ID: "u1", Name: "Jonas Weber"}
	priya    = session.Actor{Kind: session.ActorTechnician, ID: "u2", Name: "Priya Nair"}
	tarek    = session.Actor{Kind: session.ActorTechnician, ID: "u3", Name: "Tarek Aziz"}
	marianne = session.Actor{Kind: session.ActorCustomer, Name: "Marianne Keller"}
	byAgent  = session.Actor{Kind: session.ActorAgent}
	byServer = session.Actor{Kind: session.ActorServer}
)

func page(l Loc, path string) Page {
	return Page{
		Loc: l, Now: noon, Company: "Nordlicht IT", Path: path, Demo: true,
		Viewer: &Viewer{ID: "u1", Name: "Jonas Weber", Login: "jonas", Admin: true},
	}
}

// active is a session with a PC that is connected.
func active() session.Session {
	return session.Session{
		ID: "s1", Revision: 12, State: session.StateActive, Mode: session.ModeStandard, Policy: session.DefaultPolicy(),
		Technician: jonas, Company: "Nordlicht IT", Customer: "Marianne Keller", CreatedAt: ago(25 * time.Minute),
		JoinedAt: ago(23 * time.Minute), CodeExpiresAt: ago(15 * time.Minute), ActiveAt: noon,
		PC: session.PC{
			Name: "KELLER-NB-14", OS: "Windows 11 Pro 24H2 (26100)", Platform: "windows", User: `KELLER\marianne`, Locale: "de-DE",
			MachineID: "m1", Version: "0.2.0", Reboot: session.Capability{Available: true},
			SafeMode: session.Capability{Why: session.WhyNeedsService},
		},
		Link: session.Link{Online: true, Since: ago(23 * time.Minute), Generation: 1, BootID: "7f3a9c0d11e24b6a8f"},
	}
}

// reboot puts a reboot into s that has gone through the given phases, in steps that take as long as on a common PC.
func reboot(s session.Session, phases ...session.Phase) session.Session {
	took := map[session.Phase]time.Duration{
		session.PhaseAwaitingConsent: 21 * time.Second, session.PhasePreparing: 3 * time.Second, session.PhaseArmed: 2 * time.Second,
		session.PhaseGoingDown: 22 * time.Second, session.PhaseDown: 104 * time.Second, session.PhaseBack: 18 * time.Second,
		session.PhaseAwaitingShareConsent: 9 * time.Second,
	}
	r := &session.Reboot{ID: "r2", Kind: session.KindNormal, By: jonas, Reason: "Finish an update or installation"}
	at := noon.Add(-12 * time.Second)
	for i := len(phases) - 1; i >= 0; i-- {
		r.Steps = append([]session.Step{{Phase: phases[i], At: at}}, r.Steps...)
		if i > 0 {
			at = at.Add(-took[phases[i-1]])
		}
	}
	r.Phase, r.RequestedAt = phases[len(phases)-1], r.Steps[0].At
	if len(phases) > 1 {
		r.Consent = session.Consent{Answer: session.AnswerYes, Source: session.SourceCustomer, At: r.Steps[1].At}
	}
	if r.Phase == session.PhaseAwaitingConsent {
		r.Until = r.RequestedAt.Add(s.Policy.Prompt())
	}
	if r.Phase == session.PhaseBack || r.Phase == session.PhaseAwaitingShareConsent || r.Phase == session.PhaseResumed {
		back, _ := r.At(session.PhaseBack)
		r.SignedInAt = back.Add(2 * time.Second)
		s.Link.Since = back
	}
	s.Reboot, s.Reboots = r, 2
	return s
}

// toDown are the phases of a reboot up to the PC's being off.
var toDown = []session.Phase{
	session.PhaseAwaitingConsent, session.PhasePreparing, session.PhaseArmed, session.PhaseGoingDown, session.PhaseDown,
}

func upTo(more ...session.Phase) []session.Phase {
	return append(append([]session.Phase{}, toDown...), more...)
}

// off takes the PC away.
func off(s session.Session, since time.Duration) session.Session {
	s.Link.Online, s.Link.Since = false, ago(since)
	s.Link.WindowUntil = s.Link.Since.Add(s.Policy.Window())
	if s.Reboot != nil {
		s = copied(s)
		s.Reboot.Steps = slices.Clone(s.Reboot.Steps)
		move := s.Link.Since.Sub(s.Reboot.Steps[len(s.Reboot.Steps)-1].At)
		for i := range s.Reboot.Steps {
			s.Reboot.Steps[i].At = s.Reboot.Steps[i].At.Add(move)
		}
		s.Reboot.Consent.At = s.Reboot.Consent.At.Add(move)
	}
	return s
}

func over(s session.Session, o session.Outcome, change func(*session.Reboot)) session.Session {
	s.Reboot.Outcome, s.Reboot.EndedAt, s.Reboot.Until = o, ago(40*time.Second), time.Time{}
	if change != nil {
		change(s.Reboot)
	}
	return s
}

func ended(s session.Session, reason session.EndReason, by session.Actor) session.Session {
	s.State, s.EndReason, s.EndedAt, s.EndedBy = session.StateEnded, reason, ago(time.Minute), by
	s.Sharing, s.Link.WindowUntil = session.Sharing{}, time.Time{}
	return s
}

func line(seq int64, before time.Duration, by session.Actor, action session.Action, pairs ...string) session.AuditLine {
	a := session.AuditLine{Seq: seq, At: ago(before), Actor: by, Action: action, Params: map[string]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		a.Params[pairs[i]] = pairs[i+1]
	}
	return a
}

var story = []session.AuditLine{
	line(1, 25*time.Minute, jonas, session.ActionCreated, "mode", "standard"),
	line(2, 23*time.Minute, marianne, session.ActionJoined, "pc", "KELLER-NB-14", "address", "192.0.2.17"),
	line(3, 15*time.Minute, jonas, session.ActionRebootRequested, "kind", "normal", "message", "I restart your PC for the driver.", "reason", "Driver or service"),
	line(4, 15*time.Minute-9*time.Second, marianne, session.ActionRebootConsent, "answer", "yes", "source", "customer"),
	line(5, 15*time.Minute-10*time.Second, byAgent, session.ActionRebootPreparing),
	line(6, 15*time.Minute-12*time.Second, byAgent, session.ActionRebootArmed),
	line(7, 15*time.Minute-14*time.Second, byAgent, session.ActionRebootGoingDown),
	line(8, 15*time.Minute-30*time.Second, byServer, session.ActionRebootDown),
	line(9, 13*time.Minute, byAgent, session.ActionRebootBack, "away", "112", "address", "192.0.2.17"),
	line(10, 13*time.Minute-2*time.Second, byAgent, session.ActionRebootSignedIn),
	line(11, 13*time.Minute-8*time.Second, byAgent, session.ActionRebootResumed, "off", "112"),
	line(12, 2*time.Minute, jonas, session.ActionRebootRequested, "kind", "normal", "reason", "Finish an update or installation"),
}

var talkShown = []session.ChatMessage{
	{Seq: 1, From: marianne, Text: "Hello, the invoice printer prints nothing since this morning’s update.", At: ago(22 * time.Minute)},
	{Seq: 2, From: jonas, Text: "I see it. The driver wants a restart, twice perhaps. I will stay with you the whole time.", At: ago(21 * time.Minute)},
	{Seq: 3, From: marianne, Text: "It still says “driver is unavailable”.", At: ago(12 * time.Minute)},
	{Seq: 4, From: jonas, Text: "Then once more. In about half a minute you see the sign-in screen. Sign in as always.", At: ago(time.Minute)},
}

func sessionPage(l Loc, s session.Session) SessionPage {
	d := SessionPage{
		Page: page(l, "/console/sessions/s1"), Session: s, Address: "192.0.2.17", Chat: talkShown, Audit: story,
		Presence: []Presence{{ID: "u1", Name: "Jonas Weber"}, {ID: "u2", Name: "Priya Nair"}},
		Form:     RebootForm{Kind: session.KindNormal},
		ETA:      ETA{Typical: 110 * time.Second, Lo: 98 * time.Second, Hi: 141 * time.Second, Count: 6},
	}
	for i, n := range []int{112, 104, 141, 108, 98, 115} {
		d.Boots = append(d.Boots, Boot{At: ago(time.Duration(i*i*26)*time.Hour + 15*time.Minute), Off: time.Duration(n) * time.Second})
	}
	if s.State == session.StateWaiting {
		d.Code, d.JoinURL = "4829130057", JoinLink("https://help.nordlicht.example", "4829130057")
		d.Chat, d.Audit, d.Boots, d.ETA = nil, story[:1], nil, ETA{}
	}
	return d
}

// scene is a page in a state.
type scene struct {
	name string
	draw func(Loc) templ.Component
}

// sessionScenes are the session page in every state there is.
func sessionScenes() []scene {
	var out []scene
	for _, s := range sessionStates() {
		out = append(out, scene{"session-" + s.name, func(l Loc) templ.Component {
			d := sessionPage(l, s.session)
			if s.change != nil {
				s.change(&d)
			}
			return SessionView(d)
		}})
	}
	return out
}

type sessionState struct {
	name    string
	session session.Session
	change  func(*SessionPage)
}

func sessionStates() []sessionState {
	waiting := session.Session{
		ID: "s1", Revision: 1, State: session.StateWaiting, Mode: session.ModePhone, Policy: session.DefaultPolicy(), Technician: jonas,
		Company: "Nordlicht IT", Customer: "Marianne Keller", CreatedAt: ago(48 * time.Second), CodeExpiresAt: soon(9*time.Minute + 12*time.Second),
	}
	nobody := waiting
	nobody.Customer = ""
	lapsed := waiting
	lapsed.CodeExpiresAt = ago(time.Minute)
	asking := reboot(active(), session.PhaseAwaitingConsent)
	askingYes := reboot(active(), session.PhaseAwaitingConsent)
	askingYes.Policy.OnNoReply = session.AnswerYes
	agreed := reboot(active(), session.PhaseAwaitingConsent)
	agreed.Policy.AskBeforeReboot = false
	service := active()
	service.PC.Service, service.PC.SafeMode = true, session.Capability{Available: true}
	down := off(reboot(active(), toDown...), 72*time.Second)
	signIn := reboot(service, upTo(session.PhaseBack)...)
	signIn.Reboot.SignedInAt = time.Time{}
	mayCancel := reboot(active(), upTo(session.PhaseBack)...)
	mayCancel.Mode, mayCancel.Reboot.AskedReturn, mayCancel.Reboot.Until = session.ModePhone, true, soon(5*time.Second)
	askShare := reboot(active(), upTo(session.PhaseBack, session.PhaseAwaitingShareConsent)...)
	askShare.Sharing = session.Sharing{State: session.SharingAsking, PromptID: "p9", Since: ago(12 * time.Second), Until: soon(48 * time.Second), Prior: true}
	askShare.Reboot.Until = askShare.Sharing.Until
	stillThere := reboot(active(), upTo(session.PhaseGoingDown)...)
	return []sessionState{
		{"waiting", waiting, nil},
		{"waiting-nameless", nobody, nil},
		{"code-expired", lapsed, func(d *SessionPage) { d.Code, d.JoinURL = "", "" }},
		{"connected", active(), func(d *SessionPage) { d.Undelivered = 1 }},
		{"connected-service", service, nil},
		{"sharing-asking", sharing(session.SharingAsking), nil},
		{"sharing-on", sharing(session.SharingOn), nil},
		{"sharing-paused", with(sharing(session.SharingOn), func(s *session.Session) { s.Sharing.Paused = true }), nil},
		{"control-asking", controlled(session.SharingAsking, jonas, session.Actor{}), nil},
		{"control-asking-other", controlled(session.SharingAsking, priya, session.Actor{}), nil},
		{"control-mine", controlled(session.SharingOn, jonas, session.Actor{}), nil},
		{"control-wanted", controlled(session.SharingOn, jonas, priya), nil},
		{"control-other", controlled(session.SharingOn, priya, session.Actor{}), nil},
		{"control-wanting", controlled(session.SharingOn, priya, jonas), nil},
		{"control-wanted-other", controlled(session.SharingOn, priya, tarek), nil},
		{"control-free", controlled(session.SharingOn, session.Actor{}, session.Actor{}), nil},
		{"control-refused", controlled(session.SharingRefused, session.Actor{}, session.Actor{}), nil},
		{"control-no-reply", controlled(session.SharingNoReply, session.Actor{}, session.Actor{}), nil},
		{"control-not-shown", controlled(session.SharingNotShown, session.Actor{}, session.Actor{}), nil},
		{"control-absent", controlled(session.SharingAbsent, session.Actor{}, session.Actor{}), nil},
		{"control-stopped", controlled(session.SharingStopped, session.Actor{}, session.Actor{}), nil},
		{"control-service", with(controlled(session.SharingOn, jonas, session.Actor{}), func(s *session.Session) { s.PC.Service = true }), nil},
		{"asking-sharing", with(asking, func(s *session.Session) {
			s.Sharing = session.Sharing{State: session.SharingOn, Since: ago(time.Minute)}
		}), nil},
		{"sharing-refused", sharing(session.SharingRefused), nil},
		{"sharing-no-reply", sharing(session.SharingNoReply), nil},
		{"sharing-not-shown", sharing(session.SharingNotShown), nil},
		{"sharing-absent", sharing(session.SharingAbsent), nil},
		{"sharing-stopped", sharing(session.SharingStopped), nil},
		{"asking", asking, nil},
		{"asking-yes", askingYes, nil},
		{"agreed", agreed, nil},
		{"asking-lost", off(asking, 20*time.Second), nil},
		{"preparing", reboot(active(), toDown[:2]...), nil},
		{"preparing-timeout", with(reboot(active(), toDown[:2]...), func(s *session.Session) { s.Reboot.Consent.Source = session.SourceTimeout }), nil},
		{"preparing-prior", with(reboot(active(), toDown[:2]...), func(s *session.Session) { s.Reboot.Consent.Source = session.SourcePrior }), nil},
		{"armed", reboot(active(), toDown[:3]...), nil},
		{"armed-lost", off(reboot(active(), toDown[:3]...), 14*time.Second), nil},
		{"going-down", reboot(active(), toDown[:4]...), nil},
		{"going-down-adopted", adopted(reboot(active(), session.PhaseGoingDown)), nil},
		{"still-there", stillThere, nil},
		{"down", down, nil},
		{"down-first", down, func(d *SessionPage) { d.ETA, d.Boots = ETA{}, nil }},
		{"down-any-moment", off(reboot(service, toDown...), 120*time.Second), nil},
		{"down-late", off(reboot(active(), toDown...), 400*time.Second), nil},
		{"down-adopted", adopted(off(reboot(active(), session.PhaseGoingDown, session.PhaseDown), 72*time.Second)), nil},
		{"down-server-was-down", down, func(d *SessionPage) {
			d.Audit = append(d.Audit[:len(d.Audit):len(d.Audit)], line(13, 30*time.Second, byServer, session.ActionServerDown, "seconds", "95"))
		}},
		{"sign-in-screen", signIn, nil},
		{"signed-in", reboot(service, upTo(session.PhaseBack)...), nil},
		{"may-cancel", mayCancel, nil},
		{"asking-share", askShare, nil},
		{"back-lost", off(reboot(service, upTo(session.PhaseBack)...), 30*time.Second), nil},
		{"resumed", over(reboot(active(), upTo(session.PhaseBack, session.PhaseResumed)...), session.OutcomeResumed, nil), nil},
		{"resumed-adopted", over(adopted(reboot(active(), session.PhaseDown, session.PhaseBack, session.PhaseResumed)), session.OutcomeResumed, func(r *session.Reboot) { r.Restarts = 2 }), nil},
		{"refused", over(copied(asking), session.OutcomeRefused, func(r *session.Reboot) { r.Consent.Answer = session.AnswerNo }), nil},
		{"no-reply", over(copied(asking), session.OutcomeNoReply, nil), nil},
		{"absent", over(copied(asking), session.OutcomeCustomerAbsent, nil), nil},
		{"not-shown", over(copied(asking), session.OutcomeNotShown, nil), nil},
		{"failed", over(reboot(active(), toDown[:3]...), session.OutcomeFailed, func(r *session.Reboot) {
			r.Failure, r.Detail = session.FailureRestart, "A system shutdown is in progress. (1115)"
		}), nil},
		{"did-not-happen", over(reboot(active(), toDown[:4]...), session.OutcomeDidNotHappen, func(r *session.Reboot) {
			r.Blockers = []string{"Word – Rechnung.docx", "Sage 50"}
		}), nil},
		{"did-not-happen-unknown", over(reboot(active(), toDown[:4]...), session.OutcomeDidNotHappen, nil), nil},
		{"cancelled", over(reboot(active(), toDown[:2]...), session.OutcomeCancelled, func(r *session.Reboot) { r.EndedBy = jonas }), nil},
		{"lost", off(active(), 95*time.Second), nil},
		{"rival", with(active(), rival), nil},
		{"rival-current-gone", with(off(active(), 9*time.Second), rival), nil},
		{"ended-technician", ended(active(), session.EndByTechnician, jonas), nil},
		{"ended-customer", ended(active(), session.EndByCustomer, marianne), nil},
		{"ended-expired", ended(over(off(reboot(active(), toDown...), 660*time.Second), session.OutcomeExpired, nil), session.EndExpired, byServer), nil},
		{"ended-expired-plain", ended(off(active(), 660*time.Second), session.EndExpired, byServer), nil},
		{"ended-reconnect-cancelled", ended(over(copied(mayCancel), session.OutcomeCancelled, nil), session.EndReconnectCancelled, marianne), nil},
		{"ended-idle", ended(active(), session.EndIdle, byServer), nil},
		{"hostile", with(active(), hostile), func(d *SessionPage) {
			d.Chat = append(d.Chat, session.ChatMessage{Seq: 9, From: marianne, Text: `<script>alert(1)</script>{{7*7}}${7*7} *star*` + "\u202eabc", At: noon})
		}},
	}
}
