package rfb_test

import (
	"fmt"
	"image"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/rfb/client"
)

// The tests here look at the server from outside, as viewers do: with package client, which shares no code with it, and in
// conformance_vncviewer_test.go with TigerVNC's viewer.

// asFormat is a picture as it looks when each colour has been rounded to the nearest that a format has, and back.
func asFormat(p rfb.Framebuffer, f client.PixelFormat) rfb.Framebuffer {
	limits := []int{int(f.BlueMax), int(f.GreenMax), int(f.RedMax)}
	if !f.TrueColor {
		limits = []int{3, 7, 7} // the colour map of the server
	}
	q := rfb.Framebuffer{Pix: slices.Clone(p.Pix), Stride: p.Stride, Size: p.Size}
	for i := range q.Pix {
		if i%4 == 3 {
			continue
		}
		m := limits[i%4]
		part := (int(q.Pix[i])*m + 127) / 255
		q.Pix[i] = byte((part*255 + m/2) / m)
	}
	return q
}

var exactSets = map[string][]client.Encoding{
	"nothing":        {},
	"Raw":            {client.Raw},
	"CopyRect":       {client.CopyRect},
	"Tight":          {client.Tight},
	"Tight and more": client.LosslessEncodings(),
	"compression 0":  {client.CopyRect, client.Tight, client.Compression(0)},
	"compression 9":  {client.CopyRect, client.Tight, client.LastRect, client.Compression(9)},
}

func TestEveryEncodingIsExact(t *testing.T) {
	for name, encodings := range exactSets {
		for _, pull := range []client.Pull{client.PullRequests, client.PullContinuous} {
			t.Run(name+"/"+string(pull), func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(3, 4))
				d := newDesk(t, pattern(image.Pt(643, 401), 1), rfb.Options{})
				var copies int
				c := d.connect(client.Options{Encodings: encodings, Pull: pull, OnUpdate: func(s *client.State) {
					for _, r := range s.Last.Rects {
						if r.Encoding == client.CopyRect {
							copies++
						}
					}
				}})
				d.shows(c, client.BGRX)
				for i := range 12 {
					d.change(rnd)
					d.shows(c, client.BGRX)
					d.scroll(20 + 7*i)
					d.shows(c, client.BGRX)
				}
				c.View(func(*client.State) {
					if asked := slices.Contains(encodings, client.CopyRect); asked != (copies > 0) {
						t.Errorf("%d areas were copied", copies)
					}
				})
				for range 30 { // without waiting for each
					d.change(rnd)
				}
				d.shows(c, client.BGRX)
			})
		}
	}
}

func TestEveryPixelFormatIsExact(t *testing.T) {
	for name, f := range map[string]client.PixelFormat{
		"BGRX": client.BGRX, "RGBX": client.RGBX, "XRGB": client.XRGB, "RGB30": client.RGB30, "RGB565": client.RGB565,
		"RGB565BE": client.RGB565BE, "RGB555": client.RGB555, "BGR233": client.BGR233, "RGB222": client.RGB222, "ColorMap8": client.ColorMap8,
	} {
		for set, encodings := range map[string][]client.Encoding{"Raw": {client.Raw}, "all": client.LosslessEncodings()} {
			t.Run(name+"/"+set, func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(5, 6))
				d := newDesk(t, pattern(image.Pt(200, 150), 2), rfb.Options{})
				c := d.connect(client.Options{Encodings: encodings, Format: f})
				d.shows(c, f)
				for range 4 {
					d.change(rnd)
					d.shows(c, f)
				}
			})
		}
	}
}

func TestEveryVersion(t *testing.T) {
	d := newDesk(t, pattern(image.Pt(64, 48), 3), rfb.Options{Name: "déjà"})
	for _, v := range []client.Version{client.Version33, client.Version37, client.Version38} {
		c := d.connect(client.Options{Version: v, Encodings: client.LosslessEncodings()})
		d.shows(c, client.BGRX)
		d.awaitState(c, "the name", func(s *client.State) bool { return s.Name == "déjà" })
	}
}

// A photograph comes as JPEG at first, and exactly once there is nothing else to send.
func TestPhotographsBecomeExact(t *testing.T) {
	p := rfb.Framebuffer{Pix: make([]byte, 4*320*240), Stride: 4 * 320, Size: image.Pt(320, 240)}
	rnd := rand.New(rand.NewPCG(7, 8))
	for i := range 320 * 240 {
		v := slope([3]int{20, 90, 150}, i%320, i/320, rnd.IntN(9))
		p.Pix[4*i], p.Pix[4*i+1], p.Pix[4*i+2] = byte(v), byte(v>>8), byte(v>>16)
	}
	for _, pull := range []client.Pull{client.PullRequests, client.PullContinuous} {
		t.Run(string(pull), func(t *testing.T) {
			var jpegs int
			d := newDesk(t, p, rfb.Options{})
			c := d.connect(client.Options{Pull: pull, OnUpdate: func(s *client.State) {
				for _, r := range s.Last.Rects {
					if r.Detail == "jpeg" {
						jpegs++
					}
				}
			}})
			d.shows(c, client.BGRX)
			c.View(func(*client.State) {
				if jpegs == 0 {
					t.Error("no JPEG came")
				}
			})
		})
	}
}

func TestResizes(t *testing.T) {
	for name, encodings := range map[string][]client.Encoding{
		"ExtendedDesktopSize": client.LosslessEncodings(), "DesktopSize": {client.Tight, client.CopyRect, client.DesktopSize},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, pattern(image.Pt(320, 200), 4), rfb.Options{})
			c := d.connect(client.Options{Encodings: encodings})
			d.shows(c, client.BGRX)
			for i, size := range []image.Point{{641, 479}, {1, 1}, {17, 400}, {400, 17}, {2100, 300}, {320, 200}} {
				screens := []rfb.Screen{{ID: uint32(i) + 1, Bounds: image.Rectangle{Max: size}}}
				if size.X > 100 {
					left := image.Rect(0, 0, size.X/2, size.Y)
					screens = []rfb.Screen{{ID: 7, Bounds: left}, {ID: 9, Bounds: image.Rect(left.Max.X, 0, size.X, size.Y)}}
				}
				d.truth = pattern(size, uint64(i)+10)
				d.display.Resize(size, screens, func(fb *rfb.Framebuffer) { copyPicture(fb, d.truth) })
				d.shows(c, client.BGRX)
				if name == "ExtendedDesktopSize" {
					d.awaitState(c, "the screens", func(s *client.State) bool { return slices.Equal(s.Screens, screens) })
				}
				d.change(rand.New(rand.NewPCG(uint64(i), 9)))
				d.shows(c, client.BGRX)
			}
		})
	}
}

// A viewer's wish for another size is answered, with a refusal.
func TestWishForAnotherSize(t *testing.T) {
	d := newDesk(t, pattern(image.Pt(100, 80), 5), rfb.Options{})
	c := d.connect(client.Options{Encodings: client.LosslessEncodings()})
	d.awaitState(c, "ExtendedDesktopSize", func(s *client.State) bool { return len(s.Screens) > 0 })
	c.SetDesktopSize(image.Pt(50, 50), []rfb.Screen{{ID: 1, Bounds: image.Rect(0, 0, 50, 50)}})
	d.awaitState(c, "the answer", func(s *client.State) bool {
		return s.ResizeReason == 1 && s.ResizeStatus != 0 && s.Picture.Size == image.Pt(100, 80)
	})
	d.shows(c, client.BGRX)
}

func TestSwitchOfDisplays(t *testing.T) {
	d := newDesk(t, pattern(image.Pt(320, 200), 6), rfb.Options{})
	c := d.connect(client.Options{Encodings: client.LosslessEncodings()})
	server := <-d.conns
	d.shows(c, client.BGRX)
	other := rfb.NewDisplay(image.Pt(123, 456))
	second := pattern(image.Pt(123, 456), 7)
	other.Update(func(fb *rfb.Framebuffer) rfb.Damage {
		copyPicture(fb, second)
		return rfb.Damage{Unknown: true}
	})
	for range 3 {
		server.SetDisplay(other)
		d.showsPicture(c, client.BGRX, second)
		d.change(rand.New(rand.NewPCG(1, 2))) // unseen
		server.SetDisplay(d.display)
		d.shows(c, client.BGRX)
	}
}

func TestCursors(t *testing.T) {
	shape := rfb.Cursor{Size: image.Pt(5, 3), Hotspot: image.Pt(4, 2), Pix: make([]byte, 4*5*3)}
	for i := range 15 {
		alpha := []byte{255, 0, 255, 51, 128}[i%5]
		copy(shape.Pix[4*i:], []byte{byte(i * 15), byte(200 - i), byte(i * 9), alpha})
		if alpha == 0 {
			copy(shape.Pix[4*i:], []byte{0, 0, 0})
		}
	}
	d := newDesk(t, pattern(image.Pt(64, 64), 8), rfb.Options{})
	d.display.SetCursor(shape)
	d.display.MovePointer(image.Pt(33, 44))
	alpha := d.connect(client.Options{Encodings: client.LosslessEncodings()})
	masked := d.connect(client.Options{Encodings: []client.Encoding{client.Tight, client.CursorShape, client.PointerPos}})
	like := func(got rfb.Cursor, exactAlpha bool) bool {
		if got.Size != shape.Size || got.Hotspot != shape.Hotspot {
			return false
		}
		for i := range got.Pix {
			a, want, has := int(shape.Pix[i|3]), int(shape.Pix[i]), int(got.Pix[i])
			switch {
			case i%4 == 3 && exactAlpha && want != has, i%4 == 3 && !exactAlpha && (want >= 128) != (has == 255):
				return false
			// Premultiplied colours are rounded.
			case i%4 != 3 && a >= 128 && exactAlpha && max(want-has, has-want) > 1, i%4 != 3 && a == 255 && want != has:
				return false
			}
		}
		return true
	}
	d.awaitState(alpha, "the shape", func(s *client.State) bool { return like(s.Cursor, true) })
	d.awaitState(masked, "the masked shape", func(s *client.State) bool { return like(s.Cursor, false) })
	vmware := d.connect(client.Options{Encodings: []client.Encoding{client.Tight, client.VMwareCursor}})
	d.awaitState(vmware, "VMware's shape", func(s *client.State) bool { return like(s.Cursor, true) })
	// Who did not put the pointer where it is sees it in the picture; who did has it as a shape only.
	at := image.Rectangle{Max: shape.Size}.Add(image.Pt(33, 44)).Sub(shape.Hotspot)
	d.awaitState(alpha, "the pointer in the picture", func(s *client.State) bool {
		differs := client.Differ(s.Picture, d.truth)
		return !differs.Empty() && differs.In(at)
	})
	for _, c := range []*client.Conn{alpha, masked, vmware} {
		c.Pointer(rfb.PointerEvent{At: image.Pt(33, 44)})
		d.shows(c, client.BGRX)
	}
	d.display.SetCursor(rfb.Cursor{})
	for _, c := range []*client.Conn{alpha, masked, vmware} {
		d.awaitState(c, "no shape", func(s *client.State) bool { return s.Cursors >= 2 && transparent(s.Cursor) })
		d.shows(c, client.BGRX)
	}
}

// transparent says whether nothing of a shape is seen.
func transparent(c rfb.Cursor) bool {
	for i := 3; i < len(c.Pix); i += 4 {
		if c.Pix[i] != 0 {
			return false
		}
	}
	return true
}

func TestClipboardBothWays(t *testing.T) {
	d := newDesk(t, pattern(image.Pt(8, 8), 9), rfb.Options{})
	c := d.connect(client.Options{})
	server := <-d.conns
	d.awaitState(c, "the extension", func(s *client.State) bool { return s.KnowsClipboard })
	for _, text := range []string{"plain", "Zeile 1\nZeile 2\n", "déjà vu, Ω, 漢字, 🎈👩‍🚀", strings.Repeat("long 🎈 ", 30000), "\n", "end"} {
		server.SetClipboard(text)
		d.awaitState(c, "the text", func(s *client.State) bool { return s.Clipboard == text })
		c.SetClipboard("to " + text)
		d.heard.await(t, "the text", func() bool { return len(d.heard.texts) > 0 && d.heard.texts[len(d.heard.texts)-1] == "to "+text })
	}
	old := d.connect(client.Options{Encodings: []client.Encoding{client.Raw}})
	oldServer := <-d.conns
	d.awaitState(old, "a picture", func(s *client.State) bool { return s.Updates > 0 })
	oldServer.SetClipboard("héllo")
	d.awaitState(old, "Latin-1", func(s *client.State) bool { return s.Clipboard == "héllo" })
	old.SetClipboard("über")
	d.heard.await(t, "Latin-1", func() bool { return d.heard.texts[len(d.heard.texts)-1] == "über" })
}

func TestInput(t *testing.T) {
	d := newDesk(t, pattern(image.Pt(300, 200), 10), rfb.Options{})
	c := d.connect(client.Options{})
	d.awaitState(c, "the extensions", func(s *client.State) bool { return s.KnowsQEMUKeys && s.KnowsMouseButtons })
	keys := []rfb.KeyEvent{{Keysym: 'a', Scancode: 0x1e, Down: true}, {Keysym: 'a', Scancode: 0x1e}, {Keysym: 0x20ac, Down: true}, {Keysym: 0xffe3, Scancode: 0x9d, Down: true}}
	for _, k := range keys {
		c.Key(k)
	}
	pointers := []rfb.PointerEvent{
		{At: image.Pt(1, 2)}, {At: image.Pt(299, 199), Buttons: rfb.ButtonLeft | rfb.ButtonBack}, {At: image.Pt(299, 199), Buttons: rfb.ButtonForward | rfb.WheelRight},
	}
	for _, p := range pointers {
		c.Pointer(p)
	}
	d.heard.await(t, "the keys", func() bool { return slices.Equal(d.heard.keys, keys) })
	d.heard.await(t, "the pointer", func() bool {
		return len(d.heard.pointers) >= len(pointers) && d.heard.pointers[len(d.heard.pointers)-1] == pointers[2] && slices.Contains(d.heard.pointers, pointers[1])
	})
	c.Close()
	d.heard.await(t, "the release", func() bool {
		up := map[uint32]bool{}
		for _, k := range d.heard.keys[len(keys):] {
			up[k.Keysym] = !k.Down
		}
		return up[0x20ac] && up[0xffe3] && d.heard.pointers[len(d.heard.pointers)-1].Buttons == 0
	})
}

func TestReconnects(t *testing.T) {
	d := newDesk(t, pattern(image.Pt(300, 200), 11), rfb.Options{})
	rnd := rand.New(rand.NewPCG(11, 12))
	watching := d.connect(client.Options{Encodings: client.LosslessEncodings()})
	for i := range 15 {
		c := d.connect(client.Options{Encodings: client.LosslessEncodings()})
		if i%3 != 0 { // one in three leaves in the midst of its first picture
			d.shows(c, client.BGRX)
		}
		d.change(rnd)
		c.Close()
	}
	d.shows(watching, client.BGRX)
}

func TestNameAndFence(t *testing.T) {
	d := newDesk(t, pattern(image.Pt(8, 8), 12), rfb.Options{Name: "before"})
	c := d.connect(client.Options{})
	server := <-d.conns
	d.awaitState(c, "a picture", func(s *client.State) bool { return s.Updates > 0 && s.KnowsFences && s.KnowsContinuous })
	server.SetName("danach 🎈")
	d.awaitState(c, "the name", func(s *client.State) bool { return s.Name == "danach 🎈" })
	payload := strings.Repeat("x", 64)
	for i, flags := range []uint32{0, client.FenceBlockBefore, client.FenceBlockBefore | client.FenceBlockAfter, client.FenceSyncNext} {
		c.Fence(flags, []byte(fmt.Sprint(i, payload)[:64]))
		if flags == client.FenceSyncNext {
			c.Request(true) // it is the next message that is waited for
		}
		d.awaitState(c, "the fence", func(s *client.State) bool { return string(s.Fence) == fmt.Sprint(i, payload)[:64] && s.Fences == i+1 })
	}
}
