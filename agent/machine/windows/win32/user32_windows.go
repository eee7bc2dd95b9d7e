package win32

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	user32 = windows.NewLazySystemDLL("user32.dll")

	procAdjustWindowRectEx            = user32.NewProc("AdjustWindowRectEx")
	procAdjustWindowRectExForDpi      = user32.NewProc("AdjustWindowRectExForDpi")
	procAllowSetForegroundWindow      = user32.NewProc("AllowSetForegroundWindow")
	procBeginPaint                    = user32.NewProc("BeginPaint")
	procCallWindowProc                = user32.NewProc("CallWindowProcW")
	procCreateIconIndirect            = user32.NewProc("CreateIconIndirect")
	procCreateWindowEx                = user32.NewProc("CreateWindowExW")
	procDefWindowProc                 = user32.NewProc("DefWindowProcW")
	procDestroyWindow                 = user32.NewProc("DestroyWindow")
	procDispatchMessage               = user32.NewProc("DispatchMessageW")
	procEnableWindow                  = user32.NewProc("EnableWindow")
	procEndPaint                      = user32.NewProc("EndPaint")
	procFindWindowEx                  = user32.NewProc("FindWindowExW")
	procFlashWindowEx                 = user32.NewProc("FlashWindowEx")
	procGetAncestor                   = user32.NewProc("GetAncestor")
	procGetClientRect                 = user32.NewProc("GetClientRect")
	procGetCurrentInputMessageSource  = user32.NewProc("GetCurrentInputMessageSource")
	procGetDpiForSystem               = user32.NewProc("GetDpiForSystem")
	procGetDpiForWindow               = user32.NewProc("GetDpiForWindow")
	procGetFocus                      = user32.NewProc("GetFocus")
	procGetKeyState                   = user32.NewProc("GetKeyState")
	procGetMessage                    = user32.NewProc("GetMessageW")
	procGetMonitorInfo                = user32.NewProc("GetMonitorInfoW")
	procGetSysColor                   = user32.NewProc("GetSysColor")
	procGetSystemMetrics              = user32.NewProc("GetSystemMetrics")
	procGetWindow                     = user32.NewProc("GetWindow")
	procGetWindowLongPtr              = user32.NewProc("GetWindowLongPtrW")
	procGetWindowRect                 = user32.NewProc("GetWindowRect")
	procGetWindowText                 = user32.NewProc("GetWindowTextW")
	procGetWindowTextLength           = user32.NewProc("GetWindowTextLengthW")
	procInvalidateRect                = user32.NewProc("InvalidateRect")
	procInternalGetWindowText         = user32.NewProc("InternalGetWindowText")
	procIsHungAppWindow               = user32.NewProc("IsHungAppWindow")
	procIsIconic                      = user32.NewProc("IsIconic")
	procKillTimer                     = user32.NewProc("KillTimer")
	procLoadCursor                    = user32.NewProc("LoadCursorW")
	procMessageBeep                   = user32.NewProc("MessageBeep")
	procMonitorFromWindow             = user32.NewProc("MonitorFromWindow")
	procPostMessage                   = user32.NewProc("PostMessageW")
	procPostQuitMessage               = user32.NewProc("PostQuitMessage")
	procRegisterClassEx               = user32.NewProc("RegisterClassExW")
	procRegisterWindowMessage         = user32.NewProc("RegisterWindowMessageW")
	procSendMessage                   = user32.NewProc("SendMessageW")
	procReleaseCapture                = user32.NewProc("ReleaseCapture")
	procSetCapture                    = user32.NewProc("SetCapture")
	procSetFocus                      = user32.NewProc("SetFocus")
	procSetForegroundWindow           = user32.NewProc("SetForegroundWindow")
	procSetProcessDpiAwarenessContext = user32.NewProc("SetProcessDpiAwarenessContext")
	procSetTimer                      = user32.NewProc("SetTimer")
	procSetWindowLongPtr              = user32.NewProc("SetWindowLongPtrW")
	procSetWindowPos                  = user32.NewProc("SetWindowPos")
	procSetWindowText                 = user32.NewProc("SetWindowTextW")
	procShowWindow                    = user32.NewProc("ShowWindow")
	procShutdownBlockReasonCreate     = user32.NewProc("ShutdownBlockReasonCreate")
	procShutdownBlockReasonDestroy    = user32.NewProc("ShutdownBlockReasonDestroy")
	procShutdownBlockReasonQuery      = user32.NewProc("ShutdownBlockReasonQuery")
	procSystemParametersInfo          = user32.NewProc("SystemParametersInfoW")
	procSystemParametersInfoForDpi    = user32.NewProc("SystemParametersInfoForDpi")
	procTrackMouseEvent               = user32.NewProc("TrackMouseEvent")
	procTranslateMessage              = user32.NewProc("TranslateMessage")
	procUpdateWindow                  = user32.NewProc("UpdateWindow")
	procDrawText                      = user32.NewProc("DrawTextW")
	procFillRect                      = user32.NewProc("FillRect")
	procGetDC                         = user32.NewProc("GetDC")
	procReleaseDC                     = user32.NewProc("ReleaseDC")
	procDestroyIcon                   = user32.NewProc("DestroyIcon")
)

// UTF16 is s for Windows; NUL characters, which would cut it short, become spaces.
func UTF16(s string) *uint16 {
	p, err := windows.UTF16PtrFromString(s)
	if err == nil {
		return p
	}
	b := []byte(s)
	for i := range b {
		if b[i] == 0 {
			b[i] = ' '
		}
	}
	p, _ = windows.UTF16PtrFromString(string(b))
	return p
}

// FromLParam reads the structure that a message carries.
func FromLParam[T any](lParam uintptr) *T { return *(**T)(unsafe.Pointer(&lParam)) }

func failed(call string, err error) error {
	if err == nil || err == syscall.Errno(0) {
		return fmt.Errorf("%s failed", call)
	}
	return fmt.Errorf("%s: %w", call, err)
}

// RegisterClass registers a window class.
func RegisterClass(c *WndClass) error {
	c.Size = uint32(unsafe.Sizeof(*c))
	if r, _, err := procRegisterClassEx.Call(uintptr(unsafe.Pointer(c))); r == 0 {
		return failed("RegisterClassEx", err)
	}
	return nil
}

// CreateWindow makes a window of the given outer size.
func CreateWindow(class, title string, style, exStyle uint32, x, y, w, h int, parent HWND, id uintptr) (HWND, error) {
	r, _, err := procCreateWindowEx.Call(uintptr(exStyle), uintptr(unsafe.Pointer(UTF16(class))), uintptr(unsafe.Pointer(UTF16(title))),
		uintptr(style), uintptr(x), uintptr(y), uintptr(w), uintptr(h), uintptr(parent), id, uintptr(Module()), 0)
	if r == 0 {
		return 0, failed("CreateWindowEx "+class, err)
	}
	return HWND(r), nil
}

// Module is the handle of this program.
func Module() windows.Handle {
	var h windows.Handle
	windows.GetModuleHandleEx(windows.GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, nil, &h)
	return h
}

func DestroyWindow(h HWND) { procDestroyWindow.Call(uintptr(h)) }

func DefWindowProc(h HWND, msg uint32, w, l uintptr) uintptr {
	r, _, _ := procDefWindowProc.Call(uintptr(h), uintptr(msg), w, l)
	return r
}

func CallWindowProc(proc uintptr, h HWND, msg uint32, w, l uintptr) uintptr {
	r, _, _ := procCallWindowProc.Call(proc, uintptr(h), uintptr(msg), w, l)
	return r
}

// GetMessage waits for a message; more is false after WM_QUIT.
func GetMessage(m *Msg) (more bool, err error) {
	r, _, e := procGetMessage.Call(uintptr(unsafe.Pointer(m)), 0, 0, 0)
	if int32(r) == -1 {
		return false, failed("GetMessage", e)
	}
	return r != 0, nil
}

// Dispatch translates keys and calls the window's procedure.
func Dispatch(m *Msg) {
	procTranslateMessage.Call(uintptr(unsafe.Pointer(m)))
	procDispatchMessage.Call(uintptr(unsafe.Pointer(m)))
}

func PostMessage(h HWND, msg uint32, w, l uintptr) error {
	if r, _, err := procPostMessage.Call(uintptr(h), uintptr(msg), w, l); r == 0 {
		return failed("PostMessage", err)
	}
	return nil
}

func PostQuitMessage() { procPostQuitMessage.Call(0) }

func SendMessage(h HWND, msg uint32, w, l uintptr) uintptr {
	r, _, _ := procSendMessage.Call(uintptr(h), uintptr(msg), w, l)
	return r
}

// SendText sends a message whose lParam is text.
func SendText(h HWND, msg uint32, w uintptr, s string) {
	procSendMessage.Call(uintptr(h), uintptr(msg), w, uintptr(unsafe.Pointer(UTF16(s))))
}

// SendStruct sends a message whose lParam points to a structure.
func SendStruct[T any](h HWND, msg uint32, w uintptr, v *T) {
	procSendMessage.Call(uintptr(h), uintptr(msg), w, uintptr(unsafe.Pointer(v)))
}

func ShowWindow(h HWND, how int) { procShowWindow.Call(uintptr(h), uintptr(how)) }
func UpdateWindow(h HWND)        { procUpdateWindow.Call(uintptr(h)) }
func SetText(h HWND, s string)   { procSetWindowText.Call(uintptr(h), uintptr(unsafe.Pointer(UTF16(s)))) }
func SetFocus(h HWND)            { procSetFocus.Call(uintptr(h)) }
func SetForeground(h HWND)       { procSetForegroundWindow.Call(uintptr(h)) }
func SetCapture(h HWND)          { procSetCapture.Call(uintptr(h)) }
func ReleaseCapture()            { procReleaseCapture.Call() }
func Invalidate(h HWND)          { procInvalidateRect.Call(uintptr(h), 0, 0) }
func InvalidateRect(h HWND, r Rect) {
	procInvalidateRect.Call(uintptr(h), uintptr(unsafe.Pointer(&r)), 0)
}
func KillTimer(h HWND, id uintptr)           { procKillTimer.Call(uintptr(h), id) }
func Beep(kind uint32)                       { procMessageBeep.Call(uintptr(kind)) }
func Iconic(h HWND) bool                     { r, _, _ := procIsIconic.Call(uintptr(h)); return r != 0 }
func Hung(h HWND) bool                       { r, _, _ := procIsHungAppWindow.Call(uintptr(h)); return r != 0 }
func Metric(i int) int                       { r, _, _ := procGetSystemMetrics.Call(uintptr(i)); return int(int32(r)) }
func SysColor(i int) uint32                  { r, _, _ := procGetSysColor.Call(uintptr(i)); return uint32(r) }
func Focus() HWND                            { r, _, _ := procGetFocus.Call(); return HWND(r) }
func KeyDown(vk int) bool                    { r, _, _ := procGetKeyState.Call(uintptr(vk)); return int16(r) < 0 }
func Enable(h HWND, on bool)                 { procEnableWindow.Call(uintptr(h), boolArg(on)) }
func SetTimer(h HWND, id uintptr, ms uint32) { procSetTimer.Call(uintptr(h), id, uintptr(ms), 0) }

// Owner is the window's owner, if it has one.
func Owner(h HWND) HWND {
	const gwOwner = 4
	r, _, _ := procGetWindow.Call(uintptr(h), gwOwner)
	return HWND(r)
}

// Root is the top-level window that h is part of.
func Root(h HWND) HWND {
	const gaRoot = 2
	r, _, _ := procGetAncestor.Call(uintptr(h), gaRoot)
	return HWND(r)
}

// AllowForeground lets the process pid bring its window to the front.
func AllowForeground(pid uint32) { procAllowSetForegroundWindow.Call(uintptr(pid)) }

// Text is the text of a window or control.
func Text(h HWND) string {
	n, _, _ := procGetWindowTextLength.Call(uintptr(h))
	if n == 0 {
		return ""
	}
	buf := make([]uint16, n+1)
	n, _, _ = procGetWindowText.Call(uintptr(h), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
	return windows.UTF16ToString(buf[:n])
}

// InternalText is a top-level window's title as Windows keeps it, without asking its program, which may hang.
func InternalText(h HWND) string {
	buf := make([]uint16, 260)
	n, _, _ := procInternalGetWindowText.Call(uintptr(h), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
	return windows.UTF16ToString(buf[:min(int(n), len(buf))])
}

// WindowsOf are the top-level windows of a class, of any process.
func WindowsOf(class string) []HWND {
	var found []HWND
	var last uintptr
	for {
		r, _, _ := procFindWindowEx.Call(0, last, uintptr(unsafe.Pointer(UTF16(class))), 0)
		if r == 0 {
			return found
		}
		last = r
		found = append(found, HWND(r))
	}
}

// RegisterMessage is the number of a message that means the same in every process.
func RegisterMessage(name string) uint32 {
	r, _, _ := procRegisterWindowMessage.Call(uintptr(unsafe.Pointer(UTF16(name))))
	return uint32(r)
}

// SetPos moves and sizes a window; z 0 with SWPNoZOrder keeps its place.
func SetPos(h, z HWND, x, y, w, ht int, flags uint32) {
	procSetWindowPos.Call(uintptr(h), uintptr(z), uintptr(x), uintptr(y), uintptr(w), uintptr(ht), uintptr(flags))
}

// SetLong and Long are SetWindowLongPtr and GetWindowLongPtr.
func SetLong(h HWND, index int, v uintptr) uintptr {
	r, _, _ := procSetWindowLongPtr.Call(uintptr(h), uintptr(index), v)
	return r
}

func Long(h HWND, index int) uintptr {
	r, _, _ := procGetWindowLongPtr.Call(uintptr(h), uintptr(index))
	return r
}

// Indexes for SetLong and Long.
const (
	GWLStyle   = -16
	GWLExStyle = -20
	GWLWndProc = -4
)

func ClientRect(h HWND) (r Rect) {
	procGetClientRect.Call(uintptr(h), uintptr(unsafe.Pointer(&r)))
	return r
}

func WindowRect(h HWND) (r Rect) {
	procGetWindowRect.Call(uintptr(h), uintptr(unsafe.Pointer(&r)))
	return r
}

// WorkArea is the part of the window's monitor that no taskbar covers.
func WorkArea(h HWND) Rect {
	const nearest = 2
	mon, _, _ := procMonitorFromWindow.Call(uintptr(h), nearest)
	mi := MonitorInfo{}
	mi.Size = uint32(unsafe.Sizeof(mi))
	if r, _, _ := procGetMonitorInfo.Call(mon, uintptr(unsafe.Pointer(&mi))); r == 0 {
		return Rect{0, 0, 1024, 768}
	}
	return mi.Work
}

// OuterSize is the size of a window whose inside is w by h.
func OuterSize(w, h int, style, exStyle uint32, dpi int) (int, int) {
	r := Rect{0, 0, int32(w), int32(h)}
	if procAdjustWindowRectExForDpi.Find() == nil {
		procAdjustWindowRectExForDpi.Call(uintptr(unsafe.Pointer(&r)), uintptr(style), 0, uintptr(exStyle), uintptr(dpi))
	} else {
		procAdjustWindowRectEx.Call(uintptr(unsafe.Pointer(&r)), uintptr(style), 0, uintptr(exStyle))
	}
	return r.W(), r.H()
}

// MakeDPIAware tells Windows that the program scales its windows itself, per monitor where it can.
// The manifest says the same; this is for a program built without one.
func MakeDPIAware() {
	const perMonitorV2 = ^uintptr(3) // (DPI_AWARENESS_CONTEXT)-4
	if procSetProcessDpiAwarenessContext.Find() == nil {
		procSetProcessDpiAwarenessContext.Call(perMonitorV2)
	}
}

// DPI is that of the window's monitor, or of the system for h = 0; 96 is 100 %.
func DPI(h HWND) int {
	if h != 0 && procGetDpiForWindow.Find() == nil {
		if r, _, _ := procGetDpiForWindow.Call(uintptr(h)); r != 0 {
			return int(r)
		}
	}
	if procGetDpiForSystem.Find() == nil {
		if r, _, _ := procGetDpiForSystem.Call(); r != 0 {
			return int(r)
		}
	}
	return 96
}

// MessageFont is the font Windows uses in message boxes, at the given DPI.
func MessageFont(dpi int) LogFont {
	m := NonClientMetrics{}
	m.Size = uint32(unsafe.Sizeof(m))
	if procSystemParametersInfoForDpi.Find() == nil {
		if r, _, _ := procSystemParametersInfoForDpi.Call(SPIGetNonClientMetrics, uintptr(m.Size), uintptr(unsafe.Pointer(&m)), 0, uintptr(dpi)); r != 0 {
			return m.MessageFont
		}
	}
	procSystemParametersInfo.Call(SPIGetNonClientMetrics, uintptr(m.Size), uintptr(unsafe.Pointer(&m)), 0)
	return m.MessageFont
}

// HighContrast tells whether the user chose a high-contrast theme.
func HighContrast() bool {
	hc := struct {
		Size, Flags uint32
		Scheme      *uint16
	}{}
	hc.Size = uint32(unsafe.Sizeof(hc))
	r, _, _ := procSystemParametersInfo.Call(SPIGetHighContrast, uintptr(hc.Size), uintptr(unsafe.Pointer(&hc)), 0)
	return r != 0 && hc.Flags&1 != 0
}

// ArrowCursor is the standard pointer.
func ArrowCursor() windows.Handle {
	const idcArrow = 32512
	r, _, _ := procLoadCursor.Call(0, idcArrow)
	return windows.Handle(r)
}

// Flash makes the taskbar button blink until the window comes to the front.
func Flash(h HWND) {
	f := struct {
		Size         uint32
		HWnd         HWND
		Flags, Count uint32
		Timeout      uint32
	}{HWnd: h, Flags: FlashTray | FlashUntilFore, Count: 5}
	f.Size = uint32(unsafe.Sizeof(f))
	procFlashWindowEx.Call(uintptr(unsafe.Pointer(&f)))
}

// TrackLeave asks for a WM_MOUSELEAVE.
func TrackLeave(h HWND) {
	t := struct {
		Size, Flags uint32
		HWnd        HWND
		Hover       uint32
	}{Flags: 2, HWnd: h}
	t.Size = uint32(unsafe.Sizeof(t))
	procTrackMouseEvent.Call(uintptr(unsafe.Pointer(&t)))
}

// CurrentInput tells where the message that is being handled came from. known is false before Windows 8.
// https://learn.microsoft.com/windows/win32/api/winuser/nf-winuser-getcurrentinputmessagesource
func CurrentInput() (src InputSource, known bool) {
	if procGetCurrentInputMessageSource.Find() != nil {
		return src, false
	}
	r, _, _ := procGetCurrentInputMessageSource.Call(uintptr(unsafe.Pointer(&src)))
	return src, r != 0
}

// BlockShutdown shows why Windows should wait; UnblockShutdown takes it back.
func BlockShutdown(h HWND, why string) {
	procShutdownBlockReasonCreate.Call(uintptr(h), uintptr(unsafe.Pointer(UTF16(why))))
}

func UnblockShutdown(h HWND) { procShutdownBlockReasonDestroy.Call(uintptr(h)) }

// BlockReason is why the program behind a window asks Windows not to shut down; ok is false if it does not ask.
func BlockReason(h HWND) (why string, ok bool) {
	if procShutdownBlockReasonQuery.Find() != nil {
		return "", false
	}
	buf := make([]uint16, 257)
	n := uint32(len(buf))
	r, _, _ := procShutdownBlockReasonQuery.Call(uintptr(h), uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(&n)))
	if r == 0 {
		return "", false
	}
	return windows.UTF16ToString(buf), true
}

func boolArg(b bool) uintptr {
	if b {
		return 1
	}
	return 0
}
