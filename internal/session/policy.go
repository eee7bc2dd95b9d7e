package session

import "time"

// Policy is the consent policy. It is pinned to a session at its start. The agent pins it too, and enforces it: a policy
// that asks less than the default is put before the customer when they join, and counts only if they accept it.
type Policy struct {
	AskBeforeReboot  bool   `json:"ask_before_reboot"`
	PromptSeconds    int    `json:"prompt_seconds"`     // of every consent prompt, 10–600
	OnNoReply        Answer `json:"on_no_reply"`        // AnswerNo or AnswerYes, for the reboot prompt only
	AskBeforeSharing bool   `json:"ask_before_sharing"` // again after each restart
	AskBeforeControl bool   `json:"ask_before_control"` // of mouse and keyboard; again after each restart
	PhoneCancel      bool   `json:"phone_cancel"`       // phone mode: the customer may cancel the reconnection
	WindowMinutes    int    `json:"window_minutes"`     // 1–240: how long the PC may be away
	IdleMinutes      int    `json:"idle_minutes"`       // 15–2880: how long a session may lie unused
}

// Bounds of a [Policy]'s numbers.
const (
	MinPromptSeconds, MaxPromptSeconds = 10, 600
	MinWindowMinutes, MaxWindowMinutes = 1, 240
	MinIdleMinutes, MaxIdleMinutes     = 15, 2880
)

// DefaultPolicy is what a new installation starts with.
func DefaultPolicy() Policy {
	return Policy{
		AskBeforeReboot: true, PromptSeconds: 60, OnNoReply: AnswerNo, AskBeforeSharing: true, AskBeforeControl: true,
		PhoneCancel: true, WindowMinutes: 10, IdleMinutes: 8 * 60,
	}
}

// FieldError is one field of a form or message that can't be accepted.
type FieldError struct {
	Field string // its JSON name
	Code  string // a stable word: "range", "choice", "required", "too_long"
	Min   int    // for "range" and "too_long"
	Max   int
}

// Check returns what is wrong with p, field by field; nil if nothing is.
func (p Policy) Check() []FieldError {
	var errs []FieldError
	inRange := func(field string, v, lo, hi int) {
		if v < lo || v > hi {
			errs = append(errs, FieldError{Field: field, Code: "range", Min: lo, Max: hi})
		}
	}
	inRange("prompt_seconds", p.PromptSeconds, MinPromptSeconds, MaxPromptSeconds)
	inRange("window_minutes", p.WindowMinutes, MinWindowMinutes, MaxWindowMinutes)
	inRange("idle_minutes", p.IdleMinutes, MinIdleMinutes, MaxIdleMinutes)
	if p.OnNoReply != AnswerNo && p.OnNoReply != AnswerYes {
		errs = append(errs, FieldError{Field: "on_no_reply", Code: "choice"})
	}
	return errs
}

// NeedsPriorGrant tells whether p asks the customer less than each time, so that they must accept it when they join.
func (p Policy) NeedsPriorGrant() bool {
	return !p.AskBeforeReboot || !p.AskBeforeSharing || !p.AskBeforeControl || p.OnNoReply == AnswerYes
}

// Window is how long the PC may be away.
func (p Policy) Window() time.Duration { return time.Duration(p.WindowMinutes) * time.Minute }

// Prompt is how long a consent prompt stays.
func (p Policy) Prompt() time.Duration { return time.Duration(p.PromptSeconds) * time.Second }

// Idle is how long a session may lie unused.
func (p Policy) Idle() time.Duration { return time.Duration(p.IdleMinutes) * time.Minute }
