package rfb_test

import (
	"context"
	"fmt"
	"image"
	"net"

	"github.com/rejoin/rejoin/rfb"
	"github.com/rejoin/rejoin/rfb/client"
)

// paper is a handler that draws a black dot wherever the left button is down.
type paper struct{ display *rfb.Display }

func (p paper) Key(rfb.KeyEvent) {}

func (p paper) Clipboard(string) {}

func (p paper) Pointer(e rfb.PointerEvent) {
	if e.Buttons&rfb.ButtonLeft == 0 {
		return
	}
	p.display.Update(func(fb *rfb.Framebuffer) rfb.Damage {
		copy(fb.Pix[e.At.Y*fb.Stride+4*e.At.X:], []byte{0, 0, 0})
		return rfb.Damage{Rects: []image.Rectangle{{Min: e.At, Max: e.At.Add(image.Pt(1, 1))}}}
	})
}

// A sheet of paper that everybody who connects can draw on.
func Example() {
	d := rfb.NewDisplay(image.Pt(320, 200))
	d.Update(func(fb *rfb.Framebuffer) rfb.Damage {
		for i := range fb.Pix {
			fb.Pix[i] = 255
		}
		return rfb.Damage{Unknown: true}
	})

	l, err := net.Listen("tcp", "127.0.0.1:0") // only who is on this machine: there is no password
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		for {
			stream, err := l.Accept()
			if err != nil {
				return
			}
			go rfb.NewConn(stream, d, rfb.Options{Name: "paper", Handler: paper{d}}).Serve(ctx)
		}
	}()

	// A viewer: noVNC and TigerVNC would do as well.
	stream, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := client.Connect(stream, client.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer v.Close()
	v.Pointer(rfb.PointerEvent{At: image.Pt(2, 1), Buttons: rfb.ButtonLeft})
	v.Await(ctx, func(s *client.State) bool {
		at := s.Picture.Stride + 4*2
		if s.Updates == 0 || s.Picture.Pix[at] != 0 {
			return false
		}
		fmt.Println(s.Name, s.Picture.Size, s.Picture.Pix[at-4:at+8])
		return true
	})
	// Output: paper (320,200) [255 255 255 0 0 0 0 0 255 255 255 0]
}
