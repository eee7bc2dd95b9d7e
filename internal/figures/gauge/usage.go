package gauge

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of processor times under /proc (USER_HZ, 100 on all of Linux's platforms that Go knows).
const clockTick = time.Second / 100

// RSS is the resident memory of a process, in bytes.
func RSS(pid int) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb * 1024, err
		}
	}
	return 0, errors.New("no VmRSS")
}

// CPU is what a process has used so far, all its living threads together: to the nanosecond where the kernel keeps books of
// that, in steps of 10 ms elsewhere.
func CPU(pid int) (time.Duration, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, path := range tasks {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // that thread has ended
		}
		first, _, _ := strings.Cut(string(data), " ")
		ns, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		sum += time.Duration(ns)
	}
	if sum > 0 {
		return sum, nil
	}
	return ticks(fmt.Sprintf("/proc/%d/stat", pid), 2)
}

// ticks adds up the first n of the four processor times in /proc/PID/stat: its own, user and system, and those of its
// children that have ended.
func ticks(path string, n int) (time.Duration, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	// The program's name, in parentheses, may hold blanks and parentheses.
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	if len(fields) < 15 {
		return 0, fmt.Errorf("%s is short", path)
	}
	var sum int64
	for _, field := range fields[11 : 11+n] {
		v, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		sum += v
	}
	return time.Duration(sum) * clockTick, nil
}

// machineTimes are the processor times of the whole machine: busy, and in all.
func machineTimes() (busy, total time.Duration, err error) {
	f, err := os.Open("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		return 0, 0, err
	}
	for i, field := range strings.Fields(line)[1:] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, 0, err
		}
		if i >= 8 {
			break // guests are counted as user time already
		}
		d := time.Duration(n) * clockTick
		total += d
		if i != 3 && i != 4 { // idle, waiting for a disk
			busy += d
		}
	}
	return busy, total, nil
}

// Others is how much of the machine is used by anything but this program and its children: it makes a run's times doubtful,
// and is reported with them.
type Others struct {
	busy, total, ours time.Duration
}

// WatchOthers begins to.
func WatchOthers() (Others, error) {
	busy, total, err := machineTimes()
	if err != nil {
		return Others{}, err
	}
	ours, err := ticks("/proc/self/stat", 4)
	return Others{busy, total, ours}, err
}

// Share is the part of the machine, 0 to 1, that others have used since. All children must have ended.
func (o Others) Share() (float64, error) {
	now, err := WatchOthers()
	if err != nil || now.total == o.total {
		return 0, err
	}
	return float64(max(now.busy-o.busy-(now.ours-o.ours), 0)) / float64(now.total-o.total), nil
}
