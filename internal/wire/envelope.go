package wire

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Envelope frames a message. Seq numbers commands and events from 1; other messages have none. Ack, where present, says
// up to which number the sender has durably taken the other side's.
type Envelope struct {
	V    int            `json:"v"`
	Type string         `json:"type"`
	Seq  int64          `json:"seq,omitzero"`
	Ack  int64          `json:"ack,omitzero"`
	Body jsontext.Value `json:"body,omitzero"`
}

// Message is the body of an envelope. The set is closed: see [New].
type Message interface{ Type() string }

// Numbered tells whether messages of this type carry a number: the commands and the events.
func Numbered(m Message) bool {
	switch m.(type) {
	case command, event:
		return true
	}
	return false
}

// command and event mark the numbered messages of either direction.
type (
	command interface{ isCommand() }
	event   interface{ isEvent() }
)

// IsCommand tells whether m goes from server to agent and is numbered.
func IsCommand(m Message) bool { _, ok := m.(command); return ok }

// IsEvent tells whether m goes from agent to server and is numbered.
func IsEvent(m Message) bool { _, ok := m.(event); return ok }

// Error is a frame that can't be taken. Type is the message's, as far as it could be read.
type Error struct {
	Type string // "" if not even that could be read
	Code ErrorCode
	Err  error
}

// ErrorCode is a stable word for what is wrong with a frame.
type ErrorCode string

const (
	ErrMalformed  ErrorCode = "malformed" // not JSON, duplicate or unknown members, wrong types
	ErrVersion    ErrorCode = "version"
	ErrUnknown    ErrorCode = "unknown_type"
	ErrTooLarge   ErrorCode = "too_large"
	ErrNumber     ErrorCode = "number"     // a number where none belongs, or none where one does
	ErrInvalid    ErrorCode = "invalid"    // a member out of its range
	ErrUnexpected ErrorCode = "unexpected" // not at this point of the conversation
)

func (e *Error) Error() string {
	name := e.Type
	if name == "" {
		name = "frame"
	}
	if e.Err == nil {
		return fmt.Sprintf("wire: %s: %s", name, e.Code)
	}
	return fmt.Sprintf("wire: %s: %s: %v", name, e.Code, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Encode frames m. It fails only on messages that could not be decoded again (a programming error).
func Encode(m Message, seq, ack int64) ([]byte, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("wire: encode %s: %w", m.Type(), err)
	}
	frame, err := json.Marshal(Envelope{V: Version, Type: m.Type(), Seq: seq, Ack: ack, Body: body})
	if err != nil {
		return nil, fmt.Errorf("wire: encode %s: %w", m.Type(), err)
	}
	if len(frame) > MaxFrame {
		return nil, &Error{Type: m.Type(), Code: ErrTooLarge}
	}
	return frame, nil
}

// EncodeRaw frames a body that was encoded before, such as a command from the outbox.
func EncodeRaw(typ string, body []byte, seq, ack int64) ([]byte, error) {
	frame, err := json.Marshal(Envelope{V: Version, Type: typ, Seq: seq, Ack: ack, Body: body})
	if err != nil {
		return nil, fmt.Errorf("wire: encode %s: %w", typ, err)
	}
	return frame, nil
}

// Decode reads a frame. The error, if any, is an [*Error].
func Decode(frame []byte) (Message, Envelope, error) {
	var env Envelope
	if len(frame) > MaxFrame {
		return nil, env, &Error{Code: ErrTooLarge}
	}
	if err := json.Unmarshal(frame, &env, json.RejectUnknownMembers(true)); err != nil {
		return nil, env, &Error{Code: ErrMalformed, Err: err}
	}
	if len(env.Type) > 40 {
		env.Type = env.Type[:40]
	}
	if env.V != Version {
		return nil, env, &Error{Type: env.Type, Code: ErrVersion, Err: fmt.Errorf("version %d, not %d", env.V, Version)}
	}
	m := New(env.Type)
	if m == nil {
		return nil, env, &Error{Type: env.Type, Code: ErrUnknown}
	}
	if Numbered(m) != (env.Seq > 0) || env.Seq < 0 || env.Ack < 0 {
		return nil, env, &Error{Type: env.Type, Code: ErrNumber}
	}
	if env.Body.Kind() != '{' {
		return nil, env, &Error{Type: env.Type, Code: ErrMalformed, Err: fmt.Errorf("the body is no object")}
	}
	if err := json.Unmarshal(env.Body, m, json.RejectUnknownMembers(true)); err != nil {
		return nil, env, &Error{Type: env.Type, Code: ErrMalformed, Err: err}
	}
	if v, ok := m.(interface{ check() error }); ok {
		if err := v.check(); err != nil {
			return nil, env, &Error{Type: env.Type, Code: ErrInvalid, Err: err}
		}
	}
	return m, env, nil
}
