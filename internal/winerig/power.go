//go:build linux

package winerig

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rejoin/rejoin/internal/winerig/spywire"
)

// upAtBoot is how long the machine has been up when its first boot begins, in seconds: tick counts begin there. Each later
// boot begins 4 seconds earlier, as long as that goes: Wine may boot twice in two seconds, which no PC does and which the agent
// therefore takes for one boot seen twice.
const upAtBoot = 24

const (
	runOnceLM = `Software\Microsoft\Windows\CurrentVersion\RunOnce`
	bootLimit = 60 * time.Second
)

// boot switches the PC on and waits until it is signed in.
func (pc *PC) boot() error {
	up, err := uptime()
	if err != nil {
		return err
	}
	shift := strconv.Itoa(max(upAtBoot-4*pc.boots, 2) - up)
	pc.boots++
	pc.server = exec.Command("unshare", "--time", "--boottime", shift, "--monotonic", shift, "--fork", "--kill-child", "--",
		wineserver, "--foreground", "--persistent")
	pc.server.Env = pc.env
	if err := start(pc.server); err != nil {
		return fmt.Errorf("start the wineserver: %w", err)
	}
	if !poll(bootLimit, func() bool { pc.nsPid = childOf(pc.server.Process.Pid); return pc.nsPid != "" && pc.serverListens() }) {
		return errors.New("the wineserver did not start")
	}
	if err := pc.wineboot(); err != nil {
		return err
	}
	if pc.spy, err = pc.startSpy(); err != nil {
		return err
	}
	if err := os.Remove(pc.gateMark()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return pc.spy.setRegistry("HKLM", runOnceLM, "~RigGate", `C:\rig\gate.exe`)
}

// wineboot runs what Windows runs when it starts, the sign-in included.
func (pc *PC) wineboot() error {
	boot := pc.command("wineboot")
	if err := start(boot); err != nil {
		return fmt.Errorf("boot: %w", err)
	}
	limit := time.AfterFunc(bootLimit, func() { boot.Process.Kill() })
	defer limit.Stop()
	if err := boot.Wait(); err != nil {
		return fmt.Errorf("boot (at most %v): %w", bootLimit, err)
	}
	return nil
}

// serverListens tells whether this boot's wineserver has its socket, which lies in its working directory.
func (pc *PC) serverListens() bool {
	cwd := "/proc/" + pc.nsPid + "/cwd"
	dir, err := os.Readlink(cwd)
	if err != nil || !strings.HasPrefix(filepath.Base(dir), "server-") {
		return false
	}
	_, err = os.Stat(filepath.Join(cwd, "socket"))
	return err == nil
}

func (pc *PC) gateMark() string { return pc.Path(`C:\rig\gate.mark`) }

// WentDown waits until the Windows session has ended for a restart, and tells whether it did.
func (pc *PC) WentDown(within time.Duration) bool {
	return poll(within, func() bool { _, err := os.Stat(pc.gateMark()); return err == nil })
}

// Restart restarts Windows as an update does: nobody asked the agent. Follow it with [PC.PowerCycle].
func (pc *PC) Restart() {
	pc.t.Helper()
	pc.ask(spywire.Request{Do: "restart"})
}

// PowerCycle waits until somebody's restart has taken Windows down, leaves the power off for a while and boots again.
func (pc *PC) PowerCycle(off time.Duration) {
	pc.t.Helper()
	if !pc.WentDown(bootLimit) {
		pc.t.Fatalf("nobody restarted the PC within %v; running: %v", bootLimit, pc.ask(spywire.Request{Do: "processes"}).Processes)
	}
	pc.PullPlug(off)
}

// PullPlug takes the power away without any warning, waits and boots again. What Wine holds in memory of the registry is
// saved first; files are as they are.
func (pc *PC) PullPlug(off time.Duration) {
	pc.t.Helper()
	pc.PowerOff()
	if off > 0 {
		<-time.After(off)
	}
	pc.PowerOn()
}

// PowerOff takes the power away; PowerOn boots.
func (pc *PC) PowerOff() {
	pc.t.Helper()
	if pc.spy != nil && !pc.WentDown(0) {
		// The gate is for restarts; a cold boot would wait at it.
		pc.ask(spywire.Request{Do: "reg.delete", Root: "HKLM", Path: runOnceLM, Name: "~RigGate"})
	}
	if err := pc.powerOff(); err != nil {
		pc.t.Fatalf("switch the PC off: %v", err)
	}
}

// PowerOn boots a PC that is off.
func (pc *PC) PowerOn() {
	pc.t.Helper()
	if err := pc.boot(); err != nil {
		pc.t.Fatalf("switch the PC on: %v", err)
	}
}

func (pc *PC) powerOff() error {
	if pc.server == nil {
		return nil
	}
	// It kills every process of the prefix and saves the registry.
	stop := exec.Command(wineserver, "--kill")
	stop.Env = pc.env
	out, err := stop.CombinedOutput()
	if err != nil && len(out) > 0 {
		err = fmt.Errorf("wineserver -k: %w: %s", err, strings.TrimSpace(string(out)))
	} else {
		err = nil // exit code 1 and no word: it was gone already
	}
	gone := make(chan struct{})
	server := pc.server
	go func() { server.Wait(); close(gone) }()
	if !poll(10*time.Second, func() bool {
		select {
		case <-gone:
			return true
		default:
			return false
		}
	}) {
		server.Process.Kill()
		<-gone
	}
	pc.server, pc.nsPid = nil, ""
	if pc.spy != nil {
		pc.spy.stop()
		pc.spy = nil
	}
	pc.mu.Lock()
	procs := pc.procs
	pc.procs = nil
	pc.mu.Unlock()
	for _, p := range procs {
		if !poll(5*time.Second, func() bool {
			select {
			case <-p.done:
				return true
			default:
				return false
			}
		}) {
			p.cmd.Process.Kill()
			<-p.done
		}
	}
	return err
}

// uptime is this machine's, in whole seconds.
func uptime() (int, error) {
	data, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0, err
	}
	whole, _, _ := strings.Cut(string(data), ".")
	return strconv.Atoi(whole)
}

// childOf is the only child of a process, or "".
func childOf(pid int) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}
