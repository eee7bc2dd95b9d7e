package win32

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	kernel32 = windows.NewLazySystemDLL("kernel32.dll")

	procGlobalAlloc   = kernel32.NewProc("GlobalAlloc")
	procGlobalFree    = kernel32.NewProc("GlobalFree")
	procGlobalLock    = kernel32.NewProc("GlobalLock")
	procGlobalSize    = kernel32.NewProc("GlobalSize")
	procGlobalUnlock  = kernel32.NewProc("GlobalUnlock")
	procRtlMoveMemory = kernel32.NewProc("RtlMoveMemory")

	procAddClipboardFormatListener = user32.NewProc("AddClipboardFormatListener")
	procCloseClipboard             = user32.NewProc("CloseClipboard")
	procEmptyClipboard             = user32.NewProc("EmptyClipboard")
	procGetClipboardData           = user32.NewProc("GetClipboardData")
	procGetClipboardSequenceNumber = user32.NewProc("GetClipboardSequenceNumber")
	procIsClipboardFormatAvailable = user32.NewProc("IsClipboardFormatAvailable")
	procOpenClipboard              = user32.NewProc("OpenClipboard")
	procRegisterClipboardFormat    = user32.NewProc("RegisterClipboardFormatW")
	procSetClipboardData           = user32.NewProc("SetClipboardData")
)

const (
	WMClipboardUpdate = 0x031D

	// MessageOnly is the parent of windows that only receive messages.
	MessageOnly = ^HWND(2)

	cfUnicodeText = 13
)

// ListenClipboard has the window get a WM_CLIPBOARDUPDATE after each change.
func ListenClipboard(h HWND) error {
	if r, _, err := procAddClipboardFormatListener.Call(uintptr(h)); r == 0 {
		return failed("AddClipboardFormatListener", err)
	}
	return nil
}

// ClipboardSequence counts the changes of the clipboard.
func ClipboardSequence() uint32 {
	r, _, _ := procGetClipboardSequenceNumber.Call()
	return uint32(r)
}

// ClipboardFormat is the number of a registered format.
func ClipboardFormat(name string) uint32 {
	r, _, _ := procRegisterClipboardFormat.Call(uintptr(unsafe.Pointer(UTF16(name))))
	return uint32(r)
}

// ClipboardHas tells whether the clipboard holds a format.
func ClipboardHas(format uint32) bool {
	r, _, _ := procIsClipboardFormatAvailable.Call(uintptr(format))
	return r != 0
}

// OpenClipboard opens it for the window h of the calling thread; it fails while another program has it open.
func OpenClipboard(h HWND) error {
	if r, _, err := procOpenClipboard.Call(uintptr(h)); r == 0 {
		return failed("OpenClipboard", err)
	}
	return nil
}

func CloseClipboard() { procCloseClipboard.Call() }

// ClipboardText hands the open clipboard's text to use, which must not keep it; false if there is none. It may go on behind
// the text's end, which is a 0.
func ClipboardText(use func(units []uint16)) bool {
	mem, _, _ := procGetClipboardData.Call(cfUnicodeText)
	if mem == 0 {
		return false
	}
	size, _, _ := procGlobalSize.Call(mem)
	p, _, _ := procGlobalLock.Call(mem)
	if p == 0 || size < 2 {
		return false
	}
	defer procGlobalUnlock.Call(mem)
	use(unsafe.Slice(*(**uint16)(unsafe.Pointer(&p)), size/2))
	return true
}

// SetClipboardText puts text, which ends with a 0, in place of all that the open clipboard holds.
func SetClipboardText(units []uint16) error {
	if r, _, err := procEmptyClipboard.Call(); r == 0 {
		return failed("EmptyClipboard", err)
	}
	const moveable = 0x2
	mem, _, err := procGlobalAlloc.Call(moveable, uintptr(2*len(units)))
	if mem == 0 {
		return failed("GlobalAlloc", err)
	}
	p, _, err := procGlobalLock.Call(mem)
	if p == 0 {
		procGlobalFree.Call(mem)
		return failed("GlobalLock", err)
	}
	procRtlMoveMemory.Call(p, uintptr(unsafe.Pointer(&units[0])), uintptr(2*len(units)))
	procGlobalUnlock.Call(mem)
	if r, _, err := procSetClipboardData.Call(cfUnicodeText, mem); r == 0 {
		procGlobalFree.Call(mem) // else it is Windows' now
		return failed("SetClipboardData", err)
	}
	return nil
}
