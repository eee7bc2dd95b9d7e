package winscreen

import (
	"image"
	"time"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// Windows' own windows, which belong to the process of folder windows but are no part of them.
func isShell(class string) bool {
	switch class {
	case "Progman", "WorkerW", "Shell_TrayWnd", "Shell_SecondaryTrayWnd":
		return true
	}
	return false
}

// showsOthers are the classes of windows in which Windows shows small pictures of windows: the taskbar's previews, Alt+Tab, Task View.
func showsOthers(class string) bool {
	switch class {
	case "TaskListThumbnailWnd", "TaskListOverlayWnd", "TaskSwitcherWnd", "MultitaskingViewFrame", "XamlExplorerHostIslandWindow":
		return true
	}
	return false
}

// scene looks where secret windows are now. secret is how many excluded windows there are.
func (s *Screen) scene() (sc scene, version, secret int) {
	set, version := s.secrets()
	if len(set) == 0 && !s.ownShown() {
		return scene{at: time.Now()}, version, 0
	}
	all, err := win32.TopWindows()
	if err != nil { // nobody knows where they are
		s.log.Warn("look for windows to cover", "error", err)
		return scene{at: time.Now(), area: []image.Rectangle{desktop()}}, version, len(set)
	}
	pids := map[uint32]bool{}
	for _, pid := range set {
		pids[pid] = true
	}
	var seen []topWindow
	for _, h := range all {
		if !windows.IsWindowVisible(h) || win32.Iconic(h) || win32.Cloaked(h) {
			continue
		}
		w := topWindow{id: uintptr(h), outer: bounds(win32.WindowRect(h))}
		w.inner = w.outer
		if r, ok := win32.FrameBounds(h); ok {
			w.inner = bounds(r)
			w.outer = w.outer.Union(w.inner)
		}
		if w.outer.Empty() {
			continue
		}
		if w.secret = s.secret(h, set, pids); !w.secret {
			const seeThrough = 0x00080000 | 0x00000020 // WS_EX_LAYERED, WS_EX_TRANSPARENT
			w.opaque = win32.Long(h, win32.GWLExStyle)&seeThrough == 0 && !win32.Shaped(h)
		}
		seen = append(seen, w)
	}
	return observe(time.Now(), seen, roundCorner()), version, len(set)
}

// roundCorner is how much of a window's corner Windows 11 rounds off, where what is behind it shows.
func roundCorner() int {
	if windows.RtlGetVersion().BuildNumber < 22000 {
		return 0
	}
	return 8 * win32.DPI(0) / 96
}

// secret tells whether a window must be covered: excluded itself, owned by one that is, a menu, tooltip or other
// window without a title of the same program, a small picture of windows, or the agent's own.
func (s *Screen) secret(h win32.HWND, set map[win32.HWND]uint32, pids map[uint32]bool) bool {
	if set[h] != 0 {
		return true
	}
	pid := win32.Process(h)
	if pid == windows.GetCurrentProcessId() {
		return s.isOwn(h)
	}
	if len(set) == 0 {
		return false
	}
	owner := h
	for range 16 {
		if owner = win32.Owner(owner); owner == 0 {
			break
		}
		if set[owner] != 0 {
			return true
		}
	}
	class := win32.Class(h)
	switch {
	case showsOthers(class):
		return true
	case class == "Ghost": // of a program that hangs, with its last picture
		hung := win32.HungWindow(h)
		return hung == 0 || set[hung] != 0
	case !pids[pid] || isShell(class):
		return false
	}
	return win32.Long(h, win32.GWLStyle)&win32.WSCaption != win32.WSCaption || win32.Long(h, win32.GWLExStyle)&win32.WSExToolWindow != 0
}

// isOwn tells whether our window h must be covered: it is of a class that is never shown, and Windows doesn't leave it out
// of pictures by itself.
func (s *Screen) isOwn(h win32.HWND) bool {
	class := win32.Class(h)
	for _, own := range s.own {
		if own == class {
			return !win32.LeftOut(h)
		}
	}
	return false
}

// ownShown tells whether any window of the agent's must be covered now.
func (s *Screen) ownShown() bool {
	for _, class := range s.own {
		for _, h := range win32.WindowsOf(class) {
			if win32.Process(h) == windows.GetCurrentProcessId() && windows.IsWindowVisible(h) && !win32.LeftOut(h) {
				return true
			}
		}
	}
	return false
}
