//go:build linux

package winerig

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/winerig/spywire"
)

// Window is a top-level window on the PC's screen with its controls, as they were when it was asked for.
type Window struct {
	spywire.Window
	pc *PC
}

// Control is a part of a window.
type Control struct {
	spywire.Window
	pc *PC
}

const windowLimit = 20 * time.Second

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

// Windows are all visible top-level windows, uppermost first.
func (pc *PC) Windows() []Window {
	pc.t.Helper()
	var out []Window
	for _, w := range pc.ask(spywire.Request{Do: "windows"}).Windows {
		out = append(out, Window{w, pc})
	}
	return out
}

// Window is the uppermost one of a class, if there is one.
func (pc *PC) Window(class string) (Window, bool) {
	pc.t.Helper()
	for _, w := range pc.Windows() {
		if w.Class == class {
			return w, true
		}
	}
	return Window{}, false
}

// WaitWindow waits for a window of the class whose texts contain all the given words.
func (pc *PC) WaitWindow(class string, words ...string) Window {
	pc.t.Helper()
	var found Window
	Wait(pc.t, windowLimit, fmt.Sprintf("a window %s with %q", class, words), func() bool {
		for _, w := range pc.Windows() {
			if w.Class == class && w.Says(words...) {
				found = w
				return true
			}
		}
		return false
	}, pc.describe)
	return found
}

// WaitNoWindow waits until no window of the class is left.
func (pc *PC) WaitNoWindow(class string) {
	pc.t.Helper()
	Wait(pc.t, windowLimit, "the windows "+class+" to go", func() bool { _, ok := pc.Window(class); return !ok }, pc.describe)
}

// describe says what is on the screen, for a failure's message.
func (pc *PC) describe() string {
	var b strings.Builder
	for _, w := range pc.Windows() {
		fmt.Fprintf(&b, "%s %q\n", w.Class, w.Text)
		for _, c := range w.Controls {
			if c.Visible && c.Text != "" {
				fmt.Fprintf(&b, "    %s %q\n", c.Class, c.Text)
			}
		}
	}
	if b.Len() == 0 {
		return "the screen is empty"
	}
	return b.String()
}

// Says tells whether each of the words is part of the title or of a visible control's text.
func (w Window) Says(words ...string) bool {
	for _, word := range words {
		found := strings.Contains(w.Text, word)
		for _, c := range w.Controls {
			found = found || c.Visible && strings.Contains(c.Text, word)
		}
		if !found {
			return false
		}
	}
	return true
}

// Control is the visible one with exactly this text; the test fails if there is none.
func (w Window) Control(text string) Control {
	w.pc.t.Helper()
	for _, c := range w.Controls {
		if c.Visible && c.Text == text {
			return Control{c, w.pc}
		}
	}
	w.pc.t.Fatalf("window %s has no control %q:\n%s", w.Class, text, w.pc.describe())
	return Control{}
}

// Class are the visible controls of a window class such as EDIT.
func (w Window) ControlsOf(class string) []Control {
	var out []Control
	for _, c := range w.Controls {
		if c.Visible && equalFold(c.Class, class) {
			out = append(out, Control{c, w.pc})
		}
	}
	return out
}

// Click presses the left mouse button in the middle of a control, really.
func (pc *PC) Click(c Control) {
	pc.t.Helper()
	pc.ClickAt(c.X+c.W/2, c.Y+c.H/2)
}

// ClickAt presses the left mouse button at a place on the screen.
func (pc *PC) ClickAt(x, y int) {
	pc.t.Helper()
	pc.xdotool("mousemove", "--sync", strconv.Itoa(x), strconv.Itoa(y), "click", "1")
}

// CloseButton presses the X in the title bar.
func (pc *PC) CloseButton(w Window) {
	pc.t.Helper()
	pc.ClickAt(w.X+w.W-12, w.Y+12)
}

// Press presses keys by their X names, such as "Tab", "Return", "space", "alt+y".
func (pc *PC) Press(keys ...string) {
	pc.t.Helper()
	pc.xdotool(append([]string{"key", "--delay", "20"}, keys...)...)
}

// Type types text on an American keyboard, or on the one of Options. Other characters than its keys have must be pasted.
func (pc *PC) Type(text string) {
	pc.t.Helper()
	pc.xdotool("type", "--delay", "15", text)
}

// Paste puts text on the clipboard and presses Ctrl+V.
func (pc *PC) Paste(text string) {
	pc.t.Helper()
	pc.ask(spywire.Request{Do: "clipboard", Value: text})
	pc.Press("ctrl+v")
}

func (pc *PC) xdotool(args ...string) {
	pc.t.Helper()
	cmd := exec.Command("xdotool", args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+pc.x.display, "LC_ALL=C.UTF-8") // it types UTF-8
	if out, err := cmd.CombinedOutput(); err != nil {
		pc.t.Fatalf("xdotool %v: %v\n%s", args, err, out)
	}
}

// Screenshot writes a picture of the screen as a PNG file. Without ImageMagick it only says so.
func (pc *PC) Screenshot(file string) {
	pc.t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		pc.t.Fatal(err)
	}
	cmd := exec.Command("import", "-window", "root", file)
	cmd.Env = append(os.Environ(), "DISPLAY="+pc.x.display)
	if out, err := cmd.CombinedOutput(); err != nil {
		pc.t.Logf("no screenshot: %v %s", err, out)
	}
}
