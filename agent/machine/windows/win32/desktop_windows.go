package win32

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	procCloseDesktop              = user32.NewProc("CloseDesktop")
	procDwmFlush                  = windows.NewLazySystemDLL("dwmapi.dll").NewProc("DwmFlush")
	procEnumDisplayMonitors       = user32.NewProc("EnumDisplayMonitors")
	procGetUserObjectInformation  = user32.NewProc("GetUserObjectInformationW")
	procGetWindowDisplayAffinity  = user32.NewProc("GetWindowDisplayAffinity")
	procGetWindowRgnBox           = user32.NewProc("GetWindowRgnBox")
	procHungWindowFromGhostWindow = user32.NewProc("HungWindowFromGhostWindow")
	procOpenInputDesktop          = user32.NewProc("OpenInputDesktop")
	procSetWindowDisplayAffinity  = user32.NewProc("SetWindowDisplayAffinity")
)

// MonitorInfoEx is MONITORINFOEXW.
type MonitorInfoEx struct {
	MonitorInfo
	Device [32]uint16
}

var collectMonitors = windows.NewCallback(func(mon, _ windows.Handle, _ *Rect, into *[]windows.Handle) uintptr {
	*into = append(*into, mon)
	return 1
})

// Monitors are those of the desktop, in the order in which Windows has them.
func Monitors() ([]MonitorInfoEx, error) {
	var handles []windows.Handle
	if r, _, err := procEnumDisplayMonitors.Call(0, 0, collectMonitors, uintptr(unsafe.Pointer(&handles))); r == 0 {
		return nil, failed("EnumDisplayMonitors", err)
	}
	var out []MonitorInfoEx
	for _, h := range handles {
		m := MonitorInfoEx{}
		m.Size = uint32(unsafe.Sizeof(m))
		if r, _, _ := procGetMonitorInfo.Call(uintptr(h), uintptr(unsafe.Pointer(&m))); r != 0 { // else it was unplugged just now
			out = append(out, m)
		}
	}
	return out, nil
}

var collectWindows = windows.NewCallback(func(h HWND, into *[]HWND) uintptr {
	*into = append(*into, h)
	return 1
})

// TopWindows are all top-level windows of the desktop, in front-to-back order, invisible ones too.
func TopWindows() ([]HWND, error) {
	var all []HWND
	if err := windows.EnumWindows(collectWindows, unsafe.Pointer(&all)); err != nil {
		return nil, failed("EnumWindows", err)
	}
	return all, nil
}

// Class is the name of the window's class.
func Class(h HWND) string {
	var buf [100]uint16
	n, err := windows.GetClassName(h, &buf[0], int32(len(buf)))
	if err != nil {
		return ""
	}
	return windows.UTF16ToString(buf[:n])
}

// Process is the process that made the window; 0 if the window is gone.
func Process(h HWND) (pid uint32) {
	_, _ = windows.GetWindowThreadProcessId(h, &pid)
	return pid
}

// Cloaked tells whether a window that counts as visible isn't shown: a suspended app, or one on another virtual desktop.
func Cloaked(h HWND) bool {
	var cloaked uint32
	const dwmwaCloaked = 14
	err := windows.DwmGetWindowAttribute(h, dwmwaCloaked, unsafe.Pointer(&cloaked), uint32(unsafe.Sizeof(cloaked)))
	return err == nil && cloaked != 0
}

// FrameBounds is the window without the invisible borders that WindowRect counts; ok is false where nobody tells.
func FrameBounds(h HWND) (r Rect, ok bool) {
	const dwmwaExtendedFrameBounds = 9
	err := windows.DwmGetWindowAttribute(h, dwmwaExtendedFrameBounds, unsafe.Pointer(&r), uint32(unsafe.Sizeof(r)))
	return r, err == nil && r.W() > 0 && r.H() > 0
}

// NoTransitions keeps Windows from animating our window as it opens and closes.
func NoTransitions(h HWND) {
	const dwmwaTransitionsForceDisabled = 3
	on := uint32(1)
	_ = windows.DwmSetWindowAttribute(h, dwmwaTransitionsForceDisabled, unsafe.Pointer(&on), uint32(unsafe.Sizeof(on)))
}

// DarkTitle makes the window's title bar dark or light. Windows 10 before version 2004 doesn't know it.
func DarkTitle(h HWND, dark bool) {
	const dwmwaUseImmersiveDarkMode = 20
	on := uint32(boolArg(dark))
	_ = windows.DwmSetWindowAttribute(h, dwmwaUseImmersiveDarkMode, unsafe.Pointer(&on), uint32(unsafe.Sizeof(on)))
}

// FlushDWM waits until Windows has shown what programs have drawn so far.
func FlushDWM() {
	if procDwmFlush.Find() == nil {
		procDwmFlush.Call()
	}
}

// Shaped tells whether the window has a shape of its own instead of filling its rectangle.
func Shaped(h HWND) bool {
	var r Rect
	kind, _, _ := procGetWindowRgnBox.Call(uintptr(h), uintptr(unsafe.Pointer(&r)))
	return kind != 0
}

// HungWindow is the window that a ghost stands for, which Windows shows in place of one that hangs; 0 if nobody tells.
func HungWindow(ghost HWND) HWND {
	if procHungWindowFromGhostWindow.Find() != nil {
		return 0
	}
	r, _, _ := procHungWindowFromGhostWindow.Call(uintptr(ghost))
	return HWND(r)
}

// LeaveOut keeps our window out of every picture of the screen (WDA_EXCLUDEFROMCAPTURE, Windows 10 version 2004 and later);
// LeftOut tells whether it is.
// https://learn.microsoft.com/windows/win32/api/winuser/nf-winuser-setwindowdisplayaffinity
func LeaveOut(h HWND) {
	// Before that version the flag is refused, or makes a black box of the window.
	if windows.RtlGetVersion().BuildNumber >= 19041 {
		procSetWindowDisplayAffinity.Call(uintptr(h), excludeFromCapture)
	}
}

const excludeFromCapture = 0x11

func LeftOut(h HWND) bool {
	var affinity uint32
	r, _, _ := procGetWindowDisplayAffinity.Call(uintptr(h), uintptr(unsafe.Pointer(&affinity)))
	return r != 0 && affinity == excludeFromCapture
}

// InputDesktop is the name of the desktop that mouse and keyboard are at: "Default" is the user's. An error means that it may
// not be looked at: the lock screen, the sign-in screen, a question of UAC.
func InputDesktop() (string, error) {
	const readObjects, uoiName = 0x0001, 2
	d, _, err := procOpenInputDesktop.Call(0, 0, readObjects)
	if d == 0 {
		return "", failed("OpenInputDesktop", err)
	}
	defer procCloseDesktop.Call(d)
	var name [64]uint16
	var need uint32
	r, _, err := procGetUserObjectInformation.Call(d, uoiName, uintptr(unsafe.Pointer(&name[0])), unsafe.Sizeof(name), uintptr(unsafe.Pointer(&need)))
	if r == 0 {
		return "", failed("GetUserObjectInformation", err)
	}
	return windows.UTF16ToString(name[:]), nil
}

// Animated tells whether Windows animates windows that open and close.
func Animated() bool {
	info := struct{ Size, Animate uint32 }{}
	info.Size = uint32(unsafe.Sizeof(info))
	const spiGetAnimation = 0x0048
	r, _, _ := procSystemParametersInfo.Call(spiGetAnimation, uintptr(info.Size), uintptr(unsafe.Pointer(&info)), 0)
	return r != 0 && info.Animate != 0
}
