package winscreen

import (
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// Screen implements [machine.Screen]. Make one per process.
type Screen struct {
	log     machine.Logger
	own     []string // classes of the agent's windows that are never shown
	signals *signals
	input   *input

	clipOnce sync.Once
	clip     *clipboard

	noDuplication atomic.Bool            // this PC can't do it
	inputDesktop  func() (string, error) // win32.InputDesktop, but in tests

	mu       sync.Mutex
	excluded map[win32.HWND]uint32 // window to its process
	version  int                   // of excluded
}

var _ machine.Screen = (*Screen)(nil)

// New makes it; nothing is captured, hooked or listened to yet. own are the classes of this program's windows that are never
// to be seen in a picture.
func New(log machine.Logger, own ...string) *Screen {
	win32.MakeDPIAware() // else Windows would lie about sizes
	s := &Screen{log: log, own: own, signals: newSignals(log), excluded: map[win32.HWND]uint32{}, inputDesktop: win32.InputDesktop}
	s.input = newInput(s)
	return s
}

// Monitors implements [machine.Screen].
func (s *Screen) Monitors() ([]machine.Monitor, error) { return monitors() }

func monitors() ([]machine.Monitor, error) {
	found, err := win32.Monitors()
	if err != nil {
		return nil, err
	}
	var out []machine.Monitor
	for _, m := range found {
		id := windows.UTF16ToString(m.Device[:])
		mon := machine.Monitor{ID: id, Name: strings.TrimPrefix(id, `\\.\`), Bounds: bounds(m.Monitor), Primary: m.Flags&1 != 0}
		if mon.Bounds.Empty() {
			continue
		}
		if mon.Primary {
			out = slices.Insert(out, 0, mon)
		} else {
			out = append(out, mon)
		}
	}
	return out, nil
}

func bounds(r win32.Rect) image.Rectangle {
	return rect{r.Left, r.Top, r.Right, r.Bottom}.rectangle()
}

func monitor(id string) (machine.Monitor, error) {
	all, err := monitors()
	if err != nil {
		return machine.Monitor{}, err
	}
	for _, m := range all {
		if m.ID == id {
			return m, nil
		}
	}
	return machine.Monitor{}, machine.ErrNoScreen
}

// desktop is all monitors' bounding box, to which SendInput's coordinates refer.
func desktop() image.Rectangle {
	const x, y, w, h = 76, 77, 78, 79 // SM_XVIRTUALSCREEN …
	at := image.Pt(win32.Metric(x), win32.Metric(y))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(win32.Metric(w), win32.Metric(h)))}
}

// Input implements [machine.Screen].
func (s *Screen) Input() machine.Input { return s.input }

// Clipboard implements [machine.Screen].
func (s *Screen) Clipboard() machine.Clipboard {
	s.clipOnce.Do(func() { s.clip = newClipboard(s.log) })
	return s.clip
}

// Windows implements [machine.Screen].
func (s *Screen) Windows() ([]machine.Window, error) {
	all, err := win32.TopWindows()
	if err != nil {
		return nil, err
	}
	own := windows.GetCurrentProcessId()
	apps := map[uint32]string{}
	var out []machine.Window
	for _, h := range all {
		if !windows.IsWindowVisible(h) || win32.Long(h, win32.GWLExStyle)&win32.WSExToolWindow != 0 || win32.Cloaked(h) {
			continue
		}
		title, pid := win32.InternalText(h), win32.Process(h)
		if title == "" || pid == own || pid == 0 || isShell(win32.Class(h)) {
			continue
		}
		app, known := apps[pid]
		if !known {
			app = program(pid)
			apps[pid] = app
		}
		out = append(out, machine.Window{ID: windowID(h, pid), Title: title, App: app})
	}
	return out, nil
}

// windowID names a window; its process is part of it, as Windows gives handles out again.
func windowID(h win32.HWND, pid uint32) string {
	return strconv.FormatUint(uint64(h), 16) + "-" + strconv.FormatUint(uint64(pid), 16)
}

func parseWindowID(id string) (h win32.HWND, pid uint32, err error) {
	handle, process, _ := strings.Cut(id, "-")
	a, err := strconv.ParseUint(handle, 16, 64)
	if err != nil {
		return 0, 0, fmt.Errorf("%q names no window", id)
	}
	b, err := strconv.ParseUint(process, 16, 32)
	if err != nil {
		return 0, 0, fmt.Errorf("%q names no window", id)
	}
	return win32.HWND(a), uint32(b), nil
}

// program is the file name of a process' program, "" if Windows doesn't tell.
func program(pid uint32) string {
	p, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(p)
	buf := make([]uint16, windows.MAX_LONG_PATH)
	n := uint32(len(buf))
	if windows.QueryFullProcessImageName(p, 0, &buf[0], &n) != nil {
		return ""
	}
	path := windows.UTF16ToString(buf[:n])
	return path[strings.LastIndexByte(path, '\\')+1:]
}

// Exclude implements [machine.Screen].
func (s *Screen) Exclude(ids []string) {
	excluded := map[win32.HWND]uint32{}
	for _, id := range ids {
		if h, pid, err := parseWindowID(id); err == nil && win32.Process(h) == pid && pid != 0 {
			excluded[h] = pid
		}
	}
	s.mu.Lock()
	s.excluded = excluded
	s.version++
	s.mu.Unlock()
	s.signals.kick()
}

// secrets are the excluded windows that are still there.
func (s *Screen) secrets() (set map[win32.HWND]uint32, version int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for h, pid := range s.excluded {
		if win32.Process(h) != pid {
			delete(s.excluded, h)
		}
	}
	set = make(map[win32.HWND]uint32, len(s.excluded))
	for h, pid := range s.excluded {
		set[h] = pid
	}
	return set, s.version
}

// Capture implements [machine.Screen].
func (s *Screen) Capture(id string) (machine.Capturer, error) {
	m, err := monitor(id)
	if err != nil {
		return nil, err
	}
	return newCapturer(s, m)
}
