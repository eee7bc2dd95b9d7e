//go:build linux

package winerig

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options are what a PC may have of its own.
type Options struct {
	Locale   string // of the user's Windows, such as "fr-FR"; empty is "en-US"
	Keyboard string // the X layout, such as "fr"; empty is "us"
}

// PC is one Windows PC with its screen. Its methods are for one test goroutine, except Cable's and Process' own.
type PC struct {
	t      testing.TB
	dir    string // holds the prefix
	prefix string
	env    []string
	x      *xserver
	server *exec.Cmd // unshare, whose child is the wineserver
	nsPid  string    // the wineserver's, whose time namespace everybody joins
	spy    *spy
	boots  int

	mu    sync.Mutex
	procs []*Process
}

// New makes a PC and switches it on. It is switched off with the test; if the test failed, a last picture of the screen is
// kept (REJOIN_ARTIFACTS names the folder, else it is left out).
func New(t testing.TB, o Options) *PC {
	t.Helper()
	Require(t)
	pc, err := newPC(t, o)
	if err != nil {
		t.Fatalf("make a Wine PC: %v", err)
	}
	return pc
}

func newPC(t testing.TB, o Options) (*PC, error) {
	from, err := template()
	if err != nil {
		return nil, err
	}
	// Beside the template, so that hard links work.
	dir, err := os.MkdirTemp(filepath.Dir(from), "pc-")
	if err != nil {
		return nil, err
	}
	pc := &PC{t: t, dir: dir, prefix: filepath.Join(dir, "prefix")}
	t.Cleanup(pc.remove)
	if err := copyPrefix(from, pc.prefix); err != nil {
		return nil, fmt.Errorf("copy the template: %w", err)
	}
	for _, tool := range []string{"gate", "logon", "spy"} {
		exe, err := build("./internal/winerig/"+tool, "-H windowsgui")
		if err != nil {
			return nil, err
		}
		pc.put(exe, `C:\rig\`+tool+`.exe`)
	}
	if pc.x, err = startX(); err != nil {
		return nil, err
	}
	if o.Keyboard != "" {
		if out, err := exec.Command("setxkbmap", "-display", pc.x.display, o.Keyboard).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("set the keyboard to %s: %w: %s", o.Keyboard, err, out)
		}
	}
	pc.env = wineEnv(pc.prefix, pc.x.display, strings.ReplaceAll(o.Locale, "-", "_"))
	if err := pc.boot(); err != nil {
		return nil, err
	}
	return pc, nil
}

// remove switches the PC off and forgets it.
func (pc *PC) remove() {
	if pc.t.Failed() {
		if dir := os.Getenv("REJOIN_ARTIFACTS"); dir != "" && pc.x != nil {
			name := strings.Map(func(r rune) rune {
				if r == '/' || r == ' ' {
					return '-'
				}
				return r
			}, pc.t.Name())
			pc.Screenshot(filepath.Join(dir, name+".png"))
		}
	}
	pc.powerOff()
	if pc.x != nil {
		pc.x.stop()
	}
	dropSocketDir(pc.prefix)
	if err := os.RemoveAll(pc.dir); err != nil {
		pc.t.Logf("remove the PC: %v", err)
	}
}

// Path is the place on this machine of a path on the PC's drive C:.
func (pc *PC) Path(windowsPath string) string {
	rest, ok := strings.CutPrefix(windowsPath, `C:\`)
	if !ok {
		pc.t.Fatalf("the PC has a drive C: only, not %s", windowsPath)
	}
	return filepath.Join(pc.prefix, "drive_c", filepath.FromSlash(strings.ReplaceAll(rest, `\`, "/")))
}

// Put copies a file onto the PC and returns its path there.
func (pc *PC) Put(file, windowsPath string) string {
	pc.t.Helper()
	if err := pc.put(file, windowsPath); err != nil {
		pc.t.Fatalf("put %s on the PC: %v", filepath.Base(file), err)
	}
	return windowsPath
}

func (pc *PC) put(file, windowsPath string) error {
	to := pc.Path(windowsPath)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return copyFile(file, to)
}

// LocalAppData is the customer's %LOCALAPPDATA%.
func (pc *PC) LocalAppData() string { return `C:\users\customer\AppData\Local` }

// Downloads is the customer's download folder.
func (pc *PC) Downloads() string { return `C:\users\customer\Downloads` }

// command runs a program of Wine's in this boot.
func (pc *PC) command(args ...string) *exec.Cmd {
	cmd := exec.Command("nsenter", append([]string{"--time=/proc/" + pc.nsPid + "/ns/time", "--", wine64}, args...)...)
	cmd.Env = pc.env
	cmd.Dir = filepath.Join(pc.prefix, "drive_c")
	return cmd
}

// Process is a program that the rig started. After a power cycle it is gone.
type Process struct {
	pc   *PC
	cmd  *exec.Cmd
	out  *bytes.Buffer
	done chan struct{}
	err  error
}

// Start starts a program on the PC, as a double click does.
func (pc *PC) Start(exe string, args ...string) *Process {
	pc.t.Helper()
	p := &Process{pc: pc, out: &bytes.Buffer{}, done: make(chan struct{})}
	p.cmd = pc.command(append([]string{exe}, args...)...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	// Programs that live on hold the pipe open; the one we started is what is waited for.
	p.cmd.WaitDelay = 500 * time.Millisecond
	if err := start(p.cmd); err != nil {
		pc.t.Fatalf("start %s: %v", exe, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	pc.mu.Lock()
	pc.procs = append(pc.procs, p)
	pc.mu.Unlock()
	return p
}

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the end and returns the exit code and the output.
func (p *Process) Wait(within time.Duration) (code int, output string) {
	p.pc.t.Helper()
	limit := time.NewTimer(within)
	defer limit.Stop()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode(), p.out.String()
	case <-limit.C:
		p.pc.t.Fatalf("%v did not end within %v", p.cmd.Args, within)
		return 0, ""
	}
}

// StartStubborn starts a program with a window of the given title that refuses to let Windows end the session, and, if
// reason isn't empty, says why. Start it before the agent: Wine asks in the order of process IDs.
func (pc *PC) StartStubborn(title, reason string) *Process {
	pc.t.Helper()
	args := []string{title}
	if reason != "" {
		args = append(args, reason)
	}
	p := pc.Start(pc.Put(Build(pc.t, "./internal/winerig/stubborn", "-H windowsgui"), `C:\Program Files\Stubborn\stubborn.exe`), args...)
	pc.WaitWindow("RigStubborn")
	return p
}
