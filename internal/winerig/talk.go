//go:build linux

package winerig

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
)

// Talk is a program on the PC that answers each JSON document on its standard input with one on its standard output. Its
// methods may be called from any goroutine.
type Talk struct {
	pc  *PC
	cmd *exec.Cmd
	mu  sync.Mutex
	in  io.WriteCloser
	out *bufio.Reader
}

// Talk starts such a program. It ends with the test; what it writes on its standard error is shown if the test fails.
func (pc *PC) Talk(exe string, args ...string) *Talk {
	pc.t.Helper()
	k := &Talk{pc: pc, cmd: pc.command(append([]string{exe}, args...)...)}
	errors, err := os.CreateTemp(pc.dir, "talk-*.log")
	if err != nil {
		pc.t.Fatal(err)
	}
	k.cmd.Stderr = errors
	if k.in, err = k.cmd.StdinPipe(); err != nil {
		pc.t.Fatal(err)
	}
	out, err := k.cmd.StdoutPipe()
	if err != nil {
		pc.t.Fatal(err)
	}
	k.out = bufio.NewReaderSize(out, 1<<20)
	if err := start(k.cmd); err != nil {
		pc.t.Fatalf("start %s: %v", exe, err)
	}
	pc.t.Cleanup(func() {
		k.in.Close()
		k.cmd.Process.Kill()
		k.cmd.Wait()
		if log, err := os.ReadFile(errors.Name()); err == nil && pc.t.Failed() && len(log) > 0 {
			pc.t.Logf("%s wrote:\n%s", exe, log)
		}
		errors.Close()
	})
	return k
}

// Ask sends request and reads the answer into reply.
func (k *Talk) Ask(request, reply any) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	line, err := json.Marshal(request)
	if err != nil {
		return err
	}
	if _, err := k.in.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("ask %s: %w", line, err)
	}
	answer, err := k.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("no answer to %s: %w", line, err)
	}
	return json.Unmarshal(answer, reply)
}
