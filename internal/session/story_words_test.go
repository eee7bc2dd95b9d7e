package session

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

var (
	jonas = Actor{Kind: ActorTechnician, ID: "u1", Name: "Jonas"}
	mia   = Actor{Kind: ActorTechnician, ID: "u2", Name: "Mia"}
)

// event is the event that a line names; nil if there is none.
func (st *story) event(verbs []string, a args) Event {
	by := jonas
	if a["by"] == "mia" {
		by = mia
	}
	switch verbs[0] {
	case "code":
		return IssueCode{By: by, ExpiresAt: st.now.Add(10 * time.Minute)}
	case "chat":
		return SendChat{By: by, Text: a["text"]}
	case "reboot":
		return RequestReboot{By: by, Kind: Kind(a.or("kind", string(KindNormal))), Message: a["message"], Reason: a["reason"]}
	case "cancel":
		return CancelReboot{By: by, RebootID: a.or("reboot", st.rebootID())}
	case "extend":
		return ExtendWindow{By: by, Minutes: int(a.number("minutes", 10))}
	case "share":
		return RequestShare{By: by}
	case "unshare":
		return StopShare{By: by}
	case "control":
		return RequestControl{By: by}
	case "yield":
		return YieldControl{By: by}
	case "keep":
		return KeepControl{By: by}
	case "watch":
		return Watch{By: by, On: !a.flag("off", false)}
	case "end":
		return End{By: by}
	case "choose":
		return ChooseRival{By: by, Keep: RivalChoice(a["keep"])}
	case "tick":
		return Tick{}
	case "was-down":
		d, err := time.ParseDuration(a["for"])
		if err != nil {
			return nil
		}
		return ServerWasDown{From: st.now.Add(-d), To: st.now}
	case "agent":
		return st.fromAgent(verbs[1], a)
	}
	return st.linkEvent(verbs[0], a)
}

func (st *story) rebootID() string {
	if st.s.Reboot == nil {
		return "r0"
	}
	return st.s.Reboot.ID
}

func (st *story) linkEvent(verb string, a args) Event {
	l := st.s.Link
	pc := PC{
		Name: a.or("pc", "DESK-7"), OS: "Windows 11", Platform: a.or("platform", "windows"), User: a.or("user", "Ada"),
		Version: "1.0", Service: a.flag("service", false), Reboot: Capability{Available: true},
		SafeMode: Capability{Why: WhyNeedsService},
	}
	if pc.Service {
		pc.SafeMode = Capability{Available: true}
	}
	if pc.Platform != "windows" {
		pc.Reboot, pc.SafeMode = Capability{Why: WhyPlatform}, Capability{Why: WhyPlatform}
	}
	switch verb {
	case "join":
		return Join{
			PC: pc, PublicKey: []byte("key"), BootID: a.or("boot", "b1"), Instance: a.or("instance", "i1"),
			SignedIn: a.flag("signed-in", true), Address: "192.0.2.7",
		}
	case "rejoin":
		return Rejoin{
			PC: pc, Generation: a.number("generation", l.Generation), BootID: a.or("boot", l.BootID),
			Instance: a.or("instance", l.Instance), SignedIn: a.flag("signed-in", true),
			AckedSeq: a.number("acked", st.s.AckedSeq), Address: "192.0.2.7",
		}
	case "lose":
		ago, err := time.ParseDuration(a.or("silent", "0s"))
		if err != nil {
			return nil
		}
		return LoseLink{Admitted: a.number("admitted", l.Admitted), LastSeen: st.now.Add(-ago)}
	case "rival":
		return MeetRival{Rival: Rival{
			PC: pc, Address: "198.51.100.9", Generation: a.number("generation", l.Generation), BootID: a.or("boot", "x1"),
			Instance: a.or("instance", "x"),
		}}
	case "rival-gone":
		return LoseRival{Instance: a.or("instance", "x")}
	}
	return nil
}

// fromAgent is a message, by default the next one, over the present link, from an agent that has applied everything.
func (st *story) fromAgent(verb string, a args) Event {
	ev := FromAgent{
		Admitted: a.number("admitted", st.s.Link.Admitted), Seq: a.number("seq", st.s.EventSeq+1),
		Acked: a.number("acked", st.s.CommandSeq),
	}
	reboot, boot := a.or("reboot", st.rebootID()), a.or("boot", st.s.Link.BootID)
	switch verb {
	case "ack":
		ev.Seq = 0
	case "consent":
		ev.Event = ConsentAnswered{RebootID: reboot, Answer: Answer(a["answer"]), Source: Source(a["source"])}
	case "prepared":
		ev.Event = RebootPrepared{RebootID: reboot}
	case "failed":
		ev.Event = RebootFailed{RebootID: reboot, Step: a.or("step", FailureRestart), Detail: a["detail"]}
	case "going-down":
		ev.Event = GoingDown{RebootID: a["reboot"], BootID: boot}
	case "blocked":
		var apps []string
		if a["apps"] != "" {
			apps = strings.Split(a["apps"], ",")
		}
		ev.Event = RestartBlocked{RebootID: a["reboot"], BootID: boot, Apps: apps}
	case "signed-in":
		ev.Event = SignedIn{BootID: boot}
	case "return":
		ev.Event = ReturnAnswered{RebootID: reboot, Cancel: a.flag("cancel", false)}
	case "share":
		ev.Event = ShareAnswered{
			PromptID: a.or("prompt", st.s.Sharing.PromptID), Answer: Answer(a["answer"]), Source: Source(a["source"]),
		}
	case "share-stopped":
		ev.Event = ShareStopped{}
	case "share-paused":
		ev.Event = SharePaused{Paused: a.flag("paused", true)}
	case "control":
		ev.Event = ControlAnswered{
			PromptID: a.or("prompt", st.s.Control.PromptID), Answer: Answer(a["answer"]), Source: Source(a["source"]),
		}
	case "control-stopped":
		ev.Event = ControlStopped{}
	case "chat":
		ev.Event = CustomerChat{Text: a["text"]}
	case "ended":
		ev.Event = CustomerEnded{}
	default:
		return nil
	}
	return ev
}

// clock is a moment as m:ss.mmm after noon.
func clock(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	d := at.Sub(noon)
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	return fmt.Sprintf("%s%d:%02d.%03d", sign, int(d.Minutes()), int(d.Seconds())%60, d.Milliseconds()%1000)
}

// summary is where the session stands, in one line.
func (st *story) summary() string {
	s := st.s
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", clock(st.now), s.State)
	if s.State == StateEnded {
		fmt.Fprintf(&b, "(%s by %s)", s.EndReason, s.EndedBy.Kind)
	}
	if l := s.Link; l.Generation > 0 {
		state := "offline"
		if l.Online {
			state = "online"
		}
		fmt.Fprintf(&b, " %s since %s boot %s generation %d", state, clock(l.Since), l.BootID, l.Generation)
		if l.Known != l.Generation {
			fmt.Fprintf(&b, " (%d known)", l.Known)
		}
	}
	if s.Rival != nil {
		fmt.Fprintf(&b, " rival %s", s.Rival.Instance)
	}
	if r := s.Reboot; r != nil {
		fmt.Fprintf(&b, " | %s %s", r.ID, r.Phase)
		if r.Adopted {
			b.WriteString(" adopted")
		}
		if r.Restarts > 0 {
			fmt.Fprintf(&b, " restarts %d", r.Restarts)
		}
		if r.Outcome != "" {
			fmt.Fprintf(&b, " -> %s by %s", r.Outcome, r.EndedBy.Kind)
		}
	}
	if s.Sharing != (Sharing{}) {
		fmt.Fprintf(&b, " | sharing %q", s.Sharing.State)
		if s.Sharing.Prior {
			b.WriteString(" (prior)")
		}
		if s.Sharing.Paused {
			b.WriteString(" (paused)")
		}
	}
	if c := s.Control; c != (Control{}) {
		fmt.Fprintf(&b, " | control %q", c.State)
		if c.Holder.ID != "" {
			fmt.Fprintf(&b, " of %s", c.Holder.Name)
		}
		if c.Wanted.ID != "" {
			fmt.Fprintf(&b, " wanted by %s", c.Wanted.Name)
		}
		if c.Prior.ID != "" {
			fmt.Fprintf(&b, " (prior %s)", c.Prior.Name)
		}
	}
	if at := s.NextDeadline(); !at.IsZero() {
		fmt.Fprintf(&b, " | next %s %s", st.deadlineName(at), clock(at))
	}
	return b.String() + "\n"
}

func (st *story) deadlineName(at time.Time) string {
	s := st.s
	switch {
	case at.Equal(s.Link.WindowUntil):
		return "window"
	case at.Equal(s.stepUntil()):
		return "step"
	case at.Equal(s.shareUntil()):
		return "share"
	case at.Equal(s.controlUntil()):
		return "control"
	}
	return "idle"
}

func (st *story) effects(effects []Effect) string {
	var b strings.Builder
	for _, e := range effects {
		switch e := e.(type) {
		case Audit:
			line := e.Line
			fmt.Fprintf(&b, "  audit %s %s", actorName(line.Actor), line.Action)
			if line.Reboot != "" {
				fmt.Fprintf(&b, " %s", line.Reboot)
			}
			for _, name := range slices.Sorted(maps.Keys(line.Params)) {
				fmt.Fprintf(&b, " %s=%q", name, short(line.Params[name]))
			}
			if !line.At.Equal(st.now) {
				fmt.Fprintf(&b, " at %s", clock(line.At))
			}
		case Send:
			body, err := json.Marshal(e.Command)
			if err != nil {
				st.t.Fatal(err)
			}
			name := strings.TrimPrefix(fmt.Sprintf("%T", e.Command), "session.")
			fmt.Fprintf(&b, "  send %d %s %s", e.Seq, name, short(string(body)))
		case SaveChat:
			fmt.Fprintf(&b, "  chat %s: %s", actorName(e.Message.From), short(e.Message.Text))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func actorName(a Actor) string {
	if a.Name == "" {
		return string(a.Kind)
	}
	return string(a.Kind) + "(" + a.Name + ")"
}

func short(text string) string {
	if r := []rune(text); len(r) > 200 {
		return string(r[:20]) + fmt.Sprintf("… %d characters", len(r))
	}
	return text
}

// show prints what the summary leaves out.
func (st *story) show(what []string) string {
	var b strings.Builder
	for _, name := range what {
		switch name {
		case "reboot":
			r := st.s.Reboot
			fmt.Fprintf(&b, "  reboot %s %s by %s for %s", r.ID, r.Kind, actorName(r.By), r.BootID)
			fmt.Fprintf(&b, " requested %s until %s off %s", clock(r.RequestedAt), clock(r.Until), r.OffFor())
			if r.Consent != (Consent{}) {
				fmt.Fprintf(&b, " consent %s/%s at %s", r.Consent.Answer, r.Consent.Source, clock(r.Consent.At))
			}
			if r.Failure != "" || r.Detail != "" || r.Blockers != nil {
				fmt.Fprintf(&b, " failure %q %q %q", r.Failure, r.Detail, r.Blockers)
			}
			b.WriteString("\n")
			for _, step := range r.Steps {
				fmt.Fprintf(&b, "    %s %s\n", clock(step.At), step.Phase)
			}
		case "numbers":
			s := st.s
			fmt.Fprintf(&b, "  revision %d commands %d acked %d events %d active %s credited %s window %s extended %d code %s\n",
				s.Revision, s.CommandSeq, s.AckedSeq, s.EventSeq, clock(s.ActiveAt), clock(s.CreditedUntil),
				clock(s.Link.WindowUntil), s.Link.Extended, clock(s.CodeExpiresAt))
		default:
			st.t.Fatalf("%s:%d: show what?", st.file, st.line)
		}
	}
	return b.String()
}
