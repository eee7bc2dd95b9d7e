package crash

import (
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/rfb"
)

// noScreen is the screen of a PC that has none: nothing of these stories is looked at.
type noScreen struct{}

// Screen implements [machine.Machine].
func (r *Remote) Screen() machine.Screen { return noScreen{} }

func (noScreen) Monitors() ([]machine.Monitor, error)     { return nil, nil }
func (noScreen) Capture(string) (machine.Capturer, error) { return nil, machine.ErrNoScreen }
func (noScreen) Windows() ([]machine.Window, error)       { return nil, nil }
func (noScreen) Exclude([]string)                         {}
func (noScreen) Input() machine.Input                     { return noScreen{} }
func (noScreen) Clipboard() machine.Clipboard             { return noScreen{} }
func (noScreen) Key(rfb.KeyEvent, bool) error             { return machine.ErrNoScreen }
func (noScreen) Pointer(string, rfb.PointerEvent) error   { return machine.ErrNoScreen }
func (noScreen) Release()                                 {}
func (noScreen) Touched() time.Time                       { return time.Time{} }
func (noScreen) Text(int) (string, error)                 { return "", machine.ErrNoScreen }
func (noScreen) SetText(string) error                     { return machine.ErrNoScreen }
func (noScreen) Changes() <-chan struct{}                 { return nil }
