package encoder

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// own is Rejoin's library in a process of its own, so that its CPU can be told apart. The process is told over its standard
// input what to draw, a line a command, and answers each with a line.
type own struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	addr  string
	seed  uint64
	hints bool // tells the library of moves, as desktop duplication does
}

// order is a line to the child.
type order struct {
	Do    string // one of the constants
	Name  string `json:",omitempty"`
	Seed  uint64 `json:",omitempty"`
	Hints bool   `json:",omitempty"`
	Frame int    `json:",omitempty"`
	On    bool   `json:",omitempty"`
}

const (
	doLoad = "load"
	doStep = "step"
	doKeys = "keys"
)

// answer is a line of the child.
type answer struct {
	Address string `json:",omitempty"`
	Error   string `json:",omitempty"`
}

func startOwn(seed uint64, hints bool) (*own, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	o := &own{cmd: exec.Command(self, ServerArgument), seed: seed, hints: hints}
	o.cmd.Stderr = os.Stderr
	in, errIn := o.cmd.StdinPipe()
	out, errOut := o.cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut); err != nil {
		return nil, err
	}
	o.in, o.out = in, bufio.NewReader(out)
	if err := o.cmd.Start(); err != nil {
		return nil, err
	}
	a, err := o.answer()
	if err != nil {
		o.close()
		return nil, err
	}
	o.addr = a.Address
	return o, nil
}

func (o *own) name() string    { return "Rejoin" }
func (o *own) address() string { return o.addr }
func (o *own) pid() int        { return o.cmd.Process.Pid }

func (o *own) close() {
	// The child ends with its input; Wait says how.
	_ = o.in.Close()
	if err := o.cmd.Wait(); err != nil {
		fmt.Fprintln(os.Stderr, "figures: the encoder's process:", err)
	}
}

func (o *own) load(w *workload) error {
	return o.tell(order{Do: doLoad, Name: w.name, Seed: o.seed, Hints: o.hints})
}
func (o *own) step(k int) error   { return o.tell(order{Do: doStep, Frame: k}) }
func (o *own) keys(on bool) error { return o.tell(order{Do: doKeys, On: on}) }

func (o *own) tell(do order) error {
	line, err := json.Marshal(do)
	if err != nil {
		return err
	}
	if _, err := o.in.Write(append(line, '\n')); err != nil {
		return err
	}
	_, err = o.answer()
	return err
}

func (o *own) answer() (a answer, err error) {
	line, err := o.out.ReadBytes('\n')
	if err != nil {
		return a, fmt.Errorf("the server's process: %w", err)
	}
	if err := json.Unmarshal(line, &a); err != nil {
		return a, err
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}
