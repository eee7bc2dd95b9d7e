//go:build linux

package winerig

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"

	"github.com/rejoin/rejoin/internal/winerig/spywire"
)

// spy is the rig's own program inside Windows.
type spy struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	mu  sync.Mutex
}

func (pc *PC) startSpy() (*spy, error) {
	s := &spy{cmd: pc.command(`C:\rig\spy.exe`)}
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewReaderSize(out, 1<<20)
	if err := start(s.cmd); err != nil {
		return nil, fmt.Errorf("start the spy: %w", err)
	}
	return s, nil
}

func (s *spy) ask(q spywire.Request) (spywire.Reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var a spywire.Reply
	line, err := json.Marshal(q)
	if err != nil {
		return a, err
	}
	if _, err := s.in.Write(append(line, '\n')); err != nil {
		return a, fmt.Errorf("ask the spy to %s: %w", q.Do, err)
	}
	reply, err := s.out.ReadBytes('\n')
	if err != nil {
		return a, fmt.Errorf("the spy did not answer %s: %w", q.Do, err)
	}
	if err := json.Unmarshal(reply, &a); err != nil {
		return a, fmt.Errorf("the spy's answer to %s: %w", q.Do, err)
	}
	if a.Error != "" {
		return a, fmt.Errorf("spy, %s: %w", q.Do, errors.New(a.Error))
	}
	return a, nil
}

func (s *spy) setRegistry(root, path, name, value string) error {
	_, err := s.ask(spywire.Request{Do: "reg.set", Root: root, Path: path, Name: name, Value: value})
	return err
}

func (s *spy) stop() {
	s.in.Close()
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

// ask is the spy's answer or the test's end.
func (pc *PC) ask(q spywire.Request) spywire.Reply {
	pc.t.Helper()
	if pc.spy == nil {
		pc.t.Fatal("the PC is switched off")
	}
	a, err := pc.spy.ask(q)
	if err != nil {
		pc.t.Fatal(err)
	}
	return a
}

// Registry reads a text value; root is "HKCU" or "HKLM".
func (pc *PC) Registry(root, path, name string) (value string, ok bool) {
	pc.t.Helper()
	a := pc.ask(spywire.Request{Do: "reg.get", Root: root, Path: path, Name: name})
	return a.Value, a.Found
}

// SetRegistry writes a text value.
func (pc *PC) SetRegistry(root, path, name, value string) {
	pc.t.Helper()
	pc.ask(spywire.Request{Do: "reg.set", Root: root, Path: path, Name: name, Value: value})
}

// Running are the process IDs of a program by its file's name; upper and lower case are the same.
func (pc *PC) Running(exe string) []uint32 {
	pc.t.Helper()
	var pids []uint32
	for _, p := range pc.ask(spywire.Request{Do: "processes"}).Processes {
		if equalFold(p.Name, exe) {
			pids = append(pids, p.Pid)
		}
	}
	return pids
}

// Kill ends every process of that program at once (TerminateProcess), as a crash does.
func (pc *PC) Kill(exe string) {
	pc.t.Helper()
	for _, pid := range pc.Running(exe) {
		pc.ask(spywire.Request{Do: "kill", Pid: pid})
	}
}

// InjectClick and InjectKey do what a program does that wants to answer in the customer's place (SendInput).
func (pc *PC) InjectClick(x, y int) {
	pc.t.Helper()
	pc.ask(spywire.Request{Do: "inject.click", X: x, Y: y})
}

// InjectKey presses and releases a virtual key.
func (pc *PC) InjectKey(vk uint16) {
	pc.t.Helper()
	pc.ask(spywire.Request{Do: "inject.key", Key: vk})
}

// Post posts a window message, as a hostile program might.
func (pc *PC) Post(w Window, message uint32, wParam, lParam uint64) {
	pc.t.Helper()
	pc.ask(spywire.Request{Do: "post", Window: w.Handle, Message: message, W: wParam, L: lParam})
}
