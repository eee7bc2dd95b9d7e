package main

import (
	"fmt"
	"image"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine/windows/win32"
	"github.com/rejoin/rejoin/agent/machine/windows/winloop"
	"github.com/rejoin/rejoin/agent/machine/windows/winscreen/screentest"
)

var (
	user32               = windows.NewLazySystemDLL("user32.dll")
	procGetAsyncKeyState = user32.NewProc("GetAsyncKeyState")
	procCreatePopupMenu  = user32.NewProc("CreatePopupMenu")
	procAppendMenu       = user32.NewProc("AppendMenuW")
	procTrackPopupMenu   = user32.NewProc("TrackPopupMenu")
)

func keyDown(vk int) bool {
	r, _, _ := procGetAsyncKeyState.Call(uintptr(vk))
	return int16(r) < 0
}

func point(q screentest.Request) image.Point { return image.Pt(q.X, q.Y) }

const windowClass = "ProbeWindow"

// window shows a window without a border whose quarters are red, green, blue and yellow. It can be dragged by its
// upper left quarter, each key press turns a square of 16 by 16 pixels in the middle black or white, and the right button
// opens a menu.
func window(args []string) {
	var n [4]int
	for i := range n {
		n[i], _ = strconv.Atoi(args[i+1])
	}
	done := make(chan struct{})
	thread, err := winloop.Start(nil)
	if err == nil {
		err = winloop.RegisterClass(windowClass, 0, 0)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	thread.Do(func() {
		h, err := win32.CreateWindow(windowClass, args[0], win32.WSPopup, win32.WSExAppWindow, n[0], n[1], n[2], n[3], 0, 0)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		serve(thread, h, done)
		win32.ShowWindow(h, win32.SWShowNormal)
		win32.SetForeground(h)
	})
	<-done
}

func serve(thread *winloop.Thread, h win32.HWND, done chan struct{}) {
	presses := 0
	thread.Handle(h, func(msg uint32, _, l uintptr) (uintptr, bool) {
		const hitTest, hitCaption, rightUp = 0x84, 2, 0x205
		switch msg {
		case win32.WMPaint:
			win32.Paint(h, func(dc windows.Handle, client win32.Rect) { quarters(dc, client, presses) })
			return 0, true
		case win32.WMEraseBkgnd:
			return 1, true
		case win32.WMKeyDown:
			presses++
			c := win32.ClientRect(h)
			win32.InvalidateRect(h, square(c))
		case hitTest:
			r := win32.WindowRect(h)
			if x, y := int32(int16(l)), int32(int16(l>>16)); x < (r.Left+r.Right)/2 && y < (r.Top+r.Bottom)/2 {
				return hitCaption, true
			}
		case rightUp:
			menu(h)
		case win32.WMDestroy:
			close(done)
		}
		return 0, false
	})
}

func square(c win32.Rect) win32.Rect {
	x, y := (c.Left+c.Right)/2, (c.Top+c.Bottom)/2
	return win32.Rect{Left: x - 8, Top: y - 8, Right: x + 8, Bottom: y + 8}
}

func quarters(dc windows.Handle, c win32.Rect, presses int) {
	fill := func(r win32.Rect, color uint32) {
		b := win32.SolidBrush(color)
		defer win32.DeleteObject(b)
		win32.FillRect(dc, r, b)
	}
	x, y := (c.Left+c.Right)/2, (c.Top+c.Bottom)/2
	fill(win32.Rect{Left: c.Left, Top: c.Top, Right: x, Bottom: y}, win32.RGB(0xc0, 0x10, 0x20))
	fill(win32.Rect{Left: x, Top: c.Top, Right: c.Right, Bottom: y}, win32.RGB(0x11, 0xb0, 0x22))
	fill(win32.Rect{Left: c.Left, Top: y, Right: x, Bottom: c.Bottom}, win32.RGB(0x12, 0x24, 0xd0))
	fill(win32.Rect{Left: x, Top: y, Right: c.Right, Bottom: c.Bottom}, win32.RGB(0xe0, 0xd0, 0x13))
	fill(square(c), []uint32{0, win32.RGB(255, 255, 255)}[presses%2])
}

func menu(h win32.HWND) {
	m, _, _ := procCreatePopupMenu.Call()
	for i, s := range []string{"Secret one", "Secret two", "Secret three"} {
		procAppendMenu.Call(m, 0, uintptr(i+1), uintptr(unsafe.Pointer(win32.UTF16(s))))
	}
	r := win32.WindowRect(h)
	procTrackPopupMenu.Call(m, 0, uintptr(r.Right), uintptr(r.Top), 0, uintptr(h), 0)
}
