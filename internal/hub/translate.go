package hub

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/internal/wire"
)

// encodeCommand is a command as it is stored and sent.
func encodeCommand(e session.Send) (Command, error) {
	m, err := commandMessage(e.Command)
	if err != nil {
		return Command{}, err
	}
	body, err := json.Marshal(m)
	if err != nil {
		return Command{}, fmt.Errorf("hub: encode %s: %w", m.Type(), err)
	}
	return Command{Seq: e.Seq, Type: m.Type(), Body: body}, nil
}

func commandMessage(c session.Command) (wire.Message, error) {
	switch c := c.(type) {
	case session.AskReboot:
		return wire.AskReboot{Reboot: c.RebootID, Kind: string(c.Kind), BootID: c.BootID, By: c.By, Message: c.Message, Seconds: c.Seconds}, nil
	case session.ClosePrompt:
		return wire.ClosePrompt{ID: c.ID}, nil
	case session.PrepareReboot:
		return wire.PrepareReboot{Reboot: c.RebootID, BootID: c.BootID, WindowMinutes: c.WindowMinutes}, nil
	case session.GoReboot:
		return wire.GoReboot{Reboot: c.RebootID, BootID: c.BootID}, nil
	case session.AbortReboot:
		return wire.AbortReboot{Reboot: c.RebootID}, nil
	case session.AskReturn:
		return wire.AskReturn{Reboot: c.RebootID, By: c.By, Seconds: c.Seconds}, nil
	case session.AskShare:
		return wire.AskShare{Prompt: c.PromptID, By: c.By, Seconds: c.Seconds, Again: c.Again, Control: c.Control}, nil
	case session.EndShare:
		return wire.EndShare{}, nil
	case session.AskControl:
		return wire.AskControl{Prompt: c.PromptID, By: c.By, Seconds: c.Seconds}, nil
	case session.SetControl:
		return wire.SetControl{ID: c.ID, Name: c.Name}, nil
	case session.Chat:
		return wire.Chat{From: c.From, Text: c.Text, At: time.UnixMilli(c.At).UTC()}, nil
	case session.Regenerate:
		return wire.Regenerate{Generation: c.Generation}, nil
	case session.EndSession:
		return wire.EndSession{Reason: string(c.Reason)}, nil
	}
	return nil, fmt.Errorf("hub: no message for command %T", c)
}

// agentEvent is an event's meaning, cleaned of what has no business in it. ok is false for messages that are no events.
func agentEvent(m wire.Message) (ev session.AgentEvent, ok bool) {
	switch m := m.(type) {
	case *wire.ConsentAnswered:
		return session.ConsentAnswered{RebootID: m.Reboot, Answer: session.Answer(m.Answer), Source: session.Source(m.Source)}, true
	case *wire.RebootPrepared:
		return session.RebootPrepared{RebootID: m.Reboot}, true
	case *wire.RebootFailed:
		return session.RebootFailed{RebootID: m.Reboot, Step: clean(m.Step, 32), Detail: clean(m.Detail, wire.MaxMessage)}, true
	case *wire.GoingDown:
		return session.GoingDown{RebootID: m.Reboot, BootID: m.BootID}, true
	case *wire.RestartBlocked:
		apps := make([]string, len(m.Apps))
		for i, app := range m.Apps {
			apps[i] = clean(app, wire.MaxName)
		}
		return session.RestartBlocked{RebootID: m.Reboot, BootID: m.BootID, Apps: apps}, true
	case *wire.SignedIn:
		return session.SignedIn{BootID: m.BootID}, true
	case *wire.ReturnAnswered:
		return session.ReturnAnswered{RebootID: m.Reboot, Cancel: m.Cancel}, true
	case *wire.ShareAnswered:
		return session.ShareAnswered{PromptID: m.Prompt, Answer: session.Answer(m.Answer), Source: session.Source(m.Source)}, true
	case *wire.ShareStopped:
		return session.ShareStopped{}, true
	case *wire.SharePaused:
		return session.SharePaused{Paused: m.Paused}, true
	case *wire.ControlAnswered:
		return session.ControlAnswered{PromptID: m.Prompt, Answer: session.Answer(m.Answer), Source: session.Source(m.Source)}, true
	case *wire.ControlStopped:
		return session.ControlStopped{}, true
	case *wire.CustomerChat:
		return session.CustomerChat{Text: cleanLines(m.Text, wire.MaxChat)}, true
	case *wire.CustomerEnded:
		return session.CustomerEnded{}, true
	}
	return nil, false
}

func pcOf(p wire.PC, version string) session.PC {
	return session.PC{
		Name: clean(p.Name, wire.MaxName), OS: clean(p.OS, wire.MaxName), Platform: clean(p.Platform, 16),
		User: clean(p.User, wire.MaxName), Locale: clean(p.Locale, 35), MachineID: clean(p.MachineID, 64),
		Version: clean(version, 64), Service: p.Service,
		Reboot:   session.Capability{Available: p.Reboot.Available, Why: clean(p.Reboot.Why, 32)},
		SafeMode: session.Capability{Available: p.SafeMode.Available, Why: clean(p.SafeMode.Why, 32)},
	}
}

func policyMessage(p session.Policy) wire.Policy {
	return wire.Policy{
		AskBeforeReboot: p.AskBeforeReboot, PromptSeconds: p.PromptSeconds, RebootOnNoReply: p.OnNoReply == session.AnswerYes,
		AskBeforeSharing: p.AskBeforeSharing, AskBeforeControl: p.AskBeforeControl, PhoneCancel: p.PhoneCancel, WindowMinutes: p.WindowMinutes,
	}
}

func historyOf(lines []session.ChatMessage) []wire.ChatLine {
	out := make([]wire.ChatLine, len(lines))
	for i, l := range lines {
		out[i] = wire.ChatLine{From: l.From.Name, Mine: l.From.Kind == session.ActorCustomer, Text: l.Text, At: l.At}
	}
	return out
}

// clean makes one harmless line of what a PC says about itself: no control characters, none that turn the direction of
// the text around, at most limit characters.
func clean(s string, limit int) string {
	return strings.TrimSpace(keep(s, limit, func(r rune) bool { return !unicode.IsControl(r) }))
}

// cleanLines is clean for text that may have several lines. What is left empty becomes a replacement character: the
// customer did write something.
func cleanLines(s string, limit int) string {
	s = strings.TrimSpace(keep(s, limit, func(r rune) bool { return r == '\n' || r == '\t' || !unicode.IsControl(r) }))
	if s == "" {
		return string(utf8.RuneError)
	}
	return s
}

func keep(s string, limit int, ok func(rune) bool) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == limit {
			break
		}
		if !ok(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			continue
		}
		b.WriteRune(r) // invalid UTF-8 arrives here as a replacement character
		n++
	}
	return b.String()
}
