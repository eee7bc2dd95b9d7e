package rfb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// served is what Serve returned. The viewer has left, or the server ended the connection.
func (v *testViewer) ended() error {
	v.t.Helper()
	return <-v.served
}

func TestHandshake(t *testing.T) {
	const init = "\x00\x02\x00\x01" + "\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\x00\x00\x00" + "\x00\x00\x00\x03ab\xc3"
	for _, tt := range []struct {
		name string
		talk []string // of the viewer and the server by turns
		want error
	}{
		{"3.3", []string{"RFB 003.003\n", "\x00\x00\x00\x01", "\x00", init}, nil},
		{"3.5 is 3.3", []string{"RFB 003.005\n", "\x00\x00\x00\x01", "\x00", init}, nil},
		{"3.7", []string{"RFB 003.007\n", "\x01\x01", "\x01\x01", init}, nil},
		{"3.8", []string{"RFB 003.008\n", "\x01\x01", "\x01", "\x00\x00\x00\x00", "\x01", init}, nil},
		{"Apple's 3.889 is 3.8", []string{"RFB 003.889\n", "\x01\x01", "\x01", "\x00\x00\x00\x00", "\x01", init}, nil},
		{"5.0 is 3.8", []string{"RFB 005.000\n", "\x01\x01", "\x01", "\x00\x00\x00\x00", "\x01", init}, nil},
		{"other security type", []string{"RFB 003.008\n", "\x01\x01", "\x02", "\x00\x00\x00\x01\x00\x00\x00\x19security type not offered"}, ErrSecurity},
		{"other security type in 3.7", []string{"RFB 003.007\n", "\x01\x01", "\x02", ""}, ErrSecurity},
		{"2.0", []string{"RFB 002.000\n", ""}, ErrVersion},
		{"HTTP", []string{"GET / HTTP/1.1\r", ""}, ErrVersion},
		{"not a number", []string{"RFB 0x3.008\n", ""}, ErrVersion},
		{"cut short", []string{"RFB 003.", ""}, io.ErrUnexpectedEOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, viewer := net.Pipe()
				c := NewConn(server, NewDisplay(image.Pt(2, 1)), Options{Name: "ab\xc3"})
				served := make(chan error, 1)
				go func() { served <- c.Serve(t.Context()) }()
				want := append([]string{version}, tt.talk...)
				for i, s := range want {
					if i%2 == 1 {
						go viewer.Write([]byte(s))
						continue
					}
					got := make([]byte, len(s))
					if _, err := io.ReadFull(viewer, got); err != nil || string(got) != s {
						t.Fatalf("the server says %q, %v; want %q", got, err, s)
					}
				}
				synctest.Wait()
				viewer.Close()
				if err := <-served; !errors.Is(err, tt.want) {
					t.Errorf("Serve: %v, want %v", err, tt.want)
				}
			})
		})
	}
}

// TestSilentHandshake: who connects and says nothing is not waited for.
func TestSilentHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, viewer := net.Pipe()
		defer viewer.Close()
		go io.Copy(io.Discard, viewer)
		if err := NewConn(server, NewDisplay(image.Pt(2, 1)), Options{}).Serve(t.Context()); !errors.Is(err, ErrSilent) {
			t.Errorf("Serve: %v, want ErrSilent", err)
		}
	})
}

// arrow is a cursor of 3 × 2 pixels: blue, half of a green, nothing; and red three times.
var arrow = Cursor{
	Size: image.Pt(3, 2), Hotspot: image.Pt(1, 0),
	Pix: []byte{255, 0, 0, 255, 0, 200, 0, 128, 9, 9, 9, 0, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255},
}

// TestPseudoRectangles looks at every rectangle that is not pixels, byte by byte.
func TestPseudoRectangles(t *testing.T) {
	for _, tt := range []struct {
		name string
		enc  int32
		do   func(c *Conn, d *Display, v *testViewer)
		want string // header and body
	}{
		{"Cursor", encCursor, nil, "0001 0000 0003 0002 ffffff11" +
			"ff0000ff 00c80080 09090900 0000ffff 0000ffff 0000ffff c0 e0"},
		{"Cursor With Alpha", encCursorAlpha, nil, "0001 0000 0003 0002 fffffec6 00000000" +
			"0000ffff 00640080 00000000 ff0000ff ff0000ff ff0000ff"},
		{"VMware Cursor", encVMwareCursor, nil, "0001 0000 0003 0002 574d5664 0100" +
			"0000ffff 00c80080 09090900 ff0000ff ff0000ff ff0000ff"},
		{"QEMU Extended Key Event", encQEMUKey, nil, "0000 0000 0000 0000 fffffefe"},
		{"ExtendedMouseButtons", encMouseButtons, nil, "0000 0000 0000 0000 fffffec4"},
		{"DesktopName", encDesktopName, func(c *Conn, _ *Display, _ *testViewer) { c.SetName("né") },
			"0000 0000 0000 0000 fffffecd 00000003 6ec3a9"},
		{"ExtendedDesktopSize at first", encExtendedDesktopSize, nil, "0000 0000 0002 0001 fffffecc 01000000" +
			"00000000 0000 0000 0002 0001 00000000"},
		{"ExtendedDesktopSize of two monitors", encExtendedDesktopSize, func(_ *Conn, d *Display, _ *testViewer) {
			d.Resize(image.Pt(4, 2), []Screen{{7, image.Rect(0, 0, 2, 2)}, {8, image.Rect(2, 1, 9, 9)}, {9, image.Rect(4, 0, 5, 5)}}, nil)
		}, "0000 0000 0004 0002 fffffecc 02000000" +
			"00000007 0000 0000 0002 0002 00000000 00000008 0002 0001 0002 0001 00000000"},
		{"SetDesktopSize is refused", encExtendedDesktopSize, func(_ *Conn, _ *Display, v *testViewer) {
			v.send(bytesOf(v.t, "fb 00 0100 0100 01 00 00000000 0000 0000 0100 0100 00000000"))
		}, "0001 0001 0002 0001 fffffecc 01000000 00000000 0000 0000 0002 0001 00000000"},
		{"DesktopSize", encDesktopSize, func(_ *Conn, d *Display, _ *testViewer) { d.Resize(image.Pt(4, 2), nil, nil) },
			"0000 0000 0004 0002 ffffff21"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := NewDisplay(image.Pt(2, 1))
				d.Update(func(*Framebuffer) Damage { return Damage{} })
				d.SetCursor(arrow)
				c, v := view(t, d, Options{Handler: &record{}})
				v.asks, v.keep = true, true
				go v.run()
				v.send(encodingsMessage(encRaw, tt.enc))
				v.send(requestMessage(false, image.Rect(0, 0, 2, 1)))
				if tt.do != nil {
					synctest.Wait()
					tt.do(c, d, v)
				}
				synctest.Wait()
				v.mu.Lock()
				defer v.mu.Unlock()
				var all []string
				for _, g := range v.kept {
					if b := append(appendRect(nil, g.r, g.encoding), g.body...); g.encoding == tt.enc {
						all = append(all, fmt.Sprintf("%x", b))
					}
				}
				if want := fmt.Sprintf("%x", bytesOf(t, tt.want)); !slices.Contains(all, want) {
					t.Errorf("got %s\nwant %s", strings.Join(all, "\n    "), want)
				}
			})
		})
	}
}

// TestAnswers looks at every message that is not an update.
func TestAnswers(t *testing.T) {
	caps := "03000000 fffffff8 1f000001 00000000"
	for _, tt := range []struct {
		name string
		enc  []int32
		say  func(v *testViewer)
		do   func(c *Conn)
		want []string
	}{
		{"fence", []int32{encFence}, func(v *testViewer) { v.send(bytesOf(v.t, "f8 000000 800000ff 03 616263")) }, nil,
			[]string{"f8000000 00000007 03 616263"}},
		{"continuous updates are offered", []int32{encFence, encContinuousUpdates}, nil, nil, []string{"96"}},
		{"and not without fences", []int32{encContinuousUpdates}, nil, nil, nil},
		{"continuous updates end", []int32{encFence, encContinuousUpdates}, func(v *testViewer) {
			v.send(continuousMessage(true, image.Rect(0, 0, 2, 1)))
			v.send(continuousMessage(false, image.Rect(0, 0, 2, 1)))
		}, nil, []string{"96", "96"}},
		{"clipboard in Latin-1", nil, nil, func(c *Conn) { c.SetClipboard("é\r\n€") }, []string{"03000000 00000003 e90a3f"}},
		{"clipboard is notified", []int32{encClipboard}, nil, func(c *Conn) { c.SetClipboard("é") },
			[]string{caps, "03000000 fffffffc 08000001"}},
		{"clipboard is asked for", []int32{encClipboard}, func(v *testViewer) { v.send(extended(clipNotify|clipText, nil)) }, nil,
			[]string{caps, "03000000 fffffffc 02000001"}},
		{"peek at nothing", []int32{encClipboard}, func(v *testViewer) { v.send(extended(clipPeek, nil)) }, nil,
			[]string{caps, "03000000 fffffffc 08000000"}},
		{"request of nothing", []int32{encClipboard}, func(v *testViewer) { v.send(extended(clipRequest|clipText, nil)) }, nil, []string{caps}},
		{"colour map", nil, func(v *testViewer) {
			v.send(bytesOf(v.t, "00 000000 08 08 00 00 0000 0000 0000 00 00 00 000000"))
		}, nil, []string{fmt.Sprintf("%x", appendColourMap(nil))}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, v := view(t, NewDisplay(image.Pt(2, 1)), Options{Handler: &record{}})
				go v.run()
				v.send(encodingsMessage(tt.enc...))
				if tt.say != nil {
					tt.say(v)
				}
				synctest.Wait()
				if tt.do != nil {
					tt.do(c)
				}
				synctest.Wait()
				v.mu.Lock()
				defer v.mu.Unlock()
				var want [][]byte
				for _, s := range tt.want {
					want = append(want, bytesOf(t, s))
				}
				if !slices.EqualFunc(v.others, want, bytes.Equal) {
					t.Errorf("got %x\nwant %x", v.others, want)
				}
			})
		})
	}
}

// TestClipboardBothWays: a text that a viewer asks for, and one that it provides.
func TestClipboardBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &record{}
		c, v := view(t, NewDisplay(image.Pt(2, 1)), Options{Handler: h, MaxClipboard: 100})
		go v.run()
		v.send(encodingsMessage(encClipboard))
		const text = "żółw\n😀"
		c.SetClipboard(text)
		c.SetClipboard(strings.Repeat("x", 101)) // too long
		synctest.Wait()
		v.send(extended(clipRequest|clipText, nil))
		v.send(extended(clipProvide|clipText, deflated(12, "Ω\r\nneuf\x00...")))
		synctest.Wait()
		v.mu.Lock()
		last := v.others[len(v.others)-1]
		v.mu.Unlock()
		if msg, err := parseClipboard(last[8:], 1<<10); err != nil || msg.(clipMessage).text != text {
			t.Errorf("the viewer gets %#v, %v", msg, err)
		}
		if want := []string{`clipboard "Ω\nneuf"`}; !slices.Equal(h.all(), want) {
			t.Errorf("the handler gets %q, want %q", h.all(), want)
		}
	})
}

// TestLayoutIsTold: whoever asks for all of the picture learns the monitors.
func TestLayoutIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDisplay(image.Pt(2, 1))
		d.Update(func(*Framebuffer) Damage { return Damage{} })
		_, v := view(t, d, Options{})
		v.keep = true
		go v.run()
		v.send(encodingsMessage(encRaw, encExtendedDesktopSize))
		for n := 1; n <= 3; n++ {
			v.send(requestMessage(false, image.Rect(0, 0, 2, 1)))
			synctest.Wait()
			v.mu.Lock()
			layouts, pictures := 0, 0
			for _, g := range v.kept {
				switch g.encoding {
				case encExtendedDesktopSize:
					layouts++
				case encRaw:
					pictures++
				}
			}
			v.mu.Unlock()
			if layouts != n || pictures != n {
				t.Errorf("%d layouts, %d pictures after %d requests", layouts, pictures, n)
			}
		}
	})
}

// TestSyncNext: between a change of the pixel format and the answer to the fence before it there must be no update.
func TestSyncNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, v := view(t, NewDisplay(image.Pt(2, 1)), Options{})
		go v.run()
		v.send(encodingsMessage(encFence))
		synctest.Wait() // the answer to the server's own fence is a message too
		v.send(bytesOf(t, "f8 000000 80000004 01 31"))
		synctest.Wait()
		v.mu.Lock()
		early := len(v.others)
		v.mu.Unlock()
		v.send(bytesOf(t, "00 000000 20 18 00 01 00ff 00ff 00ff 10 08 00 000000"))
		synctest.Wait()
		v.mu.Lock()
		defer v.mu.Unlock()
		if early != 0 || len(v.others) != 1 {
			t.Errorf("%d answers before the message, %d behind it; want 0, 1", early, len(v.others))
		}
	})
}

// TestLastRect: a large update begins before its rectangles are counted, for a viewer that knows LastRect and for no other.
func TestLastRect(t *testing.T) {
	for _, list := range [][]int32{{encRaw}, {encRaw, encLastRect}} {
		synctest.Test(t, func(t *testing.T) {
			size := image.Pt(64, 900) // a raw piece is half of the first budget
			d := NewDisplay(size)
			d.Update(func(fb *Framebuffer) Damage {
				for i := range fb.Pix {
					fb.Pix[i] = byte(i * i >> 7)
				}
				return Damage{}
			})
			_, v := view(t, d, Options{})
			go func() {
				v.conn.Write(encodingsMessage(list...))
				v.conn.Write(requestMessage(false, image.Rectangle{Max: size}))
			}()
			streams := len(list) == 2
			count := int(binary.BigEndian.Uint16(v.read(4)[2:]))
			if streams != (count == untilLastRect) {
				t.Fatalf("%d rectangles, knowing of LastRect: %t", count, streams)
			}
			n := 0
			for ; n < count; n++ {
				head := v.read(12)
				if r, encoding := rect(head), int32(binary.BigEndian.Uint32(head[8:])); encoding == encLastRect {
					break
				} else {
					v.wantPixels(d, r)
				}
			}
			if n < 2 {
				t.Errorf("%d rectangles in the update", n)
			}
			v.conn.Write(requestMessage(true, image.Rectangle{Max: size}))
			if kind := v.read(1)[0]; kind != msgFramebufferUpdate {
				t.Errorf("a message %d after it", kind)
			}
		})
	}
}

// wantPixels reads a raw rectangle.
func (v *testViewer) wantPixels(d *Display, r image.Rectangle) {
	v.t.Helper()
	body := v.read(4 * r.Dx() * r.Dy())
	d.Update(func(fb *Framebuffer) Damage {
		for y := range r.Dy() {
			at := (r.Min.Y+y)*fb.Stride + 4*r.Min.X
			for x, want := range fb.Pix[at : at+4*r.Dx()] {
				if got := body[4*r.Dx()*y+x]; x%4 != 3 && got != want {
					v.t.Fatalf("%v: byte %d of row %d is %d, want %d", r, x, y, got, want)
				}
			}
		}
		return Damage{Rects: []image.Rectangle{{}}}
	})
}
