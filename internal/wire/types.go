package wire

// Types lists every message type there is, in the order of the conversation.
var Types = []string{
	"hello",
	"challenge",
	"join",
	"rejoin",
	"welcome",
	"refused",
	"hold",
	"beat",
	"beat.ok",
	"ack",
	"regenerate",
	"going_away",
	"trouble",
	"viewer.open",
	"viewer.close",
	"viewer.refused",
	"viewer.hello",
	"reboot.ask",
	"prompt.close",
	"reboot.prepare",
	"reboot.go",
	"reboot.abort",
	"return.ask",
	"share.ask",
	"share.end",
	"control.ask",
	"control.set",
	"chat",
	"session.end",
	"reboot.consent",
	"reboot.prepared",
	"reboot.failed",
	"reboot.going_down",
	"reboot.blocked",
	"signed_in",
	"return.answer",
	"share.answer",
	"share.stopped",
	"share.paused",
	"control.answer",
	"control.stopped",
	"customer.chat",
	"customer.ended",
}

// New returns a pointer to an empty message of the given type, or nil if there is no such type.
func New(typ string) Message {
	switch typ {
	case "hello":
		return new(Hello)
	case "challenge":
		return new(Challenge)
	case "join":
		return new(Join)
	case "rejoin":
		return new(Rejoin)
	case "welcome":
		return new(Welcome)
	case "refused":
		return new(Refused)
	case "hold":
		return new(Hold)
	case "beat":
		return new(Beat)
	case "beat.ok":
		return new(BeatOK)
	case "ack":
		return new(Ack)
	case "regenerate":
		return new(Regenerate)
	case "going_away":
		return new(GoingAway)
	case "trouble":
		return new(Trouble)
	case "viewer.open":
		return new(OpenViewer)
	case "viewer.close":
		return new(CloseViewer)
	case "viewer.refused":
		return new(ViewerRefused)
	case "viewer.hello":
		return new(ViewerHello)
	case "reboot.ask":
		return new(AskReboot)
	case "prompt.close":
		return new(ClosePrompt)
	case "reboot.prepare":
		return new(PrepareReboot)
	case "reboot.go":
		return new(GoReboot)
	case "reboot.abort":
		return new(AbortReboot)
	case "return.ask":
		return new(AskReturn)
	case "share.ask":
		return new(AskShare)
	case "share.end":
		return new(EndShare)
	case "control.ask":
		return new(AskControl)
	case "control.set":
		return new(SetControl)
	case "chat":
		return new(Chat)
	case "session.end":
		return new(EndSession)
	case "reboot.consent":
		return new(ConsentAnswered)
	case "reboot.prepared":
		return new(RebootPrepared)
	case "reboot.failed":
		return new(RebootFailed)
	case "reboot.going_down":
		return new(GoingDown)
	case "reboot.blocked":
		return new(RestartBlocked)
	case "signed_in":
		return new(SignedIn)
	case "return.answer":
		return new(ReturnAnswered)
	case "share.answer":
		return new(ShareAnswered)
	case "share.stopped":
		return new(ShareStopped)
	case "share.paused":
		return new(SharePaused)
	case "control.answer":
		return new(ControlAnswered)
	case "control.stopped":
		return new(ControlStopped)
	case "customer.chat":
		return new(CustomerChat)
	case "customer.ended":
		return new(CustomerEnded)
	}
	return nil
}

// Type implements [Message].
func (Hello) Type() string { return "hello" }

// Type implements [Message].
func (Challenge) Type() string { return "challenge" }

// Type implements [Message].
func (Join) Type() string { return "join" }

// Type implements [Message].
func (Rejoin) Type() string { return "rejoin" }

// Type implements [Message].
func (Welcome) Type() string { return "welcome" }

// Type implements [Message].
func (Refused) Type() string { return "refused" }

// Type implements [Message].
func (Hold) Type() string { return "hold" }

// Type implements [Message].
func (Beat) Type() string { return "beat" }

// Type implements [Message].
func (BeatOK) Type() string { return "beat.ok" }

// Type implements [Message].
func (Ack) Type() string { return "ack" }

// Type implements [Message].
func (Regenerate) Type() string { return "regenerate" }

// Type implements [Message].
func (GoingAway) Type() string { return "going_away" }

// Type implements [Message].
func (Trouble) Type() string { return "trouble" }

// Type implements [Message].
func (OpenViewer) Type() string { return "viewer.open" }

// Type implements [Message].
func (CloseViewer) Type() string { return "viewer.close" }

// Type implements [Message].
func (ViewerRefused) Type() string { return "viewer.refused" }

// Type implements [Message].
func (ViewerHello) Type() string { return "viewer.hello" }

// Type implements [Message].
func (AskReboot) Type() string { return "reboot.ask" }

// Type implements [Message].
func (ClosePrompt) Type() string { return "prompt.close" }

// Type implements [Message].
func (PrepareReboot) Type() string { return "reboot.prepare" }

// Type implements [Message].
func (GoReboot) Type() string { return "reboot.go" }

// Type implements [Message].
func (AbortReboot) Type() string { return "reboot.abort" }

// Type implements [Message].
func (AskReturn) Type() string { return "return.ask" }

// Type implements [Message].
func (AskShare) Type() string { return "share.ask" }

// Type implements [Message].
func (EndShare) Type() string { return "share.end" }

// Type implements [Message].
func (AskControl) Type() string { return "control.ask" }

// Type implements [Message].
func (SetControl) Type() string { return "control.set" }

// Type implements [Message].
func (Chat) Type() string { return "chat" }

// Type implements [Message].
func (EndSession) Type() string { return "session.end" }

// Type implements [Message].
func (ConsentAnswered) Type() string { return "reboot.consent" }

// Type implements [Message].
func (RebootPrepared) Type() string { return "reboot.prepared" }

// Type implements [Message].
func (RebootFailed) Type() string { return "reboot.failed" }

// Type implements [Message].
func (GoingDown) Type() string { return "reboot.going_down" }

// Type implements [Message].
func (RestartBlocked) Type() string { return "reboot.blocked" }

// Type implements [Message].
func (SignedIn) Type() string { return "signed_in" }

// Type implements [Message].
func (ReturnAnswered) Type() string { return "return.answer" }

// Type implements [Message].
func (ShareAnswered) Type() string { return "share.answer" }

// Type implements [Message].
func (ShareStopped) Type() string { return "share.stopped" }

// Type implements [Message].
func (SharePaused) Type() string { return "share.paused" }

// Type implements [Message].
func (ControlAnswered) Type() string { return "control.answer" }

// Type implements [Message].
func (ControlStopped) Type() string { return "control.stopped" }

// Type implements [Message].
func (CustomerChat) Type() string { return "customer.chat" }

// Type implements [Message].
func (CustomerEnded) Type() string { return "customer.ended" }
