package winscreen

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
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

var procSendMessageTimeout = windows.NewLazySystemDLL("user32.dll").NewProc("SendMessageTimeoutW")

// TestEveryWindowAnswers: opening the desktop duplication, again and again on a busy PC, leaves no window behind that
// answers nothing. Direct3D makes hidden ones, and Windows asks each before it restarts.
func TestEveryWindowAnswers(t *testing.T) {
	all, err := monitors()
	if err != nil {
		t.Fatal(err)
	}
	busy, rest := context.WithCancel(t.Context())
	defer rest()
	for range runtime.GOMAXPROCS(0) { // a goroutine that returns from Windows to a busy processor goes on on another thread
		go func() {
			for busy.Err() == nil {
				runtime.Gosched()
			}
		}()
	}
	c := &capturer{screen: New(slog.New(slog.DiscardHandler)), mon: all[0], size: all[0].Bounds.Size()}
	for range 10 {
		c.duplicate()
		if o := <-c.opening; o.err == nil {
			o.d.close()
		}
		c.opening = nil
	}
	rest()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) { // a thread may be about to end
		silent := silentWindows(t)
		if len(silent) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("windows of ours that answer nothing: %q", silent)
		}
	}
}

// silentWindows are the classes of this process' windows that don't answer.
func silentWindows(t *testing.T) (silent []string) {
	t.Helper()
	all, err := win32.TopWindows()
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range all {
		if win32.Process(h) != windows.GetCurrentProcessId() {
			continue
		}
		const null, block = 0, 1 // WM_NULL, SMTO_BLOCK
		var result uintptr
		ok, _, _ := procSendMessageTimeout.Call(uintptr(h), null, 0, 0, block, 500, uintptr(unsafe.Pointer(&result)))
		if ok == 0 && windows.IsWindow(h) {
			silent = append(silent, win32.Class(h))
		}
	}
	return silent
}
