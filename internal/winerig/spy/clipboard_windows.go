package main

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	kernel32       = windows.NewLazySystemDLL("kernel32.dll")
	globalAlloc    = kernel32.NewProc("GlobalAlloc")
	globalLock     = kernel32.NewProc("GlobalLock")
	globalUnlock   = kernel32.NewProc("GlobalUnlock")
	copyMemory     = kernel32.NewProc("RtlMoveMemory")
	openClipboard  = user32.NewProc("OpenClipboard")
	emptyClipboard = user32.NewProc("EmptyClipboard")
	setClipData    = user32.NewProc("SetClipboardData")
	closeClipboard = user32.NewProc("CloseClipboard")
)

// setClipboard puts text on the clipboard, as if it had been copied somewhere.
func setClipboard(text string) error {
	u, err := windows.UTF16FromString(text)
	if err != nil {
		return err
	}
	if r, _, err := openClipboard.Call(0); r == 0 {
		return fmt.Errorf("open the clipboard: %w", err)
	}
	defer closeClipboard.Call()
	emptyClipboard.Call()
	const moveable, unicodeText = 0x2, 13
	mem, _, err := globalAlloc.Call(moveable, uintptr(2*len(u)))
	if mem == 0 {
		return fmt.Errorf("GlobalAlloc: %w", err)
	}
	at, _, _ := globalLock.Call(mem)
	copyMemory.Call(at, uintptr(unsafe.Pointer(&u[0])), uintptr(2*len(u)))
	globalUnlock.Call(mem)
	if r, _, err := setClipData.Call(unicodeText, mem); r == 0 {
		return fmt.Errorf("SetClipboardData: %w", err)
	}
	return nil
}
