//go:build linux

package screentest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/winerig"
)

// TestUnderWine runs package winscreen's own tests on the PC, those that need Windows among them.
func TestUnderWine(t *testing.T) {
	t.Parallel()
	winerig.Require(t)
	exe := filepath.Join(t.TempDir(), "winscreen.test.exe")
	cmd := exec.Command("go", "test", "-c", "-o", exe, "github.com/rejoin/rejoin/agent/machine/windows/winscreen")
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the tests for Windows: %v\n%s", err, out)
	}
	pc := winerig.New(t, winerig.Options{})
	p := pc.Start(pc.Put(exe, `C:\rig\winscreen.test.exe`), "-test.v", "-test.timeout=60s")
	code, out := p.Wait(90 * time.Second)
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	t.Log(out)
}
