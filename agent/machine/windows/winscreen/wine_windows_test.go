package winscreen

import (
	"bytes"
	"context"
	"errors"
	"image"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/rfb"
)

// These tests need a desktop: package screentest builds them for Windows and runs them under Wine.

// TestTextures goes the way of a duplication's pictures: a texture on the graphics card, of which parts are copied to one
// that the processor can read.
func TestTextures(t *testing.T) {
	all, err := monitors()
	if err != nil {
		t.Fatal(err)
	}
	adapter, output, err := findOutput(all[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	defer adapter.release()
	defer output.release()
	const w, h = 64, 48
	d := &duplication{size: image.Pt(w, h)}
	defer d.close()
	err = d.open(adapter, output)
	t.Logf("opening the duplication: %v", err)
	if d.context == nil {
		t.Fatal("no device")
	}
	if d.dupl != nil {
		t.Skip("a PC with the desktop duplication")
	}
	// What follows in open, with pictures of our own.
	pix := make([]byte, 4*w*h)
	for i := range pix {
		pix[i] = byte(i * 7 >> 2)
	}
	const shaderResource = 8
	desc := textureDesc{Width: w, Height: h, MipLevels: 1, ArraySize: 1, Format: formatBGRA8, SampleCount: 1, BindFlags: shaderResource}
	initial := struct {
		pix          *byte
		pitch, slice uint32
	}{&pix[0], 4 * w, 0}
	var texture *object
	if hr := d.device.call(deviceCreateTexture, uintptr(unsafe.Pointer(&desc)), uintptr(unsafe.Pointer(&initial)), uintptr(unsafe.Pointer(&texture))); hr.failed() {
		t.Fatal(hr)
	}
	defer texture.release()
	if same := texture.as(&iidTexture2D); same == nil {
		t.Error("a texture is no ID3D11Texture2D")
	} else {
		same.release()
	}
	if err := d.makeStaging(w, h); err != nil {
		t.Fatal(err)
	}
	d.copyFrom(texture, []image.Rectangle{image.Rect(3, 5, 20, 30), image.Rect(40, 40, w, h)})
	desktop, _, err := d.take()
	if err != nil {
		t.Fatal(err)
	}
	defer d.done()
	from := pixels{pix, 4 * w}
	for _, row := range []struct{ y, x0, x1 int }{{5, 3, 20}, {29, 3, 20}, {40, 40, w}, {h - 1, 40, w}} {
		if got, want := desktop.row(row.y, row.x0, row.x1), from.row(row.y, row.x0, row.x1); !bytes.Equal(got, want) {
			t.Errorf("row %d: %v, want %v", row.y, got, want)
		}
	}
}

// TestSecureDesktop: while another desktop is shown nothing is captured, and the user's is there again by itself.
func TestSecureDesktop(t *testing.T) {
	s := New(slog.New(slog.DiscardHandler))
	var secure atomic.Bool
	s.inputDesktop = func() (string, error) {
		if secure.Load() {
			return "Winlogon", nil
		}
		return "Default", nil
	}
	all, err := s.Monitors()
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Capture(all[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	size := c.Size()
	fb := &rfb.Framebuffer{Pix: make([]byte, 4*size.X*size.Y), Stride: 4 * size.X, Size: size}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := c.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Draw(fb); err != nil {
		t.Fatal(err)
	}
	secure.Store(true)
	for err = nil; err == nil; { // pictures that were there before may come first
		if err = c.Wait(ctx); err == nil {
			_, err = c.Draw(fb)
		}
	}
	if !errors.Is(err, machine.ErrSecureDesktop) {
		t.Fatalf("on the secure desktop: %v", err)
	}
	if _, err := c.Draw(fb); !errors.Is(err, machine.ErrSecureDesktop) {
		t.Fatalf("drawn on the secure desktop: %v", err)
	}
	go func() {
		<-time.After(500 * time.Millisecond)
		secure.Store(false)
	}()
	began := time.Now()
	if err := c.Wait(ctx); err != nil {
		t.Fatalf("back on the user's desktop: %v", err)
	}
	if took := time.Since(began); took < 400*time.Millisecond {
		t.Errorf("the wait for the user's desktop ended after %v", took)
	}
	if _, err := c.Draw(fb); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Capture("no such monitor"); !errors.Is(err, machine.ErrNoScreen) {
		t.Errorf("a monitor that isn't there: %v", err)
	}
	short, end := context.WithCancel(t.Context())
	end()
	if err := c.Wait(short); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
}
