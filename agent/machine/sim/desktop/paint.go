package desktop

import (
	"image"
	"strings"
	"unicode"
)

// paint draws what the monitors show within the canvas's clip. Windows that are excluded are covered.
func (d *Desktop) paint(c *canvas, excluded map[string]bool) {
	switch d.stage {
	case StageDesktop:
		d.paintDesktop(c, excluded)
		if d.secure {
			d.paintPermission(c)
		}
	case StageRestarting:
		d.paintBusy(c, d.words.restarting, d.words.keepOn)
	case StageBlocked:
		d.paintBusy(c, d.words.blocking, strings.Join(d.blockers, ", "), d.words.blockingNote)
	case StageBooting:
		c.fill(c.clip, black)
		m := centre(d.monitors[0].Bounds)
		c.centred(textFace, m.X, m.Y+120, d.words.starting, white)
		paintSpinner(c, m.Add(image.Pt(0, 60)))
	case StageSignIn, StageWelcome:
		d.paintSignIn(c)
	default:
		c.fill(c.clip, black)
	}
}

func (d *Desktop) paintDesktop(c *canvas, excluded map[string]bool) {
	// What lies below a window that covers all of the clip need not be drawn.
	below := len(d.windows)
	for i, w := range d.windows {
		if r := w.opaque(); !w.minimised && (c.clip.In(r[0]) || c.clip.In(r[1])) {
			below = i + 1
			break
		}
	}
	if below == len(d.windows) {
		d.paintWallpaper(c)
		d.paintIcons(c)
	}
	for i := below - 1; i >= 0; i-- {
		if w := d.windows[i]; !w.minimised && w.rect.Overlaps(c.clip) {
			w.paint(c, w == d.front(), excluded[w.id])
		}
	}
	d.paintBar(c)
}

func (d *Desktop) paintWallpaper(c *canvas) {
	for _, m := range d.monitors {
		if m.Bounds.Overlaps(c.clip) {
			c.blit(wallpaper(m.Bounds.Size()), m.Bounds.Min)
		}
	}
}

// paintBusy is the blue screen of a Windows that is busy with itself.
func (d *Desktop) paintBusy(c *canvas, head string, more ...string) {
	c.fill(c.clip, blue)
	m := centre(d.monitors[0].Bounds)
	paintSpinner(c, m.Sub(image.Pt(0, 90)))
	c.centred(largeFace, m.X, m.Y, head, white)
	for i, s := range more {
		c.centred(textFace, m.X, m.Y+44+28*i, s, 0xd4e3f3)
	}
}

func paintSpinner(c *canvas, m image.Point) {
	for i, at := range []image.Point{{0, -24}, {17, -17}, {24, 0}, {17, 17}, {0, 24}, {-17, 17}, {-24, 0}} {
		size := 2 + i/2
		p := m.Add(at)
		c.round(image.Rect(p.X-size, p.Y-size, p.X+size, p.Y+size), size, white)
	}
}

func (d *Desktop) paintSignIn(c *canvas) {
	d.paintWallpaper(c)
	c.tint(c.clip, 0x0c2440, 170)
	m := centre(d.monitors[0].Bounds)
	c.round(image.Rect(m.X-70, m.Y-190, m.X+70, m.Y-50), 70, 0xdfe8f1)
	c.centred(largeFace, m.X, m.Y-110, initials(d.opts.User), 0x24425f)
	c.centred(largeFace, m.X, m.Y, d.opts.User, white)
	if d.stage == StageWelcome {
		c.centred(textFace, m.X, m.Y+50, d.words.welcome, white)
		return
	}
	c.round(image.Rect(m.X-110, m.Y+30, m.X+110, m.Y+68), 5, accent)
	c.centred(textFace, m.X, m.Y+54, d.words.signIn, white)
}

func initials(name string) string {
	out := ""
	for _, word := range strings.Fields(name) {
		if r := []rune(word)[0]; len([]rune(out)) < 2 {
			out += string(unicode.ToUpper(r))
		}
	}
	return out
}

// paintPermission is what UAC asks, on a desktop of its own.
func (d *Desktop) paintPermission(c *canvas) {
	c.tint(c.clip, black, 150)
	m := centre(d.monitors[0].Bounds)
	box := image.Rect(m.X-230, m.Y-150, m.X+230, m.Y+150)
	c.round(box, corner, accent)
	c.round(image.Rect(box.Min.X+1, box.Min.Y+14, box.Max.X-1, box.Max.Y-1), corner-1, white)
	for i, l := range wrapText(headFace, d.words.permission, box.Dx()-60) {
		c.text(headFace, box.Min.X+30, box.Min.Y+64+26*i, l, ink)
	}
	c.text(textFace, box.Min.X+30, box.Max.Y-100, d.words.permissionApp, ink)
	for i, s := range []string{d.words.yes, d.words.no} {
		b := image.Rect(box.Min.X+30+205*i, box.Max.Y-64, box.Min.X+225+205*i, box.Max.Y-28)
		c.round(b, 4, line)
		c.round(b.Inset(1), 3, pane)
		c.centred(textFace, centre(b).X, centre(b).Y+5, s, ink)
	}
}
