package text

// Key names a text. The placeholders of each are those in the English catalogue.
type Key string

// The chat box.
const (
	Title            Key = "window.title"
	TitleEarly       Key = "window.title_early" // nobody is known yet
	StatusConnecting Key = "status.connecting"
	StatusNoServer   Key = "status.no_server"
	StatusConnected  Key = "status.connected"
	StatusLost       Key = "status.lost"
	StatusAsked      Key = "status.restart_asked"
	StatusPreparing  Key = "status.restart_preparing"
	StatusRestarting Key = "status.restarting"
	StatusHeld       Key = "status.held"
	StatusRogue      Key = "status.rogue"
	StatusUntrusted  Key = "status.untrusted"
	StatusVersion    Key = "status.version"
	StatusRefused    Key = "status.refused"
	StatusDisk       Key = "status.disk"
	StatusFull       Key = "status.full"
	StatusEnding     Key = "status.ending"
	Sharing          Key = "chat.sharing"
	StopSharing      Key = "chat.stop_sharing"
	Input            Key = "chat.input"
	Send             Key = "chat.send"
	EndSession       Key = "chat.end"
	You              Key = "chat.you"
	EndHeading       Key = "end.heading"
	EndBody          Key = "end.body"
	EndYes           Key = "end.yes"
	EndNo            Key = "end.no"
)

// Notes in the conversation.
const (
	NoteJoined       Key = "note.joined"
	NoteRestarted    Key = "note.restarted"
	NoteCalledOff    Key = "note.called_off"
	NoteRefused      Key = "note.restart_refused" // by Windows
	NoteBlocked      Key = "note.restart_blocked"
	NoteBlockedBy    Key = "note.restart_blocked_by"
	NoteSharingOn    Key = "note.sharing_on"
	NoteSharingOff   Key = "note.sharing_off"
	NoteStandingYes  Key = "note.standing_yes"
	NoteStandingNo   Key = "note.standing_no"
	NoteStandingGone Key = "note.standing_gone" // of sharing, revoked by stopping it
	NoteControlOn    Key = "note.control_on"
	NoteControlOff   Key = "note.control_off"
	NoteControlGone  Key = "note.control_gone" // of control, as NoteStandingGone
	NotePaused       Key = "note.paused"
	NoteUnpaused     Key = "note.unpaused"
)

// The prompts.
const (
	RebootHeading       Key = "reboot.heading"
	RebootBody          Key = "reboot.body"
	RebootSafeBody      Key = "reboot.safe_body"
	RebootZeroNo        Key = "reboot.zero_no"
	RebootZeroYes       Key = "reboot.zero_yes"
	RebootYes           Key = "reboot.yes"
	RebootNo            Key = "reboot.no"
	ReturnHeading       Key = "return.heading"
	ReturnBody          Key = "return.body"
	ReturnZero          Key = "return.zero"
	ReturnYes           Key = "return.yes"
	ReturnNo            Key = "return.no"
	ShareHeading        Key = "share.heading"
	ShareAgainHeading   Key = "share.again_heading"
	ShareBody           Key = "share.body"
	ShareZero           Key = "share.zero"
	ShareYes            Key = "share.yes"
	ShareNo             Key = "share.no"
	ShareControlHeading Key = "share.control_heading" // the screen, with mouse and keyboard
	ShareControlBody    Key = "share.control_body"
	ShareControlYes     Key = "share.control_yes"
	ControlHeading      Key = "control.heading"
	ControlBody         Key = "control.body"
	ControlZero         Key = "control.zero"
	ControlYes          Key = "control.yes"
	ControlNo           Key = "control.no"
	StandingHeading     Key = "standing.heading"
	StandingIntro       Key = "standing.intro"
	StandingReboot      Key = "standing.reboot"
	StandingNoReply     Key = "standing.no_reply"
	StandingSharing     Key = "standing.sharing"
	StandingControl     Key = "standing.control"
	StandingZero        Key = "standing.zero"
	StandingYes         Key = "standing.yes"
	StandingNo          Key = "standing.no"
	SwitchHeading       Key = "switch.heading"
	SwitchBody          Key = "switch.body"
	SwitchYes           Key = "switch.yes"
	SwitchNo            Key = "switch.no"
)

// The bar that tells who sees the screen.
const (
	BannerSees        Key = "banner.sees"
	BannerSee         Key = "banner.see" // several
	BannerControls    Key = "banner.controls"
	BannerIdle        Key = "banner.idle"
	BannerPaused      Key = "banner.paused"
	BannerPause       Key = "banner.pause"
	BannerResume      Key = "banner.resume"
	BannerStopControl Key = "banner.stop_control"
	BannerHide        Key = "banner.hide"
	BannerHideAsk     Key = "banner.hide_ask"
	BannerScreen      Key = "banner.screen"
	And               Key = "and" // between the last two names
)

// The window that asks for the code.
const (
	CodeHeading     Key = "code.heading"
	CodeBody        Key = "code.body"
	CodeLabel       Key = "code.label"
	ServerLabel     Key = "code.server_label"
	CodeOK          Key = "code.ok"
	CodeCancel      Key = "code.cancel"
	CodeMalformed   Key = "code.malformed"
	CodeRefused     Key = "code.refused"
	CodeBusy        Key = "code.busy"
	ServerMalformed Key = "code.server_malformed"
	ServerInsecure  Key = "code.server_insecure"
	ServerAway      Key = "code.server_away"
	ServerUntrusted Key = "code.server_untrusted"
	CodeNotSaved    Key = "code.not_saved"
)

// Last messages.
const (
	OK                 Key = "notice.ok"
	OverHeading        Key = "over.heading"
	OverByTechnician   Key = "over.by_technician"
	OverExpired        Key = "over.expired"
	OverCancelled      Key = "over.reconnect_cancelled"
	OverIdle           Key = "over.idle"
	OverEnded          Key = "over.ended"
	OverSuperseded     Key = "over.superseded"
	OverUnknown        Key = "over.unknown"
	OverUnreachable    Key = "over.unreachable"
	RunningHeading     Key = "running.heading"
	RunningBody        Key = "running.body"
	OutdatedHeading    Key = "outdated.heading"
	OutdatedBody       Key = "outdated.body"
	UnusableHeading    Key = "unusable.heading"
	UnusableBootID     Key = "unusable.boot_id"
	UnusableState      Key = "unusable.state"
	UnusableNewerState Key = "unusable.newer_state"
)

// Keys lists every key there is.
var Keys = []Key{
	Title, TitleEarly, StatusConnecting, StatusNoServer, StatusConnected, StatusLost, StatusAsked, StatusPreparing,
	StatusRestarting, StatusHeld, StatusRogue, StatusUntrusted, StatusVersion, StatusRefused, StatusDisk, StatusFull,
	StatusEnding, Sharing, StopSharing, Input, Send, EndSession, You, EndHeading, EndBody, EndYes, EndNo,
	NoteJoined, NoteRestarted, NoteCalledOff, NoteRefused, NoteBlocked, NoteBlockedBy, NoteSharingOn, NoteSharingOff,
	NoteStandingYes, NoteStandingNo, NoteStandingGone, NoteControlOn, NoteControlOff, NoteControlGone, NotePaused, NoteUnpaused,
	RebootHeading, RebootBody, RebootSafeBody, RebootZeroNo, RebootZeroYes, RebootYes, RebootNo,
	ReturnHeading, ReturnBody, ReturnZero, ReturnYes, ReturnNo,
	ShareHeading, ShareAgainHeading, ShareBody, ShareZero, ShareYes, ShareNo,
	ShareControlHeading, ShareControlBody, ShareControlYes, ControlHeading, ControlBody, ControlZero, ControlYes, ControlNo,
	BannerSees, BannerSee, BannerControls, BannerIdle, BannerPaused, BannerPause, BannerResume, BannerStopControl, BannerHide,
	BannerHideAsk, BannerScreen, And,
	StandingHeading, StandingIntro, StandingReboot, StandingNoReply, StandingSharing, StandingControl, StandingZero, StandingYes, StandingNo,
	SwitchHeading, SwitchBody, SwitchYes, SwitchNo,
	CodeHeading, CodeBody, CodeLabel, ServerLabel, CodeOK, CodeCancel, CodeMalformed, CodeRefused, CodeBusy,
	ServerMalformed, ServerInsecure, ServerAway, ServerUntrusted, CodeNotSaved,
	OK, OverHeading, OverByTechnician, OverExpired, OverCancelled, OverIdle, OverEnded, OverSuperseded, OverUnknown,
	OverUnreachable, RunningHeading, RunningBody, OutdatedHeading, OutdatedBody, UnusableHeading, UnusableBootID,
	UnusableState, UnusableNewerState,
}
