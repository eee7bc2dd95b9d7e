package windows

import (
	"testing"
	"time"
)

func TestSameBoot(t *testing.T) {
	start := time.Date(2026, 11, 23, 8, 0, 0, 123456700, time.UTC)
	seen := bootRecord{ID: "boot-7-1", Booted: start, Counter: 7, Uptime: nanos(time.Hour)}
	uncounted := seen
	uncounted.Counter = 0
	tests := []struct {
		name   string
		record bootRecord
		now    evidence
		want   bool
	}{
		{"the agent started again", seen, evidence{start, 7, time.Hour + time.Second}, true},
		{"at once", seen, evidence{start, 7, time.Hour}, true},
		{"the clock was set, by any amount: the kernel's bias takes it out", seen, evidence{start, 7, 2 * time.Hour}, true},
		{"slept or hibernated over night: uptime went on", seen, evidence{start, 7, 14 * time.Hour}, true},
		{"shut down with fast startup: the kernel went on", seen, evidence{start, 7, 30 * time.Hour}, true},
		{"readings that differ a little", seen, evidence{start.Add(1900 * time.Millisecond), 7, 2 * time.Hour}, true},
		{"readings that differ a little the other way", seen, evidence{start.Add(-1900 * time.Millisecond), 7, 2 * time.Hour}, true},
		{"no count on this Windows", uncounted, evidence{start, 0, 2 * time.Hour}, true},
		{"a count appeared with an update of the agent", uncounted, evidence{start, 7, 2 * time.Hour}, true},

		{"restarted", seen, evidence{start.Add(70 * time.Minute), 8, time.Minute}, false},
		{"restarted, and up for longer than before", seen, evidence{start.Add(2 * time.Hour), 8, 5 * time.Hour}, false},
		{"restarted with the clock set back to the same start", seen, evidence{start, 8, 2 * time.Hour}, false},
		{"the same, uncounted: uptime tells", uncounted, evidence{start, 0, time.Minute}, false},
		{"restarted after a pulled plug that lost the new count", seen, evidence{start.Add(70 * time.Minute), 7, time.Minute}, false},
		{"the same, and up for longer", seen, evidence{start.Add(70 * time.Minute), 7, 2 * time.Hour}, false},
		{"a quick restart", seen, evidence{start.Add(4 * time.Second), 7, time.Hour}, false},
		{"the clock's battery is dead: it boots in 2001", seen, evidence{time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), 8, time.Minute}, false},
		{"nothing seen yet", bootRecord{}, evidence{start, 7, time.Minute}, false},
	}
	for _, tt := range tests {
		if got := sameBoot(tt.record, tt.now); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestNameBoot(t *testing.T) {
	start := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	first := nameBoot(bootRecord{}, evidence{start, 7, time.Minute})
	again := nameBoot(first, evidence{start.Add(time.Second), 7, time.Hour})
	if again.ID != first.ID {
		t.Errorf("one boot has two names: %s and %s", first.ID, again.ID)
	}
	if time.Duration(again.Uptime) != time.Hour {
		t.Errorf("the record kept the old uptime %v", again.Uptime)
	}
	next := nameBoot(again, evidence{start.Add(2 * time.Hour), 8, time.Minute})
	if next.ID == first.ID {
		t.Errorf("two boots have one name: %s", next.ID)
	}
	other := nameBoot(bootRecord{}, evidence{start, 7, time.Hour})
	if other.ID != first.ID {
		t.Errorf("another user's agent calls this boot %s, not %s", other.ID, first.ID)
	}
	if len(first.ID) > 64 {
		t.Errorf("identifier of %d bytes", len(first.ID))
	}
}
