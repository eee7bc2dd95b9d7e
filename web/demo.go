package web

import (
	"time"

	"github.com/rejoin/rejoin/agent/machine"
)

// DemoPage shows the demo PC.
type DemoPage struct {
	Page
	PC DemoPC
}

// DemoPC is the simulated PC, as somebody who sits before it sees it.
type DemoPC struct {
	Name, OS, User string
	State          DemoState
	Since          time.Time // of State
	Until          time.Time // when State passes by itself; zero: it waits for somebody
	Boots          int
	Unplugged      bool   // the network
	Unsaved        string // the program with an unsaved document that keeps Windows from restarting; empty: none
	Updating       bool   // Windows Update caused the restart that is under way
	Running        bool   // the agent's process
	Secure         bool   // Windows asks for permission: the user's desktop is not shown
	Monitors       int

	View     *machine.View     // the chat box
	Prompt   *DemoPrompt       // a question
	CodeForm *machine.CodeForm // the agent asks for the code
	Notice   *machine.Notice   // the agent's last words
	Windows  []machine.Window  // that could be hidden from the technician; only while View's banner offers that
}

// DemoPrompt is a question on the demo PC's screen.
type DemoPrompt struct {
	machine.Prompt
	Since time.Time
}

// DemoState is what is on the demo PC's screen.
type DemoState string

const (
	DemoDesktop DemoState = "desktop"
	DemoClosing DemoState = "closing" // Windows ends the session
	DemoBlocked DemoState = "blocked" // Windows asks whether to restart anyway
	DemoOff     DemoState = "off"     // without power, or between going down and coming up
	DemoBooting DemoState = "booting"
	DemoSignIn  DemoState = "sign_in"
)

// DemoAction is what a visitor can do to the demo PC: POST to [PathDemoDo].
type DemoAction string

const (
	DemoRun       DemoAction = "run"        // start the program. Field code: as if it stood in the file's name
	DemoCode      DemoAction = "code"       // the agent's code form. Fields code, server, and do ("ok", "cancel")
	DemoAnswer    DemoAction = "answer"     // Fields prompt, answer ("yes", "no")
	DemoSend      DemoAction = "send"       // Field text
	DemoEnd       DemoAction = "end"        // the chat box's End session, confirmed
	DemoStopShare DemoAction = "stop_share" //
	DemoDismiss   DemoAction = "dismiss"    // the notice's button
	DemoSignInNow DemoAction = "sign_in"    // at the sign-in screen
	DemoUpdate    DemoAction = "update"     // Windows Update restarts the PC
	DemoRestart   DemoAction = "restart"    // the customer restarts Windows from the start menu
	DemoPlug      DemoAction = "plug"       // pull the plug
	DemoPower     DemoAction = "power"      // press the power button of a PC that is off
	DemoNetwork   DemoAction = "network"    // Field on ("1", "0")
	DemoDocument  DemoAction = "document"   // Field on ("1", "0"): an unsaved document blocks, or is saved
	DemoKill      DemoAction = "kill"       // end the agent's process as Task Manager does
	DemoUAC       DemoAction = "uac"        // Field on ("1", "0"): Windows asks for permission, or is answered
	DemoBanner    DemoAction = "banner"     // Field do: a [machine.ActionKind] that the banner has a button for
	DemoHide      DemoAction = "hide"       // A field of any value for each window that shall be hidden, DemoHidePrefix and its ID
	DemoInput     DemoAction = "input"      // Field events: see DemoPage's script, demo.js
)

// DemoActions lists every action there is.
var DemoActions = []DemoAction{
	DemoRun, DemoCode, DemoAnswer, DemoSend, DemoEnd, DemoStopShare, DemoDismiss, DemoSignInNow,
	DemoUpdate, DemoRestart, DemoPlug, DemoPower, DemoNetwork, DemoDocument, DemoKill, DemoUAC, DemoBanner, DemoHide, DemoInput,
}

// DemoHidePrefix begins the names of [DemoHide]'s fields.
const DemoHidePrefix = "w-"
