package windows

import (
	"fmt"
	"sync"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/winscreen"
	"github.com/rejoin/rejoin/agent/machine/windows/winui"
)

// PC is the PC this process runs on.
type PC struct {
	log       machine.Logger
	sid       string // of the user
	user      string // as people write it
	sealed    *sealed
	autostart *autostart
	ui        *winui.UI
	watch     *watch

	bootOnce sync.Once
	bootID   string
	bootErr  error

	screenOnce sync.Once
	screen     *winscreen.Screen
}

var _ machine.Machine = (*PC)(nil)

// New takes hold of the PC: from here on the process hears of Windows ending the session. Make one per process.
// It fails where there is no desktop to show windows on.
func New(log machine.Logger) (*PC, error) {
	pc := &PC{log: log}
	token, err := ownToken(windows.TOKEN_QUERY)
	if err != nil {
		return nil, err
	}
	defer token.Close()
	user, err := token.GetTokenUser()
	if err != nil {
		return nil, fmt.Errorf("ask who the user is: %w", err)
	}
	pc.sid = user.User.Sid.String()
	if account, domain, _, err := user.User.Sid.LookupAccount(""); err == nil {
		pc.user = account
		if domain != "" {
			pc.user = domain + `\` + account
		}
	}
	root, err := localRoot()
	if err != nil {
		return nil, err
	}
	pc.sealed = &sealed{dir: newUserDir(root, pc.sid, "Rejoin", "state")}
	pc.autostart = &autostart{root: root, sid: pc.sid}
	if pc.ui, err = winui.New(); err != nil {
		return nil, err
	}
	pc.ui.SetWindows(func() ([]machine.Window, error) { return pc.Screen().Windows() })
	if pc.watch, err = newWatch(pc.ui.Raise); err != nil {
		return nil, err
	}
	return pc, nil
}

// Sealed implements [machine.Machine].
func (pc *PC) Sealed() machine.Sealed { return pc.sealed }

// Autostart implements [machine.Machine].
func (pc *PC) Autostart() machine.Autostart { return pc.autostart }

// Shutdowns implements [machine.Machine].
func (pc *PC) Shutdowns() <-chan machine.Shutdown { return pc.watch.out }

// UI implements [machine.Machine].
func (pc *PC) UI() machine.UI { return pc.ui }
