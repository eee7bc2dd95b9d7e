// Package winui is the customer's side on Windows: the chat box, consent prompts, the window that asks for the code, and
// notices, as plain Win32 windows. One thread owns them all; the exported methods hand over to it.
//
// # Who may answer a prompt
//
// A consent must be a person's at this PC, not a program's, the technician's remote input included. So a prompt
//   - takes only mouse and keyboard messages that Windows marks as coming from a device (GetCurrentInputMessageSource,
//     IMO_HARDWARE). SendInput, keybd_event and mouse_event are marked IMO_INJECTED; posted or sent WM_LBUTTON…, WM_KEY…,
//     WM_COMMAND and BM_CLICK carry no mark at all: both are dropped. Programs with UIAccess (on-screen keyboard, assistive
//     technology), which must be signed and installed by an administrator, count as devices, as Windows intends;
//   - takes no mouse click in its first 500 ms and no key in its first second, so that what was meant for another window
//     doesn't land on it;
//   - has no default button, and no button has the focus when it appears.
//
// What this can't see: a program with the user's rights that reads or patches our memory, and hardware that types by
// itself. Pictures of the prompt are masked by whoever captures the screen, not here.
package winui
