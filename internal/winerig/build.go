//go:build linux

package winerig

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var builds = struct {
	sync.Mutex
	done map[string]func() (string, error)
}{done: map[string]func() (string, error){}}

// Build builds a main package of this module for Windows on amd64, as it is released, and returns the .exe's path. Go's
// build cache makes a second time cheap; within a test binary it happens once. ldflags are added to "-s -w".
func Build(t testing.TB, pkg string, ldflags ...string) string {
	t.Helper()
	Require(t)
	exe, err := build(pkg, ldflags...)
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

func build(pkg string, ldflags ...string) (string, error) {
	key := strings.Join(append([]string{pkg}, ldflags...), " ")
	builds.Lock()
	once := builds.done[key]
	if once == nil {
		once = sync.OnceValues(func() (string, error) { return buildNow(pkg, ldflags) })
		builds.done[key] = once
	}
	builds.Unlock()
	return once()
}

func buildNow(pkg string, ldflags []string) (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cacheDir(), "build-"+fmt.Sprintf("%x", sha256.Sum256([]byte(root)))[:12])
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	// One file for each program and working copy, so that runs leave no more and more of them; put in place at once, for
	// other test binaries that read it now.
	exe := filepath.Join(dir, filepath.Base(pkg)+".exe")
	fresh := fmt.Sprintf("%s.%d", exe, os.Getpid())
	cmd := exec.Command("go", "build", "-tags", AgentTags, "-trimpath", "-ldflags", strings.Join(append([]string{"-s", "-w"}, ldflags...), " "), "-o", fresh, pkg)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s for Windows: %w\n%s", pkg, err, out)
	}
	return exe, os.Rename(fresh, exe)
}

var moduleRoot = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
})

// BuildAgent builds the customer's program as it is released; its icon and manifest are in it if make has written them.
func BuildAgent(t testing.TB) string {
	t.Helper()
	return Build(t, "./agent/exe", "-H windowsgui")
}

// AgentTags are the build tags of the released program: WebSockets need no HTTP/2, which costs 400 kB.
const AgentTags = "nethttpomithttp2"
