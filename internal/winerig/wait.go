//go:build linux

package winerig

import (
	"testing"
	"time"
)

// Wait polls until what happened, and fails the test if it doesn't within the time. ok is asked at once and then every
// 25 ms; describe, which may be nil, adds to the failure's message.
func Wait(t testing.TB, within time.Duration, what string, ok func() bool, describe func() string) {
	t.Helper()
	if poll(within, ok) {
		return
	}
	more := ""
	if describe != nil {
		more = "\n" + describe()
	}
	t.Fatalf("waited %v for %s%s", within, what, more)
}

func poll(within time.Duration, ok func() bool) bool {
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok() {
			return true
		}
		select {
		case <-deadline.C:
			return ok()
		case <-tick.C:
		}
	}
}
