// Package machine is the one interface between the agent and the PC it runs on. machine/windows is the real thing,
// machine/sim a simulated PC for the demo and for tests. Nothing here decides: consent, order and durability are the
// agent's.
package machine

import (
	"context"
	"errors"
	"time"
)

// Machine is a PC. Its methods may be called from several goroutines.
type Machine interface {
	// Describe says what the PC is. It is asked at each connection, so a changed user or network shows.
	Describe() (Description, error)
	// BootID names the present boot: the same for every process of this boot, another one after any restart, whatever the
	// clock does. It must be right, or the agent must not start: everything about reboots hangs on it.
	BootID() (string, error)
	// Alone claims to be this user's only running agent on this PC, until release is called or the process ends, however
	// it ends. It returns [ErrNotAlone] while another process is; it does not wait.
	Alone() (release func(), err error)
	// Sealed is where the agent keeps its state: readable by this user on this PC only.
	Sealed() Sealed
	// Autostart is the registration that starts the agent again after a sign-in.
	Autostart() Autostart
	// Restart asks Windows to restart. A nil error means accepted, not done: watch Shutdowns. Hung programs are closed,
	// those that ask to save never are.
	Restart(ctx context.Context, kind RestartKind) error
	// Shutdowns tells of the ending of the Windows session, ours or not. The channel is never closed. An Ending must be
	// answered by calling its Done within a few seconds: until then Windows waits.
	Shutdowns() <-chan Shutdown
	// NetworkChanges receives a value when a network interface came, went or changed; at most one is pending.
	NetworkChanges() <-chan struct{}
	// Blockers names the programs that keep Windows from restarting, best known first; empty if Windows does not tell.
	Blockers() []string
	// Screen is the picture of the PC, its mouse, keyboard and clipboard.
	Screen() Screen
	// UI is the customer's side.
	UI() UI
}

// Logger receives what happens, as a [log/slog.Logger] does, which is one: a message, and pairs of a key and its value. The
// agent does not import log/slog itself, for its size. Its methods may be called from several goroutines.
type Logger interface {
	Debug(msg string, args ...any)
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
	Error(msg string, args ...any)
}

// Description is what the agent tells the server about the PC.
type Description struct {
	Name, OS, Platform, User string
	Locale                   string // BCP 47, of the user's Windows: decides the agent's language
	MachineID                string // stable over restarts; not reversible to a serial number
	Service                  bool
	SignedIn                 bool // somebody is signed in
	Reboot, SafeMode         Capability
}

// Capability tells whether the PC can do something, and if not, why not ("needs_service", "platform").
type Capability struct {
	Available bool
	Why       string
}

// RestartKind is how the PC shall come up.
type RestartKind string

const (
	RestartNormal   RestartKind = "normal"
	RestartSafeMode RestartKind = "safe_mode"
)

// ErrNotSupported is returned by Restart for a kind this PC can't do.
var ErrNotSupported = errors.New("machine: not supported on this PC")

// ErrNotAlone is returned by Alone: an agent of this user is running already.
var ErrNotAlone = errors.New("machine: the agent is already running")

// Shutdown is a step of Windows ending the session.
type Shutdown struct {
	Step ShutdownStep
	Done func() // never nil; lets Windows go on
}

// ShutdownStep names the steps.
type ShutdownStep string

const (
	ShutdownAsked   ShutdownStep = "asked"   // WM_QUERYENDSESSION: it may still be called off
	ShutdownEnding  ShutdownStep = "ending"  // WM_ENDSESSION, true: the process has seconds to live
	ShutdownAborted ShutdownStep = "aborted" // WM_ENDSESSION, false: somebody said no
)

// Sealed stores small documents under names such as "session". Save returns only when the document is on disk, in one
// piece: after a power loss Load gives the old one or the new one, never a mixture.
type Sealed interface {
	// Load returns fs.ErrNotExist if there is none, and another error if it can't be opened (another user, another PC).
	Load(name string) ([]byte, error)
	Save(name string, data []byte) error
	Remove(name string) error
}

// Autostart registers this executable to be run, without admin rights, when the present user next signs in
// (HKCU RunOnce: Windows deletes the entry before it runs it, so it must be set again after each start).
type Autostart interface {
	Set() error
	Clear() error
	IsSet() (bool, error)
}

// UI is the chat box and the prompts. All methods return at once unless said otherwise; what the customer does arrives
// on Actions. Text is shown as text, whatever is in it.
type UI interface {
	// Show opens the chat box or brings it up to date.
	Show(View)
	// Ask shows a prompt and waits for the answer, for its time to run out ([AnswerTimeout]), or for ctx to end
	// ([AnswerClosed]). Input that programs inject must not answer it, nor may anything in its first 500 ms. An error means
	// that it could not be shown.
	Ask(ctx context.Context, p Prompt) (Answer, error)
	// AskCode asks for the connect code (and the server, if that is not known) and waits. ok is false when the customer
	// closed the window.
	AskCode(ctx context.Context, f CodeForm) (code, server string, ok bool)
	// Tell shows a last message (refused, expired, …), waits until it is dismissed or ctx ends.
	Tell(ctx context.Context, n Notice)
	// Actions is what the customer does in the chat box. The channel is never closed.
	Actions() <-chan Action
	// Close closes every window: the agent closes its chat box, not the customer.
	Close()
}

// View is everything the chat box shows; the caller has put the words in the customer's language.
type View struct {
	Title     string // of the window: company and technician
	Status    string // one line: connected, reconnecting, restarting …
	Tone      string // of the status: "ok", "live", "warn", "off"
	Lines     []Line
	Sharing   string  // who sees the screen; empty if nobody does
	StopShare string  // label of the button that stops it
	Banner    *Banner // shown on top of everything while the screen may be seen; nil: none
	Input     string  // the label of the input, e.g. "Write to Jonas"
	CanSend   bool
	Send      string // label
	End       string // label of the button that ends the session
	EndAsk    Prompt // the question before it ends (two buttons)
}

// Banner is the small bar that stays on top of everything else, on every monitor's picture of its own choice, as long as
// the screen may be seen. Its buttons act at once, without a question. It is never in the picture that is sent, and ignores
// injected input.
type Banner struct {
	Text    string // e.g. "Jonas Weber sees your screen and uses mouse and keyboard"
	Tone    string // "live", "warn" while paused, "off" while nobody looks
	Buttons []BannerButton
	Hide    string   // label of the button that opens the list of windows to hide; empty: none
	HideAsk string   // heading of that list
	Screens []Window // what stands in it before the windows: monitors, if there are several
	Hidden  []string // windows that are hidden now, by their ID
}

// BannerButton is one of a Banner's buttons.
type BannerButton struct {
	Label  string
	Action ActionKind
}

// Line is one line of the conversation.
type Line struct {
	From string
	Text string
	At   time.Time
	Note bool // not said by anybody: "Your PC was restarted"
}

// Prompt is a question with a countdown. Neither button is preselected.
type Prompt struct {
	ID      string
	Title   string // of the window: the company
	Heading string
	Quote   string // the technician's message, shown as such
	Body    string
	AtZero  string // what happens when the time runs out
	Yes, No string
	For     time.Duration // 0: no countdown
}

// Answer is what came of a prompt.
type Answer string

const (
	AnswerYes     Answer = "yes"
	AnswerNo      Answer = "no"
	AnswerTimeout Answer = "timeout"
	AnswerClosed  Answer = "closed" // taken away by the agent
	AnswerAbsent  Answer = "absent" // nobody is signed in who could answer
)

// CodeForm is the window that asks for the code.
type CodeForm struct {
	Title, Heading, Body string
	CodeLabel            string
	ServerLabel          string // empty: don't ask for the server
	Server               string // prefilled
	Error                string // why it is asked again
	Code                 string // what was typed last time
	OK, Cancel           string
}

// Notice is a message with one button.
type Notice struct {
	Title, Heading, Body, OK string
}

// Action is something the customer did in the chat box.
type Action struct {
	Kind    ActionKind
	Text    string   // of ActionSend
	Windows []string // of ActionHide: all that shall be hidden from now on
}

// ActionKind names the actions.
type ActionKind string

const (
	ActionSend      ActionKind = "send"
	ActionEnd       ActionKind = "end" // already confirmed
	ActionStopShare ActionKind = "stop_share"

	ActionStopControl ActionKind = "stop_control" // mouse and keyboard are the customer's alone again
	ActionPause       ActionKind = "pause"        // no picture and no input until …
	ActionResume      ActionKind = "resume"
	ActionHide        ActionKind = "hide" // see Action.Windows
)
