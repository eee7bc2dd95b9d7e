//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// peer is a server with something that draws on its screen.
type peer interface {
	name() string
	load(w *workload) error // draws the workload's first picture
	step(k int) error       // draws frame k; it is drawn when step returns
	keys(on bool) error     // from now on, the server's side draws a letter at each key that goes down
	address() string
	pid() int
	close()
}

func dial(p peer) (net.Conn, error) { return net.Dial("tcp", p.address()) }

// cpu is what a process has used so far, all its threads together, to the nanosecond where the kernel keeps books of that.
func cpu(pid int) (time.Duration, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, path := range tasks {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // that thread has ended
		}
		first, _, _ := strings.Cut(string(b), " ")
		ns, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		sum += time.Duration(ns)
	}
	if sum > 0 {
		return sum, nil
	}
	return cpuTicks(pid)
}

// tick is the unit of processor times under /proc, on all of Linux's platforms that Go knows.
const tick = 10 * time.Millisecond

// cpuTicks is the same from /proc/PID/stat, in steps of 10 ms.
func cpuTicks(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name, in parentheses, may hold blanks.
	rest := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(rest) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat is short", pid)
	}
	var ticks int64
	for _, field := range rest[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// letterAt is where the n-th key's letter is drawn.
func letterAt(n int) (x, y int) { return 40 + n%80*14, 100 + n/80%30*20 }
