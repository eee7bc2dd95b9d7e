//go:build linux

package winerig

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/winerig/spywire"
)

func TestPowerCycle(t *testing.T) {
	pc := New(t, Options{})
	if a := pc.ask(spywire.Request{Do: "uptime"}); a.Uptime < 19_000 || a.Uptime > 60_000 {
		t.Errorf("a PC that was just switched on has been up for %d ms", a.Uptime)
	}
	pc.SetRegistry("HKCU", `Software\Microsoft\Windows\CurrentVersion\RunOnce`, "*Test", `"C:\windows\system32\notepad.exe"`)
	before := time.Now()
	pc.PullPlug(time.Second)
	if off := time.Since(before); off < time.Second {
		t.Errorf("the power was off for %v only", off)
	}
	Wait(t, windowLimit, "notepad, which RunOnce starts", func() bool { return len(pc.Running("notepad.exe")) == 1 }, nil)
	if _, ok := pc.Registry("HKCU", `Software\Microsoft\Windows\CurrentVersion\RunOnce`, "*Test"); ok {
		t.Error("the RunOnce value is still there after it ran")
	}
	if a := pc.ask(spywire.Request{Do: "uptime"}); a.Uptime < 19_000 || a.Uptime > 60_000 {
		t.Errorf("after a power cycle the PC has been up for %d ms", a.Uptime)
	}
	if pc.WentDown(0) {
		t.Error("the gate ran although nobody restarted Windows")
	}
	pc.Kill("notepad.exe")
	if n := len(pc.Running("notepad.exe")); n != 0 {
		t.Errorf("%d notepads run after all were killed", n)
	}
}

func TestFiles(t *testing.T) {
	pc := New(t, Options{})
	file := filepath.Join(t.TempDir(), "x.txt")
	if err := os.WriteFile(file, []byte("here"), 0o600); err != nil {
		t.Fatal(err)
	}
	pc.Put(file, pc.Downloads()+`\x.txt`)
	p := pc.Start(`C:\windows\system32\cmd.exe`, "/c", "type", pc.Downloads()+`\x.txt`)
	if code, out := p.Wait(20 * time.Second); code != 0 || out != "here" {
		t.Errorf("type: exit code %d, %q", code, out)
	}
}
