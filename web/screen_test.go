package web

import (
	"context"
	"encoding/json"
	"image"
	"net/http"
	"sync"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/rfb"
)

// pcScreen is a customer's screen for the pages of the tests: a drawn desktop, shown by a real RFB server.
type pcScreen struct {
	display *rfb.Display
	input   bool

	mu     sync.Mutex
	conns  map[*rfb.Conn]context.CancelFunc
	opened int
}

func newPCScreen() *pcScreen {
	s := &pcScreen{display: rfb.NewDisplay(image.Pt(1280, 800)), conns: map[*rfb.Conn]context.CancelFunc{}}
	s.paint(nil)
	return s
}

// paint draws the desktop, and a mark in its upper left corner if there is one.
func (s *pcScreen) paint(mark []byte) {
	s.display.Update(func(fb *rfb.Framebuffer) rfb.Damage {
		fill := func(r image.Rectangle, blue, green, red byte) {
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					copy(fb.Pix[y*fb.Stride+4*x:], []byte{blue, green, red, 255})
				}
			}
		}
		for y := range fb.Size.Y {
			v := byte(y / 8)
			fill(image.Rect(0, y, fb.Size.X, y+1), 110+v, 60+v/2, 20+v/4)
		}
		fill(image.Rect(150, 60, 910, 700), 250, 250, 250) // a window with lines of text
		fill(image.Rect(150, 60, 910, 96), 140, 80, 40)
		for i := range 18 {
			fill(image.Rect(200, 140+i*28, 820-(i*37)%240, 150+i*28), 205, 200, 195)
		}
		fill(image.Rect(0, 752, 1280, 800), 245, 235, 228) // the task bar
		for i := range 5 {
			fill(image.Rect(560+i*36, 764, 584+i*36, 788), byte(180-i*30), byte(110+i*20), byte(40+i*30))
		}
		if mark != nil {
			fill(image.Rect(0, 0, 40, 40), mark[0], mark[1], mark[2])
		}
		return rfb.Damage{Rects: []image.Rectangle{{Max: fb.Size}}}
	})
}

func (s *pcScreen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer ws.CloseNow()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	name, err := json.Marshal(map[string]any{
		"v": 1, "monitor": "m1", "input": s.input, "rtt": 24,
		"monitors": []map[string]any{{"id": "m1", "name": "DELL U2419H", "w": 1280, "h": 800, "primary": true}, {"id": "m2", "name": "Internal", "w": 1920, "h": 1080}},
	})
	if err != nil {
		panic(err)
	}
	c := rfb.NewConn(websocket.NetConn(ctx, ws, websocket.MessageBinary), s.display, rfb.Options{Name: string(name), Quality: rfb.QualitySharp})
	s.mu.Lock()
	s.opened++
	s.conns[c] = cancel
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
	}()
	_ = c.Serve(ctx) // how the browser leaves is its own affair
}

// cut ends all connections.
func (s *pcScreen) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cancel := range s.conns {
		cancel()
	}
}
