package encoder

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"net"
	"sync"

	"github.com/rejoin/rejoin/rfb"
)

// ServerArgument is the argument with which this program is started again to run [Serve].
const ServerArgument = "encoder-server"

// painter draws workloads on a display, and letters for keys.
type painter struct {
	display *rfb.Display
	w       *workload
	hints   bool
	made    map[string]*workload

	mu      sync.Mutex
	keyed   bool
	letters *letters
	n       int
}

// Serve is the child's main: a server on a port of its own that draws what in tells.
func Serve(in io.Reader, out io.Writer) error {
	p := &painter{display: rfb.NewDisplay(screen), letters: newLetters(), made: map[string]*workload{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go p.accept(ctx, l)
	defer l.Close()
	enc := json.NewEncoder(out)
	if err := enc.Encode(answer{Address: l.Addr().String()}); err != nil {
		return err
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var o order
		var a answer
		err := json.Unmarshal(lines.Bytes(), &o)
		if err == nil {
			err = p.do(o)
		}
		if err != nil {
			a.Error = err.Error()
		}
		if err := enc.Encode(a); err != nil {
			return err
		}
	}
	return nil
}

func (p *painter) accept(ctx context.Context, l net.Listener) {
	for {
		stream, err := l.Accept()
		if err != nil {
			return // the listener is closed
		}
		go func() {
			// A viewer that leaves is no error here.
			_ = rfb.NewConn(stream, p.display, rfb.Options{Name: "bench", Handler: p}).Serve(ctx)
		}()
	}
}

func (p *painter) do(o order) error {
	switch o.Do {
	case doLoad:
		return p.load(o)
	case doStep:
		if p.w == nil || o.Frame < 0 || o.Frame >= len(p.w.frames) {
			return fmt.Errorf("there is no frame %d", o.Frame)
		}
		f := p.w.frames[o.Frame]
		p.display.Update(func(fb *rfb.Framebuffer) rfb.Damage {
			f.apply(*fb)
			return f.damage(p.hints)
		})
	case doKeys:
		p.mu.Lock()
		p.keyed = o.On
		p.mu.Unlock()
	default:
		return fmt.Errorf("an order to %q", o.Do)
	}
	return nil
}

func (p *painter) load(o order) error {
	w := p.made[o.Name]
	if w == nil {
		var err error
		if w, err = workloadOf(o.Name, o.Seed); err != nil {
			return err
		}
		p.made[o.Name] = w
	}
	p.w, p.hints = w, o.Hints
	all := image.Rectangle{Max: screen}
	p.display.Update(func(fb *rfb.Framebuffer) rfb.Damage {
		paste(*fb, cut(w.first, all))
		return rfb.Damage{Rects: []image.Rectangle{all}}
	})
	return nil
}

// Key draws a letter.
func (p *painter) Key(e rfb.KeyEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !e.Down || !p.keyed {
		return
	}
	a := p.letters.next(p.n)
	p.n++
	p.display.Update(func(fb *rfb.Framebuffer) rfb.Damage {
		paste(*fb, a)
		return rfb.Damage{Rects: []image.Rectangle{a.at}}
	})
}

func (p *painter) Pointer(rfb.PointerEvent) {}
func (p *painter) Clipboard(string)         {}
