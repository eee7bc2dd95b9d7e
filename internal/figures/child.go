package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"github.com/rejoin/rejoin/internal/figures/encoder"
	"github.com/rejoin/rejoin/internal/figures/gauge"
)

// children are the other processes of this program, by their first argument.
var children = map[string]func(args []string) error{
	"bare-server": runBareServer,
	"fleet":       runFleet,
	"viewer-pc":   runViewerPC,

	encoder.ServerArgument: func([]string) error { return encoder.Serve(os.Stdin, os.Stdout) },
}

// ready is the first line that a child prints.
type ready struct {
	Address string `json:"address,omitzero"`
}

// child is a process that ends when its standard input does. Children of this program answer each line they are sent with a
// line, both JSON.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	ready ready
	gone  chan struct{}
}

// spawn starts this program again as a child and waits until it is ready.
func spawn(name string, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c, err := start(exec.Command(self, append([]string{name}, args...)...))
	if err != nil {
		return nil, err
	}
	if err := c.read(&c.ready); err != nil {
		c.kill()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return c, nil
}

func start(cmd *exec.Cmd) (*child, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if cmd.Stderr == nil {
		cmd.Stderr = os.Stderr
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return &child{cmd: cmd, in: in, out: bufio.NewReader(out), gone: make(chan struct{})}, nil
}

// call sends a request and reads the answer.
func (c *child) call(request, answer any) error {
	if err := json.NewEncoder(c.in).Encode(request); err != nil {
		return fmt.Errorf("ask a child: %w", err)
	}
	return c.read(answer)
}

func (c *child) read(v any) error {
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read from a child: %w", err)
	}
	return json.Unmarshal(line, v)
}

// kill ends the process at once, as a power loss would.
func (c *child) kill() {
	c.cmd.Process.Kill()
	c.wait()
}

func (c *child) wait() {
	select {
	case <-c.gone:
		return
	default:
	}
	c.cmd.Wait() // how it ended does not matter here
	close(c.gone)
}

// rss is the process's resident memory in bytes.
func (c *child) rss() (float64, error) { return gauge.RSS(c.cmd.Process.Pid) }
