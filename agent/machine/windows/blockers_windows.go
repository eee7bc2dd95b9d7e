package windows

import (
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// Blockers implements [machine.Machine]; see nameBlockers for what the order means.
func (pc *PC) Blockers() []string { return nameBlockers(openWindows()) }

// enumWindows is one callback for all calls, as callbacks are never freed.
var enumWindows = windows.NewCallback(func(h windows.HWND, into *[]windows.HWND) uintptr {
	*into = append(*into, h)
	return 1
})

// openWindows are the visible top-level windows of other programs, the shell's left out, uppermost first.
func openWindows() []topWindow {
	var all []windows.HWND
	if windows.EnumWindows(enumWindows, unsafe.Pointer(&all)) != nil {
		return nil
	}
	own, shell := windows.GetCurrentProcessId(), uint32(0)
	if h := windows.GetShellWindow(); h != 0 {
		windows.GetWindowThreadProcessId(h, &shell)
	}
	var open []topWindow
	for _, h := range all {
		var pid uint32
		if windows.GetWindowThreadProcessId(h, &pid); pid == own || pid == 0 {
			continue
		}
		reason, asks := win32.BlockReason(h)
		// A window that asks Windows to wait counts even if it isn't seen.
		if !asks && (pid == shell || !standsOpen(h)) {
			continue
		}
		program := programOf(pid)
		if strings.EqualFold(program, "explorer") && !asks {
			continue
		}
		// The title is read without asking the program, which may hang.
		open = append(open, topWindow{Title: win32.InternalText(h), Program: program, Reason: reason, Asks: asks, Hung: win32.Hung(h)})
	}
	return open
}

// standsOpen tells whether a user would call the window open.
func standsOpen(h windows.HWND) bool {
	if !windows.IsWindowVisible(h) || win32.Owner(h) != 0 || win32.InternalText(h) == "" {
		return false
	}
	if ex := win32.Long(h, win32.GWLExStyle); ex&win32.WSExToolWindow != 0 || ex&win32.WSExNoActivate != 0 {
		return false
	}
	// Windows of suspended store apps are "cloaked": visible to the API, not to the eye.
	var cloaked uint32
	const dwmwaCloaked = 14
	if err := windows.DwmGetWindowAttribute(h, dwmwaCloaked, unsafe.Pointer(&cloaked), uint32(unsafe.Sizeof(cloaked))); err == nil && cloaked != 0 {
		return false
	}
	return true
}

// programOf is the name of a process' program, or "" if Windows doesn't say.
func programOf(pid uint32) string {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(h)
	buf := make([]uint16, 1024)
	n := uint32(len(buf))
	if windows.QueryFullProcessImageName(h, 0, &buf[0], &n) != nil {
		return ""
	}
	name := filepath.Base(windows.UTF16ToString(buf[:n]))
	return strings.TrimSuffix(name, filepath.Ext(name))
}
