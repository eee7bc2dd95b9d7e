package main

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

// rssOf is the resident memory of a process, in bytes.
func rssOf(pid int) (float64, error) {
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

// cpuOf is the processor time of a process so far, all its threads together.
func cpuOf(pid int) (time.Duration, error) {
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
	if sum == 0 {
		return 0, errors.New("the kernel keeps no books of processor times")
	}
	return sum, nil
}

// machineTimes are the processor times of the whole machine: busy, and in all.
func machineTimes() (busy, total float64, err error) {
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
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return 0, 0, err
		}
		if i >= 8 {
			break // guests are counted as user time already
		}
		total += v
		if i != 3 && i != 4 { // idle, waiting for a disk
			busy += v
		}
	}
	return busy, total, nil
}

// others measures how much of the machine is used by anything but this program and its children, from begin to end.
type others struct {
	busy, total float64
	ours        time.Duration
}

// ownCPU is the processor time of this process and of its children that have ended.
func ownCPU() (time.Duration, error) {
	data, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 15 {
		return 0, errors.New("/proc/self/stat is not as expected")
	}
	sum := 0
	for _, field := range fields[11:15] { // ours and the children's, user and system
		v, err := strconv.Atoi(field)
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return time.Duration(sum) * clockTick, nil
}

func watchOthers() (others, error) {
	busy, total, err := machineTimes()
	if err != nil {
		return others{}, err
	}
	ours, err := ownCPU()
	return others{busy, total, ours}, err
}

// share is the part of the machine, 0 to 1, that others have used since. All children must have ended.
func (o others) share() (float64, error) {
	now, err := watchOthers()
	if err != nil || now.total == o.total {
		return 0, err
	}
	ours := float64((now.ours - o.ours) / clockTick)
	return max(now.busy-o.busy-ours, 0) / (now.total - o.total), nil
}
