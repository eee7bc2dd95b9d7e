//go:build linux

package winerig

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// xserver is a virtual screen.
type xserver struct {
	cmd     *exec.Cmd
	display string // ":7"
}

const (
	screenW = 1280
	screenH = 800
)

// startX starts an X server on a number that it finds to be free.
func startX() (*xserver, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", screenW, screenH), "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{w}
	err = start(cmd)
	w.Close()
	if err != nil {
		return nil, fmt.Errorf("start the X server: %w", err)
	}
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		return nil, fmt.Errorf("the X server did not start: %w", err)
	}
	return &xserver{cmd: cmd, display: ":" + strings.TrimSpace(line)}, nil
}

func (x *xserver) stop() {
	x.cmd.Process.Kill()
	x.cmd.Wait()
}
