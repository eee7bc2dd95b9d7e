package web

// What a viewer's socket is asked for, in its address.
const (
	ParamMonitor  = "monitor"  // a monitor's ID; absent: the primary one
	ParamKeyboard = "keyboard" // "remote" or "character", see wire.Keyboard
)

// Close codes of a viewer's socket (RFC 6455, 7.4.2: private use). The reason is a stable word: of [session.RefusalCode], of
// wire.ViewerError, "not_signed_in", "no_answer" or "lost".
const (
	ViewerRefused = 4001 // it may not be opened, or no longer: wait until the page says otherwise
	ViewerLost    = 4002 // the connection is gone: open it again
)
