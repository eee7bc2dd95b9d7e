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
	dir, err := buildDir(root)
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", strings.Join(append([]string{"-s", "-w"}, ldflags...), " "))
	exe, fresh := target(dir, filepath.Base(pkg))
	cmd.Args = append(cmd.Args, "-o", fresh, pkg)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s for Windows: %w\n%s", pkg, err, out)
	}
	return exe, os.Rename(fresh, exe)
}

// target is one file for each program and working copy, so that runs leave no more and more of them; fresh is to be put in
// its place at once, for other test binaries that read it now.
func target(dir, name string) (exe, fresh string) {
	exe = filepath.Join(dir, name+".exe")
	return exe, fmt.Sprintf("%s.%d", exe, os.Getpid())
}

// buildDir is where the programs of one working copy are kept.
func buildDir(root string) (string, error) {
	dir := filepath.Join(cacheDir(), "build-"+fmt.Sprintf("%x", sha256.Sum256([]byte(root)))[:12])
	return dir, os.MkdirAll(dir, 0o700)
}

var moduleRoot = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
})

// AgentVersion is the version of the program that [BuildAgent] builds.
const AgentVersion = "v0.0.1-rig"

var agent = sync.OnceValues(func() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	dir, err := buildDir(root)
	if err != nil {
		return "", err
	}
	exe, fresh := target(dir, "agent")
	cmd := exec.Command(filepath.Join(root, "scripts", "build-agent"), AgentVersion, fresh)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the agent: %w\n%s", err, out)
	}
	return exe, os.Rename(fresh, exe)
})

// BuildAgent builds the customer's program by the script that builds the released one, and returns its path.
func BuildAgent(t testing.TB) string {
	t.Helper()
	Require(t)
	exe, err := agent()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}
