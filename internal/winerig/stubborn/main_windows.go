// Stubborn is a program that doesn't let Windows end the session: it has a window, and answers no to WM_QUERYENDSESSION.
//
//	stubborn TITLE [REASON]
//
// With a reason it also says why, as well-behaved programs do (ShutdownBlockReasonCreate).
package main

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	user32      = windows.NewLazySystemDLL("user32.dll")
	defProc     = user32.NewProc("DefWindowProcW")
	register    = user32.NewProc("RegisterClassExW")
	create      = user32.NewProc("CreateWindowExW")
	getMessage  = user32.NewProc("GetMessageW")
	dispatch    = user32.NewProc("DispatchMessageW")
	blockReason = user32.NewProc("ShutdownBlockReasonCreate")
)

type class struct {
	size, style    uint32
	proc           uintptr
	_, _           int32
	_, _, _, brush uintptr
	_              *uint16
	name           *uint16
	_              uintptr
}

func utf16(s string) uintptr {
	p, err := windows.UTF16PtrFromString(s)
	if err != nil {
		os.Exit(2)
	}
	return uintptr(unsafe.Pointer(p))
}

func main() {
	if len(os.Args) < 2 {
		os.Exit(2)
	}
	runtime.LockOSThread()
	const queryEndSession, destroy = 0x11, 0x02
	name, err := windows.UTF16PtrFromString("RigStubborn")
	if err != nil {
		os.Exit(2)
	}
	c := class{brush: 6, name: name, proc: windows.NewCallback(func(h uintptr, msg uint32, w, l uintptr) uintptr {
		switch msg {
		case queryEndSession:
			return 0
		case destroy:
			os.Exit(0)
		}
		r, _, _ := defProc.Call(h, uintptr(msg), w, l)
		return r
	})}
	c.size = uint32(unsafe.Sizeof(c))
	register.Call(uintptr(unsafe.Pointer(&c)))
	const overlappedVisible = 0x10CF0000
	h, _, _ := create.Call(0, uintptr(unsafe.Pointer(name)), utf16(os.Args[1]), overlappedVisible, 40, 40, 360, 140, 0, 0, 0, 0)
	if h == 0 {
		os.Exit(1)
	}
	if len(os.Args) > 2 {
		blockReason.Call(h, utf16(os.Args[2]))
	}
	var msg [64]byte
	for {
		if r, _, _ := getMessage.Call(uintptr(unsafe.Pointer(&msg)), 0, 0, 0); int32(r) <= 0 {
			return
		}
		dispatch.Call(uintptr(unsafe.Pointer(&msg)))
	}
}
