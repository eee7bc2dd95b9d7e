// Package agent is the customer's side of Rejoin: it joins a session with a connect code, keeps the link to the server,
// asks the customer, restarts the PC when they said Yes, and comes back into the same session afterwards. It runs on any
// [machine.Machine]; nothing in it needs Windows.
//
// # Who decides
//
// One goroutine, the engine's loop, decides everything and owns the [document], the agent's durable state. What
// goroutines of the link, the prompts and the machine find out reaches it through channels. The order is always the same:
// change a copy of the document, save it, and only then act on it (send, show, restart). So a process that is killed at
// any point goes on from what it saved, and what was acknowledged to the server is on disk.
//
// # What the server can't do
//
// The server asks; the guard (guard.go) answers. Nothing is restarted or shared without a grant that the customer gave on
// this PC, for this session, this reboot and this boot, and that has not been used. The server's key is pinned at join: a
// server with another one learns nothing but the program's version.
package agent
