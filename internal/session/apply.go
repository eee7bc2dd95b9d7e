package session

import (
	"errors"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Apply is the state machine's one step; the package comment tells its contract. An event that changes nothing (a
// repetition, something stale) returns the session with its revision unchanged and no effects: there is nothing to
// commit. Errors: *[Refusal], [ErrOverdue], [ErrGap].
func Apply(s Session, ev Event, now time.Time) (Session, []Effect, error) {
	if overdue(s, ev, now) {
		return s, nil, ErrOverdue
	}
	next := s.clone()
	t := &transition{s: &next, now: now}
	switch err := t.apply(ev); {
	case errors.Is(err, errNothing):
		return s, nil, nil
	case err != nil:
		return s, nil, err
	}
	next.Revision++
	return next, t.effects, nil
}

// errNothing is a handler's way of saying that the event changes nothing.
var errNothing = errors.New("nothing changes")

// overdue tells whether a deadline must be dealt with before ev. Downtime is credited first: it moves deadlines.
func overdue(s Session, ev Event, now time.Time) bool {
	switch ev.(type) {
	case Tick, ServerWasDown:
		return false
	}
	at := s.NextDeadline()
	return !at.IsZero() && now.After(at)
}

// transition is one step in the making: the copy that is changed, and what comes of it.
type transition struct {
	s       *Session
	now     time.Time
	effects []Effect
}

func (t *transition) apply(ev Event) error {
	switch ev := ev.(type) {
	case Join:
		return t.join(ev)
	case Rejoin:
		return t.rejoin(ev)
	case LoseLink:
		return t.loseLink(ev)
	case MeetRival:
		return t.meetRival(ev)
	case LoseRival:
		return t.loseRival(ev)
	case FromAgent:
		return t.fromAgent(ev)
	case Tick:
		return t.tick()
	case ServerWasDown:
		return t.serverWasDown(ev)
	}
	return t.fromTechnician(ev)
}

// fromTechnician handles what people at the console do: none of it is possible once the session has ended, and all of
// it shows that the session is in use.
func (t *transition) fromTechnician(ev Event) error {
	if t.s.State == StateEnded {
		return &Refusal{Code: RefusedEnded, Why: string(t.s.EndReason)}
	}
	t.s.ActiveAt = t.now
	switch ev := ev.(type) {
	case IssueCode:
		return t.issueCode(ev)
	case SendChat:
		return t.sendChat(ev)
	case RequestReboot:
		return t.requestReboot(ev)
	case CancelReboot:
		return t.cancelReboot(ev)
	case ExtendWindow:
		return t.extendWindow(ev)
	case RequestShare:
		return t.requestShare(ev)
	case StopShare:
		return t.stopShare(ev)
	case RequestControl:
		return t.requestControl(ev)
	case YieldControl:
		return t.yieldControl(ev)
	case KeepControl:
		return t.keepControl(ev)
	case Watch:
		return t.watch(ev)
	case End:
		t.end(EndByTechnician, ev.By, OutcomeCancelled)
		return nil
	case ChooseRival:
		return t.chooseRival(ev)
	}
	panic("session: unknown event") // the set is closed: a test walks it
}

func (t *transition) issueCode(ev IssueCode) error {
	if t.s.State != StateWaiting {
		return &Refusal{Code: RefusedAlreadyJoined}
	}
	t.s.CodeExpiresAt = ev.ExpiresAt
	t.audit(ev.By, ActionCodeIssued)
	return nil
}

func (t *transition) sendChat(ev SendChat) error {
	switch {
	case t.s.State == StateWaiting:
		return &Refusal{Code: RefusedNotJoined}
	case ev.Text == "" || tooLong(ev.Text, MaxChat):
		return &Refusal{Code: RefusedInvalid, Why: "text"}
	}
	t.say(ev.By, ev.Text)
	t.send(Chat{From: ev.By.Name, Text: ev.Text, At: t.now.UnixMilli()})
	return nil
}

// end closes the session. A reboot that is still under way ends with the given outcome.
func (t *transition) end(reason EndReason, by Actor, reboot Outcome) {
	s := t.s
	if s.Reboot.Live() {
		t.finishReboot(reboot, by)
	}
	s.State, s.EndReason, s.EndedAt, s.EndedBy = StateEnded, reason, t.now, by
	s.Sharing, s.Control, s.Rival, s.Link.WindowUntil = Sharing{}, Control{}, nil, time.Time{}
	action := ActionEnded
	switch reason {
	case EndExpired:
		action = ActionExpired
	case EndIdle:
		action = ActionIdle
	}
	t.audit(by, action, "reason", string(reason))
	if s.Link.Online {
		t.send(EndSession{Reason: reason})
	}
}

// send numbers a command and puts it into the outbox.
func (t *transition) send(c Command) int64 {
	t.s.CommandSeq++
	t.effects = append(t.effects, Send{Seq: t.s.CommandSeq, Command: c})
	return t.s.CommandSeq
}

func (t *transition) say(from Actor, text string) {
	t.effects = append(t.effects, SaveChat{ChatMessage{From: from, Text: text, At: t.now}})
}

// audit writes a line; params are name, value pairs, and empty values are left out.
func (t *transition) audit(by Actor, action Action, params ...string) {
	line := AuditLine{At: t.now, Actor: by, Action: action}
	if r := t.s.Reboot; r != nil && (r.Live() || r.EndedAt.Equal(t.now)) {
		line.Reboot = r.ID
	}
	for i := 0; i+1 < len(params); i += 2 {
		if params[i+1] == "" {
			continue
		}
		if line.Params == nil {
			line.Params = make(map[string]string)
		}
		line.Params[params[i]] = params[i+1]
	}
	t.effects = append(t.effects, Audit{line})
}

// The actors that are not people at the console.
var (
	byServer = Actor{Kind: ActorServer}
	byAgent  = Actor{Kind: ActorAgent}
)

// byCustomer is the person at the PC, by the best name there is.
func (t *transition) byCustomer() Actor {
	return Actor{Kind: ActorCustomer, Name: t.s.CustomerName()}
}

// CustomerName is how the customer is called: as the technician typed it, else the Windows user.
func (s Session) CustomerName() string {
	if s.Customer != "" {
		return s.Customer
	}
	return s.PC.User
}

func (s Session) clone() Session {
	if s.Reboot != nil {
		r := *s.Reboot
		r.Steps = slices.Clone(r.Steps)
		s.Reboot = &r
	}
	if s.Rival != nil {
		r := *s.Rival
		s.Rival = &r
	}
	return s
}

func tooLong(text string, limit int) bool { return utf8.RuneCountInString(text) > limit }

// seconds is a duration as audit lines carry it.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64(d.Round(time.Second)/time.Second), 10)
}
