package web

import (
	"time"

	"github.com/a-h/templ"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/internal/account"
	"github.com/rejoin/rejoin/internal/session"
)

func copied(s session.Session) session.Session {
	if s.Reboot != nil {
		r := *s.Reboot
		s.Reboot = &r
	}
	return s
}

func with(s session.Session, change func(*session.Session)) session.Session {
	s = copied(s)
	change(&s)
	return s
}

func adopted(s session.Session) session.Session {
	return with(s, func(s *session.Session) { s.Reboot.Adopted, s.Reboot.By, s.Reboot.Reason = true, byAgent, "" })
}

func sharing(state session.SharingState) session.Session {
	return with(active(), func(s *session.Session) {
		s.Sharing = session.Sharing{State: state, PromptID: "p4", Since: ago(14 * time.Second), Until: soon(46 * time.Second)}
	})
}

// controlled is a shared screen whose mouse and keyboard stand like this.
func controlled(state session.SharingState, holder, wanted session.Actor) session.Session {
	return with(sharing(session.SharingOn), func(s *session.Session) {
		s.Control = session.Control{State: state, Holder: holder, Since: ago(14 * time.Second), Wanted: wanted}
		if state == session.SharingAsking {
			s.Control.Until = soon(46 * time.Second)
		}
		if wanted.ID != "" {
			s.Control.WantedUntil = soon(12 * time.Second)
		}
	})
}

func rival(s *session.Session) {
	copy := s.PC
	copy.Name, copy.User = "KELLER-NB-14-VM", `KELLER-NB-14-VM\admin`
	s.Rival = &session.Rival{PC: copy, Address: "198.51.100.9", BootID: "b9", Instance: "x", At: ago(20 * time.Second)}
}

// hostile fills every string that comes from outside.
func hostile(s *session.Session) {
	bad := `"><img src=x onerror=alert(1)>{{7*7}}` + "\u202e\x1b[31m *bold*"
	s.Customer, s.PC.Name, s.PC.OS, s.PC.User, s.PC.Locale, s.PC.Version = bad, bad, bad, bad, bad, bad
	s.Link.BootID = bad
	*s = over(reboot(*s, toDown[:4]...), session.OutcomeDidNotHappen, func(r *session.Reboot) { r.Blockers = []string{bad} })
}

// otherScenes are all pages beside the session's.
func otherScenes() []scene {
	out := append(listScenes(), customerScenes()...)
	out = append(out, signInScenes()...)
	out = append(out, adminScenes()...)
	out = append(out, demoScenes()...)
	for _, status := range []int{400, 403, 404, 405, 409, 413, 429, 500, 503} {
		out = append(out, scene{"error-" + number(status), func(l Loc) templ.Component {
			return ErrorView(ErrorPage{Page: page(l, "/x"), Status: status, RequestID: "01JD9Z-4F7K", RetryAfter: 40 * time.Second})
		}})
	}
	return out
}

func rows(sessions ...session.Session) []SessionRow {
	var out []SessionRow
	for i, s := range sessions {
		s.ID = session.ID("s" + number(i+1) + "-" + string(s.State))
		row := SessionRow{Session: s, ETA: ETA{Typical: 110 * time.Second, Lo: 98 * time.Second, Hi: 141 * time.Second, Count: 6}}
		if s.State == session.StateWaiting {
			row.Code = "4829130057"
		}
		out = append(out, row)
	}
	return out
}

func listScenes() []scene {
	named := func(s session.Session, name, pc string) session.Session {
		s.Customer, s.PC.Name = name, pc
		return s
	}
	states := map[string]session.Session{}
	for _, s := range sessionStates() {
		states[s.name] = s.session
	}
	open := rows(
		named(states["down"], "Marianne Keller", "KELLER-NB-14"), named(states["asking"], "Oskar Brandt", "DISPO-07"),
		named(states["sign-in-screen"], "Julia Sommer", "CAD-3"), named(states["did-not-happen"], "Tarek Aziz", "REZEPTION"),
		named(states["rival"], "Lena Fischer", "LAGER-1"), named(states["sharing-on"], "Ingrid Moser", "BUERO-PC"),
		named(states["waiting"], "Hélène Marchand", ""), named(states["code-expired"], "", ""),
	)
	past := rows(
		named(states["ended-technician"], "Paul Richter", "WERKSTATT"), named(states["ended-expired"], "Eva Novak", "NOVAK-LT"),
		named(states["ended-customer"], "Lars Holm", "HOLM-X1"), named(states["ended-idle"], "Chiara Bianchi", "KASSE-2"),
		named(states["ended-reconnect-cancelled"], "Dr. Amir Haddad", "ANMELDUNG-1"),
	)
	for i := range past {
		past[i].Session.EndedAt = ago(time.Duration(i+1) * 37 * time.Minute)
		past[i].Session.JoinedAt = past[i].Session.EndedAt.Add(-time.Duration(i*7+3) * time.Minute)
	}
	list := func(change func(*SessionsPage)) func(Loc) templ.Component {
		return func(l Loc) templ.Component {
			d := SessionsPage{Page: page(l, PathSessions), Open: open, Ended: past, Total: len(open)}
			change(&d)
			return SessionsView(d)
		}
	}
	bad := SessionForm{Customer: "Marianne", Mode: session.ModePhone, Errors: []FieldError{{Field: "customer", Code: "too_long", Max: session.MaxName}}}
	return []scene{
		{"sessions", list(func(*SessionsPage) {})},
		{"sessions-empty", list(func(d *SessionsPage) { d.Open, d.Ended, d.Total = nil, nil, 0 })},
		{"sessions-only-ended", list(func(d *SessionsPage) { d.Open, d.Total = nil, 0 })},
		{"sessions-no-match", list(func(d *SessionsPage) { d.Open, d.Ended, d.Query = nil, nil, "zzz" })},
		{"sessions-new", list(func(d *SessionsPage) { d.New, d.Asking = SessionForm{Mode: session.ModeStandard}, true })},
		{"sessions-new-wrong", list(func(d *SessionsPage) { d.New, d.Asking = bad, true })},
		{"session-new", func(l Loc) templ.Component {
			return SessionNewView(SessionNewPage{Page: page(l, PathSessionNew), Form: bad})
		}},
		{"reboot", func(l Loc) templ.Component {
			d := sessionPage(l, active())
			return RebootView(RebootPage{d})
		}},
		{"reboot-wrong", func(l Loc) templ.Component {
			d := sessionPage(l, with(active(), func(s *session.Session) {
				s.PC.Service, s.PC.SafeMode = true, session.Capability{Available: true}
				s.Policy.OnNoReply = session.AnswerYes
			}))
			d.Form = RebootForm{Kind: session.KindSafeMode, Message: "Please save your work first.", Reason: ReasonOther, Other: "Printer",
				Errors:  []FieldError{{Field: "message", Code: "too_long", Max: session.MaxMessage}, {Field: "reason_text", Code: "required"}},
				Refusal: &session.Refusal{Code: session.RefusedOffline}}
			return RebootView(RebootPage{d})
		}},
		{"reboot-impossible", func(l Loc) templ.Component {
			return RebootView(RebootPage{sessionPage(l, with(active(), func(s *session.Session) {
				s.PC.Reboot = session.Capability{Why: session.WhyPlatform}
				s.Policy.AskBeforeReboot = false
			}))})
		}},
		{"end", func(l Loc) templ.Component { return EndView(EndPage{sessionPage(l, active())}) }},
		{"end-away", func(l Loc) templ.Component { return EndView(EndPage{sessionPage(l, states["down"])}) }},
		{"end-reboot", func(l Loc) templ.Component { return EndView(EndPage{sessionPage(l, states["asking"])}) }},
		{"end-waiting", func(l Loc) templ.Component { return EndView(EndPage{sessionPage(l, states["waiting"])}) }},
	}
}

func customerScenes() []scene {
	join := func(change func(*JoinPage)) func(Loc) templ.Component {
		return func(l Loc) templ.Component {
			d := JoinPage{Page: page(l, PathJoin)}
			d.Viewer = nil
			change(&d)
			return JoinView(d)
		}
	}
	ready := JoinReady{
		Code: "4829130057", Technician: "Jonas Weber", Company: "Nordlicht IT", FileName: "Rejoin 482-913-0057 help.nordlicht.example.exe",
		Size: 6_412_288, ExpiresAt: soon(9 * time.Minute), Policy: session.DefaultPolicy(),
	}
	lenient := ready
	lenient.Policy.AskBeforeReboot = false
	return []scene{
		{"join", join(func(*JoinPage) {})},
		{"join-not-windows", join(func(d *JoinPage) { d.NotWindows = true })},
		{"join-format", join(func(d *JoinPage) { d.Code, d.Error = "482 91", JoinFormat })},
		{"join-unknown", join(func(d *JoinPage) { d.Code, d.Error = "4829130057", JoinUnknown })},
		{"join-limited", join(func(d *JoinPage) { d.Code, d.Error, d.RetryAfter = "4829130057", JoinLimited, 42*time.Second })},
		{"join-no-agent", join(func(d *JoinPage) { d.Code, d.Error = "4829130057", JoinNoAgent })},
		{"join-ready", join(func(d *JoinPage) { d.Ready = &ready })},
		{"join-ready-lenient", join(func(d *JoinPage) { d.Ready, d.NotWindows = &lenient, true })},
	}
}

func signInScenes() []scene {
	anon := func(l Loc, path string) Page {
		p := page(l, path)
		p.Viewer = nil
		return p
	}
	taken := []FieldError{{Field: "login", Code: "taken"}, {Field: "password", Code: "too_short", Min: MinPassword}, {Field: "again", Code: "different"}}
	return []scene{
		{"sign-in", func(l Loc) templ.Component {
			return SignInView(SignInPage{Page: anon(l, PathSignIn), SignedOut: true})
		}},
		{"sign-in-wrong", func(l Loc) templ.Component {
			return SignInView(SignInPage{Page: anon(l, PathSignIn), Login: "jonas", Error: SignInWrong})
		}},
		{"sign-in-limited", func(l Loc) templ.Component {
			return SignInView(SignInPage{Page: anon(l, PathSignIn), Login: "jonas", Error: SignInLimited, RetryAfter: 4 * time.Minute})
		}},
		{"link", func(l Loc) templ.Component { return LinkView(LinkPage{Page: anon(l, PathSignInLink)}) }},
		{"link-bad", func(l Loc) templ.Component { return LinkView(LinkPage{Page: anon(l, PathSignInLink), Bad: true}) }},
		{"setup", func(l Loc) templ.Component { return SetupView(SetupPage{Page: anon(l, PathSetup)}) }},
		{"setup-wrong", func(l Loc) templ.Component {
			return SetupView(SetupPage{Page: anon(l, PathSetup), Token: "k3y", CompanyTyped: "Nordlicht IT", Name: "Jonas", Login: "jonas", Errors: taken})
		}},
		{"setup-bad-token", func(l Loc) templ.Component { return SetupView(SetupPage{Page: anon(l, PathSetup), BadToken: true}) }},
		{"password", func(l Loc) templ.Component {
			return PasswordView(PasswordPage{Page: page(l, PathPassword), Saved: true})
		}},
		{"password-wrong", func(l Loc) templ.Component {
			return PasswordView(PasswordPage{Page: page(l, PathPassword), Errors: []FieldError{{Field: "current", Code: "wrong"}, {Field: "password", Code: "required"}}})
		}},
		{"password-first", func(l Loc) templ.Component {
			return PasswordView(PasswordPage{Page: page(l, PathPassword), First: true})
		}},
	}
}

func adminScenes() []scene {
	policy := func(change func(*PolicyPage)) func(Loc) templ.Component {
		return func(l Loc) templ.Component {
			d := PolicyPage{Page: page(l, PathPolicy), Typed: TypedPolicy(session.DefaultPolicy()), Revision: 3}
			change(&d)
			return PolicyView(d)
		}
	}
	users := []UserRow{
		{ID: "u1", Name: "Jonas Weber", Login: "jonas", Admin: true, SeenAt: ago(time.Hour)},
		{ID: "u2", Name: "Priya Nair", Login: "priya", SeenAt: ago(26 * time.Hour)},
		{ID: "u3", Name: "Tom Larsen", Login: "tom", LinkUntil: soon(20 * time.Hour)},
		{ID: "u4", Name: "Old Hand", Login: "old", Disabled: true, SeenAt: ago(2000 * time.Hour)},
	}
	return []scene{
		{"policy", policy(func(d *PolicyPage) { d.Saved = true })},
		{"policy-lenient", policy(func(d *PolicyPage) {
			d.Typed.AskBeforeReboot, d.Typed.AskBeforeSharing, d.Typed.PhoneCancel = false, false, false
		})},
		{"policy-wrong", policy(func(d *PolicyPage) {
			d.Typed.PromptSeconds, d.Typed.WindowMinutes, d.Typed.IdleMinutes, d.Typed.OnNoReply = "soon", "0", "99999", "perhaps"
			d.Errors = d.Typed.Policy().Check()
		})},
		{"policy-conflict", policy(func(d *PolicyPage) {
			p := session.DefaultPolicy()
			p.OnNoReply = session.AnswerYes
			d.Conflict = &PolicyConflict{By: "Priya Nair", At: ago(3 * time.Minute), Policy: p}
		})},
		{"users", func(l Loc) templ.Component {
			return UsersView(UsersPage{Page: page(l, PathUsers), Users: users, Link: &UserLink{
				User: users[2], URL: SignInLink("https://help.nordlicht.example", "Zk3mQf8s1vXy2TnWb7RdLg"), Until: soon(24 * time.Hour),
			}})
		}},
		{"users-wrong", func(l Loc) templ.Component {
			return UsersView(UsersPage{Page: page(l, PathUsers), Users: users, Form: UserForm{Name: "", Login: "jonas", Admin: true,
				Errors: []FieldError{{Field: "name", Code: "required"}, {Field: "login", Code: "taken"}}}})
		}},
		{"settings", func(l Loc) templ.Component {
			return SettingsView(SettingsPage{Page: page(l, PathSettings), CompanyTyped: "Nordlicht IT", Saved: true})
		}},
		{"audit", func(l Loc) templ.Component {
			return AuditView(AuditPage{Page: page(l, PathAudit), Lines: auditRows(), Older: 3, Chain: ChainState{CheckedAt: ago(time.Minute), Lines: 4711}})
		}},
		{"audit-broken", func(l Loc) templ.Component {
			return AuditView(AuditPage{Page: page(l, PathAudit), Lines: auditRows()[:3], First: true, Chain: ChainState{CheckedAt: ago(time.Minute), Lines: 1, BrokenAt: 2}})
		}},
		{"audit-empty", func(l Loc) templ.Component { return AuditView(AuditPage{Page: page(l, PathAudit), First: true}) }},
	}
}

// auditRows hold every action, with every answer.
func auditRows() []AuditRow {
	params := map[string]string{
		"kind": "normal", "reason": "Driver", "message": "Save first", "away": "112", "off": "112", "seconds": "95", "minutes": "10",
		"pc": "KELLER-NB-14", "address": "192.0.2.17", "keep": "rival", "how": "announced", "step": session.FailureRestart,
		"detail": "1115", "apps": "Word", "answer": "yes", "source": "customer", "mode": "phone", "login": "tom", "reason_": "x",
	}
	var out []AuditRow
	for _, name := range sortedKeys(actionNames()) {
		l := line(int64(len(out)+1), time.Duration(len(out))*time.Minute, jonas, session.Action(name))
		l.Params = params
		if name == string(account.ActionPolicyChanged) {
			l.Params = map[string]string{"prompt_seconds": "60 → 90", "made_up": "1 → 2"}
		}
		row := AuditRow{Line: l}
		if len(out)%2 == 0 {
			row.Session, row.Customer = "s1", []string{"Marianne Keller", ""}[len(out)/2%2]
		}
		out = append(out, row)
	}
	for _, answer := range []session.Answer{session.AnswerNo, session.AnswerNoReply, session.AnswerAbsent, session.AnswerNotShown} {
		for _, action := range []session.Action{session.ActionRebootConsent, session.ActionShareAnswered} {
			out = append(out, AuditRow{Line: line(int64(len(out)+1), 0, session.Actor{Kind: session.ActorCustomer}, action, "answer", string(answer))})
		}
	}
	more := []session.AuditLine{
		line(0, 0, marianne, session.ActionEnded, "reason", "by_customer"), line(0, 0, marianne, session.ActionEnded, "reason", "reconnect_cancelled"),
		line(0, 0, byAgent, session.ActionRebootConsent, "answer", "yes", "source", "prior"),
		line(0, 0, byAgent, session.ActionRebootConsent, "answer", "yes", "source", "timeout"),
		line(0, 0, byAgent, session.ActionRebootAdopted, "how", "found"), line(0, 0, jonas, session.ActionRivalChosen, "keep", "current"),
		line(0, 0, session.Actor{Kind: session.ActorTechnician}, session.ActionCodeIssued),
		line(0, 0, byServer, account.ActionSignedIn, "how", "password"), line(0, 0, byServer, account.ActionSignedIn, "how", "link"),
		line(0, 0, byServer, "made.up", "some", "thing"),
	}
	for _, word := range []string{"ticket", "autostart", "restart", "boot_id", "grant", "timeout", "safe_mode", "unheard_of"} {
		more = append(more, line(0, 0, byAgent, session.ActionRebootFailed, "step", word))
	}
	for _, l := range more {
		l.Seq = int64(len(out) + 1)
		out = append(out, AuditRow{Line: l})
	}
	return out
}

func actionNames() map[string]string {
	m := map[string]string{}
	for a := range looks {
		m[string(a)] = ""
	}
	return m
}

func demoScenes() []scene {
	view := &machine.View{
		Title: "Nordlicht IT – Jonas Weber", Status: "Connected", Tone: "ok", Sharing: "Jonas Weber may see your screen", StopShare: "Stop sharing",
		Input: "Write to Jonas Weber", CanSend: true, Send: "Send", End: "End session",
		EndAsk: machine.Prompt{Title: "Nordlicht IT", Heading: "End the session?", Body: "Jonas Weber can no longer help you.", Yes: "End session", No: "Go on"},
		Lines: []machine.Line{
			{From: "Jonas Weber", Text: "I see it. The driver wants a restart.", At: ago(20 * time.Minute)},
			{Text: "Your PC was restarted", At: ago(13 * time.Minute), Note: true},
			{From: "You", Text: "It still says “driver is unavailable”.", At: ago(12 * time.Minute)},
		},
	}
	prompt := &DemoPrompt{Since: ago(13 * time.Second), Prompt: machine.Prompt{
		ID: "r1", Title: "Nordlicht IT", Heading: "Jonas Weber asks to restart your PC", Quote: "I will restart your PC to finish the printer driver.",
		Body: "The session comes back by itself. Sign in to Windows as always.", AtZero: "Without an answer nothing is restarted.", Yes: "Yes, restart", No: "No", For: time.Minute,
	}}
	demo := func(change func(*DemoPC)) func(Loc) templ.Component {
		return func(l Loc) templ.Component {
			pc := DemoPC{Name: "DEMO-PC", OS: "Windows 11 Pro 24H2", User: "Alex Demo", State: DemoDesktop, Boots: 2, Monitors: 2}
			change(&pc)
			return DemoView(DemoPage{Page: page(l, PathDemo), PC: pc})
		}
	}
	return []scene{
		{"demo-desktop", demo(func(*DemoPC) {})},
		{"demo-chat", demo(func(pc *DemoPC) { pc.Running, pc.View, pc.Unplugged = true, view, true })},
		{"demo-prompt", demo(func(pc *DemoPC) {
			pc.Running, pc.View, pc.Prompt, pc.Unsaved = true, view, prompt, "Invoice.docx – Writer"
		})},
		{"demo-banner", demo(func(pc *DemoPC) {
			live := *view
			live.Banner = &machine.Banner{
				Text: "Jonas Weber sees your screen and uses mouse and keyboard", Tone: "live", Hide: "Hide windows", HideAsk: "Which windows shall Jonas Weber not see?",
				Buttons: []machine.BannerButton{{Label: "Pause", Action: machine.ActionPause}, {Label: "Stop control", Action: machine.ActionStopControl}, {Label: "Stop sharing", Action: machine.ActionStopShare}},
				Hidden:  []string{"0x2"},
			}
			pc.Running, pc.View = true, &live
			pc.Windows = []machine.Window{{ID: "0x1", Title: "Notes.txt – Editor", App: "Editor"}, {ID: "0x2", Title: "Printer manual – Reader", App: "Reader"}}
		})},
		{"demo-secure", demo(func(pc *DemoPC) { pc.Secure, pc.Running, pc.View = true, true, view })},
		{"demo-code", demo(func(pc *DemoPC) {
			pc.Running = true
			pc.CodeForm = &machine.CodeForm{Title: "Rejoin", Heading: "Type your code", Body: "Your technician gives it to you.", CodeLabel: "Code", ServerLabel: "Server", Server: "https://help.nordlicht.example", Error: "This code is not valid.", Code: "4829130057", OK: "Connect", Cancel: "Cancel"}
		})},
		{"demo-notice", demo(func(pc *DemoPC) {
			pc.Running = true
			pc.Notice = &machine.Notice{Title: "Nordlicht IT", Heading: "The session is over", Body: "Thank you. The program removes itself.", OK: "Close"}
		})},
		{"demo-off", demo(func(pc *DemoPC) { pc.State, pc.Since = DemoOff, ago(31*time.Second) })},
		{"demo-closing", demo(func(pc *DemoPC) {
			pc.State, pc.Updating, pc.Since, pc.Until = DemoClosing, true, ago(2*time.Second), soon(3*time.Second)
		})},
		{"demo-closing-plain", demo(func(pc *DemoPC) { pc.State = DemoClosing })},
		{"demo-blocked", demo(func(pc *DemoPC) { pc.State, pc.Unsaved, pc.Running = DemoBlocked, "Invoice.docx – Writer", true })},
		{"demo-booting", demo(func(pc *DemoPC) { pc.State = DemoBooting })},
		{"demo-sign-in", demo(func(pc *DemoPC) { pc.State = DemoSignIn })},
	}
}
