package desktop

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"sync"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/rfb"
)

// Picture is what the customer sees on a monitor.
type Picture struct {
	PNG     []byte
	Size    image.Point
	Version uint64 // another one when there is something new to be seen; never 0
	Shape   Shape  // of the pointer, which the picture shows only if it was not the customer who moved it last
}

// encoded are the pictures that were encoded last, so that several who look at the same cost as much as one.
type encoded struct {
	mu   sync.Mutex
	last map[string]Picture // by monitor
}

// Picture waits until there is something else to be seen than in the version after, and returns it. Nothing is covered
// in it, and every stage is shown.
func (d *Desktop) Picture(ctx context.Context, monitor string, after uint64) (Picture, error) {
	for {
		d.mu.Lock()
		d.refresh()
		_, ok := d.monitor(monitor)
		version, changed, minute := d.version, d.changed, d.untilMinute()
		d.mu.Unlock()
		if !ok {
			return Picture{}, machine.ErrNoScreen
		}
		if version != after {
			return d.encode(monitor)
		}
		if err := await(ctx, ctx, changed, minute); err != nil {
			return Picture{}, ctx.Err()
		}
	}
}

func (d *Desktop) encode(monitor string) (Picture, error) {
	d.encoded.mu.Lock()
	defer d.encoded.mu.Unlock()
	d.mu.Lock()
	m, ok := d.monitor(monitor)
	p := Picture{Size: m.Bounds.Size(), Version: d.version, Shape: d.shape()}
	last := d.encoded.last[monitor]
	if !ok || last.Version == p.Version {
		d.mu.Unlock()
		if !ok {
			return Picture{}, machine.ErrNoScreen
		}
		return last, nil
	}
	fb := &rfb.Framebuffer{Pix: make([]byte, p.Size.X*p.Size.Y*4), Stride: p.Size.X * 4, Size: p.Size}
	c := &canvas{fb: fb, origin: m.Bounds.Min, clip: m.Bounds}
	d.paint(c, nil)
	if d.hands.mover == byAgent && !d.hidden() {
		c.pointer(p.Shape, d.hands.at)
	}
	d.mu.Unlock()
	var err error
	if p.PNG, err = encodePNG(fb); err != nil {
		return Picture{}, err
	}
	if d.encoded.last == nil {
		d.encoded.last = make(map[string]Picture)
	}
	d.encoded.last[monitor] = p
	return p, nil
}

// encodePNG uses the framebuffer up.
func encodePNG(fb *rfb.Framebuffer) ([]byte, error) {
	for i := 0; i < len(fb.Pix); i += 4 {
		fb.Pix[i], fb.Pix[i+2] = fb.Pix[i+2], fb.Pix[i]
	}
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := enc.Encode(&b, &image.RGBA{Pix: fb.Pix, Stride: fb.Stride, Rect: image.Rectangle{Max: fb.Size}}); err != nil {
		return nil, fmt.Errorf("desktop: encode the picture: %w", err)
	}
	return b.Bytes(), nil
}
