//go:build linux

package winerig

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// The kernel kills a child with PR_SET_PDEATHSIG when the *thread* that started it ends. So all children that must not
// outlive the tests are started by one thread that never ends.
var spawner = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
})

// start starts cmd so that it dies with this process at the latest.
func start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	done := make(chan error, 1)
	spawner() <- func() { done <- cmd.Start() }
	return <-done
}
