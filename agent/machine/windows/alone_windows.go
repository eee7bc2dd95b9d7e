package windows

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// Alone implements [machine.Machine] with a named mutex of the user's Windows session; it goes with the process, however that ends.
// If another process holds it, that one's windows are brought to the front.
func (pc *PC) Alone() (release func(), err error) {
	name, err := windows.UTF16PtrFromString(`Local\Rejoin-` + pc.sid)
	if err != nil {
		return nil, err
	}
	h, err := windows.CreateMutex(nil, false, name)
	if errors.Is(err, windows.ERROR_ALREADY_EXISTS) {
		windows.CloseHandle(h)
		pc.raiseOther()
		return nil, machine.ErrNotAlone
	}
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) { // the other one runs elevated
		return nil, machine.ErrNotAlone
	}
	if err != nil {
		return nil, fmt.Errorf("claim to be the only agent: %w", err)
	}
	return func() { windows.CloseHandle(h) }, nil
}

// raiseOther asks the running agent to show itself, and lets it come to the front, which Windows else allows only to the
// program that the user is working with: this one.
func (pc *PC) raiseOther() {
	for _, h := range win32.WindowsOf(watchClass) {
		var pid uint32
		if windows.GetWindowThreadProcessId(h, &pid); pid != 0 && pid != windows.GetCurrentProcessId() {
			win32.AllowForeground(pid)
			if err := win32.PostMessage(h, pc.watch.showMsg, 0, 0); err != nil {
				pc.log.Warn("the running agent can't be asked to show itself", "error", err)
			}
		}
	}
}
