//go:build linux

package main

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// others are whatever else uses the machine: they make a run's times doubtful, and are reported with it.
type others struct {
	busy, total time.Duration // of all processors
	ours        time.Duration
}

func watchOthers() (o others, err error) {
	f, err := os.Open("/proc/stat")
	if err != nil {
		return o, err
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		return o, err
	}
	for i, field := range strings.Fields(line)[1:] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return o, err
		}
		if i >= 8 {
			break // guests are counted as user time already
		}
		d := time.Duration(ticks) * tick
		o.total += d
		if i != 3 && i != 4 { // idle, waiting for a disk
			o.busy += d
		}
	}
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			return o, err
		}
		o.ours += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return o, nil
}

// share is the part of the machine, 0 to 1, that others have used since. All children must have ended.
func (o others) share() (float64, error) {
	now, err := watchOthers()
	if err != nil || now.total == o.total {
		return 0, err
	}
	return max(0, float64(now.busy-o.busy-(now.ours-o.ours))/float64(now.total-o.total)), nil
}
