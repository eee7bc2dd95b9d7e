//go:build linux

package winerig

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

const (
	wine64     = "/usr/lib/wine/wine64"
	wineserver = "/usr/lib/wine/wineserver"
	mingw      = "x86_64-w64-mingw32-gcc"
)

// missing says what this machine lacks, or nothing.
var missing = sync.OnceValue(func() string {
	var lacks []string
	for _, file := range []string{wine64, wineserver} {
		if _, err := os.Stat(file); err != nil {
			lacks = append(lacks, file)
		}
	}
	for _, tool := range []string{"Xvfb", "xdotool", mingw, "unshare", "nsenter"} {
		if _, err := exec.LookPath(tool); err != nil {
			lacks = append(lacks, tool)
		}
	}
	if len(lacks) > 0 {
		return "not installed: " + strings.Join(lacks, ", ")
	}
	probe := exec.Command("unshare", "--time", "--boottime", "-1", "--monotonic", "-1", "--fork", "true")
	if out, err := probe.CombinedOutput(); err != nil {
		return "time namespaces are refused here (unshare --time): " + strings.TrimSpace(string(out))
	}
	return ""
})

// Require skips the test where there is no Wine; with REJOIN_REQUIRE_WINE=1 it fails it.
func Require(t testing.TB) {
	t.Helper()
	lack := missing()
	if lack == "" {
		return
	}
	if os.Getenv("REJOIN_REQUIRE_WINE") == "1" {
		t.Fatalf("the Wine rig can't work on this machine: %s", lack)
	}
	t.Skipf("\n\n*** NOT TESTED ON WINDOWS: %s ***\n*** REJOIN_REQUIRE_WINE=1 makes this a failure. ***\n", lack)
}
