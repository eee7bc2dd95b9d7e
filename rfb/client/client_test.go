package client_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"

	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/rfb/client"
)

// stream is a server that says what was written down beforehand.
type stream struct {
	io.Reader
	said bytes.Buffer // by the client, while it shakes hands; afterwards it is not looked at
	busy bool
}

func (s *stream) Write(p []byte) (int, error) {
	if !s.busy {
		s.said.Write(p)
	}
	return len(p), nil
}
func (s *stream) Close() error { return nil }

func u16(v ...int) (b []byte) {
	for _, n := range v {
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	}
	return b
}

func u32(v ...int) (b []byte) {
	for _, n := range v {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return b
}

func cat(parts ...any) (b []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			b = append(b, byte(p))
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

func serverInit(w, h int) []byte {
	return cat(u16(w, h), 32, 24, 0, 1, u16(255, 255, 255), 16, 8, 0, 0, 0, 0, u32(4), "name")
}

func hello(w, h int) []byte { return cat("RFB 003.008\n", 1, 1, u32(0), serverInit(w, h)) }

func rect(x, y, w, h int, e client.Encoding, payload ...any) []byte {
	return cat(u16(x, y, w, h), u32(int(e)), cat(payload...))
}

func update(rects ...[]byte) []byte { return cat(0, 0, u16(len(rects)), bytes.Join(rects, nil)) }

// play connects to a server that says all that and then ends.
func play(t *testing.T, o client.Options, parts ...[]byte) *client.Conn {
	t.Helper()
	c, err := client.Connect(&stream{Reader: bytes.NewReader(bytes.Join(parts, nil)), busy: true}, o)
	if err != nil {
		t.Fatal(err)
	}
	<-c.Done()
	return c
}

// picture makes one with some structure, with colours that RGB565 can show.
func picture(w, h int) rfb.Framebuffer {
	rnd := rand.New(rand.NewPCG(1, 2))
	p := rfb.Framebuffer{Pix: make([]byte, 4*w*h), Stride: 4 * w, Size: image.Pt(w, h)}
	for i := range w * h {
		r, g, b := i%w*7&31, i/w*5&63, (i%7+rnd.IntN(3))&31
		p.Pix[4*i], p.Pix[4*i+1], p.Pix[4*i+2] = byte((b*255+15)/31), byte((g*255+31)/63), byte((r*255+15)/31)
	}
	return p
}

func compact(n int) []byte {
	switch {
	case n < 1<<7:
		return []byte{byte(n)}
	case n < 1<<14:
		return []byte{byte(n) | 0x80, byte(n >> 7)}
	}
	return []byte{byte(n) | 0x80, byte(n>>7) | 0x80, byte(n >> 14)}
}

// deflater packs as a server does: one stream over many rectangles.
type deflater struct {
	out bytes.Buffer
	z   *zlib.Writer
}

func (d *deflater) pack(p []byte) []byte {
	if len(p) < 12 {
		return p
	}
	if d.z == nil {
		d.z = zlib.NewWriter(&d.out)
	}
	d.out.Reset()
	d.z.Write(p)
	d.z.Flush()
	return cat(compact(d.out.Len()), d.out.Bytes())
}

// parts are a pixel's colours in a format.
func parts(f client.PixelFormat, p rfb.Framebuffer, x, y int) (v [3]int) {
	if x < 0 || y < 0 {
		return v
	}
	b := p.Pix[y*p.Stride+4*x:]
	for i, m := range []uint16{f.RedMax, f.GreenMax, f.BlueMax} {
		v[i] = (int(b[2-i])*int(m) + 127) / 255
	}
	return v
}

func pixel(f client.PixelFormat, v [3]int) []byte {
	n := v[0]<<f.RedShift | v[1]<<f.GreenShift | v[2]<<f.BlueShift
	switch {
	case f == client.BGRX:
		return []byte{byte(v[0]), byte(v[1]), byte(v[2])}
	case f.BigEndian:
		return u16(n)
	}
	return []byte{byte(n), byte(n >> 8)}
}

func gradient(f client.PixelFormat, p rfb.Framebuffer) (b []byte) {
	limits := []int{int(f.RedMax), int(f.GreenMax), int(f.BlueMax)}
	for y := range p.Size.Y {
		for x := range p.Size.X {
			v, left, above, both := parts(f, p, x, y), parts(f, p, x-1, y), parts(f, p, x, y-1), parts(f, p, x-1, y-1)
			for k := range v {
				v[k] = (v[k] - min(max(left[k]+above[k]-both[k], 0), limits[k])) & limits[k]
			}
			b = append(b, pixel(f, v)...)
		}
	}
	return b
}

func TestTight(t *testing.T) {
	const w, h = 37, 21
	truth := picture(w, h)
	for name, f := range map[string]client.PixelFormat{"BGRX": client.BGRX, "RGB565": client.RGB565, "RGB565BE": client.RGB565BE} {
		t.Run(name, func(t *testing.T) {
			var copied []byte
			for i := range w * h {
				copied = append(copied, pixel(f, parts(f, truth, i%w, i/w))...)
			}
			var d, e deflater
			c := play(t, client.Options{Format: f}, hello(w, h),
				update(rect(0, 0, w, h, client.Tight, 0x00, d.pack(copied))))
			check(t, c, truth, "copy")
			d = deflater{}
			c = play(t, client.Options{Format: f}, hello(w, h),
				update(rect(0, 0, w, h, client.Tight, 0x60, 2, e.pack(gradient(f, truth)))),
				update(rect(0, 0, 5, 5, client.Tight, 0x80, pixel(f, parts(f, truth, 1, 1)))),
				// The same stream anew, from its beginning, and another one beside it.
				update(rect(0, 0, w, h, client.Tight, 0x24, d.pack(copied))))
			check(t, c, truth, "copy")
			e = deflater{}
			c = play(t, client.Options{Format: f}, hello(w, h), update(rect(0, 0, w, h, client.Tight, 0x60, 2, e.pack(gradient(f, truth)))))
			check(t, c, truth, "gradient")
		})
	}
}

func check(t *testing.T, c *client.Conn, truth rfb.Framebuffer, detail string) {
	t.Helper()
	if err := c.Err(); !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	if d := client.Differ(c.Picture(), truth); !d.Empty() {
		t.Errorf("%s: differs in %v", detail, d)
	}
	c.View(func(s *client.State) {
		if got := s.Last.Rects[len(s.Last.Rects)-1].Detail; got != detail {
			t.Errorf("detail is %q, not %q", got, detail)
		}
	})
}

func TestTightPalettes(t *testing.T) {
	const w, h = 19, 5
	colors := []byte{1, 2, 3, 40, 50, 60, 200, 100, 0}
	var mono, index []byte
	truth := picture(w, h)
	two := picture(w, h)
	for y := range h {
		row := make([]byte, (w+7)/8)
		for x := range w {
			k := (x*x + y) % 3
			index = append(index, byte(k))
			put(truth, x, y, colors[3*k:])
			put(two, x, y, colors[3*(k&1):])
			row[x/8] |= byte(k&1) << (7 - x%8)
		}
		mono = append(mono, row...)
	}
	var d deflater
	check(t, play(t, client.Options{}, hello(w, h), update(rect(0, 0, w, h, client.Tight, 0x50, 1, 2, colors, d.pack(index)))), truth, "palette")
	d = deflater{}
	check(t, play(t, client.Options{}, hello(w, h), update(rect(0, 0, w, h, client.Tight, 0x50, 1, 1, colors[:6], d.pack(mono)))), two, "mono")
}

func put(p rfb.Framebuffer, x, y int, rgb []byte) {
	copy(p.Pix[y*p.Stride+4*x:], []byte{rgb[2], rgb[1], rgb[0]})
}

func TestTightJPEG(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 40, 24))
	truth := picture(40, 24)
	for y := range 24 {
		for x := range 40 {
			c := color.RGBA{byte(4 * x), byte(100 + 2*y), byte(250 - 5*x), 255}
			m.SetRGBA(x, y, c)
			put(truth, x, y, []byte{c.R, c.G, c.B})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	c := play(t, client.Options{}, hello(40, 24), update(rect(0, 0, 40, 24, client.Tight, 0x90, compact(b.Len()), b.Bytes())))
	p := c.Picture()
	for i := range p.Pix {
		if i%4 != 3 && max(p.Pix[i], truth.Pix[i])-min(p.Pix[i], truth.Pix[i]) > 12 {
			t.Fatalf("byte %d is %d, not %d", i, p.Pix[i], truth.Pix[i])
		}
	}
}

func TestCopyRectOverlaps(t *testing.T) {
	const w, h = 16, 12
	start := picture(w, h)
	raw := rect(0, 0, w, h, client.Raw, start.Pix)
	for _, move := range []struct{ to, from image.Point }{
		{image.Pt(2, 3), image.Pt(1, 1)}, {image.Pt(1, 1), image.Pt(2, 3)}, {image.Pt(3, 2), image.Pt(1, 2)}, {image.Pt(1, 2), image.Pt(3, 2)},
	} {
		truth := picture(w, h)
		for y := range 8 {
			for x := range 10 {
				copy(truth.Pix[(move.to.Y+y)*truth.Stride+4*(move.to.X+x):][:4], start.Pix[(move.from.Y+y)*start.Stride+4*(move.from.X+x):])
			}
		}
		c := play(t, client.Options{}, hello(w, h), update(raw, rect(move.to.X, move.to.Y, 10, 8, client.CopyRect, u16(move.from.X, move.from.Y))))
		check(t, c, truth, "")
	}
}

func TestColourMap(t *testing.T) {
	c := play(t, client.Options{Format: client.ColorMap8}, hello(2, 1), cat(1, 0, u16(254, 2), u16(0x1122, 0x3344, 0x5566, 0xffff, 0, 0)),
		update(rect(0, 0, 2, 1, client.Raw, 254, 255)))
	if got, want := c.Picture().Pix, []byte{0x55, 0x33, 0x11, 0, 0, 0, 0xff, 0}; !bytes.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
}

func TestPseudoEncodings(t *testing.T) {
	c := play(t, client.Options{}, hello(8, 8), cat(0, 0, u16(0xffff),
		rect(1, 0, 2, 1, client.CursorShape, 1, 2, 3, 0, 4, 5, 6, 0, 0x40),
		rect(0, 0, 2, 1, client.CursorWithAlpha, u32(0), 10, 20, 30, 255, 4, 5, 6, 51),
		rect(5, 6, 0, 0, client.PointerPos), rect(0, 0, 0, 0, client.QEMUExtendedKey), rect(0, 0, 0, 0, client.ExtendedMouse),
		rect(0, 0, 0, 0, client.DesktopName, u32(3), "new"),
		rect(1, 0, 6, 4, client.ExtendedDesktopSize, 1, 0, 0, 0, u32(9), u16(0, 0, 6, 4), u32(0)),
		rect(0, 0, 0, 0, client.LastRect)), cat(2))
	c.View(func(s *client.State) {
		if s.Cursors != 2 || !bytes.Equal(s.Cursor.Pix, []byte{30, 20, 10, 255, 30, 25, 20, 51}) || s.Cursor.Size != image.Pt(2, 1) {
			t.Errorf("cursor %d: %v", s.Cursors, s.Cursor)
		}
		if s.Pointer != image.Pt(5, 6) || !s.KnowsQEMUKeys || !s.KnowsMouseButtons || s.Name != "new" || s.Bells != 1 {
			t.Errorf("%+v", s)
		}
		if s.Picture.Size != image.Pt(6, 4) || s.ResizeReason != 1 || len(s.Screens) != 1 || s.Screens[0].ID != 9 {
			t.Errorf("size %v, screens %v", s.Picture.Size, s.Screens)
		}
		if want := bytes.Repeat([]byte{255, 0, 255, 0}, 24); !bytes.Equal(s.Picture.Pix, want) {
			t.Error("what a resize leaves is not loud")
		}
	})
}

func TestVersions(t *testing.T) {
	for _, v := range []struct {
		want   client.Version
		server []byte
		said   string
	}{
		{client.Version38, hello(1, 1), "RFB 003.008\n\x01\x01"},
		{client.Version37, cat("RFB 003.008\n", 2, 16, 1, serverInit(1, 1)), "RFB 003.007\n\x01\x01"},
		{client.Version33, cat("RFB 003.008\n", u32(1), serverInit(1, 1)), "RFB 003.003\n\x01"},
		{client.Version38, cat("RFB 003.003\n", u32(1), serverInit(1, 1)), "RFB 003.003\n\x01"},
		{client.Version38, cat("RFB 003.007\n", 1, 1, serverInit(1, 1)), "RFB 003.007\n\x01\x01"},
	} {
		s := &stream{Reader: bytes.NewReader(v.server)}
		r, w := io.Pipe() // holds the connection open, so that what was said stands
		s.Reader = io.MultiReader(s.Reader, r)
		heard := &until{stream: s, n: len(v.said)}
		c, err := client.Connect(heard, client.Options{Version: v.want})
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		w.Close()
		if heard.got != v.said {
			t.Errorf("said %q, not %q", heard.got, v.said)
		}
	}
}

// until keeps the first n bytes that are written.
type until struct {
	*stream
	n   int
	got string
}

func (u *until) Write(p []byte) (int, error) {
	if k := min(u.n-len(u.got), len(p)); k > 0 {
		u.got += string(p[:k])
	}
	return len(p), nil
}

func TestRefused(t *testing.T) {
	for _, server := range [][]byte{
		cat("RFB 003.008\n", 0, u32(4), "full"), cat("RFB 003.003\n", u32(0), u32(4), "full"), cat("RFB 003.008\n", 1, 1, u32(1), u32(4), "full"),
	} {
		_, err := client.Connect(&stream{Reader: bytes.NewReader(server)}, client.Options{})
		if refused := (&client.RefusedError{}); !errors.As(err, &refused) || refused.Reason != "full" {
			t.Errorf("%v", err)
		}
	}
}

func extended(flags int, data []byte) []byte { return cat(3, 0, 0, 0, u32(-4-len(data), flags), data) }

func packed(text string) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(cat(u32(len(text)), text))
	z.Close()
	return b.Bytes()
}

func TestClipboard(t *testing.T) {
	c := play(t, client.Options{}, hello(1, 1), extended(0x1f000001, u32(0)), extended(0x10000001, packed("a\r\n🎈\x00")))
	c.View(func(s *client.State) {
		if s.Clipboard != "a\n🎈" || s.Clipboards != 1 || !s.KnowsClipboard {
			t.Errorf("%q", s.Clipboard)
		}
	})
	c = play(t, client.Options{}, hello(1, 1), cat(3, 0, 0, 0, u32(2), 0xe9, "!"))
	c.View(func(s *client.State) {
		if s.Clipboard != "é!" {
			t.Errorf("%q", s.Clipboard)
		}
	})
}

func TestWhatIsForbidden(t *testing.T) {
	var d deflater
	long := d.pack(make([]byte, 300))
	for want, server := range map[string][]byte{
		"outside the picture":      update(rect(1, 0, 8, 8, client.Raw)),
		"it is empty":              update(rect(0, 0, 0, 8, client.Tight)),
		"it copies":                update(rect(0, 0, 8, 8, client.CopyRect, u16(1, 0))),
		"sub-encoding 10":          update(rect(0, 0, 1, 1, client.Tight, 0xa0)),
		"a filter 3":               update(rect(0, 0, 1, 1, client.Tight, 0x40, 3)),
		"of a palette of 3":        update(rect(0, 0, 2, 1, client.Tight, 0x40, 1, 2, make([]byte, 9), 2, 3)),
		"instead of 192":           update(rect(0, 0, 8, 8, client.Tight, 0, compact(4), long[1:5])),
		"are left":                 update(rect(0, 0, 2, 2, client.Tight, 0, compact(200), long[1:], make([]byte, 300))),
		"nobody asked":             update(rect(0, 0, 8, 8, 16)),
		"a message of type 77":     cat(77),
		"a picture of 0":           update(rect(0, 0, 0, 5, client.DesktopSize)),
		"more than the":            update(rect(0, 0, 9999, 9999, client.DesktopSize)),
		"has no screen":            update(rect(0, 0, 8, 8, client.ExtendedDesktopSize, u32(0))),
		"is outside the picture":   update(rect(0, 0, 8, 8, client.ExtendedDesktopSize, 1, 0, 0, 0, u32(1), u16(1, 0, 8, 8), u32(0))),
		"a pointer of":             update(rect(0, 0, 257, 1, client.CursorShape)),
		"with its hot spot":        update(rect(2, 0, 2, 2, client.CursorShape)),
		"above its alpha":          update(rect(0, 0, 1, 1, client.CursorWithAlpha, u32(0), 5, 5, 5, 4)),
		"a text of":                update(rect(0, 0, 0, 0, client.DesktopName, u32(1<<20))),
		"SetColourMapEntries":      cat(1, 0, u16(200, 100)),
		"a fence of 65":            cat(248, 0, 0, 0, u32(0), 65),
		"not UTF-8":                extended(0x10000001, packed("\xff\x00")),
		"with a zero at its end":   extended(0x10000001, packed("a")),
		"1073741824 bytes":         cat(3, 0, 0, 0, u32(1<<30)),
		"unexpected EOF":           cat(0, 0),
		"the extended action":      extended(0, nil),
		"a JPEG of 3 × 2 pixels":   update(rect(0, 0, 8, 8, client.Tight, 0x90, jpegOf(3, 2))),
		"asked for a quality":      update(rect(0, 0, 8, 8, client.Tight, 0x90, jpegOf(8, 8))),
		"of VMware's kind 2":       update(rect(0, 0, 1, 1, client.VMwareCursor, 2, 0)),
		"2049 pixels wide":         cat(update(rect(0, 0, 2060, 1, client.DesktopSize)), update(rect(0, 0, 2049, 1, client.Tight, 0))),
		"2 bytes of an extended m": cat(3, 0, 0, 0, u32(-2), 0, 0),
	} {
		o := client.Options{MaxPixels: 1 << 20}
		if strings.Contains(want, "a quality") {
			o.Encodings = client.LosslessEncodings()
		}
		c := play(t, o, hello(8, 8), server)
		if err := c.Err(); !strings.Contains(err.Error(), want) {
			t.Errorf("%v; it should speak of %q", err, want)
		}
	}
}

func jpegOf(w, h int) []byte {
	var b bytes.Buffer
	// A buffer takes everything.
	_ = jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil)
	return cat(compact(b.Len()), b.Bytes())
}

func FuzzServer(f *testing.F) {
	var d deflater
	f.Add(byte(0), cat(hello(8, 8), update(rect(0, 0, 8, 8, client.Tight, 0, d.pack(make([]byte, 192))))))
	f.Add(byte(1), cat(hello(8, 8), update(rect(0, 0, 8, 8, client.Tight, 0x90, jpegOf(8, 8)), rect(0, 0, 4, 4, client.Tight, 0x80, 1, 2, 3))))
	f.Add(byte(2), cat(hello(8, 8), update(rect(0, 0, 3, 1, client.Tight, 0x60, 2, 1, 2, 3, 4, 5, 6), rect(0, 0, 4, 4, client.CopyRect, u16(1, 1)))))
	f.Add(byte(3), cat(hello(4, 2), extended(0x1f000001, u32(0)), extended(0x10000001, packed("a\x00")), cat(248, 0, 0, 0, u32(1<<31), 1, 1)))
	f.Add(byte(0), cat(hello(4, 2), update(rect(0, 0, 2, 1, client.CursorWithAlpha, u32(0), make([]byte, 8)), rect(0, 0, 2, 1, client.CursorShape, make([]byte, 9)))))
	f.Add(byte(0), cat(hello(4, 2), update(rect(0, 0, 1, 1, client.VMwareCursor, 1, 0, 1, 2, 3, 4), rect(0, 0, 1, 1, client.VMwareCursor, 0, 0, u32(0, 5)))))
	f.Add(byte(0), cat(hello(4, 2), update(rect(0, 0, 4, 4, client.ExtendedDesktopSize, 1, 0, 0, 0, u32(1), u16(0, 0, 4, 4), u32(0)))))
	formats := []client.PixelFormat{client.BGRX, client.RGB565BE, client.BGR233, client.ColorMap8}
	f.Fuzz(func(t *testing.T, format byte, server []byte) {
		s := &stream{Reader: bytes.NewReader(server), busy: true}
		c, err := client.Connect(s, client.Options{Format: formats[format%4], MaxPixels: 1 << 16, MaxClipboard: 1 << 16})
		if err == nil {
			<-c.Done()
			c.Picture()
		}
	})
}

// A server that asks for answers without end and reads none costs the connection and no more memory than a bound.
func TestServerThatNeverReads(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	go func() {
		// The pipe's end ends this.
		_, _ = far.Write([]byte("RFB 003.003\n"))
		_, _ = io.ReadFull(far, make([]byte, 12))
		_, _ = far.Write(u32(1))
		_, _ = io.ReadFull(far, make([]byte, 1))
		_, _ = far.Write(serverInit(1, 1))
		fence := bytes.Repeat(cat(248, 0, 0, 0, u32(1<<31), 64, make([]byte, 64)), 1000)
		for {
			if _, err := far.Write(fence); err != nil {
				return
			}
		}
	}()
	c, err := client.Connect(near, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	<-c.Done()
	if err := c.Err(); err == nil || !strings.Contains(err.Error(), "does not read") {
		t.Error(err)
	}
}
