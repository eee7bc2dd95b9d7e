package windows

import (
	"fmt"
	"time"
)

// evidence is what Windows tells about the present boot.
type evidence struct {
	// Booted is when the kernel started, by the clock as it was set then: later changes of the clock don't move it.
	// The kernel keeps it as BootTime - BootTimeBias, adding what the clock is set by to both.
	Booted time.Time
	// Counter is the kernel's own count of boots (KUSER_SHARED_DATA.BootId, Windows 10 and later); 0 if unknown. It is
	// kept in the registry, so a pulled plug can make a count appear twice.
	Counter uint32
	// Uptime grows through sleep and hibernation and starts again with the kernel.
	Uptime time.Duration
}

// bootRecord is the last boot an agent of this user saw, with the identifier it was given.
type bootRecord struct {
	ID      string    `json:"id"`
	Booted  time.Time `json:"booted"`
	Counter uint32    `json:"counter"`
	Uptime  nanos     `json:"uptime_ns"`
}

// bootTolerance is how far apart two readings of one boot's start may lie. No PC boots twice in so short a time.
const bootTolerance = 2 * time.Second

// sameBoot tells whether now is still the boot of the record.
//
//   - Uptime going back, or another count, is another boot, whatever the clock says.
//   - The start of the boot decides otherwise. The clock being set, sleep and hibernation don't move it.
//
// "Shut down" with fast startup is no new boot: the kernel was hibernated and goes on, count, start and uptime with it.
// "Restart" always is one.
func sameBoot(r bootRecord, now evidence) bool {
	if r.ID == "" || now.Uptime < time.Duration(r.Uptime) {
		return false
	}
	if r.Counter != 0 && now.Counter != 0 && r.Counter != now.Counter {
		return false
	}
	return now.Booted.Sub(r.Booted).Abs() <= bootTolerance
}

// nanos is a duration that is stored as a number of nanoseconds.
type nanos int64

// nameBoot is the identifier of the present boot: the record's if it is the same one, else a new one. The record to keep
// is returned with it.
func nameBoot(r bootRecord, now evidence) bootRecord {
	id := r.ID
	if !sameBoot(r, now) {
		id = fmt.Sprintf("boot-%d-%x", now.Counter, now.Booted.UnixMicro())
	}
	return bootRecord{ID: id, Booted: now.Booted, Counter: now.Counter, Uptime: nanos(now.Uptime)}
}
