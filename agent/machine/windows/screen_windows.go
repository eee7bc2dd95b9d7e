package windows

import (
	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/winscreen"
	"github.com/rejoin/rejoin/agent/machine/windows/winui"
)

// Screen is the PC's picture, mouse, keyboard and clipboard. Nothing is captured, hooked or listened to before something is
// asked of it.
func (pc *PC) Screen() machine.Screen {
	pc.screenOnce.Do(func() { pc.screen = winscreen.New(pc.log, winui.OwnClasses()...) })
	return pc.screen
}
