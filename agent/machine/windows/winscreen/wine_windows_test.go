package winscreen

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/rfb"
)

// These tests need a desktop: package screentest builds them for Windows and runs them under Wine.

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
