package main

import (
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/internal/winerig/spywire"
)

var (
	user32         = windows.NewLazySystemDLL("user32.dll")
	getRect        = user32.NewProc("GetWindowRect")
	sendTimeout    = user32.NewProc("SendMessageTimeoutW")
	isEnabled      = user32.NewProc("IsWindowEnabled")
	guiThreadInfo  = user32.NewProc("GetGUIThreadInfo")
	sendInput      = user32.NewProc("SendInput")
	setCursorPos   = user32.NewProc("SetCursorPos")
	post           = user32.NewProc("PostMessageW")
	collectWindows = windows.NewCallback(func(h windows.HWND, into *[]windows.HWND) uintptr {
		*into = append(*into, h)
		return 1
	})
)

func topWindows() []spywire.Window {
	var all []windows.HWND
	if windows.EnumWindows(collectWindows, unsafe.Pointer(&all)) != nil {
		return nil
	}
	var out []spywire.Window
	for _, h := range all {
		if !windows.IsWindowVisible(h) {
			continue
		}
		w := describe(h)
		tid, err := windows.GetWindowThreadProcessId(h, &w.Pid)
		if err != nil {
			continue
		}
		focus := focusOf(tid)
		var parts []windows.HWND
		windows.EnumChildWindows(h, collectWindows, unsafe.Pointer(&parts))
		for _, p := range parts {
			c := describe(p)
			c.Focus = p == focus
			w.Controls = append(w.Controls, c)
		}
		w.Focus = windows.GetForegroundWindow() == h
		out = append(out, w)
	}
	return out
}

func describe(h windows.HWND) spywire.Window {
	var r struct{ Left, Top, Right, Bottom int32 }
	getRect.Call(uintptr(h), uintptr(unsafe.Pointer(&r)))
	class := make([]uint16, 100)
	n, _ := windows.GetClassName(h, &class[0], int32(len(class)))
	enabled, _, _ := isEnabled.Call(uintptr(h))
	return spywire.Window{
		Handle: uint64(h), Class: windows.UTF16ToString(class[:n]), Text: textOf(h),
		X: int(r.Left), Y: int(r.Top), W: int(r.Right - r.Left), H: int(r.Bottom - r.Top),
		Visible: windows.IsWindowVisible(h), Enabled: enabled != 0,
	}
}

// textOf asks the window itself, as only it knows a control's text, but not for ever.
func textOf(h windows.HWND) string {
	const getText, abortIfHung = 0x000D, 0x0002
	buf := make([]uint16, 16<<10)
	var n uintptr
	r, _, _ := sendTimeout.Call(uintptr(h), getText, uintptr(len(buf)), uintptr(unsafe.Pointer(&buf[0])), abortIfHung, 500, uintptr(unsafe.Pointer(&n)))
	if r == 0 {
		return ""
	}
	return windows.UTF16ToString(buf[:min(int(n), len(buf))])
}

func focusOf(tid uint32) windows.HWND {
	info := struct {
		Size, Flags                                    uint32
		Active, Focus, Capture, MenuOwner, Move, Caret windows.HWND
		Rect                                           [4]int32
	}{}
	info.Size = uint32(unsafe.Sizeof(info))
	guiThreadInfo.Call(uintptr(tid), uintptr(unsafe.Pointer(&info)))
	return info.Focus
}

// input is INPUT, for mouse or keyboard.
type input struct {
	kind uint32
	_    uint32
	data [32]byte
}

func send(inputs ...input) {
	sendInput.Call(uintptr(len(inputs)), uintptr(unsafe.Pointer(&inputs[0])), unsafe.Sizeof(inputs[0]))
}

func injectClick(x, y int) {
	const leftDown, leftUp = 0x0002, 0x0004
	setCursorPos.Call(uintptr(x), uintptr(y))
	var down, up input
	*(*uint32)(unsafe.Pointer(&down.data[12])) = leftDown
	*(*uint32)(unsafe.Pointer(&up.data[12])) = leftUp
	send(down, up)
}

func injectKey(vk uint16) {
	const keyUp = 0x0002
	down, up := input{kind: 1}, input{kind: 1}
	*(*uint16)(unsafe.Pointer(&down.data[0])) = vk
	*(*uint16)(unsafe.Pointer(&up.data[0])) = vk
	*(*uint32)(unsafe.Pointer(&up.data[4])) = keyUp
	send(down, up)
}
