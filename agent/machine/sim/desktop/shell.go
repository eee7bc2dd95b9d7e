package desktop

import (
	"image"
	"slices"
)

// Measures of the shell.
const (
	barHeight  = 48
	barStep    = 48
	clockWidth = 110
	iconWidth  = 92
	iconHeight = 84
)

// bar is the task bar, on the primary monitor.
func (d *Desktop) bar() image.Rectangle {
	r := d.monitors[0].Bounds
	return image.Rect(r.Min.X, r.Max.Y-barHeight, r.Max.X, r.Max.Y)
}

// barButton is a program's place in the task bar.
func (d *Desktop) barButton(app App) image.Rectangle {
	bar := d.bar()
	x := bar.Min.X + (bar.Dx()-barStep*(len(apps)+1))/2 + barStep*(slices.Index(apps, app)+1)
	return image.Rect(x, bar.Min.Y, x+barStep, bar.Max.Y)
}

func (d *Desktop) clockRect() image.Rectangle {
	bar := d.bar()
	return image.Rect(bar.Max.X-clockWidth, bar.Min.Y, bar.Max.X, bar.Max.Y)
}

// iconRect is a program's icon on the desktop.
func (d *Desktop) iconRect(app App) image.Rectangle {
	at := d.monitors[0].Bounds.Min.Add(image.Pt(12, 16+slices.Index(apps, app)*(iconHeight+8)))
	return image.Rectangle{at, at.Add(image.Pt(iconWidth, iconHeight))}
}

func (d *Desktop) labelOf(app App) string {
	switch app {
	case AppEditor:
		return d.words.notes
	case AppReader:
		return d.words.manual
	}
	return d.words.garden
}

func (d *Desktop) paintBar(c *canvas) {
	bar := d.bar()
	c = c.within(bar)
	if c.clip.Empty() {
		return
	}
	c.fill(bar, 0xe3eaf3)
	c.fill(image.Rect(bar.Min.X, bar.Min.Y, bar.Max.X, bar.Min.Y+1), 0xc5d2e0)
	start := d.barButton(apps[0]).Sub(image.Pt(barStep, 0))
	m := centre(start)
	for _, at := range []image.Point{{-10, -10}, {1, -10}, {-10, 1}, {1, 1}} {
		c.fill(image.Rectangle{m.Add(at), m.Add(at).Add(image.Pt(9, 9))}, accent)
	}
	for _, app := range apps {
		r := d.barButton(app)
		w := d.windowOf(app)
		if w != nil && w == d.front() {
			c.round(r.Inset(4), 6, 0xf6f9fc)
		}
		paintIcon(c, app, image.Rect(r.Min.X+12, r.Min.Y+11, r.Min.X+36, r.Min.Y+35))
		switch {
		case w == nil:
		case w == d.front():
			c.round(image.Rect(r.Min.X+15, r.Max.Y-7, r.Max.X-15, r.Max.Y-4), 1, accent)
		default:
			c.round(image.Rect(r.Min.X+20, r.Max.Y-7, r.Max.X-20, r.Max.Y-4), 1, faint)
		}
	}
	clock := d.clockRect()
	for i, layout := range []string{"15:04", d.words.date} {
		s := d.minute.Format(layout)
		c.text(uiFace, clock.Max.X-14-uiFace.width(s), clock.Min.Y+20+17*i, s, ink)
	}
}

func (d *Desktop) paintIcons(c *canvas) {
	for _, app := range apps {
		r := d.iconRect(app)
		if r.Intersect(c.clip).Empty() {
			continue
		}
		if d.picked == app {
			c.tint(r, white, 60)
		}
		paintIcon(c, app, image.Rect(r.Min.X+28, r.Min.Y+8, r.Min.X+64, r.Min.Y+44))
		part := c.within(r)
		for i, l := range wrapText(uiFace, d.labelOf(app), iconWidth-4) {
			part.centred(uiFace, r.Min.X+iconWidth/2+1, r.Min.Y+62+16*i, l, 0x0a1f38)
			part.centred(uiFace, r.Min.X+iconWidth/2, r.Min.Y+61+16*i, l, white)
		}
	}
}

// paintIcon draws a program's symbol into a square.
func paintIcon(c *canvas, app App, r image.Rectangle) {
	side := r.Dx()
	at := func(x, y, x2, y2 int) image.Rectangle {
		return image.Rect(r.Min.X+x*side/24, r.Min.Y+y*side/24, r.Min.X+x2*side/24, r.Min.Y+y2*side/24)
	}
	switch app {
	case AppEditor:
		c.round(at(3, 1, 21, 23), side/10, 0xc9d9ea)
		c.fill(at(3, 3, 21, 6), 0x2f8fd8)
		for y := 9; y <= 19; y += 3 {
			c.fill(at(6, y, 18, y+1), 0x6d8096)
		}
	case AppReader:
		c.round(at(3, 1, 21, 23), side/10, 0xc4442f)
		c.fill(at(6, 5, 18, 8), white)
		c.fill(at(6, 11, 18, 12), 0xf3c9c1)
		c.fill(at(6, 15, 14, 16), 0xf3c9c1)
	default:
		c.round(at(1, 3, 23, 21), side/10, 0x2b8f7f)
		c.round(at(15, 6, 19, 10), side/12, 0xffe08a)
		for i := range 8 {
			c.fill(at(4+i, 18-i, 18-i, 19-i), 0xd6f1ea)
		}
	}
}

// pressBar is a click on the task bar.
func (d *Desktop) pressBar(at image.Point) {
	for _, app := range apps {
		if !at.In(d.barButton(app)) {
			continue
		}
		if w := d.windowOf(app); w != nil && w == d.front() {
			d.minimise(w)
		} else {
			d.open(app)
		}
		return
	}
}

// pressIcons is a click beside all windows: two on the same icon start its program.
func (d *Desktop) pressIcons(at image.Point) {
	d.unfocus()
	now := d.now()
	for _, app := range apps {
		if !at.In(d.iconRect(app)) {
			continue
		}
		if d.picked == app && now.Sub(d.pickedAt) <= doubleClick {
			d.pick("")
			d.open(app)
			return
		}
		d.pick(app)
		d.pickedAt = now
		return
	}
	d.pick("")
}

// pick marks an icon.
func (d *Desktop) pick(app App) {
	for _, old := range []App{d.picked, app} {
		if old != "" && d.picked != app {
			d.redraw(d.iconRect(old))
		}
	}
	d.picked = app
}
