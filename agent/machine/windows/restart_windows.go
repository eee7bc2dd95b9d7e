package windows

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine"
)

// restartReason is what Windows' log says about our restarts: planned, an application, maintenance (SHTDN_REASON_FLAG_PLANNED,
// _MAJOR_APPLICATION, _MINOR_MAINTENANCE). It must not be 0: Windows would log an unplanned one.
// https://learn.microsoft.com/windows/win32/shutdown/system-shutdown-reason-codes
const restartReason = 0x80000000 | 0x00040000 | 0x00000001

// Restart implements [machine.Machine] with ExitWindowsEx, the call for programs in a user's session. Programs that hang are closed
// (EWX_FORCEIFHUNG); those that ask to save are not (that would be EWX_FORCE).
func (pc *PC) Restart(ctx context.Context, kind machine.RestartKind) error {
	if kind != machine.RestartNormal {
		return machine.ErrNotSupported
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := enableShutdownPrivilege(); err != nil {
		return refusedRestart("AdjustTokenPrivileges", err)
	}
	const forceIfHung = 0x10
	if err := windows.ExitWindowsEx(windows.EWX_REBOOT|forceIfHung, restartReason); err != nil {
		return refusedRestart("ExitWindowsEx", err)
	}
	return nil
}

func refusedRestart(call string, err error) error {
	var code windows.Errno
	if errors.As(err, &code) {
		return &restartError{call: call, code: uint32(code), err: err}
	}
	return fmt.Errorf("%s: %w", call, err)
}

// enableShutdownPrivilege switches SeShutdownPrivilege on, which ordinary users hold, switched off.
func enableShutdownPrivilege() error {
	token, err := ownToken(windows.TOKEN_ADJUST_PRIVILEGES | windows.TOKEN_QUERY)
	if err != nil {
		return err
	}
	defer token.Close()
	name, err := windows.UTF16PtrFromString("SeShutdownPrivilege")
	if err != nil {
		return err
	}
	privileges := windows.Tokenprivileges{PrivilegeCount: 1}
	privileges.Privileges[0].Attributes = windows.SE_PRIVILEGE_ENABLED
	if err := windows.LookupPrivilegeValue(nil, name, &privileges.Privileges[0].Luid); err != nil {
		return err
	}
	// It succeeds even if the token doesn't hold the privilege; ERROR_NOT_ALL_ASSIGNED is only in the last error, which
	// x/sys drops. ExitWindowsEx then says ERROR_PRIVILEGE_NOT_HELD.
	return windows.AdjustTokenPrivileges(token, false, &privileges, 0, nil, nil)
}

func ownToken(access uint32) (windows.Token, error) {
	var token windows.Token
	if err := windows.OpenProcessToken(windows.CurrentProcess(), access, &token); err != nil {
		return 0, fmt.Errorf("open this program's token: %w", err)
	}
	return token, nil
}
