package win32

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	procCallNextHookEx      = user32.NewProc("CallNextHookEx")
	procGetCursorPos        = user32.NewProc("GetCursorPos")
	procGetKeyboardLayout   = user32.NewProc("GetKeyboardLayout")
	procGetLastInputInfo    = user32.NewProc("GetLastInputInfo")
	procMapVirtualKey       = user32.NewProc("MapVirtualKeyW")
	procMapVirtualKeyEx     = user32.NewProc("MapVirtualKeyExW")
	procSendInput           = user32.NewProc("SendInput")
	procSetWinEventHook     = user32.NewProc("SetWinEventHook")
	procSetWindowsHookEx    = user32.NewProc("SetWindowsHookExW")
	procUnhookWinEvent      = user32.NewProc("UnhookWinEvent")
	procUnhookWindowsHookEx = user32.NewProc("UnhookWindowsHookEx")
	procVkKeyScanEx         = user32.NewProc("VkKeyScanExW")
)

// Input is INPUT. Make it with MouseInput or KeyInput.
type Input struct {
	kind uint32
	_    uint32
	data [4]uint64 // for the alignment of its pointers
}

type mouseInput struct {
	X, Y, Data  int32
	Flags, Time uint32
	Extra       uintptr
}

type keyInput struct {
	VK, Scan    uint16
	Flags, Time uint32
	Extra       uintptr
}

// Flags of KEYBDINPUT.
const (
	KeyExtended = 0x1
	KeyUp       = 0x2
	KeyUnicode  = 0x4
	KeyScancode = 0x8
)

// MouseInput is a mouse event; extra is a mark that goes with it.
func MouseInput(x, y, data int32, flags uint32, extra uintptr) (in Input) {
	*(*mouseInput)(unsafe.Pointer(&in.data)) = mouseInput{X: x, Y: y, Data: data, Flags: flags, Extra: extra}
	return in
}

// KeyInput is a keyboard event.
func KeyInput(vk, scan uint16, flags uint32, extra uintptr) (in Input) {
	in.kind = 1
	*(*keyInput)(unsafe.Pointer(&in.data)) = keyInput{VK: vk, Scan: scan, Flags: flags, Extra: extra}
	return in
}

// SendInput injects the events, in one piece. It fails where the window in front belongs to a program with higher rights.
func SendInput(events []Input) error {
	if len(events) == 0 {
		return nil
	}
	n, _, err := procSendInput.Call(uintptr(len(events)), uintptr(unsafe.Pointer(&events[0])), unsafe.Sizeof(events[0]))
	if int(n) != len(events) {
		return failed("SendInput", err)
	}
	return nil
}

// ScanOf is a virtual key's scancode on the present layout, 0 if it has none.
func ScanOf(vk uint16) uint16 {
	r, _, _ := procMapVirtualKey.Call(uintptr(vk), 0)
	return uint16(r & 0xff)
}

// KeyOf is the virtual key of a scancode on the layout of the window in front; with extended it has the prefix 0xE0.
func KeyOf(scan uint16, extended bool) uint16 {
	const scanToKey, prefix = 3, 0xE000
	code := uintptr(scan)
	if extended {
		code |= prefix
	}
	r, _, _ := procMapVirtualKeyEx.Call(code, scanToKey, frontLayout())
	return uint16(r & 0xff)
}

// frontLayout is the keyboard layout of the window in front.
func frontLayout() uintptr {
	var thread uint32
	if h := windows.GetForegroundWindow(); h != 0 {
		thread, _ = windows.GetWindowThreadProcessId(h, nil)
	}
	hkl, _, _ := procGetKeyboardLayout.Call(uintptr(thread))
	return hkl
}

// KeyFor is the key that types a character on the layout of the window in front, with the modifiers that it needs: 1 Shift,
// 2 Ctrl, 4 Alt.
func KeyFor(unit uint16) (vk uint16, shift uint8, ok bool) {
	r, _, _ := procVkKeyScanEx.Call(uintptr(unit), frontLayout())
	if int16(r) == -1 {
		return 0, 0, false
	}
	return uint16(r & 0xff), uint8(r >> 8), true
}

// CursorPos is where the pointer is on the desktop.
func CursorPos() (p Point, ok bool) {
	r, _, _ := procGetCursorPos.Call(uintptr(unsafe.Pointer(&p)))
	return p, r != 0
}

// LastInput is the tick count of the session's last input event, injected ones too.
func LastInput() (tick uint32, ok bool) {
	info := struct{ Size, Time uint32 }{Size: 8}
	r, _, _ := procGetLastInputInfo.Call(uintptr(unsafe.Pointer(&info)))
	return info.Time, r != 0
}

// Hooks for SetHook.
const (
	HookKeyboardLL = 13
	HookMouseLL    = 14
)

// SetHook installs a low-level hook; the calling thread must run a message loop, and gets the calls.
func SetHook(kind int, proc uintptr) (windows.Handle, error) {
	r, _, err := procSetWindowsHookEx.Call(uintptr(kind), proc, uintptr(Module()), 0)
	if r == 0 {
		return 0, failed("SetWindowsHookEx", err)
	}
	return windows.Handle(r), nil
}

func Unhook(h windows.Handle) { procUnhookWindowsHookEx.Call(uintptr(h)) }

// NextHook must be what a hook returns.
func NextHook(code, w, l uintptr) uintptr {
	r, _, _ := procCallNextHookEx.Call(0, code, w, l)
	return r
}

// MouseHook is MSLLHOOKSTRUCT, KeyboardHook KBDLLHOOKSTRUCT.
type (
	MouseHook struct {
		At    Point
		Data  uint32
		Flags uint32
		Time  uint32
		Extra uintptr
	}
	KeyboardHook struct {
		VK, Scan, Flags, Time uint32
		Extra                 uintptr
	}
)

// Flags of events that programs have injected.
const (
	MouseInjected    = 0x1
	KeyboardInjected = 0x10
)

// WatchEvents has proc, a WINEVENTPROC, called for events between first and last of every other process, on the calling thread,
// which must run a message loop. The result is for UnwatchEvents; 0 means that it failed.
func WatchEvents(first, last uint32, proc uintptr) windows.Handle {
	const outOfContext, skipOwnProcess = 0, 2
	r, _, _ := procSetWinEventHook.Call(uintptr(first), uintptr(last), 0, proc, 0, 0, outOfContext|skipOwnProcess)
	return windows.Handle(r)
}

func UnwatchEvents(h windows.Handle) { procUnhookWinEvent.Call(uintptr(h)) }
