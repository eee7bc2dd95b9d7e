package winui

import (
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// palette is the colours of a window, as COLORREFs.
type palette struct{ page, foot, line, text, muted, accent, onAccent, well, button, hot, pressed, ok, warn uint32 }

func light() palette {
	rgb := win32.RGB
	return palette{
		page: rgb(255, 255, 255), foot: rgb(243, 243, 243), line: rgb(208, 208, 208), text: rgb(27, 27, 27), muted: rgb(92, 92, 92),
		accent: rgb(18, 98, 196), onAccent: rgb(255, 255, 255), well: rgb(248, 248, 248), button: rgb(253, 253, 253),
		hot: rgb(240, 244, 250), pressed: rgb(225, 232, 243), ok: rgb(16, 118, 62), warn: rgb(157, 93, 0),
	}
}

// dark is for users who chose dark apps.
func dark() palette {
	rgb := win32.RGB
	return palette{
		page: rgb(32, 32, 32), foot: rgb(43, 43, 43), line: rgb(88, 88, 88), text: rgb(245, 245, 245), muted: rgb(176, 176, 176),
		accent: rgb(96, 165, 250), onAccent: rgb(16, 24, 40), well: rgb(39, 39, 39), button: rgb(55, 55, 55),
		hot: rgb(62, 68, 78), pressed: rgb(48, 54, 64), ok: rgb(98, 205, 138), warn: rgb(240, 180, 90),
	}
}

// prefersDark tells whether the user chose dark apps.
func prefersDark() bool {
	k, err := registry.OpenKey(registry.CURRENT_USER, `Software\Microsoft\Windows\CurrentVersion\Themes\Personalize`, registry.QUERY_VALUE)
	if err != nil {
		return false
	}
	defer k.Close()
	lightApps, _, err := k.GetIntegerValue("AppsUseLightTheme")
	return err == nil && lightApps == 0
}

// contrast is what the user's high-contrast theme asks for.
func contrast() palette {
	const window, windowText, highlight, highlightText, grayText = 5, 8, 13, 14, 17
	c := win32.SysColor
	return palette{
		page: c(window), foot: c(window), line: c(windowText), text: c(windowText), muted: c(windowText), accent: c(highlight),
		onAccent: c(highlightText), well: c(window), button: c(window), hot: c(window), pressed: c(window), ok: c(windowText), warn: c(windowText),
	}
}

// theme is fonts, colours and brushes at one DPI. It must be closed.
type theme struct {
	palette
	dark                             bool
	dpi                              int
	body, bold, small, head, under   windows.Handle
	face                             [32]uint16
	bodyPx, smallPx                  int
	brushPage, brushFoot, brushWell  windows.Handle
	brushLine, brushAccent, brushBtn windows.Handle
	brushHot, brushPressed           windows.Handle
	penLine, penAccent               windows.Handle
}

func newTheme(dpi int) *theme {
	t := &theme{dpi: dpi, palette: light()}
	switch {
	case win32.HighContrast():
		t.palette = contrast()
	case prefersDark():
		t.palette, t.dark = dark(), true
	}
	base := win32.MessageFont(dpi)
	t.face = base.FaceName
	// The user's text size shows in the message font: 12 px at 100 %.
	px := int(-base.Height)
	if px <= 0 || px > 200 {
		px = t.px(12)
	}
	px = max(px, t.px(12))
	font := func(size, weight int, underline bool) windows.Handle {
		lf := base
		lf.Height, lf.Width, lf.Weight, lf.Quality = -int32(size), 0, int32(weight), 5 // ClearType
		if underline {
			lf.Underline = 1
		}
		return win32.CreateFont(&lf)
	}
	t.bodyPx, t.smallPx = px*14/12, px*13/12
	t.body, t.bold, t.small = font(t.bodyPx, 400, false), font(t.bodyPx, 600, false), font(t.smallPx, 400, false)
	t.head, t.under = font(px*20/12, 600, false), font(t.smallPx, 400, true)
	t.brushPage, t.brushFoot, t.brushWell = win32.SolidBrush(t.page), win32.SolidBrush(t.foot), win32.SolidBrush(t.well)
	t.brushLine, t.brushAccent, t.brushBtn = win32.SolidBrush(t.line), win32.SolidBrush(t.accent), win32.SolidBrush(t.button)
	t.brushHot, t.brushPressed = win32.SolidBrush(t.hot), win32.SolidBrush(t.pressed)
	t.penLine, t.penAccent = win32.Pen(max(1, t.px(1)), t.line), win32.Pen(max(2, t.px(2)), t.accent)
	return t
}

// px scales a length given for 96 DPI.
func (t *theme) px(n int) int { return (n*t.dpi + 48) / 96 }

func (t *theme) close() {
	for _, h := range []windows.Handle{t.body, t.bold, t.small, t.head, t.under, t.brushPage, t.brushFoot, t.brushWell,
		t.brushLine, t.brushAccent, t.brushBtn, t.brushHot, t.brushPressed, t.penLine, t.penAccent} {
		win32.DeleteObject(h)
	}
}

// measure is how large s is in the given font, wrapped at width w (0: one line).
func (t *theme) measure(s string, font windows.Handle, w int) (int, int) {
	dc := win32.GetDC(0)
	defer win32.ReleaseDC(0, dc)
	old := win32.Select(dc, font)
	defer win32.Select(dc, old)
	format := uint32(win32.DTCalcRect | win32.DTNoPrefix)
	if w > 0 {
		format |= win32.DTWordBreak | win32.DTEditControl
	} else {
		format |= win32.DTSingleLine
	}
	r := win32.DrawText(dc, s, win32.Rect{Right: int32(w)}, format)
	return r.W(), r.H()
}

// tone is the colour of a status.
func (t *theme) tone(name string) uint32 {
	switch name {
	case "ok":
		return t.ok
	case "live":
		return t.accent
	case "warn":
		return t.warn
	}
	return t.muted
}

func (b box) inset(dx, dy int) box {
	return box{b.x + dx, b.y + dy, max(0, b.w-2*dx), max(0, b.h-2*dy)}
}

func rect(b box) win32.Rect {
	return win32.Rect{Left: int32(b.x), Top: int32(b.y), Right: int32(b.x + b.w), Bottom: int32(b.y + b.h)}
}

// panel draws a bordered box with slightly rounded corners.
func (t *theme) panel(dc windows.Handle, b box, brush, pen windows.Handle) {
	oldBrush, oldPen := win32.Select(dc, brush), win32.Select(dc, pen)
	win32.RoundRect(dc, rect(b), t.px(4))
	win32.Select(dc, oldBrush)
	win32.Select(dc, oldPen)
}
